"""Is a scope free? For whoever knows the customer, limited and logged, so that the market cannot be enumerated. Reads only."""

import logging
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.domain.errors import InvalidInput
from shared.domain.identity import bucket_of, domain_name, tenant_id
from shared.domain.limit import Limited
from shared.domain.partner import Partner
from shared.ports.world import World
from shared.usecases import limits
from shared.usecases.claims import require_supported

log = logging.getLogger(__name__)


class State(StrEnum):
    """Whose a scope is, as one partner may know it."""

    FREE = "free"
    YOURS = "yours"
    TAKEN = "taken"


@dataclass(frozen=True, slots=True)
class Availability:
    """A scope's state, and since when it is held (aware UTC); of a taken one never by whom."""

    tenant_id: str
    scope: str
    state: State
    since: datetime | None


async def look_up(world: World, partner: Partner, tenant: str, domain: str, scope: str) -> Availability:
    """What this partner may know of the scope (R-257). Raises LimitReached, InvalidInput for another tenant's domain."""
    limits.require(world, partner, Limited.AVAILABILITY)
    known, spelt = tenant_id(tenant), domain_name(domain)
    _require_known(world, partner, scope)
    log.info("availability asked", extra={"partnerId": partner.partner_id, "bucket": bucket_of(known), "scope": scope})
    if not await world.directory.is_verified(known, spelt, spelt):
        raise InvalidInput("domain", "This is not a domain of this tenant, as far as can be seen.")
    holder = (await world.records.holders(known, (scope,))).get(scope)
    if holder is None:
        return Availability(known, scope, State.FREE, None)
    state = State.YOURS if holder.partner_id == partner.partner_id else State.TAKEN
    return Availability(known, scope, state, holder.since)


def _require_known(world: World, partner: Partner, scope: str) -> None:
    """Raises InvalidInput for a scope that no programme of the partner has."""
    failure = InvalidInput("scope", "You are enrolled in no programme.")
    for programme_id in partner.programmes:
        try:
            require_supported(world.programmes.programme(programme_id), (scope,))
        except InvalidInput as refusal:
            failure = InvalidInput("scope", refusal.sentence)
        else:
            return
    raise failure
