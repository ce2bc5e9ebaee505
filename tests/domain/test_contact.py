"""Whom we ask: asking again, correcting the contact, and mails that come back."""

from datetime import timedelta

import pytest

from shared.domain import consent, contact, review
from shared.domain.claim import Claim, DueKind, Scan, Window, status
from shared.domain.errors import ActionNotAllowed, ContactUnconfirmed
from shared.domain.lifecycle import Status
from shared.domain.notice import MailKind
from tests.domain.claim_builders import (
    ASKS_LATE,
    CUSTOMER,
    EXCHANGE,
    MONDAY,
    PARTNER,
    POLICY,
    RITA,
    SYSTEM,
    TEAMS,
    accepted,
    action_required,
    active,
    active_by_silence,
    agreed,
    answers,
    asked,
    awaiting_consent,
    by,
    days_after,
    draft,
    holds,
    judged,
    kinds,
    lapsed,
    refused,
    rejected,
    reminded,
    resubmitted,
    screening,
    silent,
    the,
    under_review,
)

ASKING = {"notification", "consent_request", "undelivered"}


def corrected(claim: Claim, *, is_verified: bool = True) -> Claim:
    act = by(PARTNER, max(claim.updated_at, days_after(MONDAY, 1)))
    return contact.correct(claim, act, POLICY, "contact-2", is_verified=is_verified, commitment="x").after


def test_asking_again_begins_a_new_window_and_voids_old_links() -> None:
    """R-07: as if nobody had been asked before."""
    claim = reminded(under_review())
    later = days_after(MONDAY, 9)
    after = contact.resend(claim, by(PARTNER, later), POLICY).after
    assert after.window == Window(since_seq=after.seq)
    assert after.links_from == later
    assert set(kinds(after.dues)) & ({"consent_window", "consent_reminder"} | ASKING) == ASKING
    assert the(after, DueKind.UNDELIVERED).at.date() == (later + timedelta(days=15)).date()


def test_asking_again_keeps_the_answers_that_were_given() -> None:
    """R-07."""
    claim = agreed(asked(under_review()), TEAMS)
    assert answers(contact.resend(claim, by(PARTNER), POLICY).after) == {TEAMS: "granted", EXCHANGE: "pending"}


@pytest.mark.parametrize("claim", [agreed(under_review()), under_review(policy=ASKS_LATE)], ids=["answered", "not asked yet"])
def test_nobody_is_asked_again_who_owes_no_answer(claim: Claim) -> None:
    """R-07."""
    with pytest.raises(ActionNotAllowed):
        contact.resend(claim, by(PARTNER), POLICY)


def test_another_contact_is_asked_anew_and_the_former_ones_links_are_void() -> None:
    """R-07, R-09."""
    after = corrected(asked(under_review()))
    assert (after.contact_id, after.links_from) == ("contact-2", days_after(MONDAY, 1))
    assert after.window.ends_at is None
    assert set(kinds(after.dues)) >= ASKING


@pytest.mark.parametrize("before", [reminded(under_review()), under_review()], ids=["asked", "request not sent yet"])
def test_another_contact_named_during_a_further_screening_is_asked_once_that_is_over(before: Claim) -> None:
    """R-370: the former person's clock must not run out for somebody who got no mail."""
    again = corrected(resubmitted(action_required(before, at=before.updated_at)))
    assert not set(kinds(again.dues)) & (ASKING | {"consent_window", "consent_reminder"})
    assert (status(again), again.window) == (Status.SCREENING, Window(since_seq=again.seq))
    after = judged(again, Scan.CLEAN)
    assert set(kinds(after.dues)) & (ASKING | {"consent_window", "consent_reminder"}) == ASKING
    assert after.window.asked_at is None


def test_a_strangers_click_is_owed_by_whoever_takes_over_during_a_further_screening() -> None:
    """R-09, R-370."""
    clicked = agreed(asked(under_review(draft(verified=False))))
    after = judged(corrected(resubmitted(action_required(clicked))), Scan.CLEAN)
    assert set(answers(after).values()) == {"pending"}
    assert set(kinds(after.dues)) >= ASKING


@pytest.mark.parametrize("claim", [draft(), screening(), agreed(under_review())], ids=["draft", "screening", "answered"])
def test_another_contact_is_not_asked_where_nobody_is(claim: Claim) -> None:
    """R-09."""
    after = corrected(claim)
    assert after.contact_id == "contact-2"
    assert set(kinds(after.dues)) & ASKING == set(kinds(claim.dues)) & ASKING


def test_a_confirmation_was_of_the_former_person() -> None:
    """R-09, R-27."""
    claim = review.approve(under_review(draft(verified=False)), by(RITA), POLICY, confirms_contact=True).after
    after = agreed(corrected(claim, is_verified=False))
    assert not after.contact_confirmed
    assert status(after) is Status.AWAITING_CONSENT


def test_a_new_unconfirmed_contact_must_be_confirmed_to_approve() -> None:
    """R-09, R-27."""
    claim = agreed(corrected(under_review(), is_verified=False))
    with pytest.raises(ContactUnconfirmed):
        review.approve(claim, by(RITA, claim.updated_at), POLICY)


