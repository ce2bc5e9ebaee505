"""Signing online: one person is asked at a time, and one answer settles it; whatever comes after is told what it was (R-120).

The customer may sign, upload what it signed by hand, decline, or name a colleague. What a link may do is decided by `standing`
before a move is made; how a document is filled in and sealed is an adapter's work.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from typing import Any

from shared.domain.attestation import OF_CUSTOMER
from shared.domain.attesting import attest
from shared.domain.calendar import add_days
from shared.domain.claim import Change, Claim, Due, DueKind, Proof
from shared.domain.lifecycle import Event
from shared.domain.notice import ASKS_TO_SIGN, MailKind
from shared.domain.policy import Policy
from shared.domain.signature import SignatureOutcome, SignatureRequest
from shared.domain.submission import attach, idle_again
from shared.domain.timeline import Act, Fact, Json
from shared.domain.transition import admits, done, joined, mails, moved, unmoved, without


class Standing(StrEnum):
    """How things stand for whoever holds a link to a request."""

    OPEN = "open"
    SIGNED = "signed"
    UPLOADED = "uploaded"
    DECLINED = "declined"
    EXPIRED = "expired"
    REPLACED = "replaced"
    OVER = "over"


def standing(claim: Claim, seq: int) -> Standing:
    """How the request that the entry `seq` made stands: replaced by a later one, settled, over with its claim, or open."""
    request = claim.signature
    if any(p.sealed_for == seq for p in claim.proofs):
        return Standing.SIGNED  # Also when somebody else was asked later.
    if request is None or request.seq != seq:
        return Standing.REPLACED
    if request.outcome is not None:
        return Standing(request.outcome.value)
    return Standing.OPEN if claim.awaits_signature else Standing.OVER


def ask_to_sign(
    claim: Claim, act: Act, policy: Policy, signer_id: str, commitment: str, *, submits: bool | None = None
) -> Change:
    """This person is asked to sign, and reminded once (R-390); whoever was asked before is asked no more (R-121). `submits` says
    whether the claim is to submit itself when it is ready; None leaves that as it is. Raises ActionNotAllowed."""
    admits(claim, Event.ASK_TO_SIGN, act.actor.kind)
    change = _asked(claim, act, policy, Event.ASK_TO_SIGN, signer_id, commitment)
    after = change.after if submits is None else replace(change.after, submit_when_ready=submits)
    return replace(change, after=after if after.submit_when_ready else replace(after, dues=without(after, DueKind.SUBMIT)))


def delegate(claim: Claim, act: Act, policy: Policy, signer_id: str, commitment: str) -> Change:
    """Whoever was asked names a colleague, who is asked instead, with all the time there is (R-122)."""
    if not _may(claim, act, Event.DELEGATE_SIGNATURE):
        return unmoved(claim, act, Event.DELEGATE_SIGNATURE)
    return _asked(claim, act, policy, Event.DELEGATE_SIGNATURE, signer_id, commitment)


def _asked(claim: Claim, act: Act, policy: Policy, event: Event, signer_id: str, commitment: str) -> Change:
    seq, sign_by = claim.seq + 1, add_days(act.at, policy.signature_days)
    request = SignatureRequest(seq, signer_id, act.at, sign_by)
    data: dict[str, Json] = {"signer": signer_id, "signerCommitment": commitment}
    overdue = Due(DueKind.SIGNATURE_OVERDUE, sign_by, seq)
    remind_at = act.at + timedelta(days=policy.signature_reminder_after_days)
    reminder = (Due(DueKind.MAIL, remind_at, seq, MailKind.SIGNATURE_REMINDER),) if remind_at < sign_by else ()
    asking = (overdue, *mails(claim, act.at, (MailKind.SIGNATURE_REQUEST,)), *reminder)
    dues = (*_no_longer_asked(idle_again(claim, act.at)), *asking)
    return moved(claim, act, Fact(event, data), signature=request, dues=dues)


def sign(claim: Claim, act: Act, proof: Proof, said: Mapping[str, Json]) -> Change:
    """The customer signed: the sealed document is the claim's proof. `said` goes into the timeline: what was signed, and how."""
    if not _may(claim, act, Event.SIGN):
        return unmoved(claim, act, Event.SIGN, said)
    fields = _settled(claim, act, SignatureOutcome.SIGNED, proof.document_id)
    signed = moved(claim, act, Fact(Event.SIGN, _by(claim, said)), **fields)
    sealed = replace(proof, sealed_for=claim.signature.seq if claim.signature else None)
    return joined(signed, attach(signed.after, act, sealed))


def upload(claim: Claim, act: Act, proof: Proof) -> Change:
    """The customer signed by hand and uploaded the document: it is attached like its partner's, and attested by uploading it
    (R-322)."""
    data: dict[str, Json] = {"document": proof.document_id, "sha256": proof.sha256}
    if not _may(claim, act, Event.UPLOAD_SIGNED):
        return unmoved(claim, act, Event.UPLOAD_SIGNED, data)
    fields = _settled(claim, act, SignatureOutcome.UPLOADED, proof.document_id)
    settled = moved(claim, act, Fact(Event.UPLOAD_SIGNED, _by(claim, data)), **fields)
    attached = joined(settled, attach(settled.after, act, proof))
    return joined(attached, attest(attached.after, act, proof.document_id, OF_CUSTOMER))


def decline(claim: Claim, act: Act, words: str | None) -> Change:
    """The customer does not sign; why, it need not say. The claim waits for its partner as before."""
    if not _may(claim, act, Event.DECLINE_SIGNATURE):
        return unmoved(claim, act, Event.DECLINE_SIGNATURE, words=words)
    fact = Fact(Event.DECLINE_SIGNATURE, _by(claim, {}), words)
    return moved(claim, act, fact, **_settled(claim, act, SignatureOutcome.DECLINED))


def signature_overdue(claim: Claim, act: Act, due: Due) -> Change:
    """Nobody signed in time: the partner is told and may ask again."""
    if not _may(claim, act, Event.SIGNATURE_OVERDUE):
        return unmoved(claim, act, Event.SIGNATURE_OVERDUE, dues=done(claim, due))
    fact = Fact(Event.SIGNATURE_OVERDUE, _by(claim, {}))
    return moved(claim, act, fact, **_settled(claim, act, SignatureOutcome.EXPIRED))


def _may(claim: Claim, act: Act, event: Event) -> bool:
    return admits(claim, event, act.actor.kind) and claim.awaits_signature


def _by(claim: Claim, said: Mapping[str, Json]) -> dict[str, Json]:
    request = claim.signature
    return {**said, "signer": request.signer_id, "request": request.seq} if request else {**said}


def _settled(claim: Claim, act: Act, outcome: SignatureOutcome, document_id: str | None = None) -> dict[str, Any]:
    """What changes with the answer to a request: the partner hears of it, and the signer has a receipt of its own deed."""
    request = claim.signature
    assert request is not None  # noqa: S101  # Only what is asked can be settled.
    settled = replace(request, outcome=outcome, settled_at=act.at, document_id=document_id)
    to_signer = () if outcome is SignatureOutcome.EXPIRED else (MailKind.SIGNATURE_RECEIPT,)
    told = mails(claim, act.at, (*to_signer, MailKind.SIGNATURE_OUTCOME))
    return {"signature": settled, "dues": (*_no_longer_asked(idle_again(claim, act.at)), *told)}


def _no_longer_asked(dues: tuple[Due, ...]) -> tuple[Due, ...]:
    return tuple(d for d in dues if d.kind is not DueKind.SIGNATURE_OVERDUE and d.mail not in ASKS_TO_SIGN)
