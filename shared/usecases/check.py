"""Is a mail ours? Says yes only to whoever knows the claim's reference, which nobody can guess, and the domain it was written to.

What is no reference at all costs no request, a wrong one costs one, and a right one two at most; a yes tells nothing that the
mail did not say (R-227).
"""

from shared.domain.claim import Claim
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
    if claim.submitted_at is not None and wanted == claim.domain:
        return True
    people = await world.records.people_of(claim.tenant_id)
    return any(wanted == person.mail_domain for person_id, person in people.items() if _was_written_to(claim, person_id))


def _was_written_to(claim: Claim, person_id: str) -> bool:
    """Whom the claim named at any time is written to once it is submitted; a draft writes to whom it asks to sign."""
    named, _, role = person_id.partition(".")
    is_asked_to_sign = role.startswith("signer") or (claim.signature is not None and claim.signature.signer_id == person_id)
    return named == claim.claim_id and (claim.submitted_at is not None or is_asked_to_sign)
