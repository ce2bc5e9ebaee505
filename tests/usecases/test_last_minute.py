"""What meets at the last minute: an answer and the end of its time, refusal and approval, two windows of one reader.

In each race the loser has read and decided, and the winner comes in between before the loser can write. Whatever the clocks of
two workers say, one lawful outcome stands, its timeline verifies, and whoever waits is told.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, cast

import azure.functions as func
import pytest

from functions import consent as pages
from shared import bootstrap
from shared.bootstrap import AzureWorld
from shared.domain.claim import Claim, Consent, Due, DueKind, status
from shared.domain.errors import DomainError
from shared.domain.lifecycle import Status
from shared.domain.link import Purpose
from shared.domain.notice import Letter, MailKind
from shared.ports.outside import Clock
from shared.ports.world import World
from shared.usecases import reviews
from shared.usecases.consent import decide_consent, open_link
from shared.usecases.deadlines import meet_deadline
from shared.usecases.outbox import sweep
from tests.faults import Faults
from tests.usecases.portrait import Portrait, letters, portrait
from tests.usecases.steps import BOTH, approved
from tests.usecases.system import CLAIM_ID, REVIEWER, SetClock, System, call, current, under_review
from tests.usecases.test_links import AGREES

NEITHER = dict.fromkeys(BOTH, False)
SKEWED = [(0, 0), (10, -10), (-10, 10)]

type Move = Callable[[World], Awaitable[object]]


def skewed(system: System, minutes: int, plan: Faults | None = None) -> AzureWorld:
    """A worker whose clock is wrong by so many minutes."""
    world = system.process(plan)
    world.__dict__["clock"] = cast("Clock", SetClock(system.clock.time + timedelta(minutes=minutes)))
    return world


async def races(system: System, winner: Move, loser: Move, *, skews: tuple[int, int] = (0, 0)) -> Portrait:
    """What stands when the winner does all it does just before the loser, which has decided already, writes."""
    fast, slow = skews
    plan = Faults().before_first("table batch", lambda: winner(skewed(system, fast)))
    await loser(skewed(system, slow, plan))
    assert plan.is_spent, "the loser did not get as far as writing"
    await system.recover()
    times = [entry.act.at for entry in await system.world.records.timeline(CLAIM_ID)]
    assert times == sorted(times), "the timeline goes back in time"
    return await portrait(system)


def answering(system: System, choices: dict[str, bool], told: list[Claim] | None = None) -> Move:
    """The customer's click, and what its page then shows."""

    async def answer(world: World) -> None:
        opened = await open_link(world, system.letterbox.token(MailKind.CONSENT_REQUEST, "consent"), Purpose.CONSENT)
        claim = await decide_consent(world, opened, choices, None)
        if told is not None:
            told.append(claim)

    return answer


def approving(told: list[str]) -> Move:
    """The reviewer's approval, and what it is answered."""

    async def approve(world: World) -> None:
        try:
            claim = await reviews.approve(world, REVIEWER, CLAIM_ID, call("approve"), confirms_contact=False)
        except DomainError as refusal:
            told.append(refusal.code)
        else:
            told.append(str(status(claim)))

    return approve


def said(drawn: Portrait, *names: str) -> list[str]:
    """Those of the events, in their order."""
    return [event for event in drawn.events if event.startswith(names)]


def receipt(system: System) -> Letter:
    """The one receipt of the customer's answer."""
    (letter,) = system.letterbox.of(MailKind.DECISION_RECEIPT)
    return letter


async def last_minute(system: System) -> Due:
    """An approved claim whose customer was asked and reminded, at the second in which its time ends."""
    await approved(system)
    system.clock.advance(timedelta(days=7, minutes=3))
    await sweep(system.world)
    await system.settle()
    assert (await current(system)).window.reminders == 1
    (due,) = (due for due in (await current(system)).dues if due.kind is DueKind.CONSENT_WINDOW)
    system.clock.time = due.at
    return due


@pytest.mark.parametrize("skews", SKEWED[:2])
async def test_silence_that_counted_a_moment_before_a_refusal_is_ended_by_it(system: System, skews: tuple[int, int]) -> None:
    """R-34, R-35: the association stood and ended; it never ends before it began, whatever the clocks say."""
    due = await last_minute(system)
    shown = list[Claim]()
    drawn = await races(system, lambda w: meet_deadline(w, CLAIM_ID, due), answering(system, NEITHER, shown), skews=skews)
    assert (drawn.status, drawn.holds) == ("ended", ())
    assert said(drawn, "window_ended", "refused") == ["window_ended", "refused"]
    assert [status(claim) for claim in shown] == [Status.ENDED]
    told = letters(system)
    assert (told["association_ended"], told["decision_receipt"]) == (1, 0)
    for tenure in (await current(system)).tenures:
        assert tenure.ended_at is not None
        assert tenure.active_from <= tenure.ended_at


