"""A partner's associations, read off the claims that led to them, and the partner's end of one. An end happens once."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from shared.domain import consent
from shared.domain.association import Association
from shared.domain.claim import Change, Claim
from shared.domain.errors import NotFound
from shared.domain.identity import tenant_id
from shared.domain.partner import Partner
from shared.domain.timeline import Act
from shared.ports.partners import AssociationFilter, AssociationPage
from shared.ports.records import Call
from shared.ports.world import World
from shared.usecases.as_read import AsRead, whatever
from shared.usecases.claims import require_active
from shared.usecases.moves import actor_of, move, owned_by


@dataclass(frozen=True, slots=True)
class Held:
    """An association with the claim that it rests on."""

    association: Association
    claim: Claim


@dataclass(frozen=True, slots=True)
class Customer:
    """All of one partner's claims about one customer, the oldest first, and what they led to."""

    tenant_id: str
    claims: tuple[Claim, ...]
    associations: tuple[Held, ...]


async def list_associations(
    world: World, partner: Partner, wanted: AssociationFilter, limit: int, after: str | None
) -> AssociationPage:
    """One page of the partner's own associations, the newest first. Raises InvalidInput for a tenant id that is none."""
    tenant = None if wanted.tenant_id is None else tenant_id(wanted.tenant_id)
    return await world.partners.associations_of(partner.partner_id, replace(wanted, tenant_id=tenant), limit, after)


async def read_association(world: World, partner: Partner, wanted_id: str) -> Held:
    """Raises NotFound for an association that never began, and for another partner's."""
    claim_id = wanted_id.partition(".")[0]
    return _named(owned_by(partner.partner_id, (await world.records.claim(claim_id)).claim), wanted_id)


async def end_association(
    world: World,
    partner: Partner,
    wanted_id: str,
    reason: str,
    words: str | None,
    call: Call | None,
    as_read: AsRead[Claim] = whatever,
) -> Held:
    """Ends the tenure now, never earlier, for a reason (R-37). Raises NotFound, InvalidInput, ActionNotAllowed."""
    require_active(partner)

    def decide(claim: Claim, act: Act) -> Change:
        held = _named(claim, wanted_id)
        return consent.end(claim, act, frozenset({held.association.scope}), reason, words)

    claim_id = wanted_id.partition(".")[0]
    return _named(await move(world, claim_id, actor_of(partner), decide, call=call, as_read=as_read), wanted_id)


async def read_customer(world: World, partner: Partner, tenant: str) -> Customer:
    """Everything of the partner's own about this customer (R-112). Raises NotFound where there is nothing, InvalidInput."""
    known = tenant_id(tenant)
    found = await world.records.claims_about(known, partner.partner_id)
    if not found:
        raise NotFound
    claims = tuple(sorted(found, key=lambda claim: (claim.created_at, claim.claim_id)))
    return Customer(known, claims, tuple(held for claim in claims for held in _held(claim)))


def _held(claim: Claim) -> Iterator[Held]:
    return (Held(tenure, claim) for tenure in claim.tenures)


def _named(claim: Claim, wanted_id: str) -> Held:
    for held in _held(claim):
        if held.association.association_id == wanted_id:
            return held
    raise NotFound
