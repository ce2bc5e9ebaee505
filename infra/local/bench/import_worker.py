"""Works off one import as a worker of its own does, and says on standard output what that took.

A process has one peak of memory, and whoever makes the file has held the file; so the import is measured apart from both.
Standard input says the connection string of the emulator and the id of the import, a line each.
"""

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

from infra.local.bench.worlds import settings_for
from shared.bootstrap import AzureWorld
from shared.usecases import usage_import


def peak_megabytes() -> float:
    """The most memory that this process has had resident. `getrusage` would count its parent's, from before it was started."""
    told = Path("/proc/self/status").read_text(encoding="ascii")
    return int(told.partition("VmHWM:")[2].split()[0]) / 1024


async def _worked_off(connection_string: str, import_id: str) -> dict[str, float]:
    requests = 0

    def count(_: Any) -> None:
        nonlocal requests
        requests += 1

    world = AzureWorld(settings_for(connection_string), {"raw_response_hook": count})
    wall, cpu = time.perf_counter(), time.process_time()
    job = await usage_import.work_off(world, import_id)
    took = {"seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    await world.close()
    return took | {"requests": requests, "merged": job.counts.merged, "megabytes": peak_megabytes()}


if __name__ == "__main__":
    asked, wanted = sys.stdin.read().split("\n")[:2]
    print(json.dumps(asyncio.run(_worked_off(asked, wanted))))
