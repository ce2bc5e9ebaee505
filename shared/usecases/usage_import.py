"""Usage comes in: a file is accepted at once and worked off in the background, row by row into the customers' histories.

Safe to run twice, at once, and after a crash anywhere: merging takes the maximum per date, each history is written only as it was
read, and all counts are functions of the file and the histories. A file is never held whole: its rows are set aside by bucket,
and each bucket's then meet its histories (`usage_merge`).
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

from shared.domain.errors import InvalidInput, NotFound
from shared.domain.identity import bucket_of
from shared.domain.programme_versions import Versions
from shared.domain.usage import rank_of
from shared.domain.usage_file import (
    FaultyLine,
    FileFormat,
    LineFault,
    ReadLine,
    UsageFileReader,
    is_too_late,
    require_columns,
    workload_aliases,
)
from shared.domain.usage_import import ImportStatus, UsageImport, import_id_of
from shared.domain.usage_row import MONTH
from shared.ports.money import Spool
from shared.ports.world import MoneyWorld
from shared.usecases.together import together
from shared.usecases.usage_merge import Merger, Result, packed

CONTAINER: Final = "usage-files"
_CLOCK_SKEW: Final = timedelta(minutes=5)
_BUCKETS_AT_ONCE: Final = 4
_BYTES_AT_ONCE: Final = 65_536
_MEDIA_TYPES: Final = {
    FileFormat.TSV: "text/tab-separated-values",
    FileFormat.CSV: "text/csv",
    FileFormat.NDJSON: "application/x-ndjson",
}


async def accept(world: MoneyWorld, content: bytes, file_format: FileFormat, exported_at: datetime | None) -> UsageImport:
    """The import of this file, stored and queued; the same content with the same export time is the same import (R-78).

    Without an export time it was exported now. Raises InvalidInput for a file without the columns or an export time to come.
    """
    now = world.clock.now()
    exported_at = export_time(exported_at or now, now)
    require_columns(content, file_format)
    wanted = wanted_import(sha256(content).hexdigest(), file_format, len(content), exported_at, now)
    await world.files.put(CONTAINER, wanted.blob_name, content, media_type_of(file_format))
    return await begin(world, wanted)


async def begin(world: MoneyWorld, wanted: UsageImport) -> UsageImport:
    """Notes the import whose file is stored, and has it worked off."""
    job = await world.import_book.begin(wanted)
    if job.status in (ImportStatus.QUEUED, ImportStatus.FAILED):
        # Perhaps whoever noted it never came to this line; a second message does no harm.
        await world.imports.send({"importId": job.import_id})
    return job


async def work_off(world: MoneyWorld, import_id: str) -> UsageImport:
    """Merges the file's rows into the histories and notes what came of each. Raises NotFound, BusyRecord, StoreUnavailable."""
    job = await world.import_book.load(import_id)
    if job.status is ImportStatus.DONE:
        return job
    job = replace(job, status=ImportStatus.RUNNING, failure=None)
    await world.import_book.update(job)
    result = Result()
    with world.spools.open() as spool:
        await _set_aside(world, Sorter(job, world.programmes.all_versions(), spool, result))
        merger = Merger(world.usage, rank_of(job.exported_at, job.file_hash), result)
        await together(_BUCKETS_AT_ONCE, (merger.merge(bucket, spool.lines(bucket)) for bucket in spool.names()))
    done = replace(job, status=ImportStatus.DONE, counts=result.counts())
    await world.import_book.update(done, result.kept_faults())
    return done


async def give_up(world: MoneyWorld, import_id: str) -> None:
    """Marks an import failed whose message failed every try. Posting the same file again takes it up again."""
    try:
        job = await world.import_book.load(import_id)
    except NotFound:
        return  # No import of ours: its letter is all that is left of it.
    failed = replace(job, status=ImportStatus.FAILED, failure="It failed every try; send the same file again to resume.")
    await world.import_book.update(failed)


def export_time(said: datetime, now: datetime) -> datetime:
    """The time of an export in whole seconds. Raises InvalidInput for one to come: it would outrank every export until then."""
    exported_at = said.astimezone(UTC).replace(microsecond=0)
    if exported_at > now + _CLOCK_SKEW:
        raise InvalidInput("Export-Time", "The export time lies in the future.")
    return exported_at


def wanted_import(file_hash: str, file_format: FileFormat, size_bytes: int, exported_at: datetime, now: datetime) -> UsageImport:
    """The import of a file that came now."""
    return UsageImport(import_id_of(file_hash, file_format, exported_at), file_hash, file_format, size_bytes, exported_at, now)


def media_type_of(file_format: FileFormat) -> str:
    return _MEDIA_TYPES[file_format]


async def _set_aside(world: MoneyWorld, sorter: "Sorter") -> None:
    # Reading rows keeps a processor busy; other callers of this worker must not wait for it.
    async for piece in world.files.pieces(CONTAINER, sorter.job.blob_name):
        await asyncio.to_thread(sorter.sort, piece)
    await asyncio.to_thread(sorter.finish)


@dataclass
class Sorter:
    """Sets a file's rows aside by bucket; what cannot be taken over goes to the result at once."""

    job: UsageImport
    programmes: Sequence[Versions]
    spool: Spool
    result: Result

    def __post_init__(self) -> None:
        self._reader = UsageFileReader(
            self.job.file_format,
            aliases=workload_aliases(self.programmes),
            rank=rank_of(self.job.exported_at, self.job.file_hash),
            today=self.job.accepted_at.astimezone(UTC).date(),
        )

    def sort(self, piece: bytes) -> None:
        # The lines of a whole piece would be three times as large as the piece.
        for start in range(0, len(piece), _BYTES_AT_ONCE):
            self._take(self._reader.read(piece[start : start + _BYTES_AT_ONCE]))

    def finish(self) -> None:
        self._take(self._reader.finish())

    def _take(self, lines: Iterable[ReadLine | FaultyLine]) -> None:
        for line in lines:
            if isinstance(line, FaultyLine):
                self.result.refuse(line)
            elif is_too_late(self.programmes, line.row.snapshot):
                self.result.refuse(FaultyLine(line.line, LineFault.TOO_LATE, MONTH))
            else:
                self.spool.add(bucket_of(line.row.tenant_id), packed(line))
