"""Usage comes in: a file is accepted at once and worked off in the background, row by row into the customers' histories.

Safe to run twice, at once, and after a crash anywhere: merging takes the maximum per date, each history is written only as it was
read, and all counts are functions of the file and the histories. The whole file is in memory while it is worked off.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import batched
from typing import Final

from shared.domain.errors import BusyRecord, InvalidInput
from shared.domain.identity import bucket_of
from shared.domain.programme_versions import Versions
from shared.domain.usage import HistoryTooLong, Rank, UsageHistory, merge, rank_of
from shared.domain.usage_file import (
    FaultyLine,
    FileFormat,
    LineFault,
    ReadLine,
    is_too_late,
    read_file,
    require_columns,
    workload_aliases,
)
from shared.domain.usage_import import MOST_KEPT_FAULTS, Counts, ImportStatus, UsageImport, import_id_of
from shared.domain.usage_row import MONTH
from shared.ports.failures import StaleRecord, StoreUnavailable
from shared.ports.world import MoneyWorld
from shared.usecases.together import together

type _Key = tuple[str, str]
type _Lines = dict[_Key, list[ReadLine]]

CONTAINER: Final = "usage-files"
_CLOCK_SKEW: Final = timedelta(minutes=5)
_HISTORIES_A_BATCH: Final = 100
_BUCKETS_AT_ONCE: Final = 16
_ATTEMPTS: Final = 8
_MEDIA_TYPES: Final = {FileFormat.TSV: "text/tab-separated-values", FileFormat.CSV: "text/csv"}


async def accept(world: MoneyWorld, content: bytes, file_format: FileFormat, exported_at: datetime | None) -> UsageImport:
    """The import of this file, stored and queued; the same content with the same export time is the same import (R-78).

    Without an export time it was exported now. Raises InvalidInput for a file without the columns or an export time to come.
    """
    now = world.clock.now()
    exported_at = (exported_at or now).astimezone(UTC).replace(microsecond=0)
    if exported_at > now + _CLOCK_SKEW:
        # It would outrank every export until then.
        raise InvalidInput("Export-Time", "The export time lies in the future.")
    require_columns(content, file_format)
    file_hash = sha256(content).hexdigest()
    import_id = import_id_of(file_hash, file_format, exported_at)
    wanted = UsageImport(import_id, file_hash, file_format, len(content), exported_at, now)
    await world.files.put(CONTAINER, wanted.blob_name, content, _MEDIA_TYPES[file_format])
    job = await world.import_book.begin(wanted)
    if job.status in (ImportStatus.QUEUED, ImportStatus.FAILED):
        # Perhaps whoever noted it never came to this line; a second message does no harm.
        await world.imports.send({"importId": import_id})
    return job


async def work_off(world: MoneyWorld, import_id: str) -> UsageImport:
    """Merges the file's rows into the histories and notes what came of each. Raises NotFound, BusyRecord, StoreUnavailable."""
    job = await world.import_book.load(import_id)
    if job.status is ImportStatus.DONE:
        return job
    job = replace(job, status=ImportStatus.RUNNING, failure=None)
    await world.import_book.update(job)
    content = await world.files.get(CONTAINER, job.blob_name)
    programmes = world.programmes.all_versions()
    # Reading a large file keeps a processor busy; other callers of this worker must not wait for it.
    result, by_bucket = await asyncio.to_thread(_sort, job, content, programmes)
    importer = _Importer(world, rank_of(job.exported_at, job.file_hash), _longest_window(programmes), result)

    async def merge_bucket(bucket: str, lines: _Lines) -> None:
        for keys in batched(sorted(lines), _HISTORIES_A_BATCH, strict=False):
            await importer.merge_batch(bucket, {key: lines[key] for key in keys})

    await together(_BUCKETS_AT_ONCE, (merge_bucket(bucket, lines) for bucket, lines in by_bucket.items()))
    done = replace(job, status=ImportStatus.DONE, counts=result.counts())
    await world.import_book.update(done, result.kept_faults())
    return done


async def give_up(world: MoneyWorld, import_id: str) -> None:
    """Marks an import failed whose message failed every try. Posting the same file again takes it up again."""
    job = await world.import_book.load(import_id)
    failed = replace(job, status=ImportStatus.FAILED, failure="It failed every try; send the same file again to resume.")
    await world.import_book.update(failed)


