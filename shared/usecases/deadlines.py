"""Deadlines that came: the window that ended in silence, the review or the action that is overdue, the claim that expires.

Safe to run twice: a deadline that is no longer due for the claim has been dealt with.
"""

from typing import Final

from shared.domain import consent, ending, review, signing
from shared.domain.claim import Change, Claim, Due, DueKind
from shared.domain.lifecycle import ActorKind
from shared.domain.timeline import Act, Actor
from shared.ports.world import World
from shared.usecases.moves import move

TIMER: Final = Actor(ActorKind.SYSTEM, "deadlines")


async def meet_deadline(world: World, claim_id: str, due: Due) -> None:
    """Does what the deadline says, if it is still due and its time has come."""

    def decide(claim: Claim, act: Act) -> Change | None:
        if due not in claim.dues or act.at < due.at:
            return None
        match due.kind:
            case DueKind.CONSENT_WINDOW:
                return consent.window_ended(
                    claim, act, world.programmes.programme(claim.programme_id).policy_for(claim.country), due
                )
            case DueKind.SIGNATURE_OVERDUE:
                return signing.signature_overdue(claim, act, due)
            case DueKind.REVIEW_OVERDUE:
                return review.review_overdue(claim, act, due)
            case DueKind.ACTION_WARNING:
                return review.action_warned(claim, act, due)
            case _:
                return ending.expire(claim, act, due)

    await move(world, claim_id, TIMER, decide)
