"""A claim as a value: what is asked, by whom, for which scopes, and how far review, consent and holds have come.

Everything that the store keeps beside the claim (holds, tenures, what is due) can be read off this value: a change is written
as the difference between two of them. The status is derived here and set nowhere. How one value becomes the next is
`transition`'s business; the moves themselves live in `submission`, `review`, `consent`, `contact`, `contest` and `ending`.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from shared.domain.association import Association, EndReason, Suspension
from shared.domain.attestation import Attestation
from shared.domain.delivery import Delivery
from shared.domain.errors import Obstacle
from shared.domain.identity import operation_id
from shared.domain.lifecycle import Event, Status
from shared.domain.notice import MailKind
from shared.domain.signature import SignatureRequest
from shared.domain.timeline import GENESIS, Entry


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
    LATE_SCREEN = "late_screen"
    MAIL = "mail"
    CONSENT_WINDOW = "consent_window"
    REVIEW_OVERDUE = "review_overdue"
    ACTION_WARNING = "action_warning"
    ACTION_OVERDUE = "action_overdue"
    DRAFT_IDLE = "draft_idle"
    RESERVATION = "reservation"
    UNDELIVERED = "undelivered"
    SUBMIT = "submit"
    SIGNATURE_OVERDUE = "signature_overdue"
    FORGET = "forget"


SCREENING_WORK: Final = frozenset({DueKind.SCREEN, DueKind.LATE_SCREEN})
IMMEDIATE: Final = frozenset({DueKind.SCREEN, DueKind.MAIL, DueKind.SUBMIT})


@dataclass(frozen=True, slots=True)
class Due:
    """Something to be done for the claim at or after `at`; `seq` (the timeline's length when it arose) makes its id unique."""

    kind: DueKind
    at: datetime
    seq: int
    mail: MailKind | None = None

    def id_for(self, claim_id: str) -> str:
        """The id of this piece of work within the whole system; it begins with the customer's bucket."""
        return f"{claim_id}.{self.seq}.{self.mail or self.kind}"

    def operation_for(self, claim_id: str) -> str:
        """For a mail, the operation id that its provider gets."""
        return operation_id(self.id_for(claim_id))


@dataclass(frozen=True, slots=True)
class Proof:
    """A document of the POE: content is found by its SHA-256, `faults` are the codes of checks it failed.

    `sealed_for` is the request to sign online that it answers: then we made the document ourselves. One that `is_scan` is a
    picture of what was signed, and carries a submission only with an `attestation`.
    """

    document_id: str
    sha256: str
    size_bytes: int
    media_type: str
    name: str
    attached_at: datetime
    scan: Scan = Scan.AWAITED
    faults: tuple[str, ...] = ()
    sealed_for: int | None = None
    is_scan: bool = False
    attestation: Attestation | None = None

    @property
    def is_usable(self) -> bool:
        """May the claim rest on it: without a fault, and not known to be infected?"""
        return self.scan is not Scan.INFECTED and not self.faults


@dataclass(frozen=True, slots=True)
class ScopeClaim:
    """One scope of the claim: the customer's answer, the hold, and the tenure if there is or was one.

    `challenged_by` is the claim that last contested it, whether or not it still does: it is asked when the hold is given up.
    """

    scope: str
    consent: Consent = Consent.NOT_ASKED
    hold: Hold = Hold.NONE
    active_from: datetime | None = None
    ended_at: datetime | None = None
    end_reason: EndReason | None = None
    refused_at: datetime | None = None
    suspensions: tuple[Suspension, ...] = ()
    challenged_by: str | None = None

    @property
    def is_standing(self) -> bool:
        """Is there a tenure that has not ended?"""
        return self.active_from is not None and self.ended_at is None


@dataclass(frozen=True, slots=True)
class Window:
    """The consent window: its end, whether a request was accepted by the mail provider, and how many reminders were.

    `left_seconds` is what was left when its clock stopped. Mails that became due before `since_seq` belong to an earlier window.
    `delivery` is what became of its request, None as long as that has not left.
    """

    ends_at: datetime | None = None
    asked_at: datetime | None = None
    reminders: int = 0
    left_seconds: int | None = None
    since_seq: int = 0
    delivery: Delivery | None = None


@dataclass(frozen=True, slots=True)
class Closing:
    """How and when the claim ended; `cause` is the event that ended it."""

    status: Status
    at: datetime
    cause: Event


@dataclass(frozen=True, slots=True)
class Claim:
    """A partner's request to be associated with one customer for its scopes.

    `review_left_days` are the reviewer's business days that were left when the claim went back to its partner. `rejected_by`
    is the reviewer who rejected it: somebody else decides a dispute. `assignee` is the reviewer who has the review, if one has.
    Links mailed before `links_from` are void.
    `reported_unknown`: the customer said that it does not know this partner, and a reviewer has to look into it.
    `links_asked_at` is when its contact lately had a new link mailed.
    `forwards` counts how often the request was passed on to a colleague since its partner named whom to ask.
    With `submit_when_ready` it submits itself; `held_up_by` is what stood in the way when that was last tried.
    """

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
    public_sector: bool = False
    submit_when_ready: bool = False
    held_up_by: tuple[Obstacle, ...] = ()
    contact_confirmed: bool = False
    proofs: tuple[Proof, ...] = ()
    review: Review = Review.NOT_STARTED
    review_due_at: datetime | None = None
    review_left_days: int | None = None
    rejected_by: str | None = None
    assignee: str | None = None
    rounds: int = 0
    reason_code: str | None = None
    submitted_at: datetime | None = None
    screened: bool = False
    window: Window = Window()
    links_from: datetime | None = None
    links_asked_at: tuple[datetime, ...] = ()
    reported_unknown: bool = False
    forwards: int = 0
    closing: Closing | None = None
    reopened: bool = False
    disputed: bool = False
    signature: SignatureRequest | None = None
    dues: tuple[Due, ...] = ()
    seq: int = 0
    head: str = GENESIS

    @property
    def live(self) -> tuple[ScopeClaim, ...]:
        """The scopes that are still asked for or held: neither refused nor ended nor given up."""
        return tuple(s for s in self.scopes if s.hold is not Hold.RELEASED)

    @property
    def is_asking(self) -> bool:
        """Does the customer still owe an answer for a live scope?"""
        return any(s.consent is Consent.PENDING for s in self.live)

    @property
    def awaits_signature(self) -> bool:
        """Is somebody asked to sign? Whatever ends the claim, or makes it active, drops the deadline and with it the request."""
        is_open = self.signature is not None and self.signature.outcome is None
        return is_open and any(d.kind is DueKind.SIGNATURE_OVERDUE for d in self.dues)

    @property
    def is_suspended(self) -> bool:
        """Does a tenure stand whose implied consent was taken back by a bounce? It accrues nothing until that is settled
        (R-08)."""
        return any(s.is_standing and s.consent is Consent.PENDING for s in self.live)

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
                s.suspensions,
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
