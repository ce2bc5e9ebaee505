"""What a reviewer does: approve, ask for action, reject, comment, take a review or give it on, and see what waits."""

from collections.abc import Callable, Collection

from shared.domain import assignment, review
from shared.domain.claim import Change, Claim
from shared.domain.lifecycle import ActorKind
from shared.domain.policy import Policy
from shared.domain.timeline import Act, Actor
from shared.ports.partners import ReviewItem
from shared.ports.records import Call
from shared.ports.world import World
from shared.usecases.as_read import AsRead, whatever
from shared.usecases.moves import move


async def approve(
    world: World,
    reviewer: str,
    claim_id: str,
    call: Call | None,
    as_read: AsRead[Claim] = whatever,
    *,
    confirms_contact: bool,
    confirms_scan: bool = False,
) -> Claim:
    """Claim and POE are in order. Raises ClaimRefused, ContactUnconfirmed, ScanUnconfirmed, ActionNotAllowed, StaleVersion."""

    def decide(claim: Claim, act: Act, policy: Policy) -> Change:
        return review.approve(claim, act, policy, confirms_contact=confirms_contact, confirms_scan=confirms_scan)

    return await _review(world, reviewer, claim_id, call, decide, as_read)


async def request_action(
    world: World,
    reviewer: str,
    claim_id: str,
    call: Call | None,
    reason_code: str,
    words: str,
    as_read: AsRead[Claim] = whatever,
) -> Claim:
    """The partner has to mend something. Raises TooManyRounds, ActionNotAllowed, StaleVersion."""

    def decide(claim: Claim, act: Act, policy: Policy) -> Change:
        return review.request_action(claim, act, policy, reason_code, words)

    return await _review(world, reviewer, claim_id, call, decide, as_read)


async def reject(
    world: World,
    reviewer: str,
    claim_id: str,
    call: Call | None,
    reason_code: str,
    words: str,
    as_read: AsRead[Claim] = whatever,
) -> Claim:
    """The claim ends and its scopes are free. Raises ActionNotAllowed, StaleVersion."""

    def decide(claim: Claim, act: Act, _: Policy) -> Change:
        return review.reject(claim, act, reason_code, words)

    return await _review(world, reviewer, claim_id, call, decide, as_read)


async def comment(
    world: World, reviewer: str, claim_id: str, call: Call | None, words: str, as_read: AsRead[Claim] = whatever
) -> Claim:
    """A remark in the timeline. Raises ActionNotAllowed."""
    return await _review(world, reviewer, claim_id, call, lambda claim, act, _: review.comment(claim, act, words), as_read)


async def assign(
    world: World,
    reviewer: str,
    claim_id: str,
    call: Call | None,
    assignee: str | None,
    as_read: AsRead[Claim] = whatever,
    *,
    takes_over: bool,
) -> Claim:
    """The review with `assignee` from now on, None for nobody; again changes nothing (R-300).

    Raises ReviewAssigned, OtherReviewerNeeded, ActionNotAllowed.
    """

    def decide(claim: Claim, act: Act) -> Change | None:
        return assignment.assign(claim, act, assignee, takes_over=takes_over)

    return await move(world, claim_id, Actor(ActorKind.REVIEWER, reviewer), decide, call=call, as_read=as_read)


async def waiting(world: World, assignees: Collection[str | None] | None = None) -> list[ReviewItem]:
    """What waits for a reviewer, the tightest clock first; only what one of `assignees` has, if any are named: None is nobody."""
    found = world.partners.waiting_reviews()
    items = [item async for item in found if assignees is None or item.assignee in assignees]
    return sorted(items, key=lambda item: (item.due_at is None, item.due_at or item.as_of))


async def _review(
    world: World,
    reviewer: str,
    claim_id: str,
    call: Call | None,
    decide: Callable[[Claim, Act, Policy], Change],
    as_read: AsRead[Claim] = whatever,
) -> Claim:
    """A decision about the claim as it was read, where the reviewer says which version that was: the contact who is confirmed, or
    the proof that is approved, may be another one by now (R-375)."""

    def decided(claim: Claim, act: Act) -> Change:
        return decide(claim, act, world.programmes.programme(claim.programme_id).policy_for(claim.country))

    return await move(world, claim_id, Actor(ActorKind.REVIEWER, reviewer), decided, call=call, as_read=as_read)
