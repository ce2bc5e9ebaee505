"""The ledger of earnings on the table `records`: two sorted ranges a bucket to read, one conditional batch a booking.

The batch holds the usage row and every tenure it rests on under the versions that were read, so a tenure that ended or an import
that came in between fails it as a whole. The SDK repeats a batch whose answer was lost and then reports the conflict with our own
first try; the witness is an earned row, which is insert-only and carries the booking's random id.
"""

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any

from shared.adapters import ledger_rows
from shared.adapters.reading import is_conflict, pages_between, row_or_none, rows_between
from shared.adapters.rows import Operation
from shared.adapters.storage import FAILURES, if_unchanged
from shared.domain.association import WORKLOAD_SCOPE
from shared.domain.booking import BookedEntry
from shared.domain.identity import bucket_of
from shared.ports.failures import StaleRecord, StoreUnavailable
from shared.ports.money import Account, Booking, StoredTenure, StoredUsage

if TYPE_CHECKING:
    from azure.data.tables.aio import TableClient


class TableLedger:
    """`ports.Ledger` on the table `records`."""

    def __init__(self, table: "TableClient") -> None:
        self._table = table

    async def tenures(self, bucket: str) -> AsyncIterator[Sequence[StoredTenure]]:
        """Every tenure of the bucket, in order."""
        async for page in pages_between(self._table, bucket, ledger_rows.TENURE, ledger_rows.TENURE + "~", ledger_rows.OF_TENURE):
            yield [ledger_rows.tenure_of(row) for row in page if row["scope"].startswith(WORKLOAD_SCOPE)]

    async def usage(self, bucket: str, from_tenant: str) -> AsyncIterator[Sequence[StoredUsage]]:
        """Usage rows of the bucket from this tenant on, in order."""
        low, high = ledger_rows.usage_key(from_tenant, ""), ledger_rows.USAGE + "~"
        async for page in pages_between(self._table, bucket, low, high, ledger_rows.OF_USAGE):
            yield [ledger_rows.usage_of(row) for row in page]

    async def account(self, tenant_id: str, workload: str) -> Account:
        """Tenures and usage as they are now.

        Tenures are read first: usage may then be newer, never older, and a booking is conditional on both in any case.
        """
        bucket = bucket_of(tenant_id)
        prefix = f"{ledger_rows.TENURE}{tenant_id}!{WORKLOAD_SCOPE}{workload}!"
        found = [ledger_rows.tenure_of(row) async for row in rows_between(self._table, bucket, prefix, prefix + "~")]
        row = await row_or_none(self._table, bucket, ledger_rows.usage_key(tenant_id, workload))
        return Account(tenant_id, workload, tuple(found), None if row is None else ledger_rows.usage_of(row))

    async def book(self, booking: Booking) -> None:
        """One batch; see `ports.Ledger.book`."""
        batch: list[Operation] = [
            ("update", ledger_rows.booked_row(booking), {"mode": "merge", **if_unchanged(booking.usage.etag)}),
        ]
        batch += [("create", ledger_rows.earned_row(each, booking.write_id)) for each in booking.entries]
        batch += [
            ("update", ledger_rows.touched_row(each, booking), {"mode": "merge", **if_unchanged(each.etag)})
            for each in booking.rests_on
        ]
        try:
            await self._table.submit_transaction(batch)
        except FAILURES as error:
            if await self._landed(booking):
                return
            if is_conflict(error):
                raise StaleRecord from error
            raise StoreUnavailable from error

    async def entries(self, tenant_id: str) -> AsyncIterator[BookedEntry]:
        """All that was ever booked for a customer."""
        prefix = f"{ledger_rows.EARNED}{tenant_id}!"
        async for row in rows_between(self._table, bucket_of(tenant_id), prefix, prefix + "~"):
            yield ledger_rows.booked_of(row)

    async def _landed(self, booking: Booking) -> bool:
        witness = booking.entries[0]
        key = ledger_rows.earned_key(witness.tenant_id, witness.workload, witness.entry)
        row: Any = await row_or_none(self._table, bucket_of(witness.tenant_id), key)
        return row is not None and bool(row["writeId"] == booking.write_id)
