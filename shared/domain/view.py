"""Who must act next on a claim, until when, and what lists show of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.domain.claim import Claim, DueKind, status
from shared.domain.lifecycle import Status
from shared.domain.notice import MailKind


class NextActor(StrEnum):
    """Whose move it is."""

    PARTNER = "partner"
    CUSTOMER = "customer"
    REVIEWER = "reviewer"
    SYSTEM = "system"
    NOBODY = "nobody"


_WAITING: dict[Status, tuple[NextActor, str]] = {
    Status.DRAFT: (NextActor.PARTNER, "submission"),
    Status.SCREENING: (NextActor.SYSTEM, "malware_scan"),
    Status.CONTESTING: (NextActor.REVIEWER, "arbitration"),
    Status.UNDER_REVIEW: (NextActor.REVIEWER, "review"),
    Status.ACTION_REQUIRED: (NextActor.PARTNER, "action"),
    Status.AWAITING_CONSENT: (NextActor.CUSTOMER, "consent"),
}

_CLOCK: dict[Status, DueKind] = {
    Status.DRAFT: DueKind.DRAFT_IDLE,
    Status.CONTESTING: DueKind.REVIEW_OVERDUE,
    Status.UNDER_REVIEW: DueKind.REVIEW_OVERDUE,
    Status.ACTION_REQUIRED: DueKind.ACTION_OVERDUE,
    Status.AWAITING_CONSENT: DueKind.CONSENT_WINDOW,
}


@dataclass(frozen=True, slots=True)
class Summary:
    """What lists and queues show of a claim."""

    status: Status
    next_actor: NextActor
    waiting_for: str | None
    due_at: datetime | None


def summary(claim: Claim) -> Summary:
    """The claim as its reader wants it first: status, whose move it is, what for, and until when (aware UTC). R-84.

    A clock that has run out is still shown: a late reviewer stays visible.
    """
    now = status(claim)
    actor, waiting_for, clock = _waiting(claim, now)
    until = min((d.at for d in claim.dues if d.kind is clock), default=None)
    if until is None and clock is DueKind.REVIEW_OVERDUE:
        until = claim.review_due_at
    return Summary(now, actor, waiting_for, until)


def listed(claim: Claim) -> tuple[object, ...]:
    """Everything that lists show of a claim: its projection is renewed whenever this changes, and only then."""
    scopes = tuple((s.scope, s.consent, s.hold) for s in claim.scopes)
    return summary(claim), scopes, claim.customer_name, claim.external_reference


def _waiting(claim: Claim, now: Status) -> tuple[NextActor, str | None, DueKind | None]:
    actor, waiting_for = _WAITING.get(now, (NextActor.NOBODY, None))
    if now is Status.SCREENING and any(d.kind is DueKind.LATE_SCREEN for d in claim.dues):
        return actor, "late_malware_scan", None
    if now is Status.DRAFT and claim.awaits_signature:
        return NextActor.CUSTOMER, "signature", DueKind.SIGNATURE_OVERDUE
    if claim.reported_unknown and claim.is_asking and now in (Status.CONTESTING, Status.UNDER_REVIEW, Status.AWAITING_CONSENT):
        return NextActor.REVIEWER, "unknown_partner", DueKind.REVIEW_OVERDUE
    if now is not Status.AWAITING_CONSENT or not claim.is_asking or claim.window.asked_at is not None:
        return actor, waiting_for, _CLOCK.get(now)
    if any(d.mail is MailKind.CONSENT_REQUEST for d in claim.dues):
        return NextActor.SYSTEM, "mail", DueKind.UNDELIVERED
    if claim.is_suspended:
        return NextActor.REVIEWER, "bounced_consent", None
    return NextActor.PARTNER, "contact", DueKind.UNDELIVERED
