"""Who must act next on a claim, until when, and what lists show of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.domain.claim import Claim, Due, DueKind, status
from shared.domain.lifecycle import Status


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
    """The claim as its reader wants it first: status, whose move it is, what for, and until when (aware UTC)."""
    now = status(claim)
    actor, waiting_for = _WAITING.get(now, (NextActor.NOBODY, None))
    clocks: list[Due] = [d for d in claim.dues if d.kind is _CLOCK.get(now)]
    return Summary(now, actor, waiting_for, min((d.at for d in clocks), default=None))
