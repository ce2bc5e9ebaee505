"""The form for a claim: made when it is asked for and stored nowhere, because the claim says all that is on it."""

import asyncio

from shared.domain.claim import Claim
from shared.domain.partner import Partner
from shared.domain.proof_form import Subject, subject_of
from shared.ports import World
from shared.usecases.claims import read_claim


async def make_form(world: World, partner: Partner, claim_id: str) -> tuple[Subject, bytes]:
    """What the form is about, and the PDF, in the claim's language. Changes nothing. Raises NotFound, FormNotPrintable."""
    claim = await read_claim(world, partner, claim_id)
    subject = proof_subject(world, claim)
    # Drawing keeps a processor busy; other callers of this worker must not wait for it.
    return subject, await asyncio.to_thread(world.forms.make_form, subject, claim.language)


def proof_subject(world: World, claim: Claim) -> Subject:
    """What a proof for this claim has to be about."""
    return subject_of(claim, world.programmes.programme(claim.programme_id))
