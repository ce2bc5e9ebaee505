"""What follows a claim's change by itself: its row in lists, and the events that its partner is told of.

Safe to run twice, late and in any order: the row in the partner's index says up to which entry the partner was told, and is
written with the events in one batch, under the version that was read. So every entry is told once, in its order, and an older
claim never replaces a newer one. The same batch makes the events' deliveries to webhooks due; the message that says so follows.
"""

from typing import Final

from shared.domain.claim import Claim
from shared.domain.errors import BusyRecord
from shared.domain.telling import tellings
from shared.ports.failures import StaleRecord
from shared.ports.world import World
from shared.usecases.webhooks import ring

_ATTEMPTS: Final = 8
# A batch has a hundred rows at most: events, a delivery of each to each of five webhooks, twenty associations, and two more.
_TOLD_AT_ONCE: Final = 12


async def project(world: World, claim: Claim) -> None:
    """Brings the lists and the partner's events up to this claim. Raises BusyRecord when others kept changing them."""
    is_calling, limits = False, world.programmes.programme(claim.programme_id).policy.limits
    for _ in range(_ATTEMPTS):
        listing = await world.partners.listing(claim)
        if listing.seq > claim.seq or listing.told >= claim.seq:
            # A newer claim's own projection is still due, or all was written before, by somebody who may have died over it.
            is_calling = is_calling or await world.partners.is_calling(claim.partner_id)
            break
        fresh = await world.records.timeline(claim.claim_id, after=listing.told, until=claim.seq)
        told = fresh[_TOLD_AT_ONCE - 1].seq if len(fresh) > _TOLD_AT_ONCE else claim.seq
        try:
            is_calling |= await world.partners.project(claim, listing, tellings(claim, fresh[:_TOLD_AT_ONCE]), told, limits)
        except StaleRecord:
            continue
        if told == claim.seq:
            break
    else:
        raise BusyRecord
    if is_calling:
        await ring(world, claim.partner_id)
    if claim.submitted_at is not None:
        await world.partners.queue_review(claim)
