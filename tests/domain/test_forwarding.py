"""A request that is passed on: the colleague is asked as if nobody had been, and what was answered before stands."""

from collections.abc import Callable

import pytest

from shared.domain import contact, review
from shared.domain.claim import Claim, status
from shared.domain.delivery import Delivery
from shared.domain.lifecycle import Event, Status
from shared.domain.notice import MailKind
from tests.domain.claim_builders import (
    CUSTOMER,
    EXCHANGE,
    MONDAY,
    PARTNER,
    POLICY,
    RITA,
    SYSTEM,
    TEAMS,
    action_required,
    active,
    active_by_silence,
    agreed,
    answers,
    asked,
    awaiting_consent,
    by,
    contesting,
    days_after,
    draft,
    kinds,
    refused,
    reminded,
    resubmitted,
    under_review,
)


def forwarded(claim: Claim, to: str = "contact-2", *, at: float = 2) -> Claim:
    act = by(CUSTOMER, max(claim.updated_at, days_after(MONDAY, at)))
    return contact.forward(claim, act, POLICY, to, "a commitment").after


def test_the_colleague_is_asked_as_if_nobody_had_been() -> None:
    """R-332: two mails, no clock yet, and every link that was mailed before is void."""
    claim = reminded(under_review())
    after = forwarded(claim, at=9)
    assert (after.contact_id, after.contact_verified, after.links_from) == ("contact-2", True, days_after(MONDAY, 9))
    assert (after.window.ends_at, after.window.reminders) == (None, 0)
    assert {"notification", "consent_request", "undelivered"} <= set(kinds(after.dues))
    assert not {"consent_window", "consent_reminder"} & set(kinds(after.dues))


def test_the_former_contact_and_the_partner_are_told() -> None:
    """R-332: and the timeline says who it was and who it is, by their ids."""
    claim = asked(under_review())
    change = contact.forward(claim, by(CUSTOMER, claim.updated_at), POLICY, "contact-2", "a commitment")
    assert {MailKind.FORWARD_RECEIPT, MailKind.CLAIM_NEWS} <= {due.mail for due in change.after.dues}
    (entry,) = change.entries
    assert entry.event is Event.FORWARD
    assert entry.data == {"former": claim.contact_id, "contact": "contact-2", "contactCommitment": "a commitment"}


@pytest.mark.parametrize(
    "state",
    [
        lambda: under_review(),
        lambda: contesting(TEAMS),
        lambda: asked(awaiting_consent()),
        lambda: action_required(asked(under_review())),
    ],
    ids=["under review", "contesting", "approved", "action required"],
)
def test_the_claim_stays_where_it_is(state: Callable[[], Claim]) -> None:
    """R-332"""
    claim = state()
    after = forwarded(claim)
    assert (status(after), after.contact_id) == (status(claim), "contact-2")


def test_while_further_proof_is_screened_the_colleague_is_asked_when_that_is_over() -> None:
    """R-332, R-370"""
    after = forwarded(resubmitted(action_required(asked(under_review()))), at=9)
    assert (status(after), after.contact_id) == (Status.SCREENING, "contact-2")
    assert "consent_request" not in kinds(after.dues)
    assert (after.window.ends_at, after.window.left_seconds) == (None, None)


def test_answers_that_stand_go_on_standing() -> None:
    """R-09, R-332: the colleague is asked for the rest."""
    after = forwarded(agreed(asked(under_review()), TEAMS))
    assert answers(after) == {TEAMS: "granted", EXCHANGE: "pending"}


def test_a_click_of_a_person_whom_nobody_verified_is_owed_again() -> None:
    """R-09, R-332"""
    after = forwarded(agreed(asked(under_review(draft(verified=False))), TEAMS))
    assert set(answers(after).values()) == {"pending"}


def test_a_request_goes_round_three_times_until_its_partner_names_somebody() -> None:
    """R-333: a window that begins anew each time would never end."""
    claim = asked(under_review())
    for number in range(POLICY.most_forwards):
        assert contact.may_forward(claim, POLICY)
        claim = forwarded(claim, f"contact-{number}")
    assert not contact.may_forward(claim, POLICY)
    assert forwarded(claim, "one too many").contact_id == claim.contact_id
    corrected = contact.correct(claim, by(PARTNER, claim.updated_at), POLICY, "contact-9", is_verified=True, commitment="x").after
    assert contact.may_forward(corrected, POLICY)


REPORTED = contact.report_unknown(asked(under_review()), by(CUSTOMER, days_after(MONDAY, 2)), None).after


@pytest.mark.parametrize(
    "claim",
    [draft(), agreed(under_review()), active(), active_by_silence(), refused(), REPORTED],
    ids=["draft", "answered", "active", "active by silence", "refused", "reported unknown"],
)
def test_what_asks_nobody_is_passed_on_to_nobody(claim: Claim) -> None:
    """R-11, R-332: it is recorded without a person and changes nothing else."""
    change = contact.forward(claim, by(CUSTOMER, max(claim.updated_at, days_after(MONDAY, 3))), POLICY, "contact-2", "x")
    assert (change.after.contact_id, change.after.dues, change.after.links_from) == (
        claim.contact_id,
        claim.dues,
        claim.links_from,
    )
    (entry,) = change.entries
    assert entry.data == {"noEffect": True}


def test_after_a_bounce_of_the_colleagues_mail_the_partner_corrects_as_ever() -> None:
    """R-06, R-332"""
    after = forwarded(asked(under_review()))
    mail = next(due for due in after.dues if due.mail is MailKind.CONSENT_REQUEST)
    bounced = contact.bounced(after, by(SYSTEM, after.updated_at), POLICY, mail).after
    assert bounced.window.delivery is Delivery.BOUNCED
    assert review.approve(bounced, by(RITA, bounced.updated_at), POLICY).after.contact_id == "contact-2"
