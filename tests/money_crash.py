"""Kill a step of the money half before and after every storage request, and lose every answer: done again, it ends the same.

A step is one function of a world that can be called any number of times. What counts is all that stands in the tables afterwards,
but for what a moment or a random id has put there.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from shared.adapters import names
from shared.ports.failures import StoreUnavailable
from shared.ports.world import MoneyWorld
from tests.faults import Fault, Faults, Killed
from tests.money_site import Site

type Step = Callable[[MoneyWorld], Awaitable[object]]
type Rows = dict[tuple[str, str, str], Mapping[str, Any]]

TABLES: Final = (names.RECORDS, names.PARTNERS, names.MONEY, names.JOBS)
_OF_THE_TRY: Final = frozenset({"writeId", "evaluatedAt", "owner"})


async def stored(site: Site) -> Rows:
    """Every row of every table."""
    found: Rows = {}
    for table in TABLES:
        async for row in site.world.table(table).list_entities():
            found[table, row["PartitionKey"], row["RowKey"]] = row
    return found


async def restore(site: Site, rows: Rows) -> None:
    """The tables as they were."""
    standing = await stored(site)
    for table, partition, key in standing.keys() - rows.keys():
        await site.world.table(table).delete_entity(partition, key)
    for place, row in rows.items():
        if standing.get(place) != row:
            await site.world.table(place[0]).upsert_entity(dict(row), mode="replace")


def told(rows: Rows) -> dict[tuple[str, str, str], dict[str, Any]]:
    """The rows without what differs from one try to the next."""
    return {place: {name: str(value) for name, value in row.items() if name not in _OF_THE_TRY} for place, row in rows.items()}


async def survives(site: Site, step: Step, also: Callable[[], Awaitable[object]] | None = None) -> int:
    """Every request, every fault; returns how many lives were lived. `also` is compared besides the tables."""
    before = await stored(site)
    counter = Faults()
    first = await step(site.process(counter))
    assert counter.total, "a step that asks the store nothing proves nothing"
    assert await step(site.world) == first, "done again, it is told differently"
    undisturbed = told(await stored(site)), await also() if also is not None else None
    for sent in counter.trail:
        for fault in Fault:
            where = f"{fault.name} at {sent.number} of {counter.total}, {sent.operation} {sent.path}"
            await restore(site, before)
            faults = Faults().inject(sent.number, fault)
            with suppress(Killed, StoreUnavailable, BaseExceptionGroup):
                await step(site.process(faults))
            assert faults.is_spent, f"{where}: aimed too far"
            assert await step(site.world) == first, where
            ended = told(await stored(site)), await also() if also is not None else None
            assert ended == undisturbed, where
    return counter.total * len(Fault)
