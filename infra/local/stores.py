"""The tables, queues and containers that the product uses, made in the emulator as Bicep makes them in Azure."""

import asyncio
from collections.abc import Mapping


def make_stores(environment: Mapping[str, str]) -> None:
    """Makes what is missing; what is there stays."""
    from shared.bootstrap import AzureWorld, create_stores
    from shared.settings import read_settings

    async def make() -> None:
        world = AzureWorld(read_settings(environment))
        try:
            await create_stores(world)
        finally:
            await world.close()

    asyncio.run(make())
