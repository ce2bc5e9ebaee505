"""Does every store answer? Asked by whoever decides whether this worker gets requests."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Final

from shared.adapters.storage import FAILURES
from shared.ports.failures import KeySourceUnavailable

if TYPE_CHECKING:
    from azure.data.tables.aio import TableClient
    from azure.storage.blob.aio import ContainerClient
    from azure.storage.queue.aio import QueueClient

PATIENCE_S: Final = 5.0

type Question = Callable[[], Awaitable[object]]


async def unready(questions: Mapping[str, Question]) -> tuple[str, ...]:
    """The names of the parts that do not answer, asked side by side; a part gets five seconds."""

    async def fails(ask: Question) -> bool:
        try:
            await asyncio.wait_for(ask(), PATIENCE_S)
        except (*FAILURES, KeySourceUnavailable, TimeoutError):
            return True
        return False

    answers = await asyncio.gather(*(fails(ask) for ask in questions.values()))
    return tuple(name for name, failed in zip(questions, answers, strict=True) if failed)


def table_answers(table: "TableClient") -> Question:
    """Reads at most one row: a missing table is an error, an empty one is not."""

    async def ask() -> None:
        async for _ in table.query_entities("PartitionKey eq 'ready'", results_per_page=1, select=["RowKey"]):
            return

    return ask


def queue_answers(queue: "QueueClient") -> Question:
    """Reads the queue's properties."""
    return queue.get_queue_properties


def container_answers(container: "ContainerClient") -> Question:
    """Reads the container's properties."""
    return container.get_container_properties
