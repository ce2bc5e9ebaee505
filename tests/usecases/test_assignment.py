"""Taking reviews, over a real store: of those who reach for one at once, one has it."""

import asyncio

from shared.domain.claim import Claim
from shared.domain.errors import ReviewAssigned
from shared.usecases import reviews
from tests.usecases.system import CLAIM_ID, System, call, under_review

MANY = 8


async def test_of_many_who_take_a_review_at_once_one_has_it(system: System) -> None:
    """R-300: the others are told, and nothing of theirs stands in the timeline."""
    await under_review(system)
    takes = [
        reviews.assign(system.world, f"reviewer-{n}", CLAIM_ID, None, f"reviewer-{n}", takes_over=False) for n in range(MANY)
    ]
    answers = await asyncio.gather(*takes, return_exceptions=True)
    (won,) = [answer for answer in answers if isinstance(answer, Claim)]
    assert [type(answer) for answer in answers if answer is not won] == [ReviewAssigned] * (MANY - 1)
    taken = [e for e in await system.world.records.timeline(CLAIM_ID) if e.event == "assigned"]
    assert [entry.act.actor.id for entry in taken] == [won.assignee]


async def test_a_repeated_call_takes_nothing_back(system: System) -> None:
    """R-300: its answer was lost, a colleague took over, and the repetition gets the first answer."""
    await under_review(system)

    async def rita_takes() -> Claim:
        return await reviews.assign(system.world, "rita", CLAIM_ID, call("take"), "rita", takes_over=True)

    first = await rita_takes()
    await reviews.comment(system.world, "otto", CLAIM_ID, None, "I know this customer.")
    assert await rita_takes() == first
    await reviews.assign(system.world, "otto", CLAIM_ID, None, "otto", takes_over=True)
    assert await rita_takes() == first
    assert (await system.world.records.claim(CLAIM_ID)).claim.assignee == "otto"
