"""A file of claims is worked off to its end, whatever happens on the way: each line makes its claim once and has its result."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import timedelta
from uuid import uuid4

import pytest

from shared.adapters import names
from shared.domain.errors import BusyRecord, DomainError, InvalidInput, KeyReused, NotFound, PartnerSuspended
from shared.domain.identity import bucket_of
from shared.domain.partner import Acting
from shared.ports.batches import LINES_A_PIECE, BatchStatus, ClaimBatch
from shared.ports.world import World
from shared.usecases import claim_batches
from shared.usecases.claims import NewClaim
from tests.faults import Fault, Faults, Killed
from tests.usecases.system import DOMAIN, PARTNER, RIVAL, TENANT, System, call, wanted

BAD = replace(wanted(), scopes=("workload:minesweeper",))


def line(asked: NewClaim | None = None) -> bytes:
    return json.dumps(asdict(asked or wanted())).encode()


def read(text: bytes) -> NewClaim:
    found = json.loads(text)
    return NewClaim(**{**found, "scopes": tuple(found["scopes"])})


def tell(error: Exception) -> Mapping[str, object] | None:
    return {"code": error.code} if isinstance(error, DomainError) and not isinstance(error, BusyRecord) else None


def file_of(lines: int) -> bytes:
    """Every tenth line names a scope that there is not. Each names another person, who else would be named too often a day."""
    asked = (
        BAD if number % 10 == 0 else replace(wanted(), contact_mail=f"person{number}@{DOMAIN}") for number in range(1, lines + 1)
    )
    return b"\n".join(line(each) for each in asked)


@pytest.fixture(autouse=True)
async def empty_queue(system: System) -> None:
    await messages(system)


async def accepted(system: System, content: bytes, key: str = "") -> ClaimBatch:
    """A batch of its own, unless the test names its key."""
    key = key or str(uuid4())
    return await claim_batches.accept(system.world, PARTNER, content, key, call(f"{key} {hash(content)}"))


async def work(world: World, batch: ClaimBatch) -> ClaimBatch:
    return await claim_batches.work_off(world, batch.partner_id, batch.batch_id, read, tell)


async def messages(system: System) -> int:
    """How many messages wait; the queue is empty afterwards."""
    queue = system.world.queue(names.CLAIM_BATCHES)
    found = [message async for message in queue.receive_messages(messages_per_page=32)]
    await queue.clear_messages()
    return len(found)


async def claims_made(system: System) -> int:
    rows = await system.rows(names.RECORDS, bucket_of(TENANT))
    return sum(row["RowKey"].startswith("claim!") and row["RowKey"].count("!") == 1 for row in rows)


async def assert_complete(system: System, batch: ClaimBatch, lines: int) -> None:
    done = await system.world.batch_book.load(batch.partner_id, batch.batch_id)
    refused = lines // 10
    assert (done.status, done.created, done.refused) == (BatchStatus.DONE, lines - refused, refused)
    results = await system.world.batch_book.results(done, 0, 500)
    assert [each.line for each in results] == list(range(1, lines + 1))
    assert [each.line for each in results if each.problem] == list(range(10, lines + 1, 10))
    assert len({each.claim_id for each in results if each.claim_id}) == lines - refused
    assert await claims_made(system) == lines - refused


async def test_each_line_has_its_claim_or_its_problem(system: System) -> None:
    """R-260"""
    batch = await accepted(system, file_of(60))
    assert (batch.lines, batch.status, await messages(system)) == (60, BatchStatus.QUEUED, 1)
    await work(system.world, batch)
    await assert_complete(system, batch, 60)


async def test_the_timeline_says_who_sent_the_batch_for_the_partner(system: System) -> None:
    sender = replace(PARTNER, acting=Acting("5550001", None))
    batch = await claim_batches.accept(system.world, sender, line(), key := str(uuid4()), call(key))
    await work(system.world, batch)
    (made,) = await system.world.batch_book.results(batch, 0, 10)
    (entry,) = await system.world.records.timeline(str(made.claim_id))
    assert (entry.act.actor.id, entry.act.actor.via) == (PARTNER.partner_id, "5550001")


async def test_working_it_off_again_makes_nothing_twice(system: System) -> None:
    """R-261"""
    batch = await accepted(system, file_of(30))
    await work(system.world, batch)
    await work(system.world, batch)
    await assert_complete(system, batch, 30)


async def test_whoever_takes_over_goes_on_where_it_ended(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-261: killed after any request of any line, and made whole by the next."""
    monkeypatch.setattr(claim_batches, "LINES_A_PIECE", 2)
    content = b"\n".join((line(), line(BAD), line(), line()))
    counter = Faults()
    await work(system.process(counter), await accepted(system, content))
    assert counter.total > 4 * 3
    for number in range(1, counter.total + 1):
        there = await claims_made(system)
        killed = await accepted(system, content)
        plan = Faults().inject(number, Fault.KILL_AFTER)
        world = system.process(plan)
        with pytest.raises((Killed, BaseExceptionGroup)):
            await work(world, killed)
        assert plan.is_dead
        await world.close()
        done = await work(system.world, killed)
        assert (done.status, done.created, done.refused) == (BatchStatus.DONE, 3, 1)
        results = await system.world.batch_book.results(done, 0, 10)
        assert [each.line for each in results if each.problem] == [2]
        assert (len({each.claim_id for each in results}), await claims_made(system) - there) == (4, 3)


