"""What a contact sees and may end: everything about its customer that names it, whichever mail its link came with.

Seeing never writes. A claim that names another person now, or one that was erased, is not this contact's to see.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.domain.delivery import address_hash
from shared.domain.identity import bucket_of
from shared.domain.link import Purpose
from shared.domain.usage import Snapshot
from shared.ports.records import Stored
from shared.ports.world import MoneyWorld
from shared.usecases.consent import open_link


@dataclass(frozen=True, slots=True)
class Overview:
    """The claim that the link came with, all that name its contact (that one first), and each workload's latest counts."""

    opened: Stored
    claims: tuple[Stored, ...]
    counts: Mapping[str, Snapshot]

    def claim_of(self, reference: str) -> Stored:
        """The claim that an association or a request belongs to. Raises KeyError for one that is not shown."""
        claim_id = reference.partition(".")[0]
        return next(stored for stored in self.claims if stored.claim.claim_id == claim_id)


async def overview(world: MoneyWorld, token: str) -> Overview:
    """Everything that names the link's contact (R-226). Raises LinkUnusable."""
    opened = await open_link(world, token, Purpose.MANAGE)
    tenant = opened.claim.tenant_id
    people = await world.records.people_of(tenant)
    me = people.get(opened.claim.contact_id)
    claims = [opened]
    if me is not None:
        mine = {person_id for person_id, each in people.items() if address_hash(each.address) == address_hash(me.address)}
        claims += [
            stored
            for stored in await world.records.claims_for(tenant)
            if stored.claim.contact_id in mine
            and stored.claim.claim_id != opened.claim.claim_id
            and stored.claim.submitted_at is not None
        ]
    histories = await world.usage.histories(bucket_of(tenant), {tenant})
    counts = {f"workload:{workload}": found.snapshots[-1] for (_, workload), (found, _) in histories.items() if found.snapshots}
    return Overview(opened, tuple(claims), counts)
