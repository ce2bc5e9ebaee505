"""Partners and what belongs to one: profile, token clients, calls and the index of its claims."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from datetime import datetime

    from shared.domain.asked import Asked
    from shared.domain.association import Association
    from shared.domain.claim import Claim, Consent, Hold
    from shared.domain.lifecycle import Status
    from shared.domain.limit import Limits
    from shared.domain.partner import Partner, TokenClient
    from shared.domain.telling import Telling
    from shared.domain.view import NextActor
    from shared.ports.records import Call


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """A claim in the reviewers' queue, as it was when last projected."""

    claim_id: str
    partner_id: str
    tenant_id: str
    status: str
    due_at: datetime | None
    as_of: datetime
    assignee: str | None


@dataclass(frozen=True, slots=True)
class ClaimFilter:
    """Which of a partner's claims a list is to show; what is None does not matter."""

    status: Status | None = None
    tenant_id: str | None = None
    scope: str | None = None
    external_reference: str | None = None
    next_actor: NextActor | None = None
    due_before: datetime | None = None
    updated_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class ListedScope:
    """One scope of a listed claim."""

    scope: str
    consent: Consent
    hold: Hold


@dataclass(frozen=True, slots=True)
class ClaimItem:
    """A claim in its partner's index, as it was when last projected: at `as_of`, when something that lists show changed."""

    claim_id: str
    partner_id: str
    tenant_id: str
    customer_name: str
    programme_id: str
    scopes: tuple[ListedScope, ...]
    status: Status
    next_actor: NextActor
    waiting_for: str | None
    due_at: datetime | None
    external_reference: str | None
    created_at: datetime
    as_of: datetime


@dataclass(frozen=True, slots=True)
class ClaimPage:
    """A page of a list; it may be empty and still have a `next`: where to go on, None at the end."""

    items: tuple[ClaimItem, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class AssociationFilter:
    """Which of a partner's associations a list is to show; what is None does not matter."""

    tenant_id: str | None = None
    scope: str | None = None
    is_standing: bool | None = None


@dataclass(frozen=True, slots=True)
class AssociationItem:
    """An association in its partner's index, as it was when its claim was last projected, at `as_of`."""

    association: Association
    domain: str
    customer_name: str
    programme_id: str
    as_of: datetime


@dataclass(frozen=True, slots=True)
class AssociationPage:
    """A page of a list; it may be empty and still have a `next`: where to go on, None at the end."""

    items: tuple[AssociationItem, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class PartnerPage:
    """A page of all enrolled partners, by their id."""

    items: tuple[Partner, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Listing:
    """How far a claim's row in its partner's index has come: the claim's length it shows, the entry up to which its partner was
    told, and the version to write over, None before the first row.
    """

    seq: int
    told: int
    etag: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """An event with its number: its place among everything that the partner was ever told."""

    number: int
    telling: Telling


@dataclass(frozen=True, slots=True)
class ToldPage:
    """Events in their order; `has_more`: others follow already."""

    told: tuple[Told, ...]
    has_more: bool


class Partners(Protocol):
    """Partners and what belongs to one: profile, token clients, calls that created something, and the index of its claims."""

    async def partner(self, partner_id: str) -> Partner:
        """The enrolled partner. Raises NotFound."""
        ...

    async def asked(self, partner_id: str) -> Asked:
        """What the partner asked for on the last day on which it did, as far as that is projected."""
        ...

    async def enrol(self, partner: Partner, over: Callable[[Partner | None], None] | None = None) -> None:
        """Writes the profile and makes its token clients lead to it. `over` raises for a profile that is not to be replaced."""
        ...

    async def partner_of_client(self, client: TokenClient) -> str | None:
        """Which partner this token client acts for; None when nobody enrolled it."""
        ...

    async def begin_call(self, partner_id: str, call: Call) -> None:
        """Notes that the partner makes this call. Raises KeyReused when its key was used for another request."""
        ...

    async def forget_call(self, partner_id: str, call: Call) -> None:
        """Frees the key of a call that was refused after it had begun. One that is gone already is forgotten."""
        ...

    async def listing(self, claim: Claim) -> Listing:
        """How far the claim's row in its partner's index has come."""
        ...

    async def project(self, claim: Claim, listing: Listing, fresh: Sequence[Telling], told: int, limits: Limits) -> bool:
        """Writes the claim's row in its partner's index, tells the partner these events, up to its entry `told`, and counts what
        they ask for, at once.

        True when one of its webhooks is to be called for them. By the limits the partner is paused whose refusals pile up.

        Raises StaleRecord when the row is no longer as it was read, BusyRecord when others kept telling this partner.
        """
        ...

    async def is_calling(self, partner_id: str) -> bool:
        """Has the partner a webhook that is to be called?"""
        ...

    async def queue_review(self, claim: Claim) -> None:
        """Writes the claim's row in the reviewers' queue, unless a newer one is there."""
        ...

    async def told(self, partner_id: str, after: int, limit: int) -> ToldPage:
        """At most `limit` of the events behind that number, the oldest first."""
        ...

    async def claims_of(self, partner_id: str, wanted: ClaimFilter, limit: int, after: str | None) -> ClaimPage:
        """At most `limit` of the partner's claims as last projected, the newest claim first, going on where a page ended."""
        ...

    async def associations_of(self, partner_id: str, wanted: AssociationFilter, limit: int, after: str | None) -> AssociationPage:
        """At most `limit` of the partner's associations as last projected, the newest first, going on where a page ended."""
        ...

    async def enrolled(self, limit: int, after: str | None) -> PartnerPage:
        """At most `limit` of all partners that were ever enrolled, by their id, going on where a page ended."""
        ...

    def contesting(self) -> AsyncIterator[ClaimItem]:
        """The claims that contest scopes, as last projected, in no particular order."""
        ...

    def waiting_reviews(self) -> AsyncIterator[ReviewItem]:
        """The claims that wait for a reviewer, as last projected, in no particular order."""
        ...
