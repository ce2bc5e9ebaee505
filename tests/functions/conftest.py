"""One running system for all HTTP tests of a worker: each enrols partners and makes claims of its own.

It ends with the last of them: an idle system looks for due work every five seconds, which the other tests would pay for.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from azure.core.exceptions import ResourceExistsError

from infra.local.system import local_system
from shared.bootstrap import AzureWorld
from shared.settings import read_settings
from tests.functions.running import Running


@pytest.fixture(scope="package")
def running() -> Iterator[Running]:
    """The system, reached by HTTP as its callers reach it."""
    with local_system() as system:
        yield Running(system)


@pytest.fixture
def poison(running: Running) -> Callable[[str, str], None]:
    """Puts a message into a poison queue, as the host does after the last try."""

    def put(queue: str, content: str) -> None:
        async def send() -> None:
            world = AzureWorld(read_settings(running.system.environment))
            client = world.queue(f"{queue}-poison")
            with suppress(ResourceExistsError):
                await client.create_queue()
            await client.send_message(content)
            await world.close()

        asyncio.run(send())

    return put
