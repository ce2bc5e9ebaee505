"""The reviewer's moves (approve, ask for action, reject, comment), and what happens when reviewer or partner is late."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from shared.domain.assignment import require_decider
from shared.domain.calendar import add_business_days, business_days_until
from shared.domain.claim import Change, Claim, Consent, Due, DueKind, Review
from shared.domain.errors import ContactUnconfirmed, ScanUnconfirmed, TooManyRounds
from shared.domain.lifecycle import Event, Status
from shared.domain.notice import MailKind
from shared.domain.policy import Policy
from shared.domain.timeline import Act, Fact
from shared.domain.transition import admits, closed, done, mails, moved, settled, unmoved, without
from shared.domain.window import ask, clock_stopped, go_on, stop


def approve(claim: Claim, act: Act, policy: Policy, *, confirms_contact: bool = False, confirms_scan: bool = False) -> Change:
    """Claim and POE are in order: active if consent stands, else the customer's answer is awaited (R-27).

    Raises ClaimRefused after a refusal, ContactUnconfirmed when the contact's domain is not verified and nobody confirms the
    person, ScanUnconfirmed when only scans show a signature and nobody says to have seen it, OtherReviewerNeeded for a dispute of
    one's own rejection, ReviewAssigned while another reviewer has the review.
    """
    admits(claim, Event.APPROVE, act.actor.kind)
    require_decider(claim, act)
    if not (claim.contact_verified or claim.contact_confirmed or confirms_contact):
        raise ContactUnconfirmed
    require_seen(claim, confirms_scan=confirms_scan)
    dues = (*without(claim, DueKind.REVIEW_OVERDUE), *mails(claim, act.at, (MailKind.APPROVED,)))
    is_new = any(s.consent is Consent.NOT_ASKED for s in claim.live)
    fields: dict[str, Any] = ask(claim, act.at, policy, dues) if is_new else {"dues": dues}
    if claim.reported_unknown:
        # The reviewer has looked into it: the customer's clock goes on.
        fields |= go_on(replace(claim, reported_unknown=False), act.at, policy, dues) | {"reported_unknown": False}
    fact = Fact(Event.APPROVE, {"contactConfirmed": confirms_contact, "scanConfirmed": confirms_scan})
    confirmed = claim.contact_confirmed or confirms_contact
    return settled(claim, act, fact, review=Review.APPROVED, contact_confirmed=confirmed, **fields)


def rests_on_scans(claim: Claim) -> bool:
    """Is there no other proof of the customer's signature than pictures of it?"""
    usable = [p for p in claim.proofs if p.is_usable]
    return usable != [] and all(p.is_scan for p in usable)


def require_seen(claim: Claim, *, confirms_scan: bool) -> None:
    """Raises ScanUnconfirmed when the claim rests on scans and the reviewer does not say that it saw the signature (R-321)."""
    if rests_on_scans(claim) and not confirms_scan:
        raise ScanUnconfirmed


def request_action(claim: Claim, act: Act, policy: Policy, reason_code: str, words: str) -> Change:
    """The partner has to mend something: its clock starts, the customer's pauses (R-28, R-31).

    Raises TooManyRounds, OtherReviewerNeeded, ReviewAssigned.
    """
    admits(claim, Event.REQUEST_ACTION, act.actor.kind)
    require_decider(claim, act)
    if claim.rounds >= policy.action_rounds:
        raise TooManyRounds(f"The partner was asked {policy.action_rounds} times already: approve or reject.")
    fields = waiting_for_partner(claim, act, policy)
    dues = (*fields.pop("dues"), *mails(claim, act.at, (MailKind.ACTION_REQUIRED,)))
    fact = Fact(Event.REQUEST_ACTION, {"reasonCode": reason_code, "round": claim.rounds + 1}, words)
    return moved(claim, act, fact, rounds=claim.rounds + 1, reason_code=reason_code, dues=dues, **fields)


def waiting_for_partner(claim: Claim, act: Act, policy: Policy) -> dict[str, Any]:
    """The fields of a claim that waits for its partner: warnings and the deadline are due, reviewer's and customer's clocks
    stop."""
    overdue = add_business_days(act.at, policy.action_business_days, policy.holidays)
    last_day = overdue - timedelta(seconds=1)
    warned_at = (add_business_days(last_day, -days, policy.holidays) for days in policy.action_warnings_business_days)
    warnings = (Due(DueKind.ACTION_WARNING, at, claim.seq + 1 + n) for n, at in enumerate(warned_at) if at > act.at)
    review_due = next((d.at for d in claim.dues if d.kind is DueKind.REVIEW_OVERDUE), None)
    others = clock_stopped(d for d in claim.dues if d.kind is not DueKind.REVIEW_OVERDUE)
    return {
        "review": Review.ACTION_REQUIRED,
        "review_left_days": business_days_until(act.at, review_due, policy.holidays) if review_due else claim.review_left_days,
        "window": stop(claim, act.at),
        "reported_unknown": False,
        "dues": (*others, *warnings, Due(DueKind.ACTION_OVERDUE, overdue, claim.seq + 1)),
    }


def reject(claim: Claim, act: Act, reason_code: str, words: str) -> Change:
    """The claim ends by the reviewer's decision; the partner may dispute it once (R-29).

    Raises OtherReviewerNeeded, ReviewAssigned.
    """
    admits(claim, Event.REJECT, act.actor.kind)
    require_decider(claim, act)
    fact = Fact(Event.REJECT, {"reasonCode": reason_code}, words)
    told = mails(claim, act.at, (MailKind.REJECTED,))
    verdict = {"review": Review.REJECTED, "rejected_by": act.actor.id, "reason_code": reason_code}
    return closed(claim, act, Status.REJECTED, fact, told, **verdict)


def comment(claim: Claim, act: Act, words: str) -> Change:
    """A remark in the timeline; nothing else changes."""
    admits(claim, Event.COMMENT, act.actor.kind)
    return moved(claim, act, Fact(Event.COMMENT, {}, words))


def review_overdue(claim: Claim, act: Act, due: Due) -> Change:
    """The reviewer is late: the claim is escalated and otherwise stays; a partner is never punished for it (R-38)."""
    if not admits(claim, Event.REVIEW_OVERDUE, act.actor.kind):
        return unmoved(claim, act, Event.REVIEW_OVERDUE, dues=done(claim, due))
    return moved(claim, act, Fact(Event.REVIEW_OVERDUE), dues=done(claim, due))


def action_warned(claim: Claim, act: Act, due: Due) -> Change:
    """A business day count before the partner's deadline: it is reminded by mail (R-28)."""
    if not admits(claim, Event.ACTION_WARNING, act.actor.kind):
        return unmoved(claim, act, Event.ACTION_WARNING, dues=done(claim, due))
    reminder = mails(claim, act.at, (MailKind.ACTION_REQUIRED,))
    return moved(claim, act, Fact(Event.ACTION_WARNING), dues=(*done(claim, due), *reminder))
