"""A claim as a value: what is asked, by whom, for which scopes, and how far review, consent and holds have come.

Everything that the store keeps beside the claim (holds, tenures, what is due) can be read off this value: a change is written as the
difference between two of them. The status is derived here and set nowhere. Transitions live in `submission`, `review` and `consent`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from shared.domain.association import Association, EndReason
from shared.domain.errors import ActionNotAllowed, ClaimRefused
from shared.domain.lifecycle import TRANSITIONS, ActorKind, Admission, Event, Status, admission
from shared.domain.notice import MailKind
from shared.domain.timeline import GENESIS, Act, Entry, Fact, Json, chain


class Consent(StrEnum):
    """The customer's answer for one scope."""

    NOT_ASKED = "not_asked"
    PENDING = "pending"
    GRANTED = "granted"
    IMPLIED = "implied"
    REFUSED = "refused"


class Review(StrEnum):
    """How far the verification of claim and POE has come."""

    NOT_STARTED = "not_started"
    WAITING = "waiting"
    ACTION_REQUIRED = "action_required"
    APPROVED = "approved"
    REJECTED = "rejected"


class Scan(StrEnum):
    """What the malware scanner said of a document; no answer is not clean."""

    AWAITED = "awaited"
    CLEAN = "clean"
    INFECTED = "infected"


class Hold(StrEnum):
    """Whether the claim has its scope: not asked yet, held, held by another whom it contests, or given up."""

    NONE = "none"
    HELD = "held"
    CONTESTED = "contested"
    RELEASED = "released"


class DueKind(StrEnum):
    """What can be due for a claim: work to do now, and deadlines."""

    SCREEN = "screen"
    MAIL = "mail"
    CONSENT_WINDOW = "consent_window"
    REVIEW_OVERDUE = "review_overdue"
    ACTION_WARNING = "action_warning"
    ACTION_OVERDUE = "action_overdue"
    DRAFT_IDLE = "draft_idle"
    RESERVATION = "reservation"
    UNDELIVERED = "undelivered"


IMMEDIATE: Final = frozenset({DueKind.SCREEN, DueKind.MAIL})


@dataclass(frozen=True, slots=True)
class Due:
    """Something to be done for the claim at or after `at`; `seq` (the timeline's length when it arose) makes its id unique.

    For a mail `id` is the operation id that the provider gets, so a second try is recognised as the same mail.
    """

    kind: DueKind
    at: datetime
    seq: int
    mail: MailKind | None = None

    def id_for(self, claim_id: str) -> str:
        """The id of this piece of work within the whole system; it begins with the customer's bucket."""
        return f"{claim_id}.{self.seq}.{self.mail or self.kind}"


@dataclass(frozen=True, slots=True)
class Proof:
    """A document of the POE: content is found by its SHA-256, `faults` are the codes of checks it failed."""

    document_id: str
    sha256: str
    size_bytes: int
    media_type: str
    name: str
    attached_at: datetime
    scan: Scan = Scan.AWAITED
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScopeClaim:
    """One scope of the claim: the customer's answer, the hold, and the tenure if there is or was one."""

    scope: str
    consent: Consent = Consent.NOT_ASKED
    hold: Hold = Hold.NONE
    active_from: datetime | None = None
    ended_at: datetime | None = None
    end_reason: EndReason | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """The consent window: its end, whether a request was accepted by the mail provider, and how many reminders were."""

    ends_at: datetime | None = None
    asked_at: datetime | None = None
    reminders: int = 0
    left_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Closing:
    """How and when the claim ended; `cause` is the event that ended it."""

    status: Status
    at: datetime
    cause: Event


@dataclass(frozen=True, slots=True)
class Claim:
    """A partner's request to be associated with one customer for its scopes."""

    claim_id: str
    tenant_id: str
    domain: str
    customer_name: str
    country: str
    partner_id: str
    partner_name: str
    programme_id: str
    language: str
    contact_id: str
    contact_verified: bool
    created_at: datetime
    updated_at: datetime
    scopes: tuple[ScopeClaim, ...]
    note: str | None = None
    external_reference: str | None = None
    contact_confirmed: bool = False
    proofs: tuple[Proof, ...] = ()
    review: Review = Review.NOT_STARTED
    review_due_at: datetime | None = None
    rounds: int = 0
    reason_code: str | None = None
    submitted_at: datetime | None = None
    screened: bool = False
    window: Window = Window()
    closing: Closing | None = None
    reopened: bool = False
    disputed: bool = False
    dues: tuple[Due, ...] = ()
    seq: int = 0
    head: str = GENESIS

    @property
    def live(self) -> tuple[ScopeClaim, ...]:
        """The scopes that are still asked for or held: neither refused nor ended nor given up."""
        return tuple(s for s in self.scopes if s.hold is not Hold.RELEASED)

    @property
    def tenures(self) -> tuple[Association, ...]:
        """The associations that this claim has led to, standing and ended."""
        return tuple(
            Association(
                self.tenant_id,
                s.scope,
                self.claim_id,
                self.partner_id,
                self.submitted_at,
                s.active_from,
                s.ended_at,
                s.end_reason,
            )
            for s in self.scopes
            if s.active_from is not None and self.submitted_at is not None
        )


