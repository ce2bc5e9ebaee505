"""The suppression list on a table of its own: one row an address, keyed by its hash.

Every mail asks for it, so a worker keeps the whole list for a minute instead of reading a row for each mail.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError

from shared.adapters.storage import FAILURES
from shared.domain.delivery import Delivery, Suppression, address_hash
from shared.domain.identity import is_job_id
from shared.ports.failures import StoreUnavailable

if TYPE_CHECKING:
    from azure.data.tables.aio import TableClient

KEPT_FOR: Final = timedelta(minutes=1)
_PARTITION: Final = "address"


class TableSuppressions:
    """`ports.Suppressions` on the table `suppressions`."""

    def __init__(self, table: "TableClient", now: Callable[[], datetime]) -> None:
        self._table = table
        self._now = now
        self._kept: dict[str, Delivery] = {}
        self._read_at: datetime | None = None

    async def reason(self, address: str) -> Delivery | None:
        """Why nothing is sent to this address, as of at most a minute ago."""
        if self._read_at is None or not timedelta(0) <= self._now() - self._read_at < KEPT_FOR:
            await self.all()
        return self._kept.get(address_hash(address))

    async def add(self, suppression: Suppression) -> None:
        """Inserts the row; the first reason stays. This worker knows it at once."""
        row: dict[str, Any] = {"PartitionKey": _PARTITION, "RowKey": suppression.address_hash, "v": 1}
        row |= {"reason": str(suppression.reason), "since": suppression.since.astimezone(UTC)}
        try:
            await self._table.create_entity(row)
        except ResourceExistsError:
            pass
        except FAILURES as error:
            raise StoreUnavailable from error
        self._kept[suppression.address_hash] = suppression.reason

    async def all(self) -> tuple[Suppression, ...]:
        """Reads the whole partition, a thousand rows a request."""
        asked_at = self._now()
        rows = self._table.query_entities("PartitionKey eq @p", parameters={"p": _PARTITION})
        try:
            found = [Suppression(row["RowKey"], Delivery(row["reason"]), row["since"]) async for row in rows]
        except FAILURES as error:
            raise StoreUnavailable from error
        self._kept, self._read_at = {each.address_hash: each.reason for each in found}, asked_at
        return tuple(found)

    async def remove(self, address_hash: str) -> bool:
        """Deletes the row. Other workers go by their copy for up to a minute."""
        if not is_job_id(address_hash):
            return False
        try:
            await self._table.get_entity(_PARTITION, address_hash)
            await self._table.delete_entity(_PARTITION, address_hash)
        except ResourceNotFoundError:
            return False
        except FAILURES as error:
            raise StoreUnavailable from error
        self._kept.pop(address_hash, None)
        return True
