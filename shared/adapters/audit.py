"""The ledger read whole from the table `records`, and reconciliations on the table `money`, a partition each."""

import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from shared.adapters import ledger_rows
from shared.adapters.forgetting import forget_begun
from shared.adapters.long_text import in_columns, out_of_columns
from shared.adapters.reading import is_conflict, row_or_none, rows_between
from shared.adapters.rows import SCHEMA, Row
from shared.adapters.storage import FAILURES, if_unchanged
from shared.domain.association import WORKLOAD_SCOPE
from shared.domain.booking import BookedEntry
from shared.domain.errors import NotFound
from shared.domain.identity import bucket_of, is_job_id
from shared.domain.reconciliation import BucketResult, DifferenceCode, Fold, Found, Reconciliation
from shared.ports.failures import StoreUnavailable

if TYPE_CHECKING:
    from azure.data.tables.aio import TableClient

# Sorts before every bucket's row.
_HEAD: Final = "!head"
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


class TableAudit:
    """`ports.Audit`. `records` and `money` are the tables of these names."""

    def __init__(self, records: "TableClient", money: "TableClient") -> None:
        self._records = records
        self._money = money

    async def entries(self, bucket: str) -> AsyncIterator[BookedEntry]:
        """One range, a thousand a request."""
        async for row in rows_between(self._records, bucket, ledger_rows.EARNED, ledger_rows.EARNED + "~"):
            yield ledger_rows.booked_of(row)

    async def changed_at(self, tenant_id: str, workload: str) -> datetime:
        """The store's own time stamps: nobody can forget to write them."""
        bucket = bucket_of(tenant_id)
        prefix = f"{ledger_rows.TENURE}{tenant_id}!{WORKLOAD_SCOPE}{workload}!"
        rows = [row async for row in rows_between(self._records, bucket, prefix, prefix + "~")]
        rows.append(await row_or_none(self._records, bucket, ledger_rows.usage_key(tenant_id, workload)))
        return max((row.metadata["timestamp"] for row in rows if row is not None), default=_NEVER)

    async def begin(self, wanted: Reconciliation) -> Reconciliation:
        """Insert-once: whoever comes later gets what was noted first."""
        try:
            await self._money.create_entity(_head_row(wanted))
        except FAILURES as error:
            if not is_conflict(error):
                raise StoreUnavailable from error
            return await self.load(wanted.reconciliation_id)
        return wanted

    async def load(self, reconciliation_id: str) -> Reconciliation:
        """Raises NotFound."""
        return _head_of(await self._head(reconciliation_id))

    async def record(self, reconciliation_id: str, result: BucketResult) -> None:
        """A whole value."""
        row = {"PartitionKey": _partition(reconciliation_id), "RowKey": result.bucket, **in_columns(json.dumps(asdict(result)))}
        try:
            await self._money.upsert_entity(row, mode="replace")
        except FAILURES as error:
            raise StoreUnavailable from error

    async def results(self, reconciliation_id: str) -> tuple[BucketResult, ...]:
        """One range, 256 rows at most."""
        found = rows_between(self._money, _partition(reconciliation_id), "0", "~")
        return tuple([_result_of(json.loads(out_of_columns(row))) async for row in found])

    async def finish(self, done: Reconciliation) -> None:
        """Conditional on the row as it is read here."""
        row = await self._head(done.reconciliation_id)
        if row["doneAt"]:
            return
        try:
            await self._money.update_entity(_head_row(done), mode="replace", **if_unchanged(row.metadata["etag"]))
        except FAILURES as error:
            if not is_conflict(error):
                raise StoreUnavailable from error

    async def forget(self, before: datetime, at_most: int) -> int:
        """A partition each."""
        return await forget_begun(self._money, _partition(""), _HEAD, before, at_most)

    async def _head(self, reconciliation_id: str) -> Any:
        row = await row_or_none(self._money, _partition(reconciliation_id), _HEAD) if is_job_id(reconciliation_id) else None
        if row is None:
            raise NotFound
        return row


def _partition(reconciliation_id: str) -> str:
    return f"reconciliation!{reconciliation_id}"


def _head_row(one: Reconciliation) -> Row:
    return {
        "PartitionKey": _partition(one.reconciliation_id),
        "RowKey": _HEAD,
        "v": SCHEMA,
        "startedAt": one.started_at.isoformat(),
        "evaluatedSince": one.evaluated_since.isoformat(),
        "doneAt": "" if one.done_at is None else one.done_at.isoformat(),
        "histories": one.histories,
        "entries": one.entries,
        "accounts": one.accounts,
        "pending": one.pending,
        "differences": one.differences,
        **in_columns(json.dumps([asdict(each) for each in one.found])),
    }


def _head_of(row: Any) -> Reconciliation:
    return Reconciliation(
        reconciliation_id=row["PartitionKey"].partition("!")[2],
        started_at=datetime.fromisoformat(row["startedAt"]),
        evaluated_since=datetime.fromisoformat(row["evaluatedSince"]),
        done_at=datetime.fromisoformat(row["doneAt"]) if row["doneAt"] else None,
        histories=row["histories"],
        entries=row["entries"],
        accounts=row["accounts"],
        pending=row["pending"],
        differences=row["differences"],
        found=tuple(_found_of(each) for each in json.loads(out_of_columns(row))),
    )


def _result_of(said: Any) -> BucketResult:
    folds = {name: Fold(**each) for name, each in said["folds"].items()}
    found = tuple(_found_of(each) for each in said["found"])
    return BucketResult(said["bucket"], said["histories"], said["entries"], said["pending"], folds, found)


def _found_of(said: Any) -> Found:
    return Found(DifferenceCode(said["code"]), said["where"], said["one"], said["other"])
