"""Whom somebody names to be asked: kept apart from the claim; whether the customer's tenant vouches for its mail domain is found
out, and what follows from that is the caller's to say."""

from dataclasses import dataclass

from shared.domain.claim import Claim
from shared.domain.person import Person
from shared.ports.world import World
from shared.usecases.claims import mail_address


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Somebody to ask; as it came in, still unchecked."""

    name: str
    mail: str


async def named(world: World, claim: Claim, role: str, wanted: NewPerson, field: str) -> tuple[Person, bool]:
    """The person, and whether its mail domain is a verified one of the claim's tenant. Raises InvalidInput.

    `role` says in the person's id what it is to the claim; `field` is where the address was typed.
    """
    address = mail_address(wanted.mail, field)
    person_id = f"{claim.claim_id}.{role}.{world.entropy.token()}"
    person = Person(person_id, claim.tenant_id, wanted.name, address, world.entropy.token())
    return person, await world.directory.is_verified(claim.tenant_id, claim.domain, person.mail_domain)
