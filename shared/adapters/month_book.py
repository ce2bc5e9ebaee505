"""The closings of months on the table `money`: a row a month."""

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from shared.adapters.reading import is_conflict, row_or_none, rows_between
from shared.adapters.rows import SCHEMA, Row
from shared.adapters.storage import FAILURES, if_unchanged
from shared.domain.accounts import MonthClosing
from shared.domain.errors import NotFound
from shared.domain.month import Month
from shared.ports.failures import StoreUnavailable

if TYPE_CHECKING:
    from azure.data.tables.aio import TableClient

_PARTITION: Final = "months"


class TableMonthBook:
    """`ports.MonthBook` on the table `money`."""

    def __init__(self, table: "TableClient") -> None:
        self._table = table

    async def begin(self, closing: MonthClosing) -> MonthClosing:
        """Insert-once: whoever comes later gets what was noted first."""
        try:
            await self._table.create_entity(_row(closing))
        except FAILURES as error:
            row = await row_or_none(self._table, _PARTITION, str(closing.month))
            if row is None:
                raise StoreUnavailable from error
            return _closing_of(row)
        return closing

    async def finish(self, done: MonthClosing) -> None:
        """Conditional on the row as it is read here; what is done is left alone."""
        row = await row_or_none(self._table, _PARTITION, str(done.month))
        if row is None:
            raise NotFound
        if row["closedAt"]:
            return
        try:
            await self._table.update_entity(_row(done), mode="replace", **if_unchanged(row.metadata["etag"]))
        except FAILURES as error:
            if not is_conflict(error):
                raise StoreUnavailable from error

    async def closings(self) -> tuple[MonthClosing, ...]:
        """One range, twelve rows a year."""
        return tuple([_closing_of(row) async for row in rows_between(self._table, _PARTITION, "", "~")])


def _row(closing: MonthClosing) -> Row:
    return {
        "PartitionKey": _PARTITION,
        "RowKey": str(closing.month),
        "v": SCHEMA,
        "begunAt": closing.begun_at.isoformat(),
        "begunBy": closing.begun_by,
        "closedAt": "" if closing.closed_at is None else closing.closed_at.isoformat(),
        "statements": closing.statements,
        "leftOver": json.dumps(closing.left_over),
    }


def _closing_of(row: Any) -> MonthClosing:
    return MonthClosing(
        month=Month.spelt(row["RowKey"]),
        begun_at=datetime.fromisoformat(row["begunAt"]),
        begun_by=row["begunBy"],
        closed_at=datetime.fromisoformat(row["closedAt"]) if row["closedAt"] else None,
        statements=row["statements"],
        left_over=tuple((currency, minor) for currency, minor in json.loads(row["leftOver"])),
    )
