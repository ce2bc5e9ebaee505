"""Batches of claims on the table `jobs`: one partition a batch, its row, and its results in rows of some lines each, packed."""

import json
import zlib
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from shared.adapters.reading import is_conflict, row_or_none, rows_between
from shared.adapters.rows import SCHEMA, Row
from shared.adapters.storage import FAILURES, if_unchanged
from shared.domain.errors import KeyReused, NotFound
from shared.domain.identity import is_job_id
from shared.domain.partner import Acting
from shared.ports.batches import LINES_A_PIECE, BatchStatus, ClaimBatch, LineResult
from shared.ports.failures import StoreUnavailable

if TYPE_CHECKING:
    from azure.data.tables.aio import TableClient

_JOB: Final = "job"
_LINES: Final = "lines!"


class TableBatchBook:
    """`ports.BatchBook` on the table `jobs`."""

    def __init__(self, table: "TableClient") -> None:
        self._table = table

    async def begin(self, batch: ClaimBatch) -> ClaimBatch:
        """Insert-once: whoever comes later gets what was noted first."""
        try:
            await self._table.create_entity(_row(batch))
        except FAILURES as error:
            if not is_conflict(error):
                raise StoreUnavailable from error
            standing = await self.load(batch.partner_id, batch.batch_id)
            if standing.body_hash != batch.body_hash:
                raise KeyReused from error
            return standing
        return batch

    async def load(self, partner_id: str, batch_id: str) -> ClaimBatch:
        """The row of the batch, and the counts of its results."""
        row = await self._stored(partner_id, batch_id)
        counts = [(each["created"], each["refused"]) async for each in self._pieces(row["PartitionKey"])]
        status = BatchStatus(row["status"])
        return ClaimBatch(
            partner_id=partner_id,
            batch_id=batch_id,
            body_hash=row["bodyHash"],
            lines=row["lines"],
            accepted_at=datetime.fromisoformat(row["acceptedAt"]),
            acting=Acting(row.get("distributorId"), row.get("actingUser")),
            status=BatchStatus.RUNNING if counts and status is BatchStatus.QUEUED else status,
            created=sum(created for created, _ in counts),
            refused=sum(refused for _, refused in counts),
        )

    async def worked_off(self, batch: ClaimBatch) -> frozenset[int]:
        """Read off the keys."""
        found = self._pieces(_partition(batch.partner_id, batch.batch_id))
        return frozenset([int(row["RowKey"].removeprefix(_LINES)) async for row in found])

    async def keep(self, batch: ClaimBatch, first: int, results: Sequence[LineResult]) -> None:
        """Insert-once; whoever worked the same lines off got the same results."""
        told = [[each.line, each.claim_id, each.problem] for each in results]
        row = {
            "PartitionKey": _partition(batch.partner_id, batch.batch_id),
            "RowKey": _key(first),
            "v": SCHEMA,
            "created": sum(each.claim_id is not None for each in results),
            "refused": sum(each.problem is not None for each in results),
            "results": zlib.compress(json.dumps(told).encode()),
        }
        try:
            await self._table.create_entity(row)
        except FAILURES as error:
            if not is_conflict(error):
                raise StoreUnavailable from error

    async def mark(self, batch: ClaimBatch, status: BatchStatus) -> None:
        """Conditional on the row as it is now."""
        row = await self._stored(batch.partner_id, batch.batch_id)
        if row["status"] in (BatchStatus.DONE, status):
            return
        try:
            await self._table.update_entity(
                {"PartitionKey": row["PartitionKey"], "RowKey": _JOB, "status": str(status)},
                mode="merge",
                **if_unchanged(row.metadata["etag"]),
            )
        except FAILURES as error:
            if (await self._stored(batch.partner_id, batch.batch_id))["status"] != status:
                raise StoreUnavailable from error

    async def results(self, batch: ClaimBatch, after: int, limit: int) -> tuple[LineResult, ...]:
        """Reads no further than it must."""
        partition, found = _partition(batch.partner_id, batch.batch_id), list[LineResult]()
        # A row is named after its first line: the one before may hold lines that are still wanted.
        async for row in rows_between(self._table, partition, _key(max(0, after - LINES_A_PIECE)), _LINES + "~"):
            told = json.loads(zlib.decompress(row["results"]))
            found += [LineResult(*each) for each in told if each[0] > after]
            if len(found) >= limit:
                break
        return tuple(found[:limit])

    def _pieces(self, partition: str) -> Any:
        asked = "PartitionKey eq @partition and RowKey ge @low and RowKey lt @high"
        values = {"partition": partition, "low": _LINES, "high": _LINES + "~"}
        return self._table.query_entities(asked, parameters=values, select=["RowKey", "created", "refused"])

    async def _stored(self, partner_id: str, batch_id: str) -> Any:
        row = await row_or_none(self._table, _partition(partner_id, batch_id), _JOB) if is_job_id(batch_id) else None
        if row is None:
            raise NotFound
        return row


def _partition(partner_id: str, batch_id: str) -> str:
    return f"batch!{partner_id}!{batch_id}"


def _key(line: int) -> str:
    return f"{_LINES}{line:06d}"


def _row(batch: ClaimBatch) -> Row:
    acting = {"distributorId": batch.acting.distributor_id, "actingUser": batch.acting.user}
    return {name: said for name, said in acting.items() if said is not None} | {
        "PartitionKey": _partition(batch.partner_id, batch.batch_id),
        "RowKey": _JOB,
        "v": SCHEMA,
        "bodyHash": batch.body_hash,
        "lines": batch.lines,
        "acceptedAt": batch.accepted_at.isoformat(),
        "status": str(batch.status),
    }
