"""A bucket's evaluation out of the emulator: rows and pages against what there is, time against merely reading the same rows."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from infra.local.bench.customers import PARTNERS, Customer, customer, tenants_in
from infra.local.bench.figures import Figure, at_most
from infra.local.bench.worlds import emulated, written
from shared.adapters import ledger_rows, names, rows
from shared.bootstrap import AzureWorld
from shared.domain.evaluation import Part, Run, edition_of, evaluated_on
from shared.domain.partner import Partner
from shared.usecases.evaluation import evaluate_bucket

BUCKET: Final = "5a"
SIZES: Final = (1_000, 4_000)
TRIES: Final = 5


def figures() -> Iterable[Figure]:
    """All of this part."""
    return asyncio.run(_measured())


async def _measured() -> list[Figure]:
    found: list[Figure] = []
    async with emulated() as world:
        for partner in PARTNERS:
            await world.partners.enrol(Partner(partner, partner, f"mail@{partner}.example", ("demo",)))
        every = [customer(n, tenant) for n, tenant in enumerate(tenants_in([BUCKET], SIZES[-1]))]
        stored = 0
        for size in SIZES:
            await _write(world, every[stored:size])
            stored = size
            await _evaluate(world, "warm")  # Books what is due, so that what follows is a night with nothing to do.
            found += await _night(world, every[:size])
    return found


async def _night(world: AzureWorld, every: list[Customer]) -> list[Figure]:
    tenures, used = sum(len(each.tenures) for each in every), len(every)
    seen = _Seen()
    async with emulated(world, seen.response) as watched:
        part = await _evaluate(watched, "counted")
    same_columns = [[*ledger_rows.OF_TENURE], [*ledger_rows.OF_USAGE]]
    works = (lambda: _evaluate(world, "timed"), lambda: _read(world), lambda: _read(world, same_columns))
    tries = [[await _timed(work) for work in works] for _ in range(TRIES)]  # In turns: what else runs is added to all alike.
    ours, bare, same = (_Took(min(each.wall for each in of), min(each.cpu for each in of)) for of in zip(*tries, strict=True))
    ceiling = -(-tenures // 1_000) - (-used // 1_000)
    what = f"{tenures:,} tenures, {used:,} usage rows"
    return [
        Figure(f"{what}: a night with nothing due", f"{ours} s; reading {bare} s"),
        Figure(f"{what}: reading no more columns than the night", f"{same} s"),
        at_most(f"{what}: rows read per row", seen.rows / (tenures + used), 1.01, 4),
        at_most(f"{what}: pages ({seen.pages}) per page that is needed ({ceiling})", seen.pages / ceiling, 1.01),
        at_most(f"{what}: time against reading the rows", ours.wall / bare.wall, 1.2),
        at_most(f"{what}: CPU time against reading the rows", ours.cpu / bare.cpu, 1.2),
        Figure(f"{what}: CPU time against reading the same columns", f"{ours.cpu / same.cpu:.3f}"),
        Figure(f"{what}: associations evaluated", f"{part.associations:,}", f"{tenures:,}", part.associations == tenures),
    ]


class _Seen:
    """Rows and pages of the records that came over the wire."""

    def __init__(self) -> None:
        self.rows = self.pages = 0

    def response(self, answered: Any) -> None:
        if answered.http_request.url.partition("?")[0].endswith(f"/{names.RECORDS}()"):
            self.pages += 1
            self.rows += len(answered.http_response.json()["value"])


async def _evaluate(world: AzureWorld, name: str) -> Part:
    today = world.clock.now().date()
    edition = edition_of(evaluated_on(world.programmes.all_versions(), today), today)
    return await evaluate_bucket(world, Run(name, today, edition, world.clock.now()), BUCKET)


async def _read(world: AzureWorld, columns: Sequence[list[str] | None] = (None, None)) -> None:
    """The same rows through the SDK, all their columns or these, and nothing done with them."""
    for prefix, chosen in zip((ledger_rows.TENURE, ledger_rows.USAGE), columns, strict=True):
        asked = {"p": BUCKET, "low": prefix, "high": prefix + "~"}
        found = world.table(names.RECORDS).query_entities(
            "PartitionKey eq @p and RowKey ge @low and RowKey lt @high", parameters=asked, select=chosen
        )
        async for _ in found:
            pass


class _Took(NamedTuple):
    """Seconds by the clock and of this process's CPU; the emulator is another process."""

    wall: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.wall:.2f} ({self.cpu:.2f})"


async def _timed(work: Any) -> _Took:
    wall, cpu = time.perf_counter(), time.process_time()
    await work()
    return _Took(time.perf_counter() - wall, time.process_time() - cpu)


async def _write(world: AzureWorld, every: list[Customer]) -> None:
    tenures = [rows.tenure_row(tenure) for each in every for tenure in each.tenures]
    await written(world, [*tenures, *(ledger_rows.history_row(each.history) for each in every)])
