"""The life of a claim as a table: which event is admitted in which status, and where it may lead.

`TRANSITIONS` is the whole rule (R-10). What it does not list is refused to partners and reviewers and is a recorded no-op for the
system and the customer (R-11): a late click or a late timer must never fail, and never change anything. The status itself is
derived from review, consent and holds (`claim.status`); nothing sets it.
"""

from enum import StrEnum
from typing import Final


class Status(StrEnum):
    """Where a claim stands."""

    DRAFT = "draft"
    SCREENING = "screening"
    CONTESTING = "contesting"
    UNDER_REVIEW = "under_review"
    ACTION_REQUIRED = "action_required"
    AWAITING_CONSENT = "awaiting_consent"
    ACTIVE = "active"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"
    REJECTED = "rejected"
    EXPIRED = "expired"
    ENDED = "ended"


class Event(StrEnum):
    """What can happen to a claim; timeline entries carry these names."""

    CREATE = "created"
    EDIT = "edited"
    ATTACH = "proof_attached"
    DETACH = "proof_removed"
    ATTEST = "proof_attested"
    ASK_TO_SIGN = "signature_requested"
    SIGN = "signed"
    UPLOAD_SIGNED = "signed_by_hand"
    DECLINE_SIGNATURE = "signature_declined"
    DELEGATE_SIGNATURE = "signature_delegated"
    SIGNATURE_OVERDUE = "signature_expired"
    SUBMIT = "submitted"
    HOLD_SUBMISSION = "submission_held"
    CONTEST = "contested"
    WITHDRAW = "withdrawn"
    REOPEN = "reopened"
    DISPUTE = "disputed"
    RESEND = "consent_resent"
    SCAN_CLEAN = "scan_clean"
    SCAN_INFECTED = "scan_infected"
    SCAN_LATE = "scan_late"
    CHALLENGE = "challenged"
    RELEASE = "incumbent_released"
    SCOPE_LOST = "scope_lost"
    ARBITRATE_WON = "contest_won"
    ARBITRATE_LOST = "contest_lost"
    APPROVE = "approved"
    REQUEST_ACTION = "action_requested"
    REJECT = "rejected"
    COMMENT = "commented"
    ASSIGN = "assigned"
    REVIEW_OVERDUE = "review_escalated"
    ACTION_WARNING = "action_warned"
    ACTION_OVERDUE = "action_overdue"
    MAIL_ACCEPTED = "mail_accepted"
    MAIL_UNKNOWN = "mail_unknown"
    MAIL_FAILED = "mail_failed"
    DELIVERED = "mail_delivered"
    BOUNCE = "mail_bounced"
    REPORT_UNKNOWN = "reported_unknown"
    FORWARD = "consent_forwarded"
    AGREE = "agreed"
    REFUSE = "refused"
    WINDOW_ENDED = "window_ended"
    DRAFT_IDLE = "draft_idle"
    RESERVATION_OVER = "reservation_over"
    UNDELIVERED = "undelivered"
    END = "ended"
    ASK_FOR_LINK = "link_requested"
    FORGET = "people_forgotten"


class ActorKind(StrEnum):
    """On whose side an actor stands."""

    PARTNER = "partner"
    CUSTOMER = "customer"
    REVIEWER = "reviewer"
    OPERATOR = "operator"
    SYSTEM = "system"


class Admission(StrEnum):
    """What the table says of an event in a status."""

    ADMITTED = "admitted"
    REFUSED = "refused"
    NO_OP = "no_op"


D, S, C, U = Status.DRAFT, Status.SCREENING, Status.CONTESTING, Status.UNDER_REVIEW
A, W, V = Status.ACTION_REQUIRED, Status.AWAITING_CONSENT, Status.ACTIVE
CLOSED: Final = frozenset({Status.WITHDRAWN, Status.REFUSED, Status.REJECTED, Status.EXPIRED, Status.ENDED})

_STAYS: Final = "stays"
_Targets = str | Status | tuple[Status, ...]

