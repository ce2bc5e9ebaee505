"""Imports of usage on the table `jobs`: one partition an import, its row, and its faulty lines in rows of a hundred."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from shared.adapters.reading import is_conflict, row_or_none, rows_between
from shared.adapters.rows import SCHEMA, Operation, Row
from shared.adapters.storage import FAILURES, if_unchanged
from shared.domain.errors import NotFound
from shared.domain.identity import is_job_id
from shared.domain.usage_file import FaultyLine, FileFormat
from shared.domain.usage_import import Counts, ImportStatus, UsageImport
from shared.ports.failures import StoreUnavailable

if TYPE_CHECKING:
    from azure.data.tables.aio import TableClient

_JOB: Final = "job"
_FAULTS: Final = "faults!"
_FAULTS_A_ROW: Final = 100


class TableImportBook:
    """`ports.ImportBook` on the table `jobs`."""

    def __init__(self, table: "TableClient") -> None:
        self._table = table

    async def begin(self, wanted: UsageImport) -> UsageImport:
        """Insert-once: whoever comes later gets what was noted first."""
        try:
            await self._table.create_entity(_row(wanted))
        except FAILURES as error:
            if not is_conflict(error):
                raise StoreUnavailable from error
            return await self.load(wanted.import_id)
        return wanted

    async def load(self, import_id: str) -> UsageImport:
        """Raises NotFound."""
        return _import_of(await self._stored(import_id))

    async def update(self, changed: UsageImport, faults: Sequence[FaultyLine] = ()) -> None:
        """One batch. What is done is left alone: whoever is late would only write the same, or take something back."""
        stored = await self._stored(changed.import_id)
        if stored["status"] == ImportStatus.DONE:
            return
        batch: list[Operation] = [
            ("update", _row(changed), {"mode": "replace", **if_unchanged(stored.metadata["etag"])}),
        ]
        for number in range(0, len(faults), _FAULTS_A_ROW):
            lines = [[each.line, each.code, each.column] for each in faults[number : number + _FAULTS_A_ROW]]
            key = {"PartitionKey": _partition(changed.import_id), "RowKey": f"{_FAULTS}{number:08d}"}
            batch.append(("upsert", key | {"lines": json.dumps(lines)}, {"mode": "replace"}))
        try:
            await self._table.submit_transaction(batch)
        except FAILURES as error:
            if _says(await self._stored(changed.import_id), changed):
                return
            raise StoreUnavailable from error

    async def faults(self, import_id: str) -> tuple[FaultyLine, ...]:
        """The kept faulty lines, by line."""
        found = rows_between(self._table, _partition(import_id), _FAULTS, _FAULTS + "~")
        return tuple([FaultyLine(*line) async for row in found for line in json.loads(row["lines"])])

    async def _stored(self, import_id: str) -> Any:
        row = await row_or_none(self._table, _partition(import_id), _JOB) if is_job_id(import_id) else None
        if row is None:
            raise NotFound
        return row


def _partition(import_id: str) -> str:
    return f"import!{import_id}"


def _row(job: UsageImport) -> Row:
    return {
        "PartitionKey": _partition(job.import_id),
        "RowKey": _JOB,
        "v": SCHEMA,
        "fileHash": job.file_hash,
        "fileFormat": str(job.file_format),
        "sizeBytes": job.size_bytes,
        "exportedAt": job.exported_at.isoformat(),
        "acceptedAt": job.accepted_at.isoformat(),
        "status": str(job.status),
        "counts": json.dumps(asdict(job.counts)),
        "failure": job.failure or "",
    }


def _import_of(row: Any) -> UsageImport:
    return UsageImport(
        import_id=row["PartitionKey"].partition("!")[2],
        file_hash=row["fileHash"],
        file_format=FileFormat(row["fileFormat"]),
        size_bytes=row["sizeBytes"],
        exported_at=datetime.fromisoformat(row["exportedAt"]),
        accepted_at=datetime.fromisoformat(row["acceptedAt"]),
        status=ImportStatus(row["status"]),
        counts=Counts(**json.loads(row["counts"])),
        failure=row["failure"] or None,
    )


def _says(row: Any, job: UsageImport) -> bool:
    """Whether the row already says what was to be written: a lost answer, or another worker with the same result."""
    return _import_of(row) == job
