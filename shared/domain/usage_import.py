"""An import of usage: one file, once accepted, worked off in the background, and what came of its rows.

Every count is a function of the file and of the histories it ended up in, not of how often or how far it was worked off; so an
import that is taken up again after a crash tells the same as one that was never interrupted.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final

from shared.domain.usage_file import FileFormat

MOST_KEPT_FAULTS: Final = 1_000
"""So many faulty lines are kept to be read; all of them are counted."""


class ImportStatus(StrEnum):
    """How far an import has come."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows of a file. `rows` is the sum of the others; `merged` rows are in effect, `unchanged` ones repeat or are outranked."""

    rows: int = 0
    merged: int = 0
    unchanged: int = 0
    late: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class UsageImport:
    """One file with the time at which the vendor exported it (aware UTC, whole seconds)."""

    import_id: str
    file_hash: str
    file_format: FileFormat
    size_bytes: int
    exported_at: datetime
    accepted_at: datetime
    status: ImportStatus = ImportStatus.QUEUED
    counts: Counts = Counts()
    failure: str | None = None

    @property
    def blob_name(self) -> str:
        return f"{self.import_id}.{self.file_format}"


def import_id_of(file_hash: str, file_format: FileFormat, exported_at: datetime) -> str:
    """The id of the import of this content exported then: the same again is the same import (R-78)."""
    return sha256(f"{file_hash}\n{file_format}\n{exported_at.isoformat()}".encode()).hexdigest()[:24]
