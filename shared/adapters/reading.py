"""Reading rows of a table: one row or none, and a sorted range of keys page by page; the SDK's errors end here."""

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from azure.core.exceptions import ResourceNotFoundError

from shared.adapters.storage import FAILURES
from shared.ports.failures import StoreUnavailable

if TYPE_CHECKING:
    from azure.data.tables.aio import TableClient

_RANGE: Final = "PartitionKey eq @partition and RowKey ge @low and RowKey lt @high"
# What a conditional write or an insert answers when somebody else was first, or our own first try was.
CONFLICTS: Final = frozenset({404, 409, 412})


async def row_or_none(table: "TableClient", partition: str, row_key: str) -> Any:
    """The row, None without one. Raises StoreUnavailable."""
    try:
        return await table.get_entity(partition, row_key)
    except ResourceNotFoundError:
        return None
    except FAILURES as error:
        raise StoreUnavailable from error


async def rows_between(table: "TableClient", partition: str, low: str, high: str) -> AsyncIterator[Any]:
    """The rows from `low` to below `high` in order of their keys, 1,000 a request. Raises StoreUnavailable."""
    found = table.query_entities(_RANGE, parameters={"partition": partition, "low": low, "high": high})
    try:
        async for row in found:
            yield row
    except FAILURES as error:
        raise StoreUnavailable from error


async def pages_between(
    table: "TableClient", partition: str, low: str, high: str, columns: Sequence[str]
) -> AsyncIterator[list[Any]]:
    """Like `rows_between`, a page at a time: whoever reads many rows waits once a request, not once a row.

    It names the columns it needs, because to decode a column costs more than to judge it. One that a row lacks may be None.
    """
    asked = {"partition": partition, "low": low, "high": high}
    found = table.query_entities(_RANGE, parameters=asked, select=list(columns))
    try:
        async for page in found.by_page():
            yield [row async for row in page]
    except FAILURES as error:
        raise StoreUnavailable from error


def is_conflict(error: Exception) -> bool:
    """Whether the store refused the write because of what stands there."""
    return getattr(error, "status_code", None) in CONFLICTS
