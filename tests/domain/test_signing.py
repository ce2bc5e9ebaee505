"""Signing online: one person is asked at a time, one answer settles it, and everybody concerned is told which."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from shared.domain import ending, signing, submission
from shared.domain.claim import Change, Claim, DueKind, Scan, status
from shared.domain.errors import ActionNotAllowed
from shared.domain.lifecycle import Status
from shared.domain.notice import MailKind
from shared.domain.policy import Policy
from shared.domain.signature import SignatureOutcome
from shared.domain.signing import Standing, standing
from shared.domain.view import NextActor, summary
from tests.domain.claim_builders import (
    BOTH,
    MONDAY,
    PARTNER,
    POLICY,
    SIGNER,
    SYSTEM,
    TEAMS,
    accepted,
    action_required,
    active,
    by,
    created,
    days_after,
    draft,
    judged,
    kinds,
    proof,
    resubmitted,
    screening,
    signed,
    the,
    to_sign,
    under_review,
    withdrawn,
)

type Answer = Callable[[Claim], Change]
LATER = days_after(MONDAY, 3)

ANSWERS: dict[str, Answer] = {
    "sign": lambda claim: signing.sign(claim, by(SIGNER, LATER), proof("sealed"), {"formId": "f"}),
    "upload": lambda claim: signing.upload(claim, by(SIGNER, LATER), proof("by-hand")),
    "decline": lambda claim: signing.decline(claim, by(SIGNER, LATER), "Not us."),
    "delegate": lambda claim: signing.delegate(claim, by(SIGNER, LATER), POLICY, "signer-2", "x"),
    "nobody": lambda claim: signing.signature_overdue(claim, by(SYSTEM, LATER), the(to_sign(), DueKind.SIGNATURE_OVERDUE)),
}
SETTLING = ("sign", "upload", "decline", "nobody")


def test_asking_mails_the_signer_and_begins_its_time() -> None:
    """R-121"""
    claim = to_sign()
    assert kinds(claim.dues) == ["draft_idle", "signature_overdue", "signature_reminder", "signature_request"]
    assert claim.signature is not None
    assert claim.signature.sign_by == the(claim, DueKind.SIGNATURE_OVERDUE).at
    assert claim.signature.sign_by.date() == (MONDAY + timedelta(days=POLICY.signature_days + 1)).date(), "its last day is whole"
    assert (claim.signature.seq, claim.signature.signer_id) == (claim.seq, "signer-1")
    assert standing(claim, claim.seq) is Standing.OPEN


def test_whoever_is_asked_to_sign_is_reminded_once() -> None:
    """R-390: some days later, of what is open then; nobody is reminded of a reminder."""
    claim = accepted(to_sign(), MailKind.SIGNATURE_REQUEST, at=MONDAY)
    reminder = the(claim, MailKind.SIGNATURE_REMINDER)
    assert reminder.at == days_after(MONDAY, POLICY.signature_reminder_after_days)
    after = accepted(claim, MailKind.SIGNATURE_REMINDER, at=reminder.at)
    assert after.awaits_signature
    assert kinds(after.dues) == ["draft_idle", "signature_overdue"]


@pytest.mark.parametrize(("days", "is_reminded"), [(29, True), (30, True), (31, False)])
def test_nobody_is_reminded_of_what_is_over(days: int, is_reminded: bool) -> None:
    """R-390: the last day is whole."""
    policy = Policy(signature_days=30, signature_reminder_after_days=days)
    claim = signing.ask_to_sign(created(*BOTH).after, by(PARTNER), policy, "signer-1", "a-commitment").after
    assert ("signature_reminder" in kinds(claim.dues)) is is_reminded


@pytest.mark.parametrize("over", [submission.submit, submission.contest], ids=["submit", "contest"])
def test_nobody_is_pressed_to_sign_what_was_submitted_with_another_proof(over: Callable[..., Change]) -> None:
    """R-390: signing it is still possible."""
    more = ({TEAMS}, "we deployed it") if over is submission.contest else ()
    after = over(to_sign(draft()), by(PARTNER), POLICY, *more).after
    again = resubmitted(to_sign(action_required()))
    for claim in (after, again):
        assert claim.awaits_signature
        assert "signature_reminder" not in kinds(claim.dues)


def test_a_colleague_named_during_review_is_not_reminded_once_the_association_stands() -> None:
    """R-390, R-122"""
    reviewed = ANSWERS["delegate"](under_review(to_sign(draft()))).after
    assert "signature_reminder" in kinds(reviewed.dues)
    assert not {"signature_reminder", "signature_request"} & set(kinds(active(reviewed).dues))


def test_while_the_customer_is_asked_to_sign_it_is_the_customers_move() -> None:
    """R-84"""
    shown = summary(to_sign())
    assert (shown.next_actor, shown.waiting_for) == (NextActor.CUSTOMER, "signature")
    assert shown.due_at == the(to_sign(), DueKind.SIGNATURE_OVERDUE).at
    assert summary(signed(to_sign())).next_actor is NextActor.PARTNER
    assert summary(to_sign(action_required())).waiting_for == "action", "the partner's own clock goes on"


def test_asking_somebody_else_ends_what_was_asked_before() -> None:
    """R-121: one person at a time."""
    first = to_sign()
    second = to_sign(first, signer="signer-2")
    assert kinds(second.dues) == ["draft_idle", "signature_overdue", "signature_reminder", "signature_request"]
    assert standing(second, first.seq) is Standing.REPLACED
    assert standing(second, second.seq) is Standing.OPEN


@pytest.mark.parametrize("claim", [screening(), under_review(), active(), withdrawn()], ids=lambda c: str(status(c)))
def test_nobody_is_asked_to_sign_a_claim_that_does_not_wait_for_its_partner(claim: Claim) -> None:
    """R-121"""
    with pytest.raises(ActionNotAllowed):
        to_sign(claim)


def test_a_signature_is_a_proof_and_both_are_told_in_one_change() -> None:
    """R-120"""
    change = ANSWERS["sign"](to_sign())
    claim = change.after
    assert [entry.event for entry in change.entries] == ["signed", "proof_attached"]
    assert change.entries[0].data == {"formId": "f", "signer": "signer-1", "request": 2}
    assert [p.document_id for p in claim.proofs] == ["sealed"]
    assert kinds(claim.dues) == ["draft_idle", "signature_outcome", "signature_receipt"]
    assert {the(claim, kind).seq for kind in (MailKind.SIGNATURE_OUTCOME, MailKind.SIGNATURE_RECEIPT)} == {change.entries[0].seq}
    assert claim.signature is not None
    assert (claim.signature.outcome, claim.signature.document_id) == (SignatureOutcome.SIGNED, "sealed")


def test_what_was_signed_by_hand_is_attached_like_its_partners() -> None:
    """R-123, R-322: and attested, by uploading it."""
    change = ANSWERS["upload"](to_sign())
    assert [entry.event for entry in change.entries] == ["signed_by_hand", "proof_attached", "proof_attested"]
    attestation = change.after.proofs[0].attestation
    assert attestation is not None
    assert (attestation.statement, attestation.by, attestation.seq) == ("customer-1", "customer", change.after.seq)
    assert [p.document_id for p in change.after.proofs] == ["by-hand"]
    assert kinds(change.after.dues) == ["draft_idle", "signature_outcome", "signature_receipt"]


def test_declining_leaves_the_claim_to_its_partner_with_the_signers_words() -> None:
    """R-120"""
    change = ANSWERS["decline"](to_sign())
    assert (change.entries[0].event, change.entries[0].words) == ("signature_declined", "Not us.")
    assert status(change.after) is Status.DRAFT
    assert kinds(change.after.dues) == ["draft_idle", "signature_outcome", "signature_receipt"]


def test_a_colleague_is_asked_instead_with_all_the_time_there_is() -> None:
    """R-122"""
    first = to_sign(submits=True)
    after = ANSWERS["delegate"](first).after
    assert after.signature is not None
    assert (after.signature.signer_id, after.submit_when_ready) == ("signer-2", True)
    assert after.signature.sign_by.date() == (LATER + timedelta(days=POLICY.signature_days + 1)).date()
    assert standing(after, first.seq) is Standing.REPLACED
    assert kinds(after.dues) == ["draft_idle", "signature_overdue", "signature_reminder", "signature_request"]


def test_when_nobody_signs_in_time_the_partner_is_told_and_no_receipt_is_sent() -> None:
    """R-124"""
    after = ANSWERS["nobody"](to_sign()).after
    assert kinds(after.dues) == ["draft_idle", "signature_outcome"]
    assert summary(after).next_actor is NextActor.PARTNER
    assert to_sign(after).awaits_signature, "the partner may ask again"


@pytest.mark.parametrize("second", ANSWERS)
@pytest.mark.parametrize("first", SETTLING)
def test_the_first_answer_stands_whatever_comes_after_it(first: str, second: str) -> None:
    """R-120: a second signer, a decline after the signature, a colleague named too late."""
    settled = ANSWERS[first](to_sign()).after
    change = ANSWERS[second](settled)
    assert change.entries[0].data["noEffect"] is True
    assert (change.after.signature, change.after.proofs, change.after.dues) == (settled.signature, settled.proofs, settled.dues)


@pytest.mark.parametrize("answer", ANSWERS)
def test_with_the_claim_the_request_is_over(answer: str) -> None:
    """R-11, R-120"""
    for over in (withdrawn(to_sign()), active(under_review(to_sign(draft())))):
        assert standing(over, over.signature.seq if over.signature else 0) is Standing.OVER
        change = ANSWERS[answer](over)
        assert change.entries[0].data["noEffect"] is True
        assert (change.after.proofs, status(change.after)) == (over.proofs, status(over))


def test_a_request_that_ended_with_its_claim_does_not_come_back_with_it() -> None:
    waiting = to_sign(action_required())
    lapsed = ending.expire(
        waiting, by(SYSTEM, the(waiting, DueKind.ACTION_OVERDUE).at), the(waiting, DueKind.ACTION_OVERDUE)
    ).after
    reopened = ending.reopen(lapsed, by(PARTNER, lapsed.updated_at), POLICY).after
    assert not reopened.awaits_signature
    assert standing(reopened, waiting.seq) is Standing.OVER


def test_a_late_signature_is_further_proof_and_screened_like_the_first() -> None:
    """R-20: the partner has submitted with another proof meanwhile."""
    reviewed = under_review(to_sign(draft()))
    after = ANSWERS["sign"](reviewed).after
    assert [p.document_id for p in after.proofs] == ["signed", "sealed"]
    assert the(after, DueKind.SCREEN).seq == after.seq


def test_a_virus_in_another_document_does_not_end_the_request() -> None:
    """R-26"""
    back = judged(screening(accepted(to_sign(draft()), MailKind.SIGNATURE_REQUEST, at=MONDAY)), Scan.INFECTED)
    assert status(back) is Status.DRAFT
    assert back.awaits_signature


def test_signing_keeps_a_draft_from_going_idle() -> None:
    """R-15"""
    asked = to_sign()
    assert the(signed(asked, at=days_after(MONDAY, 20)), DueKind.DRAFT_IDLE).at == days_after(
        the(asked, DueKind.DRAFT_IDLE).at, 20
    )


@pytest.mark.parametrize("answer", ["sign", "upload"])
@pytest.mark.parametrize("waiting", [created(*BOTH).after, action_required()], ids=lambda c: str(status(c)))
def test_a_claim_that_is_to_submit_itself_does_so_once_it_has_its_signature(answer: str, waiting: Claim) -> None:
    """R-250"""
    ready = ANSWERS[answer](to_sign(waiting, submits=True)).after
    assert the(ready, DueKind.SUBMIT).seq == ready.seq
    assert status(submission.submit(ready, by(SYSTEM, LATER), POLICY).after) is Status.SCREENING


@pytest.mark.parametrize("answer", ["decline", "delegate", "nobody"])
def test_without_a_signature_nothing_submits_itself(answer: str) -> None:
    """R-250"""
    assert DueKind.SUBMIT not in {d.kind for d in ANSWERS[answer](to_sign(submits=True)).after.dues}


def test_asking_may_say_whether_the_claim_submits_itself_and_need_not() -> None:
    """R-250"""
    assert to_sign(submits=True).submit_when_ready
    assert to_sign(to_sign(submits=True)).submit_when_ready, "nothing was said about it"
    assert not to_sign(to_sign(submits=True), submits=False).submit_when_ready


@pytest.mark.parametrize(("answer", "told"), [("decline", Standing.DECLINED), ("upload", Standing.UPLOADED)])
def test_whoever_comes_after_an_answer_is_told_which_it_was(answer: str, told: Standing) -> None:
    """R-120: also once the claim has gone on, and not only that it is over."""
    claim = ANSWERS[answer](to_sign()).after
    assert claim.signature is not None
    assert standing(claim, claim.signature.seq) is told
    assert standing(withdrawn(claim), claim.signature.seq) is told


def test_whoever_comes_after_the_time_is_told_that_it_is_over_for_that_reason() -> None:
    """R-124"""
    claim = to_sign()
    due = the(claim, DueKind.SIGNATURE_OVERDUE)
    late = signing.signature_overdue(claim, by(SYSTEM, due.at), due).after
    assert standing(late, due.seq) is Standing.EXPIRED
