"""Queue messages: small, base64 as the Functions trigger expects, and never more than where to look."""

import json
import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from shared.adapters.storage import FAILURES
from shared.ports.failures import StoreUnavailable

if TYPE_CHECKING:
    from azure.storage.queue.aio import QueueClient

log = logging.getLogger(__name__)


class QueueOutbox:
    """`ports.Outbox` on the queue `outbox`. The client is made with the first message: it is slow to import."""

    def __init__(self, make_client: Callable[[], "QueueClient"]) -> None:
        self._make_client = make_client

    async def announce(self, bucket: str, row_keys: Sequence[str]) -> None:
        """Sends one message; if that fails the rows still stand, and the sweep finds them."""
        try:
            await self._make_client().send_message(json.dumps({"bucket": bucket, "rowKeys": list(row_keys)}), time_to_live=-1)
        except FAILURES as error:
            log.warning(
                "announcement lost, the sweep will find the rows", extra={"bucket": bucket, "error": type(error).__name__}
            )


class QueueJobs:
    """Messages that start a part of a job; unlike announcements they must arrive."""

    def __init__(self, make_client: Callable[[], "QueueClient"]) -> None:
        self._make_client = make_client

    async def send(self, content: dict[str, str], after: timedelta | None = None) -> None:
        """Sends one message. Raises StoreUnavailable."""
        hidden = None if after is None else int(after.total_seconds())
        try:
            await self._make_client().send_message(json.dumps(content), time_to_live=-1, visibility_timeout=hidden)
        except FAILURES as error:
            raise StoreUnavailable from error
