"""Works off one import as a worker of its own does, and says on standard output what that took.

A process has one peak of memory, and whoever makes the file has held the file; so the import is measured apart from both.
Standard input says the id of the import and the connection strings of the emulators, a line each. The first has the file; the
buckets' histories are shared out among all of them.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local.bench.worlds import settings_for
from shared.bootstrap import AzureWorld
from shared.domain.identity import bucket_of
from shared.domain.usage import UsageHistory
from shared.ports.money import UsageStore
from shared.usecases import usage_import


@dataclass(frozen=True)
class SharedOut:
    """`ports.UsageStore` over several: each bucket is in one of them."""

    stores: Sequence[UsageStore]

    async def histories(self, bucket: str, tenants: Collection[str]) -> dict[tuple[str, str], tuple[UsageHistory, str]]:
        return await self._of(bucket).histories(bucket, tenants)

    def sorted_histories(self, bucket: str, tenants: Collection[str]) -> AsyncIterator[tuple[UsageHistory, str]]:
        return self._of(bucket).sorted_histories(bucket, tenants)

    async def save(self, changed: Sequence[tuple[UsageHistory, str | None]]) -> None:
        await self._of(bucket_of(changed[0][0].tenant_id)).save(changed)

    def _of(self, bucket: str) -> UsageStore:
        return self.stores[int(bucket, 16) % len(self.stores)]


def peak_megabytes() -> float:
    """The most memory that this process has had resident. `getrusage` would count its parent's, from before it was started."""
    told = Path("/proc/self/status").read_text(encoding="ascii")
    return int(told.partition("VmHWM:")[2].split()[0]) / 1024


async def _worked_off(import_id: str, emulators: Sequence[str]) -> dict[str, float]:
    requests = 0

    def count(_: Any) -> None:
        nonlocal requests
        requests += 1

    worlds = [AzureWorld(settings_for(each), {"raw_response_hook": count}) for each in emulators]
    world = worlds[0]
    if len(worlds) > 1:
        world.usage = SharedOut([each.usage for each in worlds])
    wall, cpu = time.perf_counter(), time.process_time()
    job = await usage_import.work_off(world, import_id)
    took = {"seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    for each in worlds:
        await each.close()
    return took | {"requests": requests, "merged": job.counts.merged, "megabytes": peak_megabytes()}


if __name__ == "__main__":
    wanted, *asked = sys.stdin.read().split("\n")
    print(json.dumps(asyncio.run(_worked_off(wanted, asked))))
