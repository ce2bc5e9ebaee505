"""Lists of claims on the wire."""

from datetime import datetime
from typing import Self

from functions.wire import Wire
from shared.domain.claim import Consent, Hold
from shared.domain.lifecycle import Status
from shared.domain.view import NextActor
from shared.ports.partners import ClaimItem, ClaimPage


class ListedScopeOut(Wire):
    scope: str
    consent: Consent
    hold: Hold


class ListedClaimOut(Wire):
    """A claim as lists show it. Lists follow the claims within seconds; `asOf` is the change up to which this row has come."""

    claim_id: str
    status: Status
    next_actor: NextActor
    waiting_for: str | None
    due_at: datetime | None
    tenant_id: str
    customer_name: str
    programme_id: str
    scopes: list[ListedScopeOut]
    external_reference: str | None
    created_at: datetime
    as_of: datetime

    @classmethod
    def of(cls, item: ClaimItem) -> Self:
        return cls(
            claim_id=item.claim_id,
            status=item.status,
            next_actor=item.next_actor,
            waiting_for=item.waiting_for,
            due_at=item.due_at,
            tenant_id=item.tenant_id,
            customer_name=item.customer_name,
            programme_id=item.programme_id,
            scopes=[ListedScopeOut(scope=s.scope, consent=s.consent, hold=s.hold) for s in item.scopes],
            external_reference=item.external_reference,
            created_at=item.created_at,
            as_of=item.as_of,
        )


class ClaimsOut(Wire):
    """A page of claims. It may be empty although a next one follows; without `nextLink` it is the last."""

    value: list[ListedClaimOut]
    next_link: str | None

    @classmethod
    def of(cls, page: ClaimPage, next_link: str | None) -> Self:
        return cls(value=[ListedClaimOut.of(item) for item in page.items], next_link=next_link)
