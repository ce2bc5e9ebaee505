"""Workers over an emulator in memory, for measuring: with a hook that sees every answer, or without one."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import batched
from pathlib import Path
from typing import Any

from infra.local.azurite import azurite
from infra.local.environment import Parts, development_environment
from shared.adapters import names
from shared.bootstrap import AzureWorld, create_stores
from shared.settings import Settings, read_settings

type Hook = Callable[[Any], None]


@asynccontextmanager
async def emulated(beside: AzureWorld | None = None, hook: Hook | None = None) -> AsyncIterator[AzureWorld]:
    """A worker over a new emulator, or another one beside a worker that there is."""
    if beside is not None:
        made = AzureWorld(beside.settings, {"raw_response_hook": hook} if hook else {})
        yield made
        await made.close()
        return
    with azurite() as running:
        made = AzureWorld(settings_for(running.connection_string))
        await create_stores(made)
        yield made
        await made.close()


def settings_for(connection_string: str) -> Settings:
    parts = Parts(connection_string, "https://bench.example", "no-server.invalid", 25, Path("no-keys"), Path("no-clock"))
    return read_settings(development_environment(parts))


async def written(world: AzureWorld, rows: Sequence[dict[str, Any]]) -> None:
    """Rows of one partition, a hundred a batch, some batches at once."""
    table, at_once = world.table(names.RECORDS), asyncio.Semaphore(8)

    async def write(batch: Sequence[dict[str, Any]]) -> None:
        async with at_once:
            await table.submit_transaction([("upsert", row) for row in batch])

    await asyncio.gather(*(write(batch) for batch in batched(rows, 100, strict=False)))
