"""Associations and customers on the wire."""

from datetime import datetime
from enum import StrEnum
from typing import Self

from functions.wire import ReasonCode, Wire, Words
from functions.wire.claims import ClaimOut
from shared.domain.association import EndReason
from shared.ports.partners import AssociationItem, AssociationPage
from shared.usecases.associations import Customer, Held
from shared.usecases.availability import Availability, State


class EndIn(Wire):
    """Why the partner ends the association; the customer is told."""

    reason_code: ReasonCode
    words: Words | None = None


class AssociationOut(Wire):
    """A tenure as partner of record. Without `endedAt` it stands."""

    association_id: str
    claim_id: str
    tenant_id: str
    domain: str
    customer_name: str
    scope: str
    programme_id: str
    active_from: datetime
    ended_at: datetime | None
    end_reason: EndReason | None

    @classmethod
    def of(cls, held: Held) -> Self:
        tenure, claim = held.association, held.claim
        return cls(
            association_id=tenure.association_id,
            claim_id=claim.claim_id,
            tenant_id=claim.tenant_id,
            domain=claim.domain,
            customer_name=claim.customer_name,
            scope=tenure.scope,
            programme_id=claim.programme_id,
            active_from=tenure.active_from,
            ended_at=tenure.ended_at,
            end_reason=tenure.end_reason,
        )


class Standing(StrEnum):
    """Whether an association goes on."""

    STANDING = "standing"
    ENDED = "ended"


class ListedAssociationOut(Wire):
    """An association as lists show it: they follow within seconds; `asOf` is the change up to which this row has come."""

    association_id: str
    claim_id: str
    tenant_id: str
    domain: str
    customer_name: str
    scope: str
    programme_id: str
    active_from: datetime
    ended_at: datetime | None
    end_reason: EndReason | None
    as_of: datetime

    @classmethod
    def of(cls, item: AssociationItem) -> Self:
        tenure = item.association
        return cls(
            association_id=tenure.association_id,
            claim_id=tenure.claim_id,
            tenant_id=tenure.tenant_id,
            domain=item.domain,
            customer_name=item.customer_name,
            scope=tenure.scope,
            programme_id=item.programme_id,
            active_from=tenure.active_from,
            ended_at=tenure.ended_at,
            end_reason=tenure.end_reason,
            as_of=item.as_of,
        )


class AssociationsOut(Wire):
    """A page of associations. It may be empty although a next one follows; without `nextLink` it is the last."""

    value: list[ListedAssociationOut]
    next_link: str | None

    @classmethod
    def of(cls, page: AssociationPage, next_link: str | None) -> Self:
        return cls(value=[ListedAssociationOut.of(item) for item in page.items], next_link=next_link)


class AvailabilityOut(Wire):
    """Whether a scope is free; `since` when it is held, and never by whom."""

    tenant_id: str
    scope: str
    availability: State
    since: datetime | None

    @classmethod
    def of(cls, found: Availability) -> Self:
        return cls(tenant_id=found.tenant_id, scope=found.scope, availability=found.state, since=found.since)


class CustomerOut(Wire):
    """All of one's own about one customer, the oldest claim first; `earnings` is the address of what was booked."""

    tenant_id: str
    claims: list[ClaimOut]
    associations: list[AssociationOut]
    earnings: str

    @classmethod
    def of(cls, customer: Customer, earnings: str) -> Self:
        return cls(
            tenant_id=customer.tenant_id,
            claims=[ClaimOut.of(claim) for claim in customer.claims],
            associations=[AssociationOut.of(held) for held in customer.associations],
            earnings=earnings,
        )
