"""Reviewers are told by mail what waits: once a day at most, whoever dies, races or is down, and nothing when nothing waits."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from shared.adapters import names
from shared.adapters.mail.render import render
from shared.domain.delivery import Delivery
from shared.domain.notice import (
    Letter,
    MailFateUnknown,
    MailKind,
    PermanentMailFailure,
    ProviderUnavailable,
    TransientMailFailure,
)
from shared.domain.partner import Partner
from shared.usecases import claims, reviews
from shared.usecases import digests as usecase
from shared.usecases.digests import send_digests
from shared.usecases.mail_reports import suppress
from tests.faults import Fault, Faults, Killed
from tests.usecases.steps import active
from tests.usecases.system import CLAIM_ID, DOMAIN, PARTNER, REVIEWER, System, call, poe, under_review, wanted

RITA, OTTO = "rita@reviewers.example", "otto@reviewers.example"
BOTH_OF_THEM = (RITA, OTTO)


def digests(system: System) -> list[Letter]:
    return system.letterbox.of(MailKind.REVIEW_DIGEST)


async def later_claim(system: System, partner_id: str = "4711002") -> None:
    """Another partner's claim, submitted a day later: its review clock ends later."""
    system.clock.advance(timedelta(days=1))
    partner = Partner(partner_id, "Tailspin Toys", "claims@tailspin.example", ("demo",))
    claim = await claims.create_claim(system.world, partner, wanted("workload:yammer"), "other", call(partner_id))
    await claims.attach_proof(system.world, partner, claim.claim_id, poe(), "poe.pdf", call(f"{partner_id} poe"))
    await claims.submit_claim(system.world, partner, claim.claim_id, call(f"{partner_id} submit"))
    await system.settle()


async def states(system: System) -> set[tuple[str, int]]:
    return {(row["state"], row["tries"]) for row in await system.rows(names.JOBS, "digests")}


async def test_each_address_is_told_what_waits_the_tightest_clock_first_and_nobody_else_is_named(system: System) -> None:
    """R-343"""
    await under_review(system)
    await later_claim(system)
    assert await send_digests(system.world, BOTH_OF_THEM) == 2
    assert [each.to_address for each in digests(system)] == [RITA, OTTO]
    letter = digests(system)[0]
    assert [(each.customer_domain, each.partner_name) for each in letter.waiting] == [
        (DOMAIN, PARTNER.name),
        (DOMAIN, "Tailspin Toys"),
    ]
    first, second = (each.due_at for each in letter.waiting)
    assert first is not None
    assert second is not None
    assert first < second
    mail = render(letter)
    assert mail.subject == "2 claims wait for review"
    for part in (mail.text, mail.html):
        assert [word for word in ("Ada", "Kowalski", "@contoso", CLAIM_ID) if word in part] == []


async def test_it_is_sent_once_a_day_and_again_the_next_while_something_waits(system: System) -> None:
    """R-343"""
    await under_review(system)
    for _ in range(3):
        await send_digests(system.world, (RITA,))
    assert len(digests(system)) == 1
    system.clock.advance(timedelta(days=1))
    await send_digests(system.world, (RITA,))
    assert len(digests(system)) == 2
    assert await states(system) == {("sent", 1)}
    await reviews.approve(system.world, REVIEWER, CLAIM_ID, call("approve"), confirms_contact=False)
    await system.settle()
    system.clock.advance(timedelta(days=1))
    assert await send_digests(system.world, (RITA,)) == 0
    assert len(digests(system)) == 2


async def test_nothing_is_sent_or_written_when_nothing_waits_or_nobody_is_named(system: System) -> None:
    """R-343"""
    await active(system)
    assert await send_digests(system.world, BOTH_OF_THEM) == 0
    await later_claim(system)
    assert await send_digests(system.world, ()) == 0
    assert (digests(system), await states(system)) == ([], set())


async def test_two_workers_at_once_send_one(system: System) -> None:
    """R-343: a timer may fire twice."""
    await under_review(system)
    sent = await asyncio.gather(*(send_digests(system.process(), (RITA,)) for _ in range(4)))
    assert sum(sent) == len(digests(system)) == 1


async def test_who_dies_in_between_sends_it_at_most_once(system: System) -> None:
    """R-343: at whichever request of storage; the next day's mail comes all the same."""
    await under_review(system)
    plan = Faults()
    await send_digests(system.process(plan), (OTTO,))
    for number in range(1, plan.total + 1):
        for fault in (Fault.KILL_BEFORE, Fault.KILL_AFTER):
            before = len(digests(system))
            system.clock.advance(timedelta(days=1))
            with pytest.raises(Killed):
                await send_digests(system.process(Faults().inject(number, fault)), (RITA,))
            for _ in range(3):
                await send_digests(system.world, (RITA,))
                system.clock.advance(timedelta(minutes=20))
            assert len(digests(system)) - before <= 1
    assert {state for state, _ in await states(system)} == {"sent", "unknown"}


@pytest.mark.parametrize(
    ("failure", "state", "again"),
    [
        (TransientMailFailure("450"), "due", 1),
        (ProviderUnavailable("503"), "due", 1),
        (PermanentMailFailure("550"), "failed", 0),
        (MailFateUnknown("silence"), "unknown", 0),
    ],
    ids=["transient", "down", "permanent", "unknown"],
)
async def test_what_certainly_did_not_leave_is_tried_again_the_same_morning(
    system: System, failure: Any, state: str, again: int
) -> None:
    """R-343"""
    await under_review(system)
    system.letterbox.refusing[MailKind.REVIEW_DIGEST] = failure
    assert await send_digests(system.world, (RITA,)) == 0
    assert await states(system) == {(state, 1)}
    system.letterbox.refusing.clear()
    system.clock.advance(timedelta(minutes=10))
    assert await send_digests(system.world, (RITA,)) == again
    assert len(digests(system)) == again


async def test_a_suppressed_address_gets_none(system: System) -> None:
    """R-222, R-343"""
    await under_review(system)
    await suppress(system.world, RITA, Delivery.BOUNCED)
    assert await send_digests(system.world, BOTH_OF_THEM) == 1
    assert [each.to_address for each in digests(system)] == [OTTO]


async def test_the_tightest_are_listed_and_the_others_counted(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-343"""
    monkeypatch.setattr(usecase, "MOST_LISTED", 1)
    await under_review(system)
    await later_claim(system)
    await send_digests(system.world, (RITA,))
    (letter,) = digests(system)
    assert ([each.partner_name for each in letter.waiting], letter.further) == ([PARTNER.name], 1)
    assert render(letter).subject == "2 claims wait for review"
    assert "1 more claim waits." in render(letter).text
