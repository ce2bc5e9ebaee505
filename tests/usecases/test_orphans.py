"""Forgotten proofs go, at the second visit; whatever a claim names stays, however uploads and visits cross."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from shared.adapters import names
from shared.domain.claim import Claim
from shared.domain.errors import NotFound
from shared.domain.identity import BUCKETS, bucket_in
from shared.domain.policy import ORPHAN_DAYS
from shared.usecases import claims, partner_moves
from shared.usecases.orphans import VISITED_EVERY, Fate, buckets_on, collect_orphans
from shared.usecases.poe_reports import blob_name, content_of
from tests.faults import Faults
from tests.usecases.system import CLAIM_ID, PARTNER, System, current, draft, poe


@pytest.fixture
async def visited(system: System) -> System:
    """A system on a day on which the sample claim's bucket has its turn, long after everything here was really stored."""
    container = system.world.blob_service.get_container_client(names.PROOFS)
    async for blob in container.list_blobs():
        await system.world.shelf.pardon(blob.name)
        await container.delete_blob(blob.name)
    # A day more, for what is stored now will be stored a moment after this.
    day = datetime.now(UTC) + timedelta(days=ORPHAN_DAYS + 1)
    while bucket_in(CLAIM_ID) not in buckets_on(day.date()):
        day += timedelta(days=1)
    system.clock.time = day
    return system


async def proven(system: System) -> Claim:
    """A draft with a proof that was signed the day before."""
    await draft(system)
    await attach_again(system)
    return await current(system)


async def forgotten(system: System) -> str:
    """The name of a stored proof that was taken out of its draft."""
    claim = await proven(system)
    name = blob_name(CLAIM_ID, claim.proofs[0].sha256)
    await partner_moves.remove_proof(system.world, PARTNER, CLAIM_ID, claim.proofs[0].document_id)
    return name


async def attach_again(system: System, faults: Faults | None = None) -> None:
    await claims.attach_proof(system.process(faults), PARTNER, CLAIM_ID, the_proof(), "poe.pdf", None)


def the_proof() -> bytes:
    """The same all day, and signed lately: the store's clock is the machine's, so the test's has to follow it."""
    return poe(signed_on=datetime.now(UTC).date())


async def is_stored(system: System, name: str) -> bool:
    try:
        await system.world.files.get(names.PROOFS, name)
    except NotFound:
        return False
    return True


async def next_visit(system: System) -> Counter[Fate]:
    system.clock.advance(VISITED_EVERY)
    return await collect_orphans(system.world)


async def test_a_forgotten_proof_is_condemned_at_one_visit_and_deleted_at_the_next(visited: System) -> None:
    """R-146"""
    name = await forgotten(visited)
    assert await collect_orphans(visited.world) == {Fate.CONDEMNED: 1}
    assert await is_stored(visited, name)
    assert await next_visit(visited) == {Fate.DELETED: 1}
    assert not await is_stored(visited, name)
    assert await next_visit(visited) == {}


async def test_what_a_claim_names_is_kept_for_ever(visited: System) -> None:
    """R-146"""
    claim = await proven(visited)
    for _ in range(3):
        assert await next_visit(visited) == {Fate.KEPT: 1}
    assert await content_of(visited.world, claim, claim.proofs[0])


async def test_a_young_proof_is_not_looked_at(visited: System) -> None:
    """R-146: its claim may be about to be written."""
    await forgotten(visited)
    visited.clock.time -= timedelta(days=ORPHAN_DAYS + 32)
    for _ in range(32):
        visited.clock.advance(timedelta(days=1))
        assert await collect_orphans(visited.world) == {}


async def test_visits_on_one_day_or_after_a_missed_one_delete_nothing(visited: System) -> None:
    """R-146: what stands condemned has stood so for as long as any upload may take."""
    name = await forgotten(visited)
    for _ in range(3):
        assert await collect_orphans(visited.world) == {Fate.CONDEMNED: 1}
    visited.clock.advance(VISITED_EVERY)
    assert await next_visit(visited) == {Fate.CONDEMNED: 1}
    assert await is_stored(visited, name)
    assert await next_visit(visited) == {Fate.DELETED: 1}


async def test_whoever_attaches_it_again_meanwhile_keeps_it(visited: System) -> None:
    """R-146"""
    await forgotten(visited)
    await collect_orphans(visited.world)
    await attach_again(visited)
    assert await next_visit(visited) == {Fate.KEPT: 1}
    claim = await current(visited)
    assert await content_of(visited.world, claim, claim.proofs[0])


@pytest.mark.parametrize("visits", [1, 2])
async def test_a_visit_before_any_request_of_an_upload_takes_nothing_from_it(visited: System, visits: int) -> None:
    """R-146: the first visit condemns it, the second, 32 days later, would delete it."""
    first_visit = visited.clock.time
    for number in range(1, 20):
        visited.clock.time = first_visit
        await forgotten(visited)
        for _ in range(visits - 1):
            await collect_orphans(visited.world)
        if visits == 2:
            visited.clock.advance(VISITED_EVERY)
        faults = Faults().before(number, lambda: collect_orphans(visited.world))
        await attach_again(visited, faults)
        claim = await current(visited)
        assert await content_of(visited.world, claim, claim.proofs[0]), number
        assert set(await next_visit(visited)) <= {Fate.KEPT, Fate.PARDONED}
        assert await content_of(visited.world, claim, claim.proofs[0]), number
        if faults.total < number:
            break
        await visited.forget()
    else:
        raise AssertionError("an upload does not end")
    assert number > 4


async def test_every_bucket_has_its_turn_once_in_32_days() -> None:
    today = datetime(2026, 3, 2, tzinfo=UTC).date()
    seen = Counter(bucket for day in range(VISITED_EVERY.days) for bucket in buckets_on(today + timedelta(days=day)))
    assert seen == Counter(BUCKETS)
