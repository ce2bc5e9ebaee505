"""Deadlines that came: the window that ended in silence, the review or the action that is overdue, the claim that expires.

Safe to run twice: a deadline that is no longer due for the claim has been dealt with.
"""

from datetime import datetime, timedelta
from typing import Final

from shared.domain import consent, ending, review, signing
from shared.domain.claim import Change, Claim, Due, DueKind
from shared.domain.errors import NotFound
from shared.domain.lifecycle import ActorKind
from shared.domain.timeline import Act, Actor
from shared.ports.world import World
from shared.usecases.moves import move

TIMER: Final = Actor(ActorKind.SYSTEM, "deadlines")
_LOOKED_AGAIN_AFTER: Final = timedelta(days=1)


async def meet_deadline(world: World, claim_id: str, due: Due) -> datetime | None:
    """Does what the deadline says, if it is still due and its time has come.

    A suspended partner's clocks stand still (R-294): then nothing is done, and this is when to look again.
    """
    stored = await world.records.claim(claim_id)
    later = await _frozen_until(world, stored.claim, due)
    if later is not None:
        return later

    def decide(claim: Claim, act: Act) -> Change | None:
        if due not in claim.dues or act.at < due.at:
            return None
        match due.kind:
            case DueKind.CONSENT_WINDOW:
                return consent.window_ended(
                    claim,
                    act,
                    world.programmes.programme(claim.programme_id).policy_for(claim.country, public_sector=claim.public_sector),
                    due,
                )
            case DueKind.SIGNATURE_OVERDUE:
                return signing.signature_overdue(claim, act, due)
            case DueKind.REVIEW_OVERDUE:
                return review.review_overdue(claim, act, due)
            case DueKind.ACTION_WARNING:
                return review.action_warned(claim, act, due)
            case _:
                return ending.expire(claim, act, due)

    await move(world, claim_id, TIMER, decide, loaded=stored)
    return None


async def _frozen_until(world: World, claim: Claim, due: Due) -> datetime | None:
    now = world.clock.now()
    try:
        partner = await world.partners.partner(claim.partner_id)
    except NotFound:
        return None
    if not partner.suspensions or due not in claim.dues:
        return None
    arose = await world.records.entry(claim.claim_id, due.seq)
    frozen = partner.frozen_between(arose.act.at if arose is not None else claim.created_at, now)
    if partner.suspended and frozen:
        return now + _LOOKED_AGAIN_AFTER
    return due.at + frozen if now < due.at + frozen else None
