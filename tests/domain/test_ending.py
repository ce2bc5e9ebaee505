"""Endings without a decision, and the two ways back."""

from datetime import datetime, timedelta

import pytest

from shared.domain import consent, contact, ending, review
from shared.domain.claim import Claim, DueKind, Scan, status
from shared.domain.errors import ActionNotAllowed, TooLate
from shared.domain.lifecycle import Status
from shared.domain.notice import MailKind
from tests.domain.claim_builders import (
    CUSTOMER,
    EXCHANGE,
    MONDAY,
    OTTO,
    PARTNER,
    POLICY,
    SYSTEM,
    TEAMS,
    action_required,
    active_by_silence,
    agreed,
    answers,
    asked,
    by,
    contesting,
    days_after,
    draft,
    holds,
    judged,
    kinds,
    lapsed,
    rejected,
    screening,
    suspended,
    the,
    under_review,
    withdrawn,
)


@pytest.mark.parametrize("claim", [draft(), screening(), contesting(TEAMS), under_review(), action_required()])
def test_withdrawing_frees_every_scope_and_cancels_every_mail(claim: Claim) -> None:
    """R-39, R-13."""
    after = withdrawn(claim)
    assert status(after) is Status.WITHDRAWN
    assert {"held", "contested"} & set(holds(after).values()) == set()
    assert after.dues == ()


@pytest.mark.parametrize(
    ("claim", "kind"),
    [
        (draft(), DueKind.DRAFT_IDLE),
        (under_review(), DueKind.RESERVATION),
        (under_review(), DueKind.UNDELIVERED),
        (action_required(), DueKind.ACTION_OVERDUE),
    ],
)
def test_a_deadline_that_passes_ends_an_unfinished_claim(claim: Claim, kind: DueKind) -> None:
    """R-15, R-36."""
    due = the(claim, kind)
    after = ending.expire(claim, by(SYSTEM, due.at), due).after
    assert status(after) is Status.EXPIRED
    assert (set(holds(after).values()), after.dues) == ({"released"}, ())


def test_no_deadline_ends_an_association() -> None:
    """R-15: what was due for the unfinished claim is due no more."""
    assert kinds(active_by_silence().dues) == ["approved"]


def test_an_overdue_action_ends_what_rests_on_a_silence_that_was_taken_back() -> None:
    """R-401 R-13: from then on, never earlier; and a tenure that has ended is not brought back."""
    asked_again = action_required(suspended())
    due = the(asked_again, DueKind.ACTION_OVERDUE)
    after = ending.expire(asked_again, by(SYSTEM, due.at), due).after
    assert status(after) is Status.EXPIRED
    assert [(each.ended_at, each.is_standing) for each in after.tenures] == [(due.at, False)] * 2
    assert all(each.suspensions[-1].until == due.at for each in after.tenures)
    with pytest.raises(TooLate):
        reopened(after, due.at)


@pytest.mark.parametrize("answered", [(TEAMS, EXCHANGE), (TEAMS,)])
def test_an_overdue_action_ends_no_association_that_its_customer_granted(answered: tuple[str, ...]) -> None:
    """R-401 R-15: it is recorded, the partner may still answer, and the reviewer may reject."""
    granted = agreed(action_required(suspended()), *answered)
    due = the(granted, DueKind.ACTION_OVERDUE)
    change = ending.expire(granted, by(SYSTEM, due.at), due)
    assert (status(change.after), change.after.tenures) == (Status.ACTION_REQUIRED, granted.tenures)
    assert change.entries[0].data["noEffect"] is True
    assert DueKind.ACTION_OVERDUE not in {each.kind for each in change.after.dues}
    assert status(rejected(change.after, at=due.at)) is Status.REJECTED


def reopened(claim: Claim, at: datetime) -> Claim:
    return ending.reopen(claim, by(PARTNER, at), POLICY).after


def test_a_claim_whose_action_deadline_passed_is_reopened_with_its_proof_and_answers() -> None:
    """R-17."""
    claim = lapsed(action_required(agreed(asked(under_review()), TEAMS)))
    after = reopened(claim, days_after(claim.updated_at, 30))
    assert (status(after), after.proofs, answers(after)) == (Status.ACTION_REQUIRED, claim.proofs, answers(claim))
    assert set(holds(after).values()) == {"held"}
    assert kinds(after.dues) == ["action_overdue", "action_warning", "action_warning", "reservation"]
    assert (after.rounds, after.window) == (claim.rounds, claim.window)


def test_reopening_does_not_take_back_what_the_customer_refused() -> None:
    """R-17, R-35."""
    claim = consent.answer(action_required(), by(CUSTOMER), {TEAMS: False}, None).after
    claim = reopened(lapsed(claim), days_after(MONDAY, 10))
    assert holds(claim) == {TEAMS: "released", EXCHANGE: "held"}


def test_after_thirty_days_nothing_is_reopened() -> None:
    """R-17."""
    claim = lapsed()
    with pytest.raises(TooLate):
        reopened(claim, days_after(claim.updated_at, 30) + timedelta(seconds=1))


def test_a_claim_is_reopened_once() -> None:
    """R-17."""
    again = lapsed(reopened(lapsed(), lapsed().updated_at))
    with pytest.raises(TooLate):
        reopened(again, again.updated_at)


@pytest.mark.parametrize("kind", [DueKind.RESERVATION, DueKind.UNDELIVERED])
def test_only_a_missed_action_can_be_made_up_for(kind: DueKind) -> None:
    """R-17: what expired for another reason is claimed anew."""
    due = the(under_review(), kind)
    claim = ending.expire(under_review(), by(SYSTEM, due.at), due).after
    with pytest.raises(TooLate):
        reopened(claim, claim.updated_at)


def disputed(claim: Claim, at: datetime) -> Claim:
    return ending.dispute(claim, by(PARTNER, at), POLICY, "It is signed.").after


def test_a_rejection_can_be_disputed_for_thirty_days() -> None:
    """R-18: back to screening, every scope taken again, and the first submission stays what it was."""
    claim = rejected(agreed(under_review(), TEAMS))
    after = disputed(claim, days_after(MONDAY, 30))
    assert (status(after), after.submitted_at, after.disputed) == (Status.SCREENING, MONDAY, True)
    assert set(holds(after).values()) == {"held"}
    assert kinds(after.dues) == ["reservation", "screen"]
    assert answers(after) == answers(claim)
    with pytest.raises(TooLate):
        disputed(claim, days_after(MONDAY, 30) + timedelta(seconds=1))


def test_a_rejection_is_disputed_once() -> None:
    """R-18."""
    claim = judged(disputed(rejected(), MONDAY), Scan.CLEAN)
    claim = review.reject(claim, by(OTTO), "poe_invalid", "Still not.").after
    with pytest.raises(TooLate):
        disputed(claim, MONDAY)


def test_only_a_rejection_is_disputed() -> None:
    """R-18."""
    with pytest.raises(ActionNotAllowed):
        disputed(lapsed(), MONDAY)


def test_a_tenure_that_ended_with_the_rejection_is_not_brought_back() -> None:
    """R-18, R-13: tenures are closed, never reopened."""
    suspended = contact.bounced(
        active_by_silence(), by(SYSTEM, days_after(MONDAY, 15)), POLICY, the(under_review(), MailKind.NOTIFICATION)
    )
    claim = rejected(suspended.after, at=days_after(MONDAY, 16))
    with pytest.raises(TooLate):
        disputed(claim, days_after(MONDAY, 17))
