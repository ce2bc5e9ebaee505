"""A claim and its proof in one request: created, attached and submitted by one atomic batch, or not there at all.

Safe to run twice: the claim's id is a function of the call, the document's name of its content, and the batch is an insert. With
a warm profile it asks the stores five things, two of them at once: what is known of the customer, the call's key beside the
document, the batch, the message. Repeated it asks the first, and has its answer.
"""

from shared.domain import consent, submission
from shared.domain.attestation import Statement
from shared.domain.claim import Change, Claim
from shared.domain.errors import AskedTooSoon, ClaimIncomplete, ScopeTaken
from shared.domain.identity import new_claim_id, tenant_id
from shared.domain.partner import Partner
from shared.domain.transition import joined
from shared.ports.records import Call
from shared.ports.world import World
from shared.usecases import limits
from shared.usecases.claims import (
    NewClaim,
    attached,
    draft_of,
    inspected,
    keep_new,
    require_attester,
    store_document,
)
from shared.usecases.together import together

_BOTH = 2


async def submit_new_claim(
    world: World,
    partner: Partner,
    wanted: NewClaim,
    content: bytes,
    name: str,
    key: str,
    call: Call,
    attestation: Statement | None = None,
) -> Claim:
    """The claim, submitted with this document (R-251) and what is attested of it (R-320).

    One that may submit itself later is kept as a draft if it cannot be now. Raises what creating, attaching and submitting
    raise; then nothing is kept, and the key is free for a corrected request.
    """
    require_attester(partner, attestation)
    world.calls.require_same(call)
    claim_id = new_claim_id(tenant_id(wanted.tenant_id), partner.partner_id, key)
    first, beside = await world.records.before_creation(claim_id, partner.partner_id, call)
    if first is not None:
        return first
    toll = limits.Toll(world, partner)
    draft, contact = await draft_of(world, partner, wanted, claim_id, toll)
    with world.room.hold(len(content)):
        proof, _ = await inspected(world, draft.after, content, name)
        proven = joined(draft, attached(draft.after, draft.entries[0].act, proof, attestation))
        others = [other.claim for other in beside if other.claim.tenant_id == draft.after.tenant_id]
        change = _submitted(world, proven, others, toll)
        begun = world.partners.begin_call(partner.partner_id, call)
        await together(_BOTH, (begun, store_document(world, claim_id, proof, content)))
        try:
            return toll.paid(await keep_new(world, change, contact, call))
        except ScopeTaken:
            if wanted.submit_when_ready:
                return await keep_new(world, proven, contact, call)
            await world.partners.forget_call(partner.partner_id, call)
            raise


def _submitted(world: World, proven: Change, others: list[Claim], toll: limits.Toll) -> Change:
    claim, act = proven.after, proven.entries[0].act
    policy = world.programmes.programme(claim.programme_id).policy_for(claim.country)
    try:
        change = submission.submit(claim, act, policy)
        consent.require_waited(claim, others, act.at, policy)
    except (ClaimIncomplete, AskedTooSoon):
        if claim.submit_when_ready:
            return toll.decided(proven)
        raise
    return toll.ask(joined(proven, change))
