"""The customer says that it does not know the partner: nothing goes on until a person has looked into it."""

import pytest

from shared.domain import consent, contact, review
from shared.domain.claim import Claim, DueKind, status
from shared.domain.errors import ActionNotAllowed
from shared.domain.lifecycle import Status
from shared.domain.notice import MailKind
from shared.domain.view import NextActor, summary
from tests.domain.claim_builders import (
    CUSTOMER,
    MONDAY,
    PARTNER,
    POLICY,
    RITA,
    active,
    active_by_silence,
    agreed,
    answers,
    asked,
    awaiting_consent,
    by,
    days_after,
    kinds,
    resubmitted,
    the,
    under_review,
)

CLOCK = {"consent_window", "consent_reminder", "undelivered", "consent_request"}


def reported(claim: Claim, *, at: float = 2) -> Claim:
    act = by(CUSTOMER, max(claim.updated_at, days_after(MONDAY, at)))
    return contact.report_unknown(claim, act, "Who is that?").after


@pytest.mark.parametrize("claim", [asked(under_review()), asked(awaiting_consent())], ids=["under review", "approved"])
def test_the_clock_stops_and_a_reviewer_is_next(claim: Claim) -> None:
    """R-225"""
    after = reported(claim)
    assert not CLOCK & set(kinds(after.dues))
    assert (summary(after).next_actor, summary(after).waiting_for) == (NextActor.REVIEWER, "unknown_partner")
    assert set(answers(after).values()) == {"pending"}
    assert status(after) is status(claim)


def test_customer_and_partner_are_both_told() -> None:
    """R-334"""
    told = {due.mail for due in reported(asked(under_review())).dues}
    assert {MailKind.DECISION_RECEIPT, MailKind.CLAIM_NEWS} <= told


def test_the_partner_cannot_ask_over_the_reviewers_head() -> None:
    """R-225: neither the same person again nor another one."""
    claim = reported(asked(under_review()))
    with pytest.raises(ActionNotAllowed):
        contact.resend(claim, by(PARTNER, claim.updated_at), POLICY)
    with pytest.raises(ActionNotAllowed):
        contact.correct(claim, by(PARTNER, claim.updated_at), POLICY, "contact-2", is_verified=True, commitment="x")


def test_approval_lets_the_clock_go_on_for_the_time_that_was_left() -> None:
    """R-225: twelve of fourteen days were left on the second day."""
    claim = reported(asked(under_review()))
    after = review.approve(claim, by(RITA, days_after(MONDAY, 5)), POLICY).after
    assert not after.reported_unknown
    assert after.window.ends_at is not None
    assert (after.window.ends_at - days_after(MONDAY, 5)).days == 12
    assert {"consent_window", "consent_reminder"} <= set(kinds(after.dues))


def test_after_the_partners_action_the_clock_goes_on_too() -> None:
    """R-225: the reviewer asked for something, which is looking into it."""
    claim = reported(asked(awaiting_consent()))
    waiting = review.request_action(claim, by(RITA, claim.updated_at), POLICY, "unknown_to_customer", "Introduce yourself.").after
    assert not waiting.reported_unknown
    assert the(waiting, DueKind.ACTION_OVERDUE).at > waiting.updated_at
    assert status(resubmitted(waiting)) is Status.SCREENING


def test_what_rested_on_silence_is_suspended() -> None:
    """R-08, R-221, R-225"""
    after = reported(active_by_silence())
    assert (status(after), after.is_suspended) == (Status.AWAITING_CONSENT, True)


@pytest.mark.parametrize("claim", [active(), agreed(under_review())], ids=["active", "agreed"])
def test_whoever_has_clicked_knew_whom(claim: Claim) -> None:
    """R-225: it is recorded, and ending stays open to the customer."""
    after = reported(claim)
    assert (after.scopes, after.dues, after.reported_unknown) == (claim.scopes, claim.dues, False)


def test_an_answer_after_all_settles_it() -> None:
    """R-35, R-225"""
    after = agreed(reported(asked(awaiting_consent())))
    assert (status(after), after.reported_unknown) == (Status.ACTIVE, False)
    refused = consent.answer(
        reported(asked(under_review())), by(CUSTOMER, days_after(MONDAY, 3)), dict.fromkeys(answers(after), False), None
    )
    assert status(refused.after) is Status.REFUSED


def test_reporting_twice_changes_nothing() -> None:
    """R-225"""
    once = reported(asked(under_review()))
    twice = reported(once, at=3)
    assert (twice.window, twice.dues, twice.scopes) == (once.window, once.dues, once.scopes)
    assert MailKind.CONSENT_REMINDER not in kinds(twice.dues)