@dataclass
class _Result:
    """What has come of the rows so far."""

    merged: int = 0
    unchanged: int = 0
    late: int = 0
    faults: list[FaultyLine] = field(default_factory=list)
    refused: int = 0

    def counts(self) -> Counts:
        rows = self.merged + self.unchanged + self.late + self.refused
        return Counts(rows, self.merged, self.unchanged, self.late, self.refused)

    def refuse(self, fault: FaultyLine) -> None:
        if fault.code == LineFault.TOO_LATE:
            self.late += 1
        else:
            self.refused += 1
        self.faults.append(fault)

    def kept_faults(self) -> tuple[FaultyLine, ...]:
        return tuple(sorted(self.faults, key=lambda each: each.line)[:MOST_KEPT_FAULTS])


def _sort(job: UsageImport, content: bytes, programmes: Sequence[Versions]) -> tuple[_Result, dict[str, _Lines]]:
    """The file's rows by bucket, customer and workload; what cannot be taken over is already in the result."""
    result, by_bucket = _Result(), defaultdict[str, _Lines](lambda: defaultdict(list))
    rank, today = rank_of(job.exported_at, job.file_hash), job.accepted_at.astimezone(UTC).date()
    for line in read_file(content, job.file_format, aliases=workload_aliases(programmes), rank=rank, today=today):
        if isinstance(line, FaultyLine):
            result.refuse(line)
        elif is_too_late(programmes, line.row.snapshot):
            result.refuse(FaultyLine(line.line, LineFault.TOO_LATE, MONTH))
        else:
            row = line.row
            by_bucket[bucket_of(row.tenant_id)][row.tenant_id, row.workload].append(line)
    return result, by_bucket


@dataclass(frozen=True)
class _Importer:
    """One file on its way into the histories."""

    world: MoneyWorld
    rank: Rank
    longest_window: int
    result: _Result

    async def merge_batch(self, bucket: str, lines: Mapping[_Key, list[ReadLine]]) -> None:
        """Merges the rows of at most a hundred histories of one bucket in one batch, or each alone where that is refused."""
        stored = await self.world.usage.histories(bucket, {tenant for tenant, _ in lines})
        after = {key: self._merged(key, stored, lines[key]) for key in lines}
        changed = [
            (history, stored[key][1] if key in stored else None)
            for key, history in after.items()
            if key not in stored or history != stored[key][0]
        ]
        try:
            if changed:
                await self.world.usage.save(changed)
        except (StaleRecord, StoreUnavailable, HistoryTooLong):
            # Somebody else wrote one of the hundred, or our own answer was lost: merging again finds out, row by row.
            for key in lines:
                await self._merge_alone(bucket, key, lines[key])
            return
        for key, history in after.items():
            self._count(history, lines[key])

    async def _merge_alone(self, bucket: str, key: _Key, lines: list[ReadLine]) -> None:
        for _ in range(_ATTEMPTS):
            stored = await self.world.usage.histories(bucket, {key[0]})
            history = self._merged(key, stored, lines)
            try:
                if key not in stored:
                    await self.world.usage.save([(history, None)])
                elif history != stored[key][0]:
                    await self.world.usage.save([(history, stored[key][1])])
            except (StaleRecord, StoreUnavailable):
                continue
            except HistoryTooLong:
                for line in lines:
                    self.result.refuse(FaultyLine(line.line, LineFault.HISTORY_FULL, ""))
                return
            self._count(history, lines)
            return
        raise BusyRecord

    def _merged(self, key: _Key, stored: Mapping[_Key, tuple[UsageHistory, str]], lines: Iterable[ReadLine]) -> UsageHistory:
        before = stored[key][0] if key in stored else UsageHistory(*key)
        # What is too late for its own date is sorted out before; the longest window lets everything else pass.
        return merge(before, (line.row.snapshot for line in lines), correction_days=self.longest_window).history

    def _count(self, history: UsageHistory, lines: Sequence[ReadLine]) -> None:
        """A row is merged if its date now speaks with this file's rank; a repetition or an outranked row is unchanged."""
        dates = {line.row.snapshot.date for line in lines}
        in_effect = sum(each.rank == self.rank for each in history.snapshots if each.date in dates)
        self.result.merged += in_effect
        self.result.unchanged += len(lines) - in_effect


def _longest_window(programmes: Iterable[Versions]) -> int:
    return max((each.programme.correction_window_days for versions in programmes for each in versions.all), default=0)