async def test_what_one_message_does_not_do_in_time_is_left_to_the_next(system: System) -> None:
    """R-261: a function must end in time, and each message gets on by a piece at least, however slow all is."""
    lines = 2 * LINES_A_PIECE + 10
    batch = await accepted(system, file_of(lines))
    await messages(system)

    def slowly(text: bytes) -> NewClaim:
        system.clock.advance(timedelta(seconds=10))
        return read(text)

    for left in (1, 1, 0):
        await claim_batches.work_off(system.world, batch.partner_id, batch.batch_id, slowly, tell)
        assert await messages(system) == left
    await assert_complete(system, batch, lines)


async def test_pages_of_results_begin_behind_any_line(system: System) -> None:
    batch = await accepted(system, file_of(60))
    await work(system.world, batch)
    book = system.world.batch_book
    for after in (0, 1, 24, 25, 26, 49, 50, 59, 60):
        found = await book.results(batch, after, 10)
        assert [each.line for each in found] == list(range(after + 1, min(after + 10, 60) + 1))


async def test_lines_that_say_nothing_are_passed_over_and_counted_by_nobody(system: System) -> None:
    batch = await accepted(system, b"\n".join((b"", line(), b"  ", line() + b"\r", b"")))
    await work(system.world, batch)
    results = await system.world.batch_book.results(batch, 0, 10)
    assert (batch.lines, [each.line for each in results]) == (2, [2, 4])


async def test_a_store_that_fails_fails_the_message_and_not_the_line(system: System) -> None:
    batch = await accepted(system, file_of(5), key := str(uuid4()))

    def unavailable(_: bytes) -> NewClaim:
        raise BusyRecord

    with pytest.raises(BaseExceptionGroup):
        await claim_batches.work_off(system.world, batch.partner_id, batch.batch_id, unavailable, tell)
    assert await system.world.batch_book.results(batch, 0, 10) == ()
    await claim_batches.give_up(system.world, batch.partner_id, batch.batch_id)
    assert (await system.world.batch_book.load(batch.partner_id, batch.batch_id)).status is BatchStatus.FAILED
    await messages(system)
    assert (await accepted(system, file_of(5), key)).status is BatchStatus.QUEUED
    assert await messages(system) == 1, "the same request takes it up again"
    await work(system.world, batch)
    assert (await system.world.batch_book.load(batch.partner_id, batch.batch_id)).status is BatchStatus.DONE


async def test_a_key_is_for_one_file_and_a_batch_for_its_partner(system: System) -> None:
    batch = await accepted(system, file_of(2), key := str(uuid4()))
    with pytest.raises(KeyReused):
        await accepted(system, file_of(3), key)
    with pytest.raises(NotFound):
        await system.world.batch_book.load(RIVAL.partner_id, batch.batch_id)


@pytest.mark.parametrize("nonsense", ["", "..", "a/b", "a%2Fb", "a#b", "a?b", "a' or 1 eq 1", "é"])
async def test_what_is_no_batch_id_is_not_looked_up(system: System, nonsense: str) -> None:
    """R-83: what a store makes of such a key is its own business."""
    counter = Faults()
    with pytest.raises(NotFound):
        await system.process(counter).batch_book.load(PARTNER.partner_id, nonsense)
    assert counter.total == 0


@pytest.mark.parametrize("lines", [0, claim_batches.MOST_LINES + 1])
async def test_a_batch_has_at_least_a_line_and_not_too_many(system: System, lines: int) -> None:
    """R-260"""
    with pytest.raises(InvalidInput):
        await accepted(system, b"{}\n" * lines or b"\n \n")


async def test_a_suspended_partner_sends_none(system: System) -> None:
    with pytest.raises(PartnerSuspended):
        await claim_batches.accept(system.world, replace(PARTNER, suspended=True), line(), "batch", call("batch"))
