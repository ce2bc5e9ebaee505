"""Associations and customers on the wire."""

from datetime import datetime
from typing import Self

from functions.wire import ReasonCode, Wire, Words
from functions.wire.claims import ClaimOut
from shared.domain.association import EndReason
from shared.usecases.associations import Customer, Held


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
