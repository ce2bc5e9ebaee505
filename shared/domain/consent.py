"""The customer's side: the clock of its consent window, answering per scope, ending an association.

Silence is no objection to the association, and only where the customer was really reached (R-34). Every answer is recorded;
one that comes too late changes nothing. When the clock stops and goes on is `window`'s business, whom we ask is `contact`'s.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from shared.domain.association import EndReason
from shared.domain.calendar import add_business_days, add_days
from shared.domain.claim import Change, Claim, Closing, Consent, Due, DueKind, Hold, ScopeClaim, status
from shared.domain.delivery import Delivery
from shared.domain.errors import AskedTooSoon, InvalidInput
from shared.domain.lifecycle import ActorKind, Event, Status
from shared.domain.notice import MailKind
from shared.domain.policy import Policy
from shared.domain.shown import Shown, noted
from shared.domain.timeline import Act, Fact, Json
from shared.domain.transition import admits, done, given_up, mails, moved, scopes_where, settled, unmoved
from shared.domain.window import begin, no_longer_asking


def answer_by(now: datetime, policy: Policy) -> datetime:
    """The end of a consent window that begins now: so many days, or business days of the customer's country (R-224)."""
    if policy.consent_window_in_business_days:
        return add_business_days(now, policy.consent_window_days, policy.holidays)
    return add_days(now, policy.consent_window_days)


def mail_accepted(claim: Claim, act: Act, policy: Policy, due: Due, ends_at: datetime, shown: Shown | None = None) -> Change:
    """The provider took the mail, with the words that are `shown` (R-403). The consent request starts the clock, with the end
    that the mail named (R-32).

    News of a mail that the claim no longer waits for (cancelled, settled as unknown, of an earlier window) starts nothing.
    """
    admits(claim, Event.MAIL_ACCEPTED, act.actor.kind)
    data: dict[str, Json] = {"mail": due.mail, "operation": due.id_for(claim.claim_id), **noted(shown)}
    if due not in claim.dues:
        return unmoved(claim, act, Event.MAIL_ACCEPTED, data)
    fields: dict[str, Any] = {"dues": done(claim, due)}
    if due.mail is MailKind.CONSENT_REMINDER:
        fields = _reminded(claim, act, policy, due)
    if due.mail is MailKind.CONSENT_REQUEST:
        reached = tuple(d for d in done(claim, due) if d.kind is not DueKind.UNDELIVERED)
        if not claim.is_asking:
            fields = {"dues": reached}
        elif status(claim) is Status.ACTION_REQUIRED:
            left = int((ends_at - act.at).total_seconds())
            window = replace(claim.window, asked_at=act.at, left_seconds=left, delivery=Delivery.ACCEPTED)
            fields = {"window": window, "dues": reached}
        else:
            fields = begin(claim, ends_at, act.at, policy, reached)
    return moved(claim, act, Fact(Event.MAIL_ACCEPTED, data), **fields)


def _reminded(claim: Claim, act: Act, policy: Policy, due: Due) -> dict[str, Any]:
    """One more reminder is out; the next one, if the programme has it, is due while the window lasts (R-224)."""
    window = replace(claim.window, reminders=claim.window.reminders + 1)
    following = policy.reminders_after_days[window.reminders :]
    if not following or window.asked_at is None or window.ends_at is None:
        return {"window": window, "dues": done(claim, due)}
    at = max(act.at, window.asked_at + timedelta(days=following[0]))
    again = (Due(DueKind.MAIL, at, claim.seq + 1, MailKind.CONSENT_REMINDER),) if at < window.ends_at else ()
    return {"window": window, "dues": (*done(claim, due), *again)}


def mail_lost(claim: Claim, act: Act, due: Due, event: Event, code: str) -> Change:
    """The mail failed for good, or nobody knows whether it went out: the partner sees it, and no clock starts (R-33)."""
    admits(claim, event, act.actor.kind)
    data: dict[str, Json] = {"mail": due.mail, "operation": due.id_for(claim.claim_id), "code": code}
    if due not in claim.dues:
        return unmoved(claim, act, event, data)
    fields: dict[str, Any] = {"dues": done(claim, due)}
    if due.mail is MailKind.CONSENT_REQUEST:
        became = Delivery.UNKNOWN if event is Event.MAIL_UNKNOWN else Delivery.FAILED
        fields["window"] = replace(claim.window, delivery=became)
    return moved(claim, act, Fact(event, data), **fields)


def window_ended(claim: Claim, act: Act, policy: Policy, due: Due) -> Change:
    """The window ended in silence: no objection, if it was asked, reminded and verified whom it came from (R-34)."""
    if not admits(claim, Event.WINDOW_ENDED, act.actor.kind) or not claim.is_asking:
        return unmoved(claim, act, Event.WINDOW_ENDED, dues=done(claim, due))
    if policy.answer_required or not claim.contact_verified:
        reason = "answer_required" if policy.answer_required else "contact_unverified"
        return unmoved(claim, act, Event.WINDOW_ENDED, {"reason": reason}, dues=done(claim, due))
    asked_at = claim.window.asked_at
    is_old_enough = asked_at is not None and act.at - asked_at >= timedelta(hours=policy.delivered_after_hours)
    was_delivered = claim.window.delivery is Delivery.DELIVERED or is_old_enough
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


