"""A person is forgotten: name, address and typed words go, and what rested on them still verifies.

The timeline holds salted commitments of what was personal; without the salt they mean nothing. Safe to run twice.
"""

from dataclasses import dataclass

from shared.domain.delivery import address_hash
from shared.domain.lifecycle import ActorKind
from shared.ports.world import World


@dataclass(frozen=True, slots=True)
class Erased:
    """How many rows of a person's data, and how many remarks it had typed, are gone."""

    people: int
    words: int


async def erase(world: World, tenant_id: str, mail: str) -> Erased:
    """Forgets whoever has this address at this customer (R-228): mails that wait for it will fail, its links show no name."""
    wanted = address_hash(mail)
    people = await world.records.people_of(tenant_id)
    gone = {person_id for person_id, person in people.items() if address_hash(person.address) == wanted}
    words = 0
    if gone:
        for stored in await world.records.claims_for(tenant_id):
            for entry in await world.records.timeline(stored.claim.claim_id):
                is_theirs = entry.act.actor.kind is ActorKind.CUSTOMER and entry.act.actor.id in gone
                if is_theirs and entry.words is not None:
                    await world.records.erase_words(entry)
                    words += 1
    # Last: were it first, a second try after a crash would not find whose words are left.
    for person_id in gone:
        await world.records.erase_person(tenant_id, person_id)
    return Erased(len(gone), words)
