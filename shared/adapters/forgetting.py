"""Old work over all buckets is deleted: one partition each, its own row `head`, and one row a bucket behind it."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from shared.adapters.reading import is_conflict, rows_between
from shared.adapters.storage import FAILURES
from shared.ports.failures import StoreUnavailable

if TYPE_CHECKING:
    from azure.data.tables.aio import TableClient

_HEADS: Final = "PartitionKey ge @low and PartitionKey lt @high and RowKey eq @head"
_ROWS_A_BATCH: Final = 100


async def forget_begun(table: "TableClient", prefix: str, head: str, before: datetime, at_most: int) -> int:
    """Deletes so many of the partitions whose work began earlier; how many it were. Raises StoreUnavailable.

    The rows of buckets go first: what a crash leaves is found again by its own row.
    """
    wanted = {"low": prefix, "high": prefix + "~", "head": head}
    found = table.query_entities(_HEADS, parameters=wanted, select=["PartitionKey", "RowKey", "startedAt"])
    try:
        old = [row async for row in found if datetime.fromisoformat(row["startedAt"]) < before]
    except FAILURES as error:
        raise StoreUnavailable from error
    for row in old[:at_most]:
        await _delete(table, row)
    return len(old[:at_most])


async def _delete(table: "TableClient", head: Any) -> None:
    parts = [("delete", row) async for row in rows_between(table, head["PartitionKey"], "0", "~")]
    try:
        for start in range(0, len(parts), _ROWS_A_BATCH):
            await table.submit_transaction(parts[start : start + _ROWS_A_BATCH])
        await table.delete_entity(head["PartitionKey"], head["RowKey"])
    except FAILURES as error:
        if not is_conflict(error):  # Or else another worker deletes the same.
            raise StoreUnavailable from error
