"""A person is forgotten: name, address and typed words go, and what rested on them still verifies.

That happens when it asks for it, and to everybody whom a claim has named once it ended long enough ago. The timeline holds salted
commitments of what was personal; without the salt they mean nothing. Safe to run twice.
"""

from dataclasses import dataclass
from typing import Final

from shared.domain.claim import Change, Claim, Due
from shared.domain.delivery import address_hash
from shared.domain.lifecycle import ActorKind
from shared.domain.retention import forgotten
from shared.domain.timeline import Act, Actor
from shared.ports.world import World
from shared.usecases.moves import move

RETENTION: Final = Actor(ActorKind.SYSTEM, "retention")


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


async def forget_people(world: World, claim_id: str, due: Due) -> None:
    """Forgets everybody whom the ended claim has named, contacts and signers, and what they typed there (R-342).

    The same person is somebody else's contact under another id, and stays so. The deadline is settled last, so a crash before
    that repeats what is harmless to repeat.
    """
    stored = await world.records.claim(claim_id)
    if due not in stored.claim.dues or world.clock.now() < due.at:
        return
    tenant = stored.claim.tenant_id
    for entry in await world.records.timeline(claim_id):
        if entry.act.actor.kind is ActorKind.CUSTOMER and entry.words is not None:
            await world.records.erase_words(entry)
    for person_id in await world.records.people_of(tenant):
        if person_id.startswith(f"{claim_id}."):
            await world.records.erase_person(tenant, person_id)

    def decide(claim: Claim, act: Act) -> Change | None:
        return forgotten(claim, act, due) if due in claim.dues else None

    await move(world, claim_id, RETENTION, decide, loaded=stored)
