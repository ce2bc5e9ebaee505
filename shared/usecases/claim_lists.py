"""What a partner sees of its claims as a whole, from the index that follows every change. Reads only."""

from dataclasses import replace

from shared.domain.identity import tenant_id
from shared.domain.partner import Partner
from shared.ports.partners import ClaimFilter, ClaimPage
from shared.ports.world import World


async def list_claims(world: World, partner: Partner, wanted: ClaimFilter, limit: int, after: str | None) -> ClaimPage:
    """One page of the partner's own claims, the newest first (R-110). Raises InvalidInput for a tenant id that is none."""
    tenant = None if wanted.tenant_id is None else tenant_id(wanted.tenant_id)
    return await world.partners.claims_of(partner.partner_id, replace(wanted, tenant_id=tenant), limit, after)