@dataclass(frozen=True, slots=True)
class Change:
    """A transition's result: the claim before (None at creation), the claim after, and what the timeline says of it."""

    before: Claim | None
    after: Claim
    entries: tuple[Entry, ...]


def status(claim: Claim) -> Status:
    """Where the claim stands, derived from closing, screening, holds, review and consent (R-12)."""
    if claim.closing is not None:
        return claim.closing.status
    if claim.submitted_at is None:
        return Status.DRAFT
    if not claim.screened:
        return Status.SCREENING
    if any(s.hold is Hold.CONTESTED for s in claim.scopes):
        return Status.CONTESTING
    if claim.review is Review.ACTION_REQUIRED:
        return Status.ACTION_REQUIRED
    if claim.review is Review.APPROVED:
        return Status.ACTIVE if consent_stands(claim) else Status.AWAITING_CONSENT
    return Status.UNDER_REVIEW


def consent_stands(claim: Claim) -> bool:
    """Is every remaining scope granted or implied, by somebody who may answer for the customer?"""
    settled = all(s.consent in (Consent.GRANTED, Consent.IMPLIED) for s in claim.live)
    return settled and (claim.contact_verified or claim.contact_confirmed)


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
    admitted = TRANSITIONS.get((status(before), facts[0].event), frozenset({status(before)}))
    if "noEffect" not in entries[0].data and status(after) not in admitted:
        message = f"{facts[0].event} led from {status(before)} to {status(after)}, which the table does not admit"
        raise AssertionError(message)
    return Change(before, after, entries)


def unmoved(
    claim: Claim, act: Act, event: Event, data: Mapping[str, Json] | None = None, words: str | None = None, **fields: Any
) -> Change:
    """The change that only records an event which has no effect, because it came too late or silence cannot count (R-11)."""
    return moved(claim, act, Fact(event, {**(data or {}), "noEffect": True}, words), **fields)


def settled(before: Claim, act: Act, *facts: Fact, **fields: Any) -> Change:
    """Like `moved`, and makes the claim active if nothing is missing any more: `active_from` is now, the later of approval and
    consent (R-14). What could still have ended an unfinished claim is no longer due."""
    after = replace(before, **fields)
    if status(after) is not Status.ACTIVE:
        return moved(before, act, *facts, **fields)
    scopes = tuple(replace(s, active_from=act.at) if s in after.live and s.active_from is None else s for s in after.scopes)
    mails_only = tuple(d for d in after.dues if d.kind in IMMEDIATE and d.mail is not MailKind.CONSENT_REMINDER)
    return moved(before, act, *facts, **{**fields, "scopes": scopes, "dues": mails_only})


def scopes_where(claim: Claim, change: Callable[[ScopeClaim], ScopeClaim]) -> tuple[ScopeClaim, ...]:
    """The claim's scopes with `change` applied to each that is live."""
    return tuple(change(s) if s.hold is not Hold.RELEASED else s for s in claim.scopes)


def released(claim: Claim) -> tuple[ScopeClaim, ...]:
    """The claim's scopes, all given up."""
    return scopes_where(claim, lambda s: replace(s, hold=Hold.RELEASED))


def done(claim: Claim, due: Due) -> tuple[Due, ...]:
    """What is due for the claim once `due` has been dealt with."""
    return tuple(d for d in claim.dues if d != due)


def without(claim: Claim, *kinds: DueKind) -> tuple[Due, ...]:
    """What is due for the claim except the named kinds."""
    return tuple(d for d in claim.dues if d.kind not in kinds)


def mails(claim: Claim, at: datetime, kinds: Iterable[MailKind]) -> tuple[Due, ...]:
    """Mails that become due with the claim's next entry."""
    return tuple(Due(DueKind.MAIL, at, claim.seq + 1, kind) for kind in kinds)


def closed(claim: Claim, act: Act, as_status: Status, fact: Fact, dues: tuple[Due, ...] = (), **fields: Any) -> Change:
    """The change that ends the claim: every hold given up, everything that waited cancelled except `dues` (R-13)."""
    fields = {"scopes": released(claim), **fields}
    return moved(claim, act, fact, closing=Closing(as_status, act.at, fact.event), dues=dues, **fields)
