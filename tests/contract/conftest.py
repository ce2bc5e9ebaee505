"""The product's stores in the emulator, behind the adapters as the product wires them."""

from collections.abc import AsyncIterator

import pytest

from infra.local.azurite import Azurite
from shared.bootstrap import create_stores
from tests.usecases.system import System


@pytest.fixture
async def system(azurite: Azurite) -> AsyncIterator[System]:
    """A system with its stores; a test keeps to customers and partners of its own."""
    system = System(azurite)
    await create_stores(system.world)
    yield system
    await system.close()
