"""The sweep finds what no message tells of, and only that; what failed every try is not tried for ever."""

import asyncio
from datetime import timedelta

import pytest

from shared.adapters.rows import due_key
from shared.domain import identity
from shared.domain.claim import IMMEDIATE
from shared.domain.identity import bucket_of
from shared.domain.notice import MailKind, TransientMailFailure
from shared.ports.records import WorkState
from shared.usecases import outbox
from shared.usecases.outbox import give_up, sweep
from tests.faults import Fault, Faults, Killed
from tests.usecases.portrait import letters, portrait
from tests.usecases.steps import DEADLINES, DELIVERIES, screened
from tests.usecases.system import TENANT, Message, System, submitted, under_review


async def test_the_sweep_looks_into_every_bucket(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "BUCKETS", identity.BUCKETS)
    await submitted(system)
    await system.take_messages()
    system.clock.advance(timedelta(minutes=3))
    counter = Faults()
    assert await sweep(system.process(counter)) >= 2
    assert counter.counts["table query"] >= 256
    # Other tests of this worker have left claims of their own in the same store.
    for message in await system.take_messages():
        if message.bucket == identity.bucket_of(TENANT):
            await system.handle(message)
    await system.settle()
    assert (await portrait(system)).status == "under_review"


async def test_a_fresh_row_is_left_to_its_message(system: System) -> None:
    """Its message is on the way; a second one would only be work."""
    await submitted(system)
    await system.take_messages()
    assert await sweep(system.world) <= 1, "only the list's row is announced at once, for it has no time of its own"


async def test_a_deadline_is_announced_when_its_time_has_come_and_not_before(system: System) -> None:
    """R-38"""
    claim = await under_review(system)
    assert claim.review_due_at is not None
    system.clock.time = claim.review_due_at - timedelta(seconds=1)
    await sweep(system.world)
    await system.settle()
    assert "review_escalated" not in (await portrait(system)).events
    system.clock.advance(timedelta(seconds=1))
    await sweep(system.world)
    await system.settle()
    assert (await portrait(system)).events.count("review_escalated") == 1


async def test_a_deadline_that_is_delivered_early_does_nothing(system: System) -> None:
    """R-38: two workers' clocks differ, and a message may be replayed."""
    claim = await under_review(system)
    keys = [due_key(claim.claim_id, due) for due in claim.dues if due.kind not in IMMEDIATE]
    assert len(keys) >= 3
    before = await portrait(system)
    await system.handle(Message(bucket_of(claim.tenant_id), tuple(keys)))
    assert await portrait(system) == before


@pytest.mark.parametrize("step", ["review overdue", "action overdue", "window ends in silence", "screening"])
async def test_five_deliveries_at_once_have_one_effect(system: System, step: str) -> None:
    """R-15, R-34, R-38: all have seen the row, one has dealt with it, and the others find nothing left to do."""
    prepared = next(known for known in (*DELIVERIES, *DEADLINES) if known.name == step)
    act = await prepared.prepare(system)
    snapshot = await system.snapshot()
    await act(system.world)
    await system.recover()
    alone = await portrait(system)
    await system.restore(snapshot)
    await asyncio.gather(*(act(system.process()) for _ in range(5)))
    await system.recover()
    assert await portrait(system) == alone


async def test_a_row_that_failed_every_try_rests_until_a_human_comes(system: System) -> None:
    await screened(system)
    (message,) = await system.take_messages()
    await give_up(system.world, message.bucket, message.row_keys)
    states = {work.state async for work in system.world.records.work_due(message.bucket, system.clock.now())}
    assert states == {WorkState.DEAD}
    await system.handle(message)
    system.clock.advance(timedelta(hours=1))
    assert await sweep(system.world) == 0
    assert letters(system) == {}


async def test_giving_up_a_message_does_not_kill_the_mail_that_waits_for_its_next_try(system: System) -> None:
    """R-33: a message ends as poison because of one bad row; a neighbour that the provider would take later still leaves."""
    await screened(system)
    (message,) = await system.take_messages()
    system.letterbox.refusing[MailKind.CONSENT_REQUEST] = TransientMailFailure("450")
    for _ in range(5):
        await system.handle(message)
    await give_up(system.world, message.bucket, message.row_keys)
    system.letterbox.refusing.clear()
    await system.recover()
    assert letters(system) == {"notification": 1, "consent_request": 1}


async def test_giving_up_a_message_does_not_hide_a_mail_whose_fate_is_unknown(system: System) -> None:
    """R-33: the partner must come to see it."""
    await screened(system)
    (message,) = await system.take_messages()
    request = Message(message.bucket, tuple(key for key in message.row_keys if key.endswith(".consent_request")))
    with pytest.RaisesGroup(Killed):
        await system.handle(request, system.process(Faults().inject(6, Fault.KILL_BEFORE)))
    await give_up(system.world, message.bucket, request.row_keys)
    await system.recover()
    assert ("consent_request", "unknown") in (await portrait(system)).fates


async def test_a_redelivered_message_does_not_hurry_a_mail_that_waits_for_its_next_try(system: System) -> None:
    """Otherwise a neighbour's failures would use up its tries within seconds."""
    await screened(system)
    (message,) = await system.take_messages()
    system.letterbox.refusing[MailKind.CONSENT_REQUEST] = TransientMailFailure("450")
    for _ in range(5):
        await system.handle(message)
    key = next(key for key in message.row_keys if key.endswith(".consent_request"))
    work = await system.world.records.work(message.bucket, key)
    assert work is not None
    assert work.attempts == 1
