"""What a contact sees and may end: everything about its customer that names it, whichever mail its link came with.

Seeing never writes. A claim that names another person now, or one that was erased, is not this contact's to see. A link shows it
for some days; later it is good for having a new one mailed, and tells nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.domain.claim import Claim
from shared.domain.delivery import address_hash
from shared.domain.errors import DomainError
from shared.domain.fresh_link import ask_for_link
from shared.domain.identity import bucket_of
from shared.domain.lifecycle import ActorKind
from shared.domain.link import Purpose
from shared.domain.person import Person
from shared.domain.timeline import Actor
from shared.domain.usage import Snapshot
from shared.ports.records import Stored
from shared.ports.world import MoneyWorld, World
from shared.usecases.consent import follow_link
from shared.usecases.moves import move


class LinkTooOld(DomainError):
    """A link to manage whose mail is not recent, or that another mail has made void; `language` is its claim's."""

    code = "link_too_old"

    def __init__(self, language: str) -> None:
        super().__init__("This link is too old to open; a new one can be mailed.")
        self.language = language


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
    """Everything that names the link's contact (R-226). Raises LinkUnusable, and LinkTooOld for one that only mails (R-340)."""
    link, opened = await follow_link(world, token, Purpose.MANAGE)
    claim = opened.claim
    if not link.is_fresh(world.clock.now(), claim.links_from):
        raise LinkTooOld(claim.language)
    people = await world.records.people_of(claim.tenant_id)
    naming = await _naming(world, people, claim.contact_id, claim) if claim.contact_id in people else []
    others = [stored for stored in naming if stored.claim.claim_id != claim.claim_id]
    histories = await world.usage.histories(bucket_of(claim.tenant_id), {claim.tenant_id})
    counts = {f"workload:{workload}": found.snapshots[-1] for (_, workload), (found, _) in histories.items() if found.snapshots}
    return Overview(opened, (opened, *others), counts)


async def mail_new_link(world: World, token: str) -> None:
    """Mails a new link to whom the old one was for, or, if no claim names that person any more, to its claim's contact (R-341).

    Whether there is anybody to mail is not told. Raises LinkUnusable. Safe to run twice: while one mail waits no second is made.
    """
    link, opened = await follow_link(world, token, Purpose.MANAGE)
    claim = opened.claim
    asker = link.person_id or claim.contact_id
    people = await world.records.people_of(claim.tenant_id)
    for person_id in (asker, claim.contact_id):
        naming = await _naming(world, people, person_id, claim) if person_id in people else []
        if naming:
            # Always the same one of a person's claims, so that its count of mails is the person's.
            newest = max(naming, key=lambda stored: (stored.claim.created_at, stored.claim.claim_id))
            await move(world, newest.claim.claim_id, Actor(ActorKind.CUSTOMER, asker), ask_for_link, loaded=newest)
            return


async def _naming(world: World, people: Mapping[str, Person], person_id: str, opened: Claim) -> list[Stored]:
    """The claims that have told this person, as their contact, of themselves; each knows its contact under an id of its own.

    A draft has told nobody, but it may have asked somebody to sign: the link's own claim counts however it stands.
    """
    mine = address_hash(people[person_id].address)
    ids = {each for each, person in people.items() if address_hash(person.address) == mine}
    return [
        stored
        for stored in await world.records.claims_for(opened.tenant_id)
        if stored.claim.contact_id in ids and (stored.claim.submitted_at is not None or stored.claim.claim_id == opened.claim_id)
    ]
