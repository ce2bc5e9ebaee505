"""What meets at the last minute: an answer and the end of its time, refusal and approval, two windows of one reader.

Whatever the clocks of two workers say, one lawful outcome stands, its timeline verifies, and whoever waits is told.
"""

import asyncio
from datetime import timedelta
from typing import cast

import pytest

from shared.bootstrap import AzureWorld
from shared.domain.claim import DueKind, status
from shared.domain.errors import DomainError
from shared.domain.link import Purpose
from shared.domain.notice import MailKind
from shared.ports.outside import Clock
from shared.ports.world import World
from shared.usecases import reviews
from shared.usecases.consent import decide_consent, open_link
from shared.usecases.deadlines import meet_deadline
from tests.usecases.portrait import letters, portrait
from tests.usecases.steps import BOTH, approved
from tests.usecases.system import CLAIM_ID, REVIEWER, SetClock, System, call, current, under_review

NEITHER = dict.fromkeys(BOTH, False)


def skewed(system: System, minutes: int) -> AzureWorld:
    """A worker whose clock is wrong by so many minutes."""
    world = system.process()
    world.__dict__["clock"] = cast("Clock", SetClock(system.clock.time + timedelta(minutes=minutes)))
    return world


async def answers(system: System, world: World, choices: dict[str, bool]) -> None:
    opened = await open_link(world, system.letterbox.token(MailKind.CONSENT_REQUEST, "consent"), Purpose.CONSENT)
    await decide_consent(world, opened, choices, None)


@pytest.mark.parametrize(("timer", "page"), [(10, -10), (-10, 10), (0, 0)])
async def test_a_refusal_at_the_second_in_which_silence_would_count(system: System, timer: int, page: int) -> None:
    """R-34, R-35: refused before silence counted, or ended by the customer after it; never standing."""
    await approved(system)
    await system.pass_days(13)
    (due,) = (due for due in (await current(system)).dues if due.kind is DueKind.CONSENT_WINDOW)
    system.clock.time = due.at
    deadline = meet_deadline(skewed(system, timer), CLAIM_ID, due)
    await asyncio.gather(deadline, answers(system, skewed(system, page), NEITHER))
    await system.recover()
    drawn = await portrait(system)
    assert drawn.status in ("refused", "ended")
    assert drawn.holds == ()
    assert "refused" in drawn.events
    told = letters(system)
    assert told["decision_receipt"] + told["association_ended"] == 1


@pytest.mark.parametrize("minutes", [-10, 10])
async def test_a_slow_clock_ends_no_window_early_and_a_fast_one_ends_it_once(system: System, minutes: int) -> None:
    """R-34"""
    await approved(system)
    await system.pass_days(13)
    (due,) = (due for due in (await current(system)).dues if due.kind is DueKind.CONSENT_WINDOW)
    system.clock.time = due.at - timedelta(minutes=5)
    worker = skewed(system, minutes)
    await asyncio.gather(*(meet_deadline(worker, CLAIM_ID, due) for _ in range(3)))
    await system.settle()
    drawn = await portrait(system)
    assert drawn.events.count("window_ended") == (1 if minutes > 0 else 0)
    assert drawn.status == ("active" if minutes > 0 else "awaiting_consent")


async def test_refuse_and_approve_at_the_same_moment(system: System) -> None:
    """R-27, R-35: the refusal stands whoever comes first; the reviewer is told by a code, the customer by mail."""
    await under_review(system)

    async def approves() -> str:
        try:
            claim = await reviews.approve(system.process(), REVIEWER, CLAIM_ID, call("approve"), confirms_contact=False)
        except DomainError as refusal:
            return refusal.code
        return str(status(claim))

    told, _ = await asyncio.gather(approves(), answers(system, system.process(), NEITHER))
    await system.recover()
    drawn = await portrait(system)
    assert (drawn.status, drawn.holds) == ("refused", ())
    assert told in ("claim_refused", "awaiting_consent")
    assert letters(system)["decision_receipt"] == 1


async def test_agree_and_refuse_in_two_windows(system: System) -> None:
    """R-35: both are recorded, in one order, and the refusal stands whichever is first."""
    await under_review(system)
    await asyncio.gather(answers(system, system.process(), BOTH), answers(system, system.process(), NEITHER))
    await system.recover()
    drawn = await portrait(system)
    said = [event for event in drawn.events if event.startswith(("agreed", "refused"))]
    assert said in (["agreed", "refused"], ["refused", "agreed without effect"])
    assert (drawn.status, drawn.holds) == ("refused", ())
    assert letters(system)["decision_receipt"] >= 1
