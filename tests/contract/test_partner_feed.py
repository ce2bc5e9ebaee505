"""What a partner is told: each entry once, in its claim's order, numbered without a gap, whoever writes at the same time."""

import asyncio
from secrets import token_hex

import pytest

from shared.domain.asked import domain_key
from shared.domain.claim import Claim
from shared.ports.failures import StoreUnavailable
from shared.ports.partners import Told
from shared.usecases import projection
from shared.usecases.projection import project
from tests.contract.record_builders import a_draft, creation, remark, screening_of, submission_of
from tests.faults import Fault, Faults
from tests.usecases.system import System


async def told(system: System, partner_id: str, limit: int = 1000, **options: int | bool) -> list[Told]:
    """Everything that the partner is told, read in pages of this size."""
    partners, found, after = system.process(**options).partners, list[Told](), 0  # type: ignore[arg-type]
    while True:
        page = await partners.told(partner_id, after, limit)
        found += page.told
        if not page.has_more:
            return found
        after = page.told[-1].number


def told_of(found: list[Told], claim: Claim) -> list[int]:
    """The entries of this claim that were told, in the order of their numbers."""
    return [int(str(each.telling.data["seq"])) for each in found if each.telling.subject == claim.claim_id]


async def a_claim(system: System, changes: int = 0) -> Claim:
    """A stored claim under review with so many remarks, of a partner of its own."""
    records = system.world.records
    stored = await a_draft(records)
    for step in (submission_of, screening_of, *[remark] * changes):
        change = step(stored)
        await records.commit(stored.etag, change)
        stored = await records.claim(change.after.claim_id)
    return stored.claim


async def from_now_on(system: System, claim: Claim) -> int:
    """The number of the last event of the claim's partner: partners of these tests have other claims too."""
    found = await told(system, claim.partner_id)
    return found[-1].number if found else 0


async def test_workers_that_tell_one_partner_at_once_lose_nothing_and_repeat_nothing(system: System) -> None:
    """R-283, R-310: four workers, eight claims each, some of them the same; and what was asked for is counted once."""
    made = [await a_claim(system, changes=1) for _ in range(8)]
    before, asked_before = await from_now_on(system, made[0]), await system.world.partners.asked(made[0].partner_id)
    workers = [system.process() for _ in range(4)]
    works = [project(worker, claim) for worker in workers for claim in made]
    await asyncio.gather(*works)
    found = [each for each in await told(system, made[0].partner_id) if each.number > before]
    assert [each.number for each in found] == list(range(before + 1, before + 1 + sum(claim.seq for claim in made)))
    for claim in made:
        assert told_of(found, claim) == list(range(1, claim.seq + 1))
    counted = (await system.world.partners.asked(made[0].partner_id)).on(made[0].created_at.date())
    before_today = asked_before.on(counted.day)
    assert (counted.claims - before_today.claims, counted.mails - before_today.mails) == (8, 16)


async def test_projections_in_any_order_tell_each_entry_once(system: System) -> None:
    """R-283"""
    records = system.world.records
    draft = await a_draft(records)
    change = submission_of(draft)
    await records.commit(draft.etag, change)
    for claim in (change.after, draft.claim, change.after, draft.claim):
        await project(system.world, claim)
    assert told_of(await told(system, draft.claim.partner_id), draft.claim) == [1, 2]


@pytest.mark.parametrize("fault", [Fault.LOSE_ANSWER, Fault.ANSWER_503_AFTER])
async def test_a_lost_answer_tells_nothing_twice(system: System, fault: Fault) -> None:
    """R-283, R-310: the batch landed, and the worker was told that it had not."""
    claim = await a_claim(system)
    batch = await number_of_the_batch(system)
    faults = Faults().inject(batch, fault)
    world = system.process(faults)
    for _ in range(2):
        try:
            await project(world, claim)
        except StoreUnavailable:
            continue
    assert faults.is_spent
    assert told_of(await told(system, claim.partner_id), claim) == list(range(1, claim.seq + 1))
    counted = await system.world.partners.asked(claim.partner_id)
    assert counted.by_domain[domain_key(claim.tenant_id, claim.domain)] == 2


async def number_of_the_batch(system: System) -> int:
    counter = Faults()
    await project(system.process(counter), await a_claim(system))
    (batch,) = [sent.number for sent in counter.trail if sent.operation == "table batch"]
    return batch


async def test_a_long_story_is_told_in_parts(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-283: a batch has a hundred rows at most."""
    monkeypatch.setattr(projection, "_TOLD_AT_ONCE", 2)
    claim = await a_claim(system, changes=4)
    await project(system.world, claim)
    assert told_of(await told(system, claim.partner_id), claim) == list(range(1, claim.seq + 1))


async def test_pages_show_every_event_once_also_where_the_store_answers_with_empty_ones(system: System) -> None:
    """R-283"""
    claim = await a_claim(system, changes=3)
    await project(system.world, claim)
    everything = await told(system, claim.partner_id)
    assert await told(system, claim.partner_id, limit=2) == everything
    # The emulator's first page is emptied on its way, so what it held is missing; what follows must not be.
    assert await told(system, claim.partner_id, limit=2, page_size=2, first_page_is_empty=True) == everything[2:]


async def test_who_was_told_nothing_yet_gets_an_empty_page(system: System) -> None:
    page = await system.world.partners.told(token_hex(8), 0, 10)
    assert (page.told, page.has_more) == ((), False)


async def test_reading_events_is_one_request_and_telling_them_five_at_most(system: System) -> None:
    """Listing, timeline, number, batch, and for a submitted claim the two of the reviewers' queue; the number is asked once."""
    counter = Faults()
    world = system.process(counter)
    await project(world, creation().after)
    assert counter.total == 4, counter.trail
    claim = await a_claim(system)
    asked = counter.total
    await project(world, claim)
    assert counter.total - asked == 5, counter.trail
    asked = counter.total
    await world.partners.told(claim.partner_id, 0, 50)
    assert counter.total - asked == 1