def answer(claim: Claim, act: Act, choices: Mapping[str, bool], reason: str | None, shown: Shown | None = None) -> Change:
    """The customer's click, scope by scope: True agrees, False refuses; `shown` are the words it had read (R-330). Raises
    InvalidInput for a scope that was not asked.

    Refused scopes are released at once and the rest goes on (R-35); with none left the claim is refused, or, if it was
    active, ended by the customer. An implied consent that is agreed to becomes granted.
    """
    unknown = sorted(set(choices) - {s.scope for s in claim.scopes})
    if unknown or not choices:
        raise InvalidInput("scope", "Answer for at least one of the scopes that you were asked about.")
    agreed = [s.scope for s in claim.live if choices.get(s.scope) is True]
    refused = [s.scope for s in claim.live if choices.get(s.scope) is False]
    none_left = bool(refused) and len(refused) == len(claim.live)
    says_no = none_left or (not any(choices.values()) and not refused)
    event = Event.REFUSE if says_no else Event.AGREE
    data: dict[str, Json] = {"agreed": list(agreed), "refused": list(refused), **noted(shown)}
    if not (agreed or refused) or not admits(claim, event, act.actor.kind):
        return unmoved(claim, act, event, data, words=reason)
    was_active = status(claim) is Status.ACTIVE
    scopes = tuple(_answered(s, act, choices) for s in claim.scopes)
    fact = Fact(event, data, reason)
    if none_left:
        ending = MailKind.ASSOCIATION_ENDED if was_active else MailKind.DECISION_RECEIPT
        closing = Closing(Status.ENDED if was_active else Status.REFUSED, act.at, event)
        return moved(claim, act, fact, scopes=scopes, closing=closing, dues=mails(claim, act.at, (ending,)))
    is_asking = replace(claim, scopes=scopes).is_asking
    waiting = claim.dues if is_asking else no_longer_asking(claim.dues)
    dues = (*waiting, *mails(claim, act.at, (MailKind.DECISION_RECEIPT,)))
    return settled(claim, act, fact, scopes=scopes, dues=dues, reported_unknown=claim.reported_unknown and is_asking)


def _answered(scope: ScopeClaim, act: Act, choices: Mapping[str, bool]) -> ScopeClaim:
    if scope.hold is Hold.RELEASED or scope.scope not in choices:
        return scope
    if choices[scope.scope]:
        return replace(scope, consent=Consent.GRANTED)
    return replace(given_up(scope, act, EndReason.ENDED_BY_CUSTOMER), consent=Consent.REFUSED, refused_at=act.at)


def asked_too_soon(earlier: Iterable[Claim], scopes: Iterable[str], now: datetime, policy: Policy) -> dict[str, datetime]:
    """The scopes that the customer refused too recently, and from when they may be asked for again (R-05).

    `earlier` are the same partner's claims for the same customer.
    """
    wait = timedelta(days=policy.reask_after_refusal_days)
    refused = [(s.scope, s.refused_at + wait) for claim in earlier for s in claim.scopes if s.refused_at is not None]
    return {wanted: until for wanted in scopes if (until := max((u for s, u in refused if s == wanted), default=now)) > now}


def require_waited(claim: Claim, earlier: Iterable[Claim], now: datetime, policy: Policy) -> None:
    """Raises AskedTooSoon while the wait after a refusal of a scope of the claim is not over (R-05); see `asked_too_soon`."""
    waiting = asked_too_soon(earlier, (s.scope for s in claim.live), now, policy)
    if waiting:
        told = ", ".join(f"{scope} from {until:%d %B %Y}" for scope, until in sorted(waiting.items()))
        raise AskedTooSoon(f"The customer has refused this. You can ask again for {told}.")


def end(
    claim: Claim, act: Act, scopes: frozenset[str], reason: str, words: str | None = None, shown: Shown | None = None
) -> Change:
    """The end of associations, by the customer at once or by the partner with a reason; the claim ends with its last (R-37).
    `shown` are the words that a customer had read (R-330).

    Whatever stands can be ended, also while its claim waits for an answer or an action (R-372).
    Raises InvalidInput when a partner or reviewer names no reason, or no scope that stands; a customer's is recorded as too late.
    """
    ending = {s.scope for s in claim.live if s.is_standing} & scopes
    data: dict[str, Json] = {"scopes": sorted(ending), "reason": reason, **noted(shown)}
    is_customer = act.actor.kind is ActorKind.CUSTOMER
    if not admits(claim, Event.END, act.actor.kind) or (is_customer and not ending):
        return unmoved(claim, act, Event.END, data, words=words)
    if not ending:
        raise InvalidInput("scopes", "None of these associations is standing.")
    if not reason and not is_customer:
        raise InvalidInput("reason", "Say why the association ends.")
    fact, told = Fact(Event.END, data, words), mails(claim, act.at, (MailKind.ASSOCIATION_ENDED,))
    after = scopes_where(claim, lambda s: given_up(s, act) if s.scope in ending else s)
    left = replace(claim, scopes=after)
    if not left.live:
        return moved(claim, act, fact, scopes=after, closing=Closing(Status.ENDED, act.at, Event.END), dues=told)
    waiting = claim.dues if left.is_asking else no_longer_asking(claim.dues)
    is_reported = claim.reported_unknown and left.is_asking
    return settled(claim, act, fact, scopes=after, dues=(*waiting, *told), reported_unknown=is_reported)
