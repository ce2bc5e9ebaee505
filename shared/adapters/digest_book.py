"""The reviewers' mails on the table `jobs`: a row a day and address."""

from datetime import UTC, date
from typing import TYPE_CHECKING, Final

from shared.adapters.reading import is_conflict, row_or_none
from shared.adapters.rows import SCHEMA, Row
from shared.adapters.storage import FAILURES, if_unchanged
from shared.domain.payouts import LetterState
from shared.ports.digests import Digest, StoredDigest
from shared.ports.failures import StaleRecord, StoreUnavailable

if TYPE_CHECKING:
    from azure.data.tables.aio import TableClient

_PARTITION: Final = "digests"


class TableDigests:
    """`ports.Digests` on the table `jobs`."""

    def __init__(self, table: "TableClient") -> None:
        self._table = table

    async def digest(self, day: date, recipient: str) -> StoredDigest | None:
        """One point read."""
        row = await row_or_none(self._table, _PARTITION, _key(day, recipient))
        if row is None:
            return None
        return StoredDigest(Digest(day, recipient, LetterState(row["state"]), row["since"], row["tries"]), row.metadata["etag"])

    async def save(self, digest: Digest, etag: str | None) -> None:
        """A lost answer looks like somebody else's write: then nobody sends, and the mail is unknown in the end."""
        key = {"PartitionKey": _PARTITION, "RowKey": _key(digest.day, digest.recipient), "v": SCHEMA}
        row: Row = key | {"state": str(digest.state), "since": digest.since.astimezone(UTC), "tries": digest.tries}
        try:
            if etag is None:
                await self._table.create_entity(row)
            else:
                await self._table.update_entity(row, mode="replace", **if_unchanged(etag))
        except FAILURES as error:
            raise (StaleRecord if is_conflict(error) else StoreUnavailable) from error


def _key(day: date, recipient: str) -> str:
    return f"{day.isoformat()}!{recipient}"