@pytest.mark.parametrize("skews", [(0, 0), (-10, 10)])
async def test_a_refusal_a_moment_before_silence_would_have_counted_stands(system: System, skews: tuple[int, int]) -> None:
    """R-34, R-35"""
    due = await last_minute(system)
    drawn = await races(system, answering(system, NEITHER), lambda w: meet_deadline(w, CLAIM_ID, due), skews=skews)
    assert (drawn.status, drawn.holds, drawn.tenures) == ("refused", (), ())
    assert said(drawn, "window_ended", "refused") == ["refused"]
    told = letters(system)
    assert (told["association_ended"], told["decision_receipt"]) == (0, 1)
    assert {consent for _, consent in receipt(system).outcome} == {"refused"}


@pytest.mark.parametrize("minutes", [-10, 10])
async def test_a_slow_clock_ends_no_window_early_and_a_fast_one_ends_it_once(system: System, minutes: int) -> None:
    """R-34"""
    due = await last_minute(system)
    system.clock.time = due.at - timedelta(minutes=5)
    worker = skewed(system, minutes)
    await asyncio.gather(*(meet_deadline(worker, CLAIM_ID, due) for _ in range(3)))
    await system.settle()
    drawn = await portrait(system)
    assert drawn.events.count("window_ended") == (1 if minutes > 0 else 0)
    assert drawn.status == ("active" if minutes > 0 else "awaiting_consent")


async def test_an_approval_that_comes_a_moment_after_a_refusal_is_refused(system: System) -> None:
    """R-27, R-35: the reviewer is told by a code, the customer by mail."""
    await under_review(system)
    told = list[str]()
    drawn = await races(system, answering(system, NEITHER), approving(told))
    assert told == ["claim_refused"]
    assert (drawn.status, drawn.holds, said(drawn, "approved", "refused")) == ("refused", (), ["refused"])
    assert {consent for _, consent in receipt(system).outcome} == {"refused"}
    assert letters(system)["approved"] == 0


async def test_a_refusal_that_comes_a_moment_after_an_approval_counts(system: System) -> None:
    """R-27, R-35"""
    await under_review(system)
    told = list[str]()
    drawn = await races(system, approving(told), answering(system, NEITHER))
    assert told == ["awaiting_consent"]
    assert (drawn.status, drawn.holds, said(drawn, "approved", "refused")) == ("refused", (), ["approved", "refused"])
    assert {consent for _, consent in receipt(system).outcome} == {"refused"}


async def test_whoever_agreed_in_one_window_a_moment_after_refusing_in_another_is_shown_the_refusal(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-35, R-392: what came second is recorded and changes nothing, and its page says so."""
    await under_review(system)
    shown = list[func.HttpResponse]()

    async def agree_on_the_page(world: World) -> None:
        monkeypatch.setattr(bootstrap, "world", lambda: world)
        token = system.letterbox.token(MailKind.CONSENT_REQUEST, "consent")
        form = func.HttpRequest("POST", "https://x.example/", route_params={"token": token}, body=AGREES)
        shown.append(await cast("Any", pages.decide_consent).build().get_user_function()(form))

    drawn = await races(system, answering(system, NEITHER), agree_on_the_page)
    assert said(drawn, "agreed", "refused") == ["refused", "agreed without effect"]
    assert (drawn.status, drawn.holds) == ("refused", ())
    (answer,) = shown
    text = answer.get_body().decode()
    assert (answer.status_code, "This came too late" in text, "by mail" in text) == (409, True, False)
    assert text.count("Refused") == 2
    assert {consent for _, consent in receipt(system).outcome} == {"refused"}


async def test_whoever_refused_in_one_window_a_moment_after_agreeing_in_another_has_refused(system: System) -> None:
    """R-35: both count, in their order, and nothing is held any more."""
    await under_review(system)
    shown = list[Claim]()
    drawn = await races(system, answering(system, BOTH), answering(system, NEITHER, shown))
    assert said(drawn, "agreed", "refused") == ["agreed", "refused"]
    assert (drawn.status, drawn.holds) == ("refused", ())
    assert [s.consent for claim in shown for s in claim.scopes] == [Consent.REFUSED] * 2
    assert {consent for _, consent in receipt(system).outcome} == {"refused"}