# One row an event: the statuses that admit it, and what each may become. "stays" means the same status.
_TABLE: Final[dict[Event, dict[Status, _Targets]]] = {
    Event.EDIT: dict.fromkeys((D, S, C, U, A, W, V), _STAYS),
    Event.ATTACH: dict.fromkeys((D, S, C, U, A, W), _STAYS),
    Event.DETACH: {D: _STAYS},
    Event.ATTEST: dict.fromkeys((D, S, C, U, A, W), _STAYS),
    Event.ASK_TO_SIGN: {D: D, A: A},
    Event.SIGN: dict.fromkeys((D, S, C, U, A, W), _STAYS),
    Event.UPLOAD_SIGNED: dict.fromkeys((D, S, C, U, A, W), _STAYS),
    Event.DECLINE_SIGNATURE: dict.fromkeys((D, S, C, U, A, W), _STAYS),
    Event.DELEGATE_SIGNATURE: dict.fromkeys((D, S, C, U, A, W), _STAYS),
    Event.SIGNATURE_OVERDUE: dict.fromkeys((D, S, C, U, A, W), _STAYS),
    Event.SUBMIT: {D: S, A: S},
    Event.HOLD_SUBMISSION: {D: D, A: A},
    Event.CONTEST: {D: S},
    Event.SCAN_CLEAN: {S: (S, U, C), **dict.fromkeys((C, U, A, W, V), _STAYS)},
    Event.SCAN_INFECTED: {S: (D, A), **dict.fromkeys((C, U, A, W, V), _STAYS)},
    Event.SCAN_LATE: dict.fromkeys((S, C, U, A, W, V), _STAYS),
    Event.CHALLENGE: dict.fromkeys((S, C, U, A, W, V), _STAYS),
    Event.RELEASE: {S: S, C: (C, U)},
    Event.ARBITRATE_WON: {C: V},
    Event.ARBITRATE_LOST: {C: Status.REJECTED},
    Event.SCOPE_LOST: {
        **{in_progress: (in_progress, Status.REJECTED) for in_progress in (S, U, A)},
        C: C,
        W: (W, V, Status.REJECTED),
        V: (V, Status.ENDED),
    },
    Event.APPROVE: {U: (V, W)},
    Event.REQUEST_ACTION: {U: A, W: A},
    Event.REJECT: dict.fromkeys((U, A, W, C), Status.REJECTED),
    Event.COMMENT: dict.fromkeys((S, C, U, A, W, V), _STAYS),
    Event.ASSIGN: dict.fromkeys((S, C, U, A, W), _STAYS),
    Event.REVIEW_OVERDUE: {C: C, U: U},
    Event.ACTION_WARNING: {A: A},
    Event.ACTION_OVERDUE: {A: Status.EXPIRED},
    Event.REOPEN: {Status.EXPIRED: A},
    Event.MAIL_ACCEPTED: dict.fromkeys((D, S, C, U, A, W, V, *CLOSED), _STAYS),
    Event.MAIL_UNKNOWN: dict.fromkeys((D, S, C, U, A, W, V, *CLOSED), _STAYS),
    Event.MAIL_FAILED: dict.fromkeys((D, S, C, U, A, W, V, *CLOSED), _STAYS),
    Event.DELIVERED: dict.fromkeys((S, C, U, A, W, V), _STAYS),
    Event.BOUNCE: {**dict.fromkeys((S, C, U, A, W), _STAYS), V: (V, W)},
    Event.REPORT_UNKNOWN: {**dict.fromkeys((S, C, U, A, W), _STAYS), V: (V, W)},
    Event.FORWARD: dict.fromkeys((S, C, U, A, W), _STAYS),
    Event.AGREE: {S: S, C: (C, U), U: U, A: A, W: (W, V), V: V},
    Event.REFUSE: {**dict.fromkeys((S, C, U, A, W), Status.REFUSED), V: Status.ENDED},
    Event.WINDOW_ENDED: {S: S, C: C, U: U, W: (W, V)},
    Event.RESEND: dict.fromkeys((C, U, A, W), _STAYS),
    Event.DRAFT_IDLE: {D: Status.EXPIRED},
    Event.RESERVATION_OVER: dict.fromkeys((S, C, U, A, W), Status.EXPIRED),
    Event.UNDELIVERED: dict.fromkeys((S, C, U, A, W), Status.EXPIRED),
    Event.WITHDRAW: dict.fromkeys((D, S, C, U, A, W), Status.WITHDRAWN),
    Event.DISPUTE: {Status.REJECTED: S},
    # Associations stand outside `active`, too, once a bounce or a report has taken the silence back that they rest on.
    Event.END: {**{suspended: (suspended, Status.ENDED) for suspended in (S, U, A, V)}, W: (W, V, Status.ENDED)},
    Event.FORGET: dict.fromkeys(CLOSED, _STAYS),
    Event.ASK_FOR_LINK: dict.fromkeys((D, S, C, U, A, W, V, *CLOSED), _STAYS),
}


def _targets(status: Status, targets: _Targets) -> frozenset[Status]:
    if targets == _STAYS:
        return frozenset({status})
    return frozenset({targets}) if isinstance(targets, Status) else frozenset(Status(t) for t in targets)


TRANSITIONS: Final[dict[tuple[Status, Event], frozenset[Status]]] = {
    (status, event): _targets(status, targets) for event, row in _TABLE.items() for status, targets in row.items()
}


def admission(status: Status, event: Event, by: ActorKind) -> Admission:
    """Whether `event`, brought by this side, is admitted in `status`, refused, or recorded without effect."""
    if (status, event) in TRANSITIONS:
        return Admission.ADMITTED
    return Admission.NO_OP if by in (ActorKind.SYSTEM, ActorKind.CUSTOMER) else Admission.REFUSED
