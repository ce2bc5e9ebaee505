"""Kill the process before and after every storage request of the outbox's work: redelivered or swept, it is done exactly once.

A mail alone cannot be done exactly once: a death while it is being sent leaves its fate unknown. That is seen, and it is
never sent again blindly.
"""

import pytest

from tests.usecases.crash import survives, survives_interference
from tests.usecases.steps import DEADLINES, DELIVERIES, MAILS, Step
from tests.usecases.system import System


@pytest.mark.parametrize("step", [*DELIVERIES, *DEADLINES], ids=str)
async def test_a_crash_at_any_request_changes_nothing_in_the_end(system: System, step: Step) -> None:
    """R-15, R-25, R-26, R-28, R-34, R-36, R-38: a deadline or a verdict has its effect once, whoever dies over it."""
    assert await survives(system, step, expects_answer=False)


@pytest.mark.parametrize("step", MAILS, ids=str)
async def test_a_mail_leaves_once_or_its_fate_is_unknown(system: System, step: Step) -> None:
    """R-32, R-33: no crash sends a letter twice, and an unknown one starts no clock."""
    assert await survives(system, step, expects_answer=True)


@pytest.mark.parametrize(
    "step", [s for s in (*DELIVERIES, *MAILS, *DEADLINES) if s.name not in ("projection", "lost message is found")], ids=str
)
async def test_what_landed_is_success_although_another_writer_came_in_between(system: System, step: Step) -> None:
    """The witness is the timeline entry: found as it was written, the batch landed, whatever was written after it."""
    assert await survives_interference(system, step, replays=False)
