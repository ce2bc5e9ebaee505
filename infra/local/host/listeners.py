"""The listeners an app needs, and nothing it does not: a storage client is imported only when a function has such a trigger.

They start after HTTP does, so the first answer never waits for storage. What can be wrong with their settings is found
before, and refused.
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from infra.local.host import ncrontab
from infra.local.host.function import AnyFunction, Function, QueueTrigger, TimerTrigger, of_kind
from infra.local.host.host_json import HostJson
from infra.local.host.options import Options
from infra.local.host.pause import pause
from infra.local.host.refusal import Refusal
from infra.local.host.runtime import Runtime
from infra.local.host.storage import DEFAULT_CONNECTION, connection_string

# The SDK waits 15 s before its first retry; a lease would be gone by then.
RETRY: Mapping[str, Any] = {"initial_backoff": 1, "increment_base": 2, "retry_total": 3}

# In Azure the listeners run outside the app's interpreter and cost it nothing; here their imports would delay its first answer.
HEAD_START_S = 0.3


class Listeners:
    """Queue and timer listeners of one host."""

    def __init__(self, functions: Sequence[AnyFunction], host_json: HostJson, options: Options, host: Runtime) -> None:
        self._options, self._runtime = options, host
        self._rules = replace(
            host_json.queues, max_polling_interval=min(host_json.queues.max_polling_interval, options.max_polling_interval)
        )
        self._host_id = host_json.id or host_id(options.app)
        self._queues = [
            (function, connection_string(function.trigger.connection)) for function in of_kind(QueueTrigger, functions)
        ]
        self._timers = of_kind(TimerTrigger, functions)
        self._timer_connection = connection_string(DEFAULT_CONNECTION) if self._timers else ""
        for function in self._timers:
            _check_schedule(function)

    async def listen(self, stopping: asyncio.Event) -> None:
        """Listen until `stopping`, and until what was begun is finished."""
        await pause(stopping, HEAD_START_S)
        async with AsyncExitStack() as clients, asyncio.TaskGroup() as group:
            if self._queues:
                group.create_task(self._listen_to_queues(clients, stopping))
            if self._timers:
                group.create_task(self._listen_to_timers(clients, stopping))

    async def _listen_to_queues(self, clients: AsyncExitStack, stopping: asyncio.Event) -> None:
        # The import takes a quarter of a second; in a thread, requests are answered meanwhile.
        await asyncio.to_thread(import_module, "infra.local.host.queues")
        from azure.storage.queue.aio import QueueServiceClient

        from infra.local.host.queues import QueueListener

        services = {
            connection: await clients.enter_async_context(QueueServiceClient.from_connection_string(connection, **RETRY))
            for connection in {connection for _, connection in self._queues}
        }
        async with asyncio.TaskGroup() as group:
            for function, connection in self._queues:
                listener = QueueListener(
                    services[connection], function, self._rules, self._options.message_visibility, self._runtime
                )
                group.create_task(listener.listen(stopping))

    async def _listen_to_timers(self, clients: AsyncExitStack, stopping: asyncio.Event) -> None:
        await asyncio.to_thread(import_module, "infra.local.host.timers")
        from azure.storage.blob.aio import BlobServiceClient

        from infra.local.host.lease import CONTAINER
        from infra.local.host.timers import TimerListener

        service = await clients.enter_async_context(BlobServiceClient.from_connection_string(self._timer_connection, **RETRY))
        container = service.get_container_client(CONTAINER)
        async with asyncio.TaskGroup() as group:
            for function in self._timers:
                listener = TimerListener(container, self._host_id, function, self._options.lease_duration, self._runtime)
                group.create_task(listener.listen(stopping))


def host_id(app: Path) -> str:
    """What hosts of one app share and hosts of different apps do not; host.json's `id` overrides it."""
    return hashlib.sha256(str(app).encode()).hexdigest()[:32]


def _check_schedule(function: Function[TimerTrigger]) -> None:
    try:
        ncrontab.parse(function.trigger.schedule).next_after(datetime.now(UTC))
    except ValueError as error:
        raise Refusal(f"The schedule of function {function.name} cannot be used: {error}.") from error