def test_a_click_of_an_unknown_person_is_owed_again_by_the_verified_one() -> None:
    """R-09: found by the machine: the correction itself made the claim active on the stranger's click."""
    claim = agreed(corrected(awaiting_consent(), is_verified=False))
    after = corrected(claim)
    assert status(claim) is status(after) is Status.AWAITING_CONSENT
    assert set(answers(after).values()) == {"pending"}
    assert status(agreed(after)) is Status.ACTIVE


def test_an_answer_that_stands_survives_a_new_contact() -> None:
    """R-09."""
    claim = corrected(agreed(under_review()), is_verified=False)
    assert status(review.approve(claim, by(RITA, claim.updated_at), POLICY).after) is Status.ACTIVE


def test_an_association_rests_on_the_answer_of_whoever_gave_it() -> None:
    """R-09: another contact, verified or not, shakes nothing."""
    after = corrected(active(), is_verified=False)
    assert status(after) is Status.ACTIVE
    assert after.tenures == active().tenures


def bounced(claim: Claim, kind: MailKind = MailKind.CONSENT_REQUEST, mail_of: Claim | None = None) -> Claim:
    """The claim after the first mail of this kind, that it was sent as under review, came back."""
    return contact.bounced(claim, by(SYSTEM, claim.updated_at), POLICY, the(mail_of or under_review(), kind)).after


@pytest.mark.parametrize("kind", [MailKind.CONSENT_REQUEST, MailKind.NOTIFICATION])
def test_a_bounce_stops_the_clock_of_a_pending_answer(kind: MailKind) -> None:
    """R-06, R-36: the contact must be corrected before the deadline for reaching anybody."""
    after = bounced(reminded(under_review()), kind)
    assert (after.window.ends_at, after.window.asked_at, after.window.reminders) == (None, None, 0)
    assert set(kinds(after.dues)) == {"undelivered", "reservation", "review_overdue"}


def test_a_bounce_takes_implied_consent_back() -> None:
    """R-06: whoever was not reached did not stay silent."""
    assert set(answers(bounced(silent(reminded(under_review())).after)).values()) == {"pending"}


def test_a_bounce_under_an_active_claim_suspends_it_and_leaves_the_tenure_standing() -> None:
    """R-08: accrual is suspended until a reviewer or an answer decides; nothing expires of itself."""
    claim = active_by_silence()
    after = bounced(claim)
    assert (status(after), after.is_suspended) == (Status.AWAITING_CONSENT, True)
    assert [(t.active_from, t.ended_at) for t in after.tenures] == [(t.active_from, t.ended_at) for t in claim.tenures]
    assert holds(after) == holds(claim)
    assert "undelivered" not in kinds(after.dues)
    again = contact.resend(after, by(PARTNER, after.updated_at), POLICY).after
    assert "undelivered" not in kinds(again.dues)


def test_a_click_after_a_bounce_confirms_the_association_from_its_first_day() -> None:
    """R-08, R-14: `active_from` never changes."""
    claim = active_by_silence()
    after = agreed(bounced(claim), at=days_after(claim.updated_at, 3))
    assert (status(after), after.is_suspended) == (Status.ACTIVE, False)
    assert after.tenures == claim.tenures


def test_a_reviewer_who_rejects_a_suspended_claim_ends_its_tenures() -> None:
    """R-08, R-13: a closed claim leaves no tenure standing."""
    after = rejected(bounced(active_by_silence()), at=days_after(MONDAY, 20))
    assert {t.ended_at for t in after.tenures} == {days_after(MONDAY, 20)}


def test_a_bounce_after_a_click_changes_nothing() -> None:
    """R-06: whoever clicked was reached."""
    claim = active()
    after = bounced(claim)
    assert (after.scopes, after.dues, status(after)) == (claim.scopes, claim.dues, Status.ACTIVE)


@pytest.mark.parametrize("claim", [refused(), lapsed()])
def test_a_bounce_for_a_closed_claim_changes_nothing(claim: Claim) -> None:
    """R-11."""
    assert bounced(claim).dues == claim.dues


def test_a_bounce_of_the_former_contacts_mail_does_not_stop_the_new_clock() -> None:
    """R-06, R-07."""
    new = corrected(asked(under_review()))
    claim = accepted(new, MailKind.CONSENT_REQUEST, at=days_after(MONDAY, 1))
    assert bounced(claim).window == claim.window
    assert bounced(claim, mail_of=new).window.ends_at is None


def test_a_receipt_that_bounces_changes_nothing() -> None:
    """R-06."""
    claim = agreed(under_review(), TEAMS)
    after = bounced(claim, MailKind.DECISION_RECEIPT, mail_of=claim)
    assert (after.window, after.dues) == (claim.window, claim.dues)


def test_a_refusal_of_a_suspended_claim_ends_it_by_the_customer() -> None:
    """R-08, R-35."""
    claim = bounced(active_by_silence())
    after = consent.answer(claim, by(CUSTOMER, claim.updated_at), {TEAMS: False, EXCHANGE: False}, None).after
    assert status(after) is Status.REFUSED
    assert not any(t.is_standing for t in after.tenures)


def test_correcting_a_contact_leaves_an_approval_standing() -> None:
    """R-09."""
    assert status(corrected(awaiting_consent())) is Status.AWAITING_CONSENT
