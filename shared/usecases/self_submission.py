"""Claims that submit themselves as soon as nothing is missing, or say why they cannot.

Whatever brings such a claim nearer to submission (a document, a signature, an edit) makes the submission due in its own batch;
nobody has to call anything. Where only something stands in the way that may pass by itself, it stays due, at a later time. Safe
to run twice: a submission that is no longer due was made, or was found impossible, before.
"""

from datetime import datetime, timedelta

from shared.domain import consent, submission
from shared.domain.claim import Change, Claim, Due
from shared.domain.errors import AskedTooSoon, ClaimIncomplete, Obstacle, PartnerPaused, PartnerSuspended, ScopeTaken
from shared.domain.lifecycle import ActorKind
from shared.domain.limit import LimitReached
from shared.domain.timeline import Act, Actor
from shared.ports.world import World
from shared.usecases import limits
from shared.usecases.claims import find_obstacles, require_active
from shared.usecases.moves import move
from shared.usecases.poe_reports import faults_now

SUBMITTER = Actor(ActorKind.SYSTEM, "submit_when_ready")


async def submit_when_ready(world: World, claim_id: str, due: Due) -> datetime | None:
    """Submits the claim, or records everything that stands in the way (R-250): also that its partner asks too much (R-311).

    Where that is what the claim says already, and may pass, nothing is recorded, and this is when to try again (R-384).
    """
    claim = (await world.records.claim(claim_id)).claim
    if due not in claim.dues:
        return None
    stored, *beside = await world.records.claims_beside(claim_id, claim.partner_id)
    others = [other.claim for other in beside]
    faults, partner = await faults_now(world, stored.claim), await limits.counted_partner(world, claim.partner_id)
    toll = limits.Toll(world, partner)

    def submit(claim: Claim, act: Act) -> Change | None:
        if due not in claim.dues:
            return None
        policy = world.programmes.programme(claim.programme_id).policy_for(claim.country)
        change = submission.submit(claim, act, policy, faults)
        consent.require_waited(claim, others, act.at, policy)
        return toll.ask(change)

    try:
        require_active(partner)
        toll.paid(await move(world, claim_id, SUBMITTER, submit, loaded=stored))
    except (ClaimIncomplete, ScopeTaken, AskedTooSoon, PartnerSuspended, PartnerPaused, LimitReached) as refusal:
        found = await find_obstacles(world, stored.claim, others) or (Obstacle(refusal.code, refusal.sentence),)
        codes = {obstacle.code for obstacle in found}
        wait = submission.tried_again_after(found)
        if isinstance(refusal, LimitReached):
            wait = timedelta(seconds=refusal.retry_after_s)
        again_at = world.clock.now() + wait if submission.may_pass(found) else None
        if again_at is not None and codes == {obstacle.code for obstacle in stored.claim.held_up_by}:
            return again_at

        def hold_up(claim: Claim, act: Act) -> Change | None:
            return submission.hold_up(claim, act, found, again_at) if due in claim.dues else None

        await move(world, claim_id, SUBMITTER, hold_up)
    return None
