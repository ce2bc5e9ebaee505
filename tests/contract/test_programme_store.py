"""The store of programmes keeps its port's promises on a real table: a version once, read by every worker before it counts."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from secrets import token_hex

import pytest

from shared.adapters import names
from shared.adapters.programmes import shipped_programmes
from shared.domain.errors import NotFound
from shared.domain.programme import Programme, Workload
from shared.domain.programme_versions import Version, only
from shared.ports.failures import StaleRecord, StoreUnavailable
from tests.domain.earning_builders import PROGRAMME
from tests.faults import Fault, Faults
from tests.usecases.system import MONDAY, System

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
EFFECT = date(2099, 1, 1)


def a_programme() -> Programme:
    """A programme that nobody else in this session publishes, of a term far from every other test's days."""
    return replace(PROGRAMME, programme_id=f"p{token_hex(8)}", first_day=EFFECT, last_day=date(2099, 12, 31))


def version(programme: Programme) -> Version:
    return Version(programme, EFFECT, AT, "operator-1")


async def test_what_came_with_the_product_needs_no_reading(system: System) -> None:
    """R-164"""
    for shipped in shipped_programmes():
        assert system.world.programmes.versions(shipped.programme_id) == only(shipped)


async def test_a_published_version_is_read_by_every_other_worker(system: System) -> None:
    """R-164"""
    programme = a_programme()
    published = await system.world.programmes.publish(version(programme))
    assert published.all == (version(programme),)
    other = system.process()
    with pytest.raises(NotFound):
        other.programmes.versions(programme.programme_id)
    await other.programmes.refresh()
    assert other.programmes.versions(programme.programme_id) == published
    assert other.programmes.read(other.programmes.written(programme).encode()) == programme


async def test_versions_are_chosen_by_today(system: System) -> None:
    """R-161 R-164"""
    programme = replace(a_programme(), first_day=date(2026, 1, 1))
    later = replace(programme, version=2, name="Later")
    await system.world.programmes.publish(replace(version(programme), in_effect_from=date(2026, 1, 1)))
    await system.world.programmes.publish(replace(version(later), in_effect_from=MONDAY.date() + timedelta(days=1)))
    assert system.world.programmes.programme(programme.programme_id).version == 1
    system.clock.advance(timedelta(days=1))
    assert system.world.programmes.programme(programme.programme_id).version == 2
    assert later in system.world.programmes.all()


async def test_a_worker_asks_again_after_ten_minutes_and_not_before(system: System) -> None:
    """R-164"""
    counter = Faults()
    world = system.process(counter)
    for minutes, requests in ((0, 1), (9, 1), (2, 2)):
        system.clock.advance(timedelta(minutes=minutes))
        await world.programmes.refresh()
        assert counter.total == requests, f"after {minutes} minutes more"


async def test_a_worker_goes_on_for_half_the_notice_while_the_store_is_away(system: System) -> None:
    """R-164: longer it would not know a version that counts already."""
    world = system.process()
    await world.programmes.refresh()
    away = names.MONEY
    broken = world.table(f"no{away}")
    world.programmes._table = lambda: broken  # type: ignore[attr-defined]
    system.clock.advance(timedelta(hours=11))
    await world.programmes.refresh()
    system.clock.advance(timedelta(hours=1))
    with pytest.raises(StoreUnavailable):
        await world.programmes.refresh()


async def test_of_two_versions_with_one_number_the_first_stands(system: System) -> None:
    """R-164"""
    programme = a_programme()
    others = [replace(programme, name=f"Draft {n}") for n in range(4)]
    tries = [system.process().programmes.publish(version(each)) for each in others]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(each, StaleRecord) for each in results) == 3
    (won,) = (each for each in results if not isinstance(each, BaseException))
    assert await system.world.programmes.publish(won.latest) == won, "the same again is what stands"


@pytest.mark.parametrize("fault", [Fault.LOSE_ANSWER, Fault.ANSWER_503_AFTER])
async def test_a_lost_answer_is_no_failure(system: System, fault: Fault) -> None:
    """R-164"""
    programme = a_programme()
    world = system.process(Faults().inject(1, fault))
    assert (await world.programmes.publish(version(programme))).latest == version(programme)


async def test_a_definition_longer_than_a_column_is_read_back(system: System) -> None:
    """R-164"""
    many = tuple(f"another name of the workload, number {n:04d}" for n in range(1_000))
    programme = a_programme()
    programme = replace(programme, workloads=(Workload("teams", "Microsoft Teams", (15, 40, 60), many), *programme.workloads[1:]))
    await system.world.programmes.publish(version(programme))
    other = system.process()
    await other.programmes.refresh()
    assert other.programmes.versions(programme.programme_id).latest.programme == programme
