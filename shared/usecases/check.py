"""Is a mail ours? Says yes only to whoever knows the claim's reference, which nobody can guess, and the domain it was written to.

What is no reference at all costs no request, a wrong one costs one; a yes tells nothing that the mail did not say (R-227).
"""

from shared.domain.errors import InvalidInput, NotFound
from shared.domain.identity import domain_name, is_claim_id
from shared.ports.world import World


async def is_real(world: World, reference: str, domain: str) -> bool:
    """Have we written to this domain about this claim? Reads only."""
    reference = reference.strip().lower()
    try:
        wanted = domain_name(domain.rpartition("@")[2])
    except InvalidInput:
        return False
    if not is_claim_id(reference):
        return False
    try:
        claim = (await world.records.claim(reference)).claim
    except NotFound:
        return False
    if claim.submitted_at is None:
        return False
    if wanted == claim.domain:
        return True
    try:
        person = await world.records.person(claim.tenant_id, claim.contact_id)
    except NotFound:
        return False
    return wanted == person.mail_domain
