"""Queue triggers: every message is handled at least once, given back when its handler fails, and set aside when it keeps failing.

A message stays invisible while it is handled, renewed at half time; if the process dies it comes back only after that.
Batches, thresholds, tries and the poison queue follow host.json. Nothing here is exactly once, and the app must not believe
so.
"""

import asyncio
import base64
import binascii
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import QueueMessage
from azure.storage.queue.aio import QueueClient, QueueServiceClient

from infra.local.host import runtime
from infra.local.host.function import Function, QueueTrigger
from infra.local.host.host_json import BASE64, QueueRules
from infra.local.host.pause import pause

log = logging.getLogger("host.queues")

POISON_SUFFIX = "-poison"
SHORTEST_POLL = 0.1
BACK_OFF = 1.5
UNREACHABLE_PAUSE = 1.0


class QueueListener:
    """Feeds one queue's messages to one function until the host stops."""

    def __init__(
        self,
        service: QueueServiceClient,
        function: Function[QueueTrigger],
        rules: QueueRules,
        visibility: int,
        host: runtime.Runtime,
    ) -> None:
        self._function, self._rules, self._visibility, self._runtime = function, rules, visibility, host
        name = function.trigger.queue
        self._queue: QueueClient = service.get_queue_client(name)
        # A poison queue has no poison queue: what fails there stays there.
        has_poison = not name.endswith(POISON_SUFFIX)
        self._poison: QueueClient | None = service.get_queue_client(name + POISON_SUFFIX) if has_poison else None
        self._running: set[asyncio.Task[None]] = set()

    async def listen(self, stopping: asyncio.Event) -> None:
        """Fetch and handle until `stopping`; then finish what was begun."""
        idle = SHORTEST_POLL
        reachable = True
        while not stopping.is_set():
            try:
                messages = await self._fetch()
            except AzureError as error:
                if reachable:
                    log.warning("Queue %s cannot be read and is tried again: %s", self._queue.queue_name, error.message)
                reachable = False
                await pause(stopping, UNREACHABLE_PAUSE)
                continue
            reachable = True
            if messages:
                idle = SHORTEST_POLL
                self._begin(messages)
                await self._wait_for_room()
            else:
                await pause(stopping, idle)
                idle = min(idle * BACK_OFF, self._rules.max_polling_interval)
        if self._running:
            await asyncio.wait(self._running)

    async def _fetch(self) -> list[QueueMessage]:
        pages = self._queue.receive_messages(
            messages_per_page=self._rules.batch_size, visibility_timeout=self._visibility, retry_total=0
        ).by_page()
        try:
            async for page in pages:
                return [message async for message in page]
        except ResourceNotFoundError:
            await self._create(self._queue)
        return []

    def _begin(self, messages: list[QueueMessage]) -> None:
        for message in messages:
            task = asyncio.create_task(self._handle(message))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _wait_for_room(self) -> None:
        while len(self._running) > self._rules.new_batch_threshold:
            await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)

    async def _handle(self, message: QueueMessage) -> None:
        try:
            await self._settle(message)
        except ResourceNotFoundError:
            log.warning("Message %s of %s was no longer ours to settle", message.id, self._queue.queue_name)
        except AzureError as error:
            log.error("Message %s of %s could not be settled and will come again: %s", message.id, self._queue.queue_name, error)

    async def _settle(self, message: QueueMessage) -> None:
        tries = message.dequeue_count or 0
        if tries > self._rules.max_dequeue_count and self._poison:
            # Its handler never lived to fail: the process died each time.
            await self._set_aside(message, self._poison)
            return
        try:
            datum = _datum(message.content, self._rules.message_encoding)
        except ValueError:
            log.error("Message %s of %s is not %s", message.id, self._queue.queue_name, self._rules.message_encoding)
            if self._poison:
                await self._set_aside(message, self._poison)
            return
        async with self._kept_invisible(message):
            outcome = await self._runtime.invoke(self._function, datum, _metadata(message))
        if outcome.ok:
            await self._queue.delete_message(message)
        elif self._poison and tries >= self._rules.max_dequeue_count:
            await self._set_aside(message, self._poison)
        elif self._poison:
            await self._queue.update_message(message, visibility_timeout=self._rules.visibility_timeout)

    @asynccontextmanager
    async def _kept_invisible(self, message: QueueMessage) -> AsyncIterator[None]:
        done = asyncio.Event()
        renewal = asyncio.create_task(self._renew(message, done))
        try:
            yield
        finally:
            # Waited for, not cancelled: a renewal cut short may have changed the receipt without telling us.
            done.set()
            await renewal

    async def _renew(self, message: QueueMessage, done: asyncio.Event) -> None:
        while not await pause(done, self._visibility / 2):
            try:
                renewed = await self._queue.update_message(message, visibility_timeout=self._visibility)
            except AzureError as error:
                log.warning("Message %s of %s could not be kept invisible: %s", message.id, self._queue.queue_name, error)
            else:
                message.pop_receipt = renewed.pop_receipt

    async def _set_aside(self, message: QueueMessage, poison: QueueClient) -> None:
        try:
            await poison.send_message(message.content)
        except ResourceNotFoundError:
            await self._create(poison)
            await poison.send_message(message.content)
        await self._queue.delete_message(message)
        log.error("Message %s moved to %s", message.id, poison.queue_name)

    async def _create(self, queue: QueueClient) -> None:
        # Another host may have been quicker, which is as good.
        with suppress(ResourceExistsError):
            await queue.create_queue()


def _datum(content: str, encoding: str) -> object:
    """What the handler gets. ValueError: the message is not in the encoding that host.json names."""
    if encoding != BASE64:
        return runtime.text(content)
    try:
        decoded = base64.b64decode(content, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
    try:
        return runtime.text(decoded.decode())
    except UnicodeDecodeError:
        return runtime.body(decoded)


def _metadata(message: QueueMessage) -> dict[str, object]:
    def instant(value: object) -> str:
        return value.isoformat() if hasattr(value, "isoformat") else ""

    return {
        "Id": message.id,
        "DequeueCount": message.dequeue_count,
        "PopReceipt": message.pop_receipt,
        "InsertionTime": instant(message.inserted_on),
        "ExpirationTime": instant(message.expires_on),
        "NextVisibleTime": instant(message.next_visible_on),
    }
