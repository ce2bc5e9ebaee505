"""Kill the process before and after every storage request of a call or a click: repeated, it has its effect exactly once.

A lost answer is not even noticed by the caller: what landed is success, also when another writer came in between.
"""

import pytest

from tests.usecases.crash import survives, survives_interference
from tests.usecases.steps import CALLS, CLICKS, EDITS, Step
from tests.usecases.system import System

STEPS = [*CALLS, *EDITS, *CLICKS]


@pytest.mark.parametrize("step", STEPS, ids=str)
async def test_a_crash_at_any_request_changes_nothing_in_the_end(system: System, step: Step) -> None:
    """Holds, tenures, timeline and mails are as without a fault.

    R-03, R-07, R-09, R-10, R-17, R-18, R-20, R-22, R-27, R-28, R-29, R-35, R-37, R-39
    """
    assert await survives(system, step, expects_answer=True)


@pytest.mark.parametrize("step", STEPS, ids=str)
async def test_what_landed_is_success_although_another_writer_came_in_between(system: System, step: Step) -> None:
    """The witness is the timeline entry: found as it was written, the batch landed, whatever was written after it."""
    assert await survives_interference(system, step, replays=step in CALLS)
