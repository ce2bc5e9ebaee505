"""A system over the emulator, emptied for each test."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from infra.local.azurite import Azurite
from shared.bootstrap import create_stores
from shared.domain.identity import bucket_of
from shared.usecases import outbox
from tests.usecases.system import TENANT, System


@pytest.fixture(scope="session")
def stores(azurite: Azurite) -> Azurite:
    """An emulator with the product's tables, queues and containers."""

    async def make() -> None:
        system = System(azurite)
        await create_stores(system.world)
        await system.close()

    asyncio.run(make())
    return azurite


@pytest.fixture
async def system(stores: Azurite, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[System]:
    """A system that knows one partner and no claim; its timer sweeps the one bucket in which there is anything."""
    monkeypatch.setattr(outbox, "BUCKETS", (bucket_of(TENANT),))
    system = System(stores)
    await system.forget()
    yield system
    await system.close()
