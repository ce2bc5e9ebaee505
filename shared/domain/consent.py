"""The customer's side: being asked, the window and its clock, answering per scope, ending an association.

Silence is no objection to the association, and only where the customer was really reached (R-34). Every answer is recorded; one that
comes too late changes nothing.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from shared.domain.association import EndReason
from shared.domain.calendar import add_days
from shared.domain.claim import (
    Change,
    Claim,
    Closing,
    Consent,
    Due,
    DueKind,
    Hold,
    ScopeClaim,
    Window,
    admits,
    done,
    mails,
    moved,
    scopes_where,
    settled,
    status,
    unmoved,
    without,
)
from shared.domain.errors import InvalidInput
from shared.domain.lifecycle import ActorKind, Event, Status
from shared.domain.notice import MailKind
from shared.domain.policy import Policy
from shared.domain.timeline import Act, Fact, Json

_ASKING = (MailKind.NOTIFICATION, MailKind.CONSENT_REQUEST)
_ENDED_BY = {
    ActorKind.CUSTOMER: EndReason.ENDED_BY_CUSTOMER,
    ActorKind.PARTNER: EndReason.ENDED_BY_PARTNER,
    ActorKind.OPERATOR: EndReason.ENDED_BY_OPERATOR,
}


def ask(claim: Claim, now: datetime, policy: Policy) -> tuple[tuple[ScopeClaim, ...], tuple[Due, ...]]:
    """The scopes as pending, and the two mails that ask; the claim expires if they cannot be delivered (R-30, R-36)."""
    scopes = scopes_where(claim, lambda s: replace(s, consent=Consent.PENDING))
    undelivered = Due(DueKind.UNDELIVERED, add_days(now, policy.undelivered_days), claim.seq + 1)
    return scopes, (*mails(claim, now, _ASKING), undelivered)


def answer_by(now: datetime, policy: Policy) -> datetime:
    """The end of a consent window that begins now."""
    return add_days(now, policy.consent_window_days)


def mail_accepted(claim: Claim, act: Act, policy: Policy, due: Due, ends_at: datetime) -> Change:
    """The provider took the mail. The first consent request starts the clock, with the end that the mail named (R-32)."""
    admits(claim, Event.MAIL_ACCEPTED, act.actor.kind)
    fact = Fact(Event.MAIL_ACCEPTED, {"mail": due.mail, "operation": due.id_for(claim.claim_id)})
    dues, window = done(claim, due), claim.window
    if due.mail is MailKind.CONSENT_REMINDER:
        window = replace(window, reminders=window.reminders + 1)
    if due.mail is MailKind.CONSENT_REQUEST:
        window = replace(window, asked_at=act.at)
        dues = tuple(d for d in dues if d.kind is not DueKind.UNDELIVERED)
        if status(claim) is Status.ACTION_REQUIRED:
            window = replace(window, left_seconds=int((ends_at - act.at).total_seconds()))
        elif any(s.consent is Consent.PENDING for s in claim.live):
            window = replace(window, ends_at=ends_at)
            remind_at = act.at + timedelta(days=policy.reminder_after_days)
            reminder = Due(DueKind.MAIL, remind_at, claim.seq + 1, MailKind.CONSENT_REMINDER)
            dues = (*dues, reminder, Due(DueKind.CONSENT_WINDOW, ends_at, claim.seq + 1))
    return moved(claim, act, fact, dues=dues, window=window)


def mail_lost(claim: Claim, act: Act, due: Due, event: Event, code: str) -> Change:
    """The mail failed for good, or nobody knows whether it went out: the partner sees it, and no clock starts (R-33)."""
    admits(claim, event, act.actor.kind)
    fact = Fact(event, {"mail": due.mail, "operation": due.id_for(claim.claim_id), "code": code})
    return moved(claim, act, fact, dues=done(claim, due))


def paused(claim: Claim, now: datetime) -> Window:
    """The window with its clock stopped, while the claim waits for its partner (R-31)."""
    if claim.window.ends_at is None:
        return claim.window
    return replace(claim.window, ends_at=None, left_seconds=max(0, int((claim.window.ends_at - now).total_seconds())))


def resumed(claim: Claim, now: datetime) -> tuple[Window, tuple[Due, ...]]:
    """The window running again for the time that was left, and what is due for it; a reminder that never went out goes now."""
    if claim.window.left_seconds is None:
        return claim.window, ()
    ends_at = now + timedelta(seconds=claim.window.left_seconds)
    clock: tuple[Due, ...] = (Due(DueKind.CONSENT_WINDOW, ends_at, claim.seq + 1),)
    if claim.window.reminders == 0:
        clock = (*mails(claim, now, (MailKind.CONSENT_REMINDER,)), *clock)
    return replace(claim.window, ends_at=ends_at, left_seconds=None), clock


def window_ended(claim: Claim, act: Act, policy: Policy, due: Due) -> Change:
    """The window ended in silence: no objection, if it was asked, reminded and verified whom it came from (R-34)."""
    if not admits(claim, Event.WINDOW_ENDED, act.actor.kind):
        return unmoved(claim, act, Event.WINDOW_ENDED, dues=done(claim, due))
    if policy.answer_required or not claim.contact_verified:
        reason = "answer_required" if policy.answer_required else "contact_unverified"
        return unmoved(claim, act, Event.WINDOW_ENDED, {"reason": reason}, dues=done(claim, due))
    asked_at = claim.window.asked_at
    was_delivered = asked_at is not None and act.at - asked_at >= timedelta(hours=policy.delivered_after_hours)
    if not was_delivered or claim.window.reminders == 0:
        return _extended(claim, act, due)
    silent = scopes_where(claim, lambda s: replace(s, consent=Consent.IMPLIED) if s.consent is Consent.PENDING else s)
    implied: Json = [s.scope for s in claim.live if s.consent is Consent.PENDING]
    return settled(claim, act, Fact(Event.WINDOW_ENDED, {"implied": implied}), scopes=silent, dues=done(claim, due))


def _extended(claim: Claim, act: Act, due: Due) -> Change:
    # Silence cannot count yet: the reminder goes out (again) and the customer gets another day after it.
    ends_at = act.at + timedelta(days=1)
    waiting = any(d.mail is MailKind.CONSENT_REMINDER for d in claim.dues)
    again = () if waiting or claim.window.reminders else mails(claim, act.at, (MailKind.CONSENT_REMINDER,))
    dues = (*done(claim, due), *again, Due(DueKind.CONSENT_WINDOW, ends_at, claim.seq + 1))
    return unmoved(
        claim, act, Event.WINDOW_ENDED, {"reason": "not_reached"}, dues=dues, window=replace(claim.window, ends_at=ends_at)
    )


def is_answered(claim: Claim, choices: Mapping[str, bool]) -> bool:
    """Is this what the customer has answered already? Then there is nothing to record: a second click is the first one again."""
    answers = {s.scope: s.consent for s in claim.scopes}
    said = {True: Consent.GRANTED, False: Consent.REFUSED}
    return bool(choices) and all(answers.get(scope) is said[choice] for scope, choice in choices.items())


def answer(claim: Claim, act: Act, choices: Mapping[str, bool], reason: str | None) -> Change:
    """The customer's click, scope by scope: True agrees, False refuses. Raises InvalidInput for a scope that was not asked.

    Refused scopes are released at once and the rest goes on (R-35); with none left the claim is refused, or, if it was active, ended
    by the customer. An implied consent that is agreed to becomes granted.
    """
    unknown = sorted(set(choices) - {s.scope for s in claim.scopes})
    if unknown or not choices:
        raise InvalidInput("scope", "Answer for at least one of the scopes that you were asked about.")
    agreed = [s.scope for s in claim.live if choices.get(s.scope) is True]
    refused = [s.scope for s in claim.live if choices.get(s.scope) is False]
    none_left = bool(refused) and len(refused) == len(claim.live)
    event = Event.REFUSE if none_left else Event.AGREE
    data: dict[str, Json] = {"agreed": list(agreed), "refused": list(refused)}
    if not (agreed or refused) or not admits(claim, event, act.actor.kind):
        return unmoved(claim, act, event, data, words=reason)
    was_active = status(claim) is Status.ACTIVE
    scopes = tuple(_answered(s, act, agreed, refused) for s in claim.scopes)
    fact = Fact(event, data, reason)
    if none_left:
        ending = MailKind.ASSOCIATION_ENDED if was_active else MailKind.DECISION_RECEIPT
        closing = Closing(Status.ENDED if was_active else Status.REFUSED, act.at, event)
        return moved(claim, act, fact, scopes=scopes, closing=closing, dues=mails(claim, act.at, (ending,)))
    dues = (*claim.dues, *mails(claim, act.at, (MailKind.DECISION_RECEIPT,)))
    if not any(s.consent is Consent.PENDING for s in scopes):
        dues = tuple(d for d in dues if d.kind is not DueKind.CONSENT_WINDOW and d.mail is not MailKind.CONSENT_REMINDER)
    return settled(claim, act, fact, scopes=scopes, dues=dues)


def _answered(scope: ScopeClaim, act: Act, agreed: list[str], refused: list[str]) -> ScopeClaim:
    if scope.scope in agreed:
        return replace(scope, consent=Consent.GRANTED)
    if scope.scope not in refused:
        return scope
    if scope.active_from is None:
        return replace(scope, consent=Consent.REFUSED, hold=Hold.RELEASED)
    return replace(scope, consent=Consent.REFUSED, hold=Hold.RELEASED, ended_at=act.at, end_reason=EndReason.ENDED_BY_CUSTOMER)


def end(claim: Claim, act: Act, scopes: frozenset[str], reason: str, words: str | None = None) -> Change:
    """The end of active scopes, by the customer at once or by the partner with a reason; the claim ends with its last (R-37)."""
    ending = {s.scope for s in claim.live if s.active_from is not None} & scopes
    data: dict[str, Json] = {"scopes": sorted(ending), "reason": reason}
    if not admits(claim, Event.END, act.actor.kind) or not ending:
        return unmoved(claim, act, Event.END, data, words=words)
    by = _ENDED_BY[act.actor.kind]

    def ended(scope: ScopeClaim) -> ScopeClaim:
        return replace(scope, hold=Hold.RELEASED, ended_at=act.at, end_reason=by) if scope.scope in ending else scope

    after = scopes_where(claim, ended)
    is_last = all(s.hold is Hold.RELEASED for s in after)
    closing = Closing(Status.ENDED, act.at, Event.END) if is_last else None
    dues = (*(() if is_last else claim.dues), *mails(claim, act.at, (MailKind.ASSOCIATION_ENDED,)))
    return moved(claim, act, Fact(Event.END, data, words), scopes=after, closing=closing, dues=dues)


def clock_dues(claim: Claim) -> tuple[Due, ...]:
    """What is due for the claim apart from the consent clock."""
    return tuple(d for d in without(claim, DueKind.CONSENT_WINDOW) if d.mail is not MailKind.CONSENT_REMINDER)
