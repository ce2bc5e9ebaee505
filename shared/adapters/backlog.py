"""What is booked and still to be posted, on the usage rows of the table `records`."""

from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from itertools import batched
from typing import TYPE_CHECKING, Any, Final

from shared.adapters import ledger_rows
from shared.adapters.reading import row_or_none
from shared.adapters.rows import Operation
from shared.adapters.storage import FAILURES, if_unchanged
from shared.ports.accounts import Unposted
from shared.ports.failures import StoreUnavailable

if TYPE_CHECKING:
    from azure.data.tables.aio import TableClient

# The least text of a list that is not empty: rows that never had one, or have an empty one, sort below.
_SOME: Final = '["'
_WAITING: Final = "PartitionKey eq @bucket and RowKey ge @low and RowKey lt @high and unposted ge @some"
_ROWS_A_BATCH: Final = 100


class TableBacklog:
    """`ports.Backlog` on the table `records`."""

    def __init__(self, table: "TableClient") -> None:
        self._table = table

    async def waiting(self, bucket: str) -> AsyncIterator[Unposted]:
        """One range for the rows, one point read for each entry."""
        wanted = {"bucket": bucket, "low": ledger_rows.USAGE, "high": ledger_rows.USAGE + "~", "some": _SOME}
        try:
            async for row in self._table.query_entities(_WAITING, parameters=wanted, select=["RowKey", "unposted"]):
                entries = [await row_or_none(self._table, bucket, key) for key in ledger_rows.unposted_of(row)]
                booked = tuple(ledger_rows.booked_of(each) for each in entries if each is not None)
                yield Unposted(booked, (row["RowKey"], str(row.metadata["etag"])))
        except FAILURES as error:
            raise StoreUnavailable from error

    async def settled(self, bucket: str, done: Sequence[Unposted]) -> None:
        """A hundred rows a batch; each alone where one of them has changed."""
        for some in batched(done, _ROWS_A_BATCH, strict=False):
            batch: list[Operation] = [
                (
                    "update",
                    {"PartitionKey": bucket, "RowKey": key, "unposted": ""},
                    {"mode": "merge", **if_unchanged(etag)},
                )
                for key, etag in (each.note for each in some)
            ]
            try:
                await self._table.submit_transaction(batch)
            except FAILURES:
                for each in some:
                    await self._settle_alone(bucket, *each.note)

    async def _settle_alone(self, bucket: str, key: str, etag: str) -> None:
        row: dict[str, Any] = {"PartitionKey": bucket, "RowKey": key, "unposted": ""}
        # Whatever goes wrong here, the note stays and the next night finds everything posted.
        with suppress(*FAILURES):
            await self._table.update_entity(row, mode="merge", **if_unchanged(etag))
