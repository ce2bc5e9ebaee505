"""The form for a claim: made when it is asked for and stored nowhere, because the claim says all that is on it."""

import asyncio

from shared.domain.partner import Partner
from shared.domain.proof_form import Subject, subject_of
from shared.ports.world import World
from shared.usecases.claims import read_claim


async def make_form(world: World, partner: Partner, claim_id: str) -> tuple[Subject, bytes]:
    """What the form is about, and the PDF, in the claim's language. Changes nothing. Raises NotFound, FormNotPrintable."""
    claim = await read_claim(world, partner, claim_id)
    subject = subject_of(claim, world.programmes.programme(claim.programme_id))
    # Drawing keeps a processor busy; other callers of this worker must not wait for it.
    return subject, await asyncio.to_thread(world.forms.make_form, subject, claim.language)
