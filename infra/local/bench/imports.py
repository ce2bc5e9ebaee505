"""An import onto the same rows: requests a row, rows a second, and memory, in the emulator.

A file of a million rows is ten workloads of 100,000 customers in all 256 buckets, one month each, about 3,906 rows a bucket. The
emulator takes most of an hour for it, so by default some of the buckets are as full as that; `BENCH_ROWS=1000000` takes all.
"""

import asyncio
import os
import resource
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from infra.local.bench.customers import tenants_in
from infra.local.bench.figures import Figure, at_most
from infra.local.bench.worlds import emulated
from shared.adapters.programmes import shipped_programmes
from shared.bootstrap import AzureWorld
from shared.domain.identity import BUCKETS
from shared.domain.usage_file import FileFormat
from shared.domain.usage_import import UsageImport
from shared.usecases import usage_import

ROWS_A_BUCKET: Final = 3_906
ROWS: Final = int(os.environ.get("BENCH_ROWS", str(8 * ROWS_A_BUCKET)))
WORKLOADS: Final = tuple(each.name for each in next(p for p in shipped_programmes() if p.programme_id == "demo").workloads)
MONTH: Final = "2026-10"


def figures() -> Iterable[Figure]:
    """All of this part."""
    return asyncio.run(_measured())


async def _measured() -> list[Figure]:
    requests = 0

    def count(_: Any) -> None:
        nonlocal requests
        requests += 1

    async with emulated() as world, emulated(world, count) as counted:
        for users in (99, 100):
            await _imported(world, content(ROWS // 2, users), days_ago=4 - users % 2)
        memory_before = peak_megabytes()
        first = await _imported(world, content(ROWS, users=110), days_ago=2)
        requests = 0
        begun = time.perf_counter()
        again = await _imported(counted, content(ROWS, users=120), days_ago=1)
        took, used = time.perf_counter() - begun, requests
        memory_after = peak_megabytes()
        requests = 0
        same = await _imported(counted, content(ROWS, users=120), days_ago=1)
    rows = again.counts.rows
    mix = f"{len(WORKLOADS)} workloads a customer, one month, {buckets_of(ROWS)} buckets"
    return [
        Figure(f"rows: {mix}", f"{rows:,}", f"{ROWS:,}", rows == ROWS == first.counts.merged == again.counts.merged),
        at_most("requests a row, onto the same rows", used / rows, 0.0125, 4),
        Figure("rows a second", f"{rows / took:,.0f}"),
        at_most("peak memory of the file against half of it, buckets as full", memory_after / memory_before, 1.05),
        Figure("peak memory", f"{memory_after:.0f} MB"),
        Figure("requests for the same file once more", str(requests), "<= 10", requests <= 10 and same == again),
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


def peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def _imported(world: AzureWorld, file: bytes, days_ago: int) -> UsageImport:
    exported_at = datetime.now(UTC).replace(microsecond=0, second=0, minute=0, hour=0) - timedelta(days=days_ago)
    job = await usage_import.accept(world, file, FileFormat.CSV, exported_at)
    return await usage_import.work_off(world, job.import_id)
