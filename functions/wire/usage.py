"""Imports of usage on the wire."""

from collections.abc import Iterable
from datetime import datetime
from typing import Self

from functions.wire import Wire
from shared.domain.usage_file import SENTENCES, FaultyLine, FileFormat
from shared.domain.usage_import import ImportStatus, UsageImport


class UsageImportOut(Wire):
    """An import and what came of its rows: `rows` is the sum of the four counts after it."""

    import_id: str
    status: ImportStatus
    format: FileFormat
    size_bytes: int
    exported_at: datetime
    accepted_at: datetime
    rows: int
    merged: int
    unchanged: int
    late: int
    refused: int
    failure: str | None

    @classmethod
    def of(cls, job: UsageImport) -> Self:
        return cls(
            import_id=job.import_id,
            status=job.status,
            format=job.file_format,
            size_bytes=job.size_bytes,
            exported_at=job.exported_at,
            accepted_at=job.accepted_at,
            rows=job.counts.rows,
            merged=job.counts.merged,
            unchanged=job.counts.unchanged,
            late=job.counts.late,
            refused=job.counts.refused,
            failure=job.failure,
        )


class FaultyLineOut(Wire):
    """A line that was not taken over; `line` counts from 1, the header."""

    line: int
    code: str
    column: str | None
    message: str


class FaultyLinesOut(Wire):
    """The first thousand lines that were not taken over; the import counts all."""

    value: list[FaultyLineOut]

    @classmethod
    def of(cls, faults: Iterable[FaultyLine]) -> Self:
        return cls(
            value=[
                FaultyLineOut(line=each.line, code=each.code, column=each.column or None, message=SENTENCES[each.code])
                for each in faults
            ]
        )
