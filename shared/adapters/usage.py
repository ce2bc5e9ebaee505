"""Usage histories on the table `records`, one row a (customer, workload), changed only under the version that was read."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from typing import TYPE_CHECKING, Any, Final

from shared.adapters import ledger_rows
from shared.adapters.reading import is_conflict, rows_between
from shared.adapters.rows import Operation
from shared.adapters.storage import FAILURES, if_unchanged
from shared.domain.usage import UsageHistory
from shared.ports.failures import StaleRecord, StoreUnavailable

if TYPE_CHECKING:
    from azure.data.tables.aio import TableClient

# Above this many customers of one bucket its whole range costs fewer requests than a range for each.
_FEW: Final = 16


class TableUsage:
    """`ports.UsageStore` on the table `records`."""

    def __init__(self, table: "TableClient") -> None:
        self._table = table

    async def histories(self, bucket: str, tenants: Collection[str]) -> dict[tuple[str, str], tuple[UsageHistory, str]]:
        """The histories of these customers with their versions; one range each, or one for all where they are many."""
        if len(tenants) <= _FEW:
            pages = await asyncio.gather(*(self._read(bucket, tenant, tenant) for tenant in tenants))
            return {key: found for page in pages for key, found in page.items()}
        wanted = set(tenants)
        everything = await self._read(bucket, min(wanted), max(wanted))
        return {key: found for key, found in everything.items() if key[0] in wanted}

    async def sorted_histories(self, bucket: str, tenants: Collection[str]) -> AsyncIterator[tuple[UsageHistory, str]]:
        """Page by page: of few customers each one's range, of many the range that holds them all."""
        wanted = set(tenants)
        ranges = [(each, each) for each in sorted(wanted)] if len(wanted) <= _FEW else [(min(wanted), max(wanted))]
        for first, last in ranges:
            row: Any
            async for row in rows_between(self._table, bucket, *_range(first, last)):
                if ledger_rows.tenant_of(row) in wanted:
                    yield ledger_rows.history_of(row), row.metadata["etag"]

    async def save(self, changed: Sequence[tuple[UsageHistory, str | None]]) -> None:
        """One batch of at most 100 rows of one bucket; see `ports.UsageStore.save`."""
        batch = [_operation(history, etag) for history, etag in changed]
        try:
            await self._table.submit_transaction(batch)
        except FAILURES as error:
            if is_conflict(error):
                raise StaleRecord from error
            raise StoreUnavailable from error

    async def _read(self, bucket: str, first: str, last: str) -> dict[tuple[str, str], tuple[UsageHistory, str]]:
        found: dict[tuple[str, str], tuple[UsageHistory, str]] = {}
        row: Any
        async for row in rows_between(self._table, bucket, *_range(first, last)):
            history = ledger_rows.history_of(row)
            found[history.tenant_id, history.workload] = history, row.metadata["etag"]
        return found


def _range(first: str, last: str) -> tuple[str, str]:
    return ledger_rows.usage_key(first, ""), ledger_rows.usage_key(last, "~")


def _operation(history: UsageHistory, etag: str | None) -> Operation:
    row = ledger_rows.history_row(history)
    # Merging leaves alone what is booked; its columns belong to the ledger.
    return ("create", row) if etag is None else ("update", row, {"mode": "merge", **if_unchanged(etag)})
