"""The tables, queues and containers that the product uses, made in the emulator as Bicep makes them in Azure."""

import asyncio
from collections.abc import Mapping

from infra.local.process import NotStarted


def make_stores(environment: Mapping[str, str]) -> None:
    """Makes what is missing; what is there stays. Raises NotStarted if the settings or the storage do not allow it."""
    from azure.core.exceptions import AzureError

    from shared.bootstrap import AzureWorld, create_stores
    from shared.settings import SettingsError, read_settings

    async def make() -> None:
        world = AzureWorld(read_settings(environment))
        try:
            await create_stores(world)
        finally:
            await world.close()

    try:
        asyncio.run(make())
    except (AzureError, SettingsError) as error:
        raise NotStarted(f"The tables, queues and containers could not be made: {error}") from error
