"""Pages of an index: the rows of one partition under one prefix, filtered by columns, one request a page."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from shared.adapters.storage import FAILURES
from shared.ports.failures import StoreUnavailable

if TYPE_CHECKING:
    from azure.data.tables.aio import TableClient

AFTER_ALL: Final = datetime.max.replace(tzinfo=UTC)
"""Keys hold the time that is left until then, so that the newest comes first."""

type Condition = tuple[str, str, Any]
"""A column, a comparison and a value. A row without the column matches none."""


async def read_rows(
    table: "TableClient", partition: str, prefix: str, conditions: Sequence[Condition], limit: int, after: str | None
) -> tuple[list[Any], str | None]:
    """The rows of one page, and where the next one begins, None at the end. Raises StoreUnavailable."""
    terms = ["PartitionKey eq @partition and RowKey ge @low and RowKey lt @high"]
    terms += [f"{column} {compares} @{column}" for column, compares, _ in conditions]
    values: dict[str, Any] = {"partition": partition, "low": prefix, "high": prefix + "~"}
    values |= {column: value for column, _, value in conditions}
    found = table.query_entities(" and ".join(terms), parameters=values, results_per_page=limit)
    pages: Any = found.by_page(_opened(after))
    try:
        page = await anext(pages, None)
        rows = [] if page is None else [row async for row in page]
    except FAILURES as error:
        raise StoreUnavailable from error
    return rows, _closed(pages.continuation_token)


def _closed(token: Mapping[str, str] | None) -> str | None:
    return json.dumps([token["PartitionKey"], token["RowKey"]]) if token and token.get("PartitionKey") else None


def _opened(position: str | None) -> Any:
    return dict(zip(("PartitionKey", "RowKey"), json.loads(position), strict=True)) if position else None
