"""What each customer page shows, as plain values. Moments are aware UTC; texts are raw, rendering cleans and escapes them."""

from dataclasses import dataclass
from datetime import datetime

_CLICKED = frozenset({"granted", "refused"})
_SETTLED = _CLICKED | {"implied"}


@dataclass(frozen=True, slots=True)
class ScopeRow:
    """One workload of a claim and its consent so far. `is_open` is false where nothing can be answered any more."""

    scope_id: str
    display_name: str
    answer: str = "pending"
    is_open: bool = True

    @property
    def is_settled(self) -> bool:
        """Was it answered, or did the time for an answer end in silence?"""
        return self.answer in _SETTLED


@dataclass(frozen=True, slots=True)
class ConsentView:
    """A request to a customer. `words` are the partner's own; `action_url` takes the POST, usually the page's own address.

    `answer_by` is the end of the consent window, None where there is none; `silence_counts` says whether its end is an answer.
    `may_report_unknown` offers the choice "I do not know this company", which pauses the claim for a person; `may_forward` offers
    to name a colleague.
    """

    programme_name: str
    partner_name: str
    customer_domain: str
    contact_name: str
    scopes: tuple[ScopeRow, ...]
    requested_at: datetime
    answer_by: datetime | None
    claim_id: str
    action_url: str
    words: str | None = None
    silence_counts: bool = True
    may_report_unknown: bool = False
    may_forward: bool = False
    manage_url: str | None = None
    help_address: str | None = None
    language: str = "en"

    @property
    def open_scopes(self) -> tuple[ScopeRow, ...]:
        return tuple(scope for scope in self.scopes if scope.is_open)

    @property
    def is_settled(self) -> bool:
        """Is nothing waiting for an answer? It may still be changed where a scope is open."""
        return all(scope.is_settled for scope in self.scopes)

    @property
    def wording(self) -> str:
        """Which of the kept wordings stands on this page."""
        if self.is_settled:
            return "consent_settled"
        return "consent" if self.silence_counts else "consent_answer_required"

    @property
    def was_clicked(self) -> bool:
        """Did somebody answer for every workload, rather than let the time pass?"""
        return all(scope.answer in _CLICKED for scope in self.scopes)


@dataclass(frozen=True, slots=True)
class ConsentReceiptView:
    """What was recorded, per workload. `reported_unknown`: it answered that it does not know the partner; `forwarded`: it named a
    colleague; `came_late`: what was sent changed nothing, for something else came first."""

    programme_name: str
    partner_name: str
    customer_domain: str
    scopes: tuple[ScopeRow, ...]
    decided_at: datetime
    claim_id: str
    reason: str | None = None
    reported_unknown: bool = False
    forwarded: bool = False
    came_late: bool = False
    manage_url: str | None = None
    help_address: str | None = None
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Counts:
    """What a partner sees of one workload: how many used it up to a day, and how many seats are paid."""

    users: int
    seats: int
    at: datetime

    @property
    def unused(self) -> int:
        """Seats that are paid and that nobody used."""
        return max(0, self.seats - self.users)


@dataclass(frozen=True, slots=True)
class AssociationRow:
    """A partner that is partner of record now, for one workload, since a moment."""

    association_id: str
    partner_name: str
    workload: str
    since: datetime
    counts: Counts | None = None


@dataclass(frozen=True, slots=True)
class EarlierRow:
    """An association that has ended, or a workload that was refused; `outcome` is `ended` or `refused`."""

    partner_name: str
    workload: str
    outcome: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OpenRequestRow:
    """A claim that still waits for the customer."""

    claim_id: str
    partner_name: str
    workloads: tuple[str, ...]
    answer_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class ManageView:
    """Everything a customer may end or refuse; each row posts its own form to `action_url`."""

    programme_name: str
    customer_domain: str
    associations: tuple[AssociationRow, ...]
    requests: tuple[OpenRequestRow, ...]
    action_url: str
    earlier: tuple[EarlierRow, ...] = ()
    help_address: str | None = None
    language: str = "en"


@dataclass(frozen=True, slots=True)
class ManageReceiptView:
    """An association that was ended, or (`was_request`) an open request that was refused."""

    programme_name: str
    partner_name: str
    customer_domain: str
    workloads: tuple[str, ...]
    done_at: datetime
    reference: str
    was_request: bool = False
    manage_url: str | None = None
    help_address: str | None = None
    language: str = "en"
