"""The reviewer's moves, and what being late leads to."""

from datetime import timedelta

import pytest

from shared.domain import ending, review
from shared.domain.claim import Claim, DueKind, Scan, status
from shared.domain.errors import ClaimRefused, ContactUnconfirmed, OtherReviewerNeeded, TooManyRounds
from shared.domain.lifecycle import Status
from shared.domain.policy import Policy
from tests.domain.claim_builders import (
    ASKS_LATE,
    EXCHANGE,
    MONDAY,
    OTTO,
    PARTNER,
    POLICY,
    RITA,
    SYSTEM,
    TEAMS,
    action_required,
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
    refused,
    rejected,
    resubmitted,
    the,
    under_review,
)


def test_approval_before_the_answer_awaits_it() -> None:
    """R-27."""
    claim = awaiting_consent()
    assert status(claim) is Status.AWAITING_CONSENT
    assert all(s.active_from is None for s in claim.scopes)
    assert "review_overdue" not in kinds(claim.dues)
    assert "approved" in kinds(claim.dues)


def test_approval_after_the_answer_makes_the_claim_active_now() -> None:
    """R-14: the later of approval and consent."""
    claim = review.approve(agreed(under_review()), by(RITA, days_after(MONDAY, 3)), POLICY).after
    assert status(claim) is Status.ACTIVE
    assert {s.active_from for s in claim.scopes} == {days_after(MONDAY, 3)}
    assert {"reservation", "undelivered", "consent_window"} & set(kinds(claim.dues)) == set()


def test_the_answer_after_approval_makes_the_claim_active_now() -> None:
    """R-14, the other way round."""
    claim = agreed(awaiting_consent(), at=days_after(MONDAY, 3))
    assert {s.active_from for s in claim.scopes} == {days_after(MONDAY, 3)}


def test_a_programme_that_asks_late_asks_on_approval() -> None:
    """R-27, R-30."""
    claim = awaiting_consent(policy=ASKS_LATE)
    assert answers(claim) == {TEAMS: "pending", EXCHANGE: "pending"}
    assert {"consent_request", "notification", "approved"} <= set(kinds(claim.dues))


def test_a_refused_claim_cannot_be_approved() -> None:
    """R-27: with a code of its own, because two people worked on it at once."""
    with pytest.raises(ClaimRefused) as refusal:
        review.approve(refused(), by(RITA), POLICY)
    assert refusal.value.code == "claim_refused"


def test_a_contact_outside_the_tenants_domains_must_be_confirmed_to_approve() -> None:
    """R-27: a click counts only after a reviewer has confirmed the person."""
    claim = agreed(under_review(draft(verified=False)))
    with pytest.raises(ContactUnconfirmed):
        review.approve(claim, by(RITA), POLICY)
    assert status(review.approve(claim, by(RITA), POLICY, confirms_contact=True).after) is Status.ACTIVE


def test_asking_for_action_gives_the_partner_five_business_days_and_two_warnings() -> None:
    """R-28: asked on Monday, due when next Monday is over; warned with three and with one business day left."""
    claim = action_required()
    assert the(claim, DueKind.ACTION_OVERDUE).at.isoformat() == "2026-03-10T00:00:00+00:00"
    warnings = [d for d in claim.dues if d.kind is DueKind.ACTION_WARNING]
    assert [d.at.isoformat()[:10] for d in warnings] == ["2026-03-05", "2026-03-07"]
    assert len({d.id_for(claim.claim_id) for d in claim.dues}) == len(claim.dues)
    assert "action_required" in kinds(claim.dues)


def test_no_warning_is_due_before_the_action_was_asked_for() -> None:
    """R-28: with two days in all, nobody is warned three days before."""
    claim = action_required(policy=Policy(action_business_days=2))
    assert kinds(claim.dues).count("action_warning") == 1


def test_a_warning_reminds_the_partner_by_mail_and_is_due_once() -> None:
    """R-28."""
    claim = action_required()
    due = next(d for d in claim.dues if d.kind is DueKind.ACTION_WARNING)
    after = review.action_warned(claim, by(SYSTEM, due.at), due).after
    assert due not in after.dues
    assert kinds(after.dues).count("action_required") == 2
    assert status(after) is Status.ACTION_REQUIRED


def test_the_customers_clock_stands_still_while_the_partner_acts() -> None:
    """R-31."""
    claim = asked(under_review())
    paused = action_required(claim, at=days_after(MONDAY, 4))
    assert claim.window.ends_at is not None
    assert (paused.window.ends_at, paused.window.left_seconds) == (
        None,
        int((claim.window.ends_at - days_after(MONDAY, 4)).total_seconds()),
    )


def again(claim: Claim) -> Claim:
    return action_required(judged(resubmitted(claim), Scan.CLEAN))


def test_a_partner_is_asked_three_times_at_most() -> None:
    """R-28."""
    claim = again(again(action_required()))
    assert claim.rounds == 3
    with pytest.raises(TooManyRounds):
        again(claim)


def test_a_claim_that_awaits_consent_can_go_back_and_needs_a_new_approval() -> None:
    """R-28."""
    claim = judged(resubmitted(action_required(awaiting_consent())), Scan.CLEAN)
    assert status(claim) is Status.UNDER_REVIEW
    assert the(claim, DueKind.REVIEW_OVERDUE).at.isoformat() == "2026-03-10T00:00:00+00:00"


def test_a_rejection_frees_the_scopes_and_tells_the_partner_alone() -> None:
    """R-29, R-13."""
    claim = rejected()
    assert (status(claim), claim.reason_code, claim.rejected_by) == (Status.REJECTED, "poe_invalid", "rita")
    assert set(holds(claim).values()) == {"released"}
    assert kinds(claim.dues) == ["rejected"]


def test_a_late_reviewer_is_escalated_and_the_claim_stays() -> None:
    """R-38: partners are never punished for a late reviewer."""
    claim = under_review()
    due = the(claim, DueKind.REVIEW_OVERDUE)
    after = review.review_overdue(claim, by(SYSTEM, due.at), due).after
    assert status(after) is Status.UNDER_REVIEW
    assert holds(after) == holds(claim)
    assert set(claim.dues) - set(after.dues) == {due}


def test_a_remark_changes_nothing_else() -> None:
    claim = under_review()
    change = review.comment(claim, by(RITA), "Called the partner.")
    assert change.entries[0].words == "Called the partner."
    assert (change.after.scopes, change.after.dues, change.after.review) == (claim.scopes, claim.dues, claim.review)


def disputed() -> Claim:
    claim = ending.dispute(rejected(), by(PARTNER, MONDAY + timedelta(days=1)), POLICY, "It is signed on page two.").after
    return judged(claim, Scan.CLEAN)


def test_whoever_rejected_a_claim_does_not_decide_its_dispute() -> None:
    """R-18: another reviewer, whatever the decision."""
    claim = disputed()
    act = by(RITA, claim.updated_at)
    with pytest.raises(OtherReviewerNeeded):
        review.approve(claim, act, POLICY)
    with pytest.raises(OtherReviewerNeeded):
        review.request_action(claim, act, POLICY, "code", "words")
    with pytest.raises(OtherReviewerNeeded):
        review.reject(claim, act, "code", "words")
    assert status(review.approve(claim, by(OTTO, claim.updated_at), POLICY).after) is Status.AWAITING_CONSENT


def test_whoever_rejected_a_claim_may_still_remark_on_its_dispute() -> None:
    """R-18."""
    claim = disputed()
    assert review.comment(claim, by(RITA, claim.updated_at), "My reasons stand.").after.seq == claim.seq + 1
