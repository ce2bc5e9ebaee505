"""What the steps of a claim's life ask of storage is counted and held to ceilings: latency is made of requests, and so are bills.

A caller's profile is read by the edge, once a minute, and is not part of it.
"""

import asyncio

import pytest

from tests.faults import Faults
from tests.usecases.crash import begin
from tests.usecases.steps import CALLS, CLICKS, DEADLINES, MAILS, SIGNING
from tests.usecases.system import System
from tests.usecases.test_contests import STEPS as CONTESTS

STEPS = {step.name: step for step in (*CALLS, *CLICKS, *MAILS, *DEADLINES, *SIGNING, *CONTESTS)}
CEILINGS = {
    "create": 4,
    "create and submit at once": 5,
    "attach": 3,
    "submit": 3,
    "agree during review": 4,
    "agree, becomes active": 4,
    "refuse": 4,
    "end one of two": 4,
    "approve, then asked": 3,
    "approve, becomes active": 3,
    "withdraw": 3,
    "reject": 3,
    "request action": 3,
    "assign": 3,
    "contest": 5,
    "contest won": 5,
    "contest lost": 3,
    "incumbent leaves": 4,
    "mail notification": 5,
    "mail consent_request": 5,
    "mail consent_reminder": 5,
    "ask to sign": 3,
    "mail signature_request": 5,
    "mail signature_reminder": 5,
    "signature expires": 5,
    "window ends in silence": 5,
    "people forgotten": 10,
}


@pytest.mark.parametrize("name", CEILINGS)
async def test_a_step_asks_no_more_than_its_ceiling(system: System, name: str) -> None:
    """The whole step, from the first read to the message that announces what follows. A worker reads the list of suppressed
    addresses once a minute, however many mails it sends: that is not a step's. Nor is the question whether a document is still
    kept, which is asked only where it was stored before, here by an earlier test."""
    asked = [sent for sent in (await begin(system, STEPS[name])).trail if sent.operation != "blob head"]
    trail = [sent for sent in asked if not sent.path.startswith("/devstoreaccount1/suppressions")]
    assert len(asked) - len(trail) == name.startswith("mail "), asked
    told = "\n".join(f"{sent.number}. {sent.operation} {sent.path}" for sent in trail)
    assert len(trail) <= CEILINGS[name], f"{name} makes {len(trail)} requests:\n{told}"


@pytest.mark.parametrize(("name", "request_"), [("create", "table get"), ("create and submit at once", "table query")])
async def test_repeating_a_creation_costs_one_request(system: System, name: str, request_: str) -> None:
    """R-251: only a submission has to know the claims beside it."""
    start = await begin(system, STEPS[name])
    await system.restore(start.snapshot)
    await start.act(system.world)
    counter = Faults()
    await start.act(system.process(counter))
    assert [sent.operation for sent in counter.trail] == [request_]


async def test_of_five_requests_of_a_direct_submission_two_are_made_at_once(system: System) -> None:
    """R-251: the second leaves only when the third is ready to, which would never be if it waited for the second's answer."""
    start = await begin(system, STEPS["create and submit at once"])
    assert {sent.operation for sent in start.trail[1:3]} == {"table insert", "blob put"}
    await system.restore(start.snapshot)
    third_is_ready, plan = asyncio.Event(), Faults()

    async def note() -> None:
        third_is_ready.set()

    plan.before(2, third_is_ready.wait).before(3, note)
    async with asyncio.timeout(60):
        await start.act(system.process(plan))
    assert plan.is_spent


@pytest.mark.parametrize("name", ["submit", "agree during review", "approve, becomes active"])
async def test_repeating_a_step_costs_no_more_than_doing_it(system: System, name: str) -> None:
    """A caller that repeats itself is answered from what stands."""
    start = await begin(system, STEPS[name])
    await system.restore(start.snapshot)
    await start.act(system.world)
    counter = Faults()
    await start.act(system.process(counter))
    assert counter.total <= CEILINGS[name], counter.trail
    assert all(sent.method == "GET" for sent in counter.trail), counter.trail
