"""A bucket's evaluation out of the emulator: rows and pages against what there is, time against merely reading the same rows."""

import asyncio
import time
from collections.abc import Iterable
from typing import Any, Final

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
TRIES: Final = 3


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
    ours = min([await _timed(lambda n=n: _evaluate(world, f"timed-{n}")) for n in range(TRIES)])
    bare = min([await _timed(lambda: _read(world)) for _ in range(TRIES)])
    ceiling = -(-tenures // 1_000) - (-used // 1_000)
    what = f"{tenures:,} tenures, {used:,} usage rows"
    return [
        Figure(f"{what}: a night with nothing due", f"{ours:.2f} s; reading {bare:.2f} s", "", None),
        at_most(f"{what}: rows read per row", seen.rows / (tenures + used), 1.01, 4),
        at_most(f"{what}: pages ({seen.pages}) per page that is needed ({ceiling})", seen.pages / ceiling, 1.01),
        at_most(f"{what}: time against reading the rows", ours / bare, 1.2),
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


async def _read(world: AzureWorld) -> None:
    """The same rows through the SDK, and nothing done with them."""
    for prefix in (ledger_rows.TENURE, ledger_rows.USAGE):
        asked = {"p": BUCKET, "low": prefix, "high": prefix + "~"}
        found = world.table(names.RECORDS).query_entities(
            "PartitionKey eq @p and RowKey ge @low and RowKey lt @high", parameters=asked
        )
        async for _ in found:
            pass


async def _timed(work: Any) -> float:
    begun = time.perf_counter()
    await work()
    return time.perf_counter() - begun


async def _write(world: AzureWorld, every: list[Customer]) -> None:
    tenures = [rows.tenure_row(tenure) for each in every for tenure in each.tenures]
    await written(world, [*tenures, *(ledger_rows.history_row(each.history) for each in every)])
