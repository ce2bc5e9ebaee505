"""An import onto the same rows: requests a row, rows a second, and memory, in the emulator.

A file of a million rows is ten workloads of 100,000 customers in all 256 buckets, one month each, about 3,906 rows a bucket. By
default some of the buckets are as full as that; `BENCH_ROWS=1000000` takes all, and is imported twice, an eighth of it once more.
The emulator looks at every row of a table to find a few, and moves half of an index to add one: a million rows in one of them
would measure nothing else. So buckets are shared out among emulators as they would be among accounts, eight to each.
"""

import asyncio
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from infra.local.bench.customers import tenants_in
from infra.local.bench.figures import Figure, at_most
from infra.local.bench.worlds import emulated
from shared.adapters.programmes import shipped_programmes
from shared.bootstrap import AzureWorld
from shared.domain.identity import BUCKETS
from shared.domain.usage_file import FileFormat
from shared.domain.usage_import import ImportStatus, UsageImport
from shared.usecases import usage_import

ROWS_A_BUCKET: Final = 3_906
ROWS: Final = int(os.environ.get("BENCH_ROWS", str(8 * ROWS_A_BUCKET)))
WORKLOADS: Final = tuple(each.name for each in next(p for p in shipped_programmes() if p.programme_id == "demo").workloads)
MONTH: Final = "2026-10"
BUCKETS_AN_EMULATOR: Final = 8
# As many buckets at once as in the whole file, and at least one in each emulator, so that nothing but the rows is fewer.
FEWER_ROWS: Final = max(ROWS // 8, min(ROWS, 4 * ROWS_A_BUCKET))


def figures() -> Iterable[Figure]:
    """All of this part."""
    return asyncio.run(_measured())


async def _measured() -> list[Figure]:
    emulators = max(1, buckets_of(ROWS) // BUCKETS_AN_EMULATOR)
    async with AsyncExitStack() as running:
        worlds = [await running.enter_async_context(emulated()) for _ in range(emulators)]
        first = await _imported(worlds, content(ROWS, users=110), days_ago=3)
        again = await _imported(worlds, content(ROWS, users=120), days_ago=2)
        fewer = await _imported(worlds, content(FEWER_ROWS, users=130), days_ago=1)
        same = await _job(worlds[0], content(ROWS, users=120), days_ago=2)
    mix = f"{len(WORKLOADS)} workloads a customer, one month, {buckets_of(ROWS)} buckets in {emulators} emulators"
    return [
        Figure(f"rows: {mix}", f"{again.merged:,}", f"{ROWS:,}", ROWS == first.merged == again.merged),
        at_most("requests a row, onto the same rows", again.requests / ROWS, 0.0125, 4),
        Figure("rows a second, new; onto the same rows", f"{ROWS / first.seconds:,.0f}; {ROWS / again.seconds:,.0f}"),
        Figure("CPU of the worker a row, onto the same rows", f"{again.cpu / ROWS * 1_000:.2f} ms"),
        at_most(f"peak memory against that of {FEWER_ROWS:,} rows, buckets as full", again.megabytes / fewer.megabytes, 1.05),
        Figure("peak memory of the worker", f"{again.megabytes:.0f} MB"),
        Figure("the same file once more is done already", same.status, ImportStatus.DONE, same.status is ImportStatus.DONE),
    ]


def content(rows: int, users: int) -> bytes:
    """A file of so many rows."""
    lines = ["CustomerTenantId,WorkloadName,Month,PaidAvailableUnits,MonthlyActiveUsers", *_lines(rows, users), ""]
    return "\n".join(lines).encode()


def _lines(rows: int, users: int) -> Iterator[str]:
    customers = -(-rows // len(WORKLOADS))
    every = (f"{t},{w},{MONTH},1000,{users}" for t in tenants_in(BUCKETS[: buckets_of(rows)], customers) for w in WORKLOADS)
    return (line for _, line in zip(range(rows), every, strict=False))


def buckets_of(rows: int) -> int:
    """How many buckets are as full as a file of a million rows fills them."""
    return max(1, min(256, round(rows / ROWS_A_BUCKET)))


class _Took(NamedTuple):
    """What a worker of its own says of an import."""

    seconds: float
    cpu: float
    requests: int
    merged: int
    megabytes: float


async def _imported(worlds: Sequence[AzureWorld], file: bytes, days_ago: int) -> _Took:
    """Has a worker work the file off, and gives what it says; the first emulator has all but the histories."""
    job = await _job(worlds[0], file, days_ago)
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "infra.local.bench.import_worker", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    told, _ = await worker.communicate("\n".join((job.import_id, *(each.settings.storage for each in worlds))).encode())
    # A million rows take long enough for somebody to wonder, or to end it.
    print(f"  {told.decode().strip()}", file=sys.stderr, flush=True)
    return _Took(**json.loads(told))


async def _job(world: AzureWorld, file: bytes, days_ago: int) -> UsageImport:
    exported_at = datetime.now(UTC).replace(microsecond=0, second=0, minute=0, hour=0) - timedelta(days=days_ago)
    return await usage_import.accept(world, file, FileFormat.CSV, exported_at)
