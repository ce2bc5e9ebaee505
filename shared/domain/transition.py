"""How one value of a claim becomes the next: admitted by the table, with its timeline entries, and never half.

The moves (`submission`, `review`, `consent`, `contact`, `contest`, `ending`) say what happened; these functions see to it
that the table admits where it led, that an active claim has its tenures, and that a closed one holds nothing and waits for
nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from shared.domain.association import EndReason, Suspension
from shared.domain.claim import (
    SCREENING_WORK,
    Change,
    Claim,
    Closing,
    Consent,
    Due,
    DueKind,
    Hold,
    ScopeClaim,
    status,
)
from shared.domain.errors import ActionNotAllowed, ClaimRefused
from shared.domain.lifecycle import TRANSITIONS, ActorKind, Admission, Event, Status, admission
from shared.domain.notice import ASKS_FOR_ANSWER, ASKS_TO_SIGN, MailKind
from shared.domain.timeline import Act, Fact, Json, chain

_ENDED_BY: Final = {
    ActorKind.CUSTOMER: EndReason.ENDED_BY_CUSTOMER,
    ActorKind.PARTNER: EndReason.ENDED_BY_PARTNER,
    ActorKind.REVIEWER: EndReason.ENDED_BY_OPERATOR,
    ActorKind.OPERATOR: EndReason.ENDED_BY_OPERATOR,
    ActorKind.SYSTEM: EndReason.ENDED_BY_OPERATOR,
}


def admits(claim: Claim, event: Event, by: ActorKind) -> bool:
    """True when the event may take effect, False when it is to be recorded without effect. Raises when it is refused."""
    now = status(claim)
    if event is Event.APPROVE and now is Status.REFUSED:
        raise ClaimRefused
    verdict = admission(now, event, by)
    if verdict is Admission.REFUSED:
        raise ActionNotAllowed(event, now)
    return verdict is Admission.ADMITTED


def moved(before: Claim, act: Act, *facts: Fact, **fields: Any) -> Change:
    """The change that sets `fields` and records `facts`; checks that the first fact's event may lead where it led (R-10)."""
    entries = chain(before.claim_id, before.seq, before.head, act, facts)
    after = replace(before, **fields, updated_at=act.at, seq=entries[-1].seq, head=entries[-1].hash)
    after = replace(after, scopes=tuple(_suspended(scope, act.at) for scope in after.scopes))
    was, now = status(before), status(after)
    admitted = frozenset({was}) if "noEffect" in entries[0].data else TRANSITIONS.get((was, facts[0].event), frozenset())
    if now not in admitted:
        message = f"{facts[0].event} led from {was} to {now}, which the table does not admit"
        raise AssertionError(message)
    return Change(before, after, entries)


def _suspended(scope: ScopeClaim, now: datetime) -> ScopeClaim:
    """The scope with its suspensions as its consent says (R-221): a tenure whose silence was taken back accrues nothing from now
    on; a later silence ends that from then on, a click lifts it as if it had never been, and an end leaves it as it is."""
    if scope.active_from is None:
        return scope
    is_open = any(s.until is None for s in scope.suspensions)
    if scope.is_standing and scope.consent is Consent.PENDING and not is_open:
        return replace(scope, suspensions=(*scope.suspensions, Suspension(now)))
    if scope.is_standing and scope.consent is Consent.GRANTED and scope.suspensions:
        return replace(scope, suspensions=())
    if is_open and (not scope.is_standing or scope.consent is Consent.IMPLIED):
        until = scope.ended_at or now
        return replace(scope, suspensions=tuple(s if s.until else replace(s, until=until) for s in scope.suspensions))
    return scope


def joined(first: Change, second: Change) -> Change:
    """Two changes, the second of what the first led to, as one that is written at once."""
    return Change(first.before, second.after, first.entries + second.entries)


def unmoved(
    claim: Claim, act: Act, event: Event, data: Mapping[str, Json] | None = None, words: str | None = None, **fields: Any
) -> Change:
    """The change that only records an event which has no effect, because it came too late or silence cannot count (R-11)."""
    return moved(claim, act, Fact(event, {**(data or {}), "noEffect": True}, words), **fields)


def settled(before: Claim, act: Act, *facts: Fact, **fields: Any) -> Change:
    """Like `moved`, and makes the claim active if nothing is missing any more: `active_from` is now, the later of approval and
    consent (R-14). What could still have ended an unfinished claim, or asked for an answer, is no longer due."""
    after = replace(before, **fields)
    if status(after) is not Status.ACTIVE:
        return moved(before, act, *facts, **fields)
    scopes = tuple(replace(s, active_from=act.at) if s in after.live and s.active_from is None else s for s in after.scopes)
    moot = ASKS_FOR_ANSWER | ASKS_TO_SIGN
    dues = tuple(d for d in after.dues if d.kind in (*SCREENING_WORK, DueKind.MAIL) and d.mail not in moot)
    return moved(before, act, *facts, **{**fields, "scopes": scopes, "dues": dues})


def closed(claim: Claim, act: Act, as_status: Status, fact: Fact, dues: tuple[Due, ...] = (), **fields: Any) -> Change:
    """The change that ends the claim: every hold given up, everything that waited cancelled except `dues` (R-13).

    A new link that its contact has asked for is mailed all the same: what it leads to is more than this claim.
    """
    dues = (*dues, *(d for d in claim.dues if d.mail is MailKind.MANAGE_LINK))
    scopes = scopes_where(claim, lambda s: given_up(s, act))
    fields = {"scopes": scopes, **fields}
    return moved(claim, act, fact, closing=Closing(as_status, act.at, fact.event), dues=dues, **fields)


def given_up(scope: ScopeClaim, act: Act, reason: EndReason | None = None) -> ScopeClaim:
    """The scope without its hold; a tenure that stood on it ends now, by whoever acts unless a reason is named."""
    if not scope.is_standing:
        return replace(scope, hold=Hold.RELEASED)
    return replace(scope, hold=Hold.RELEASED, ended_at=act.at, end_reason=reason or _ENDED_BY[act.actor.kind])


def scopes_where(claim: Claim, change: Callable[[ScopeClaim], ScopeClaim]) -> tuple[ScopeClaim, ...]:
    """The claim's scopes with `change` applied to each that is live."""
    return tuple(change(s) if s.hold is not Hold.RELEASED else s for s in claim.scopes)


def done(claim: Claim, due: Due) -> tuple[Due, ...]:
    """What is due for the claim once `due` has been dealt with."""
    return tuple(d for d in claim.dues if d != due)


def without(claim: Claim, *kinds: DueKind) -> tuple[Due, ...]:
    """What is due for the claim except the named kinds."""
    return tuple(d for d in claim.dues if d.kind not in kinds)


def mails(claim: Claim, at: datetime, kinds: Iterable[MailKind]) -> tuple[Due, ...]:
    """Mails that become due with the claim's next entry."""
    return tuple(Due(DueKind.MAIL, at, claim.seq + 1, kind) for kind in kinds)
