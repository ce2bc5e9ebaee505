"""A bucket's new usage meets its histories: two sorted streams, a hundred changed histories a batch.

Safe to run twice and beside other imports: a history is written only as it was read, and what another import changed meanwhile is
merged anew, alone.
"""

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Final, NamedTuple

from shared.domain.errors import BusyRecord
from shared.domain.usage import HistoryTooLong, Rank, Snapshot, UsageHistory, merge
from shared.domain.usage_file import FaultyLine, LineFault, ReadLine
from shared.domain.usage_import import MOST_KEPT_FAULTS, Counts
from shared.ports.failures import StaleRecord, StoreUnavailable
from shared.ports.money import UsageStore

type _Key = tuple[str, str]

_HISTORIES_A_BATCH: Final = 100
_ATTEMPTS: Final = 8
# What is too late for its own date was sorted out before; nothing is late here.
_NO_WINDOW: Final = 10**6


@dataclass
class Result:
    """What has come of the rows so far; of the faulty lines the first are kept, all are counted."""

    merged: int = 0
    unchanged: int = 0
    late: int = 0
    refused: int = 0
    faults: list[FaultyLine] = field(default_factory=list)

    def counts(self) -> Counts:
        rows = self.merged + self.unchanged + self.late + self.refused
        return Counts(rows, self.merged, self.unchanged, self.late, self.refused)

    def refuse(self, fault: FaultyLine) -> None:
        if fault.code == LineFault.TOO_LATE:
            self.late += 1
        else:
            self.refused += 1
        self.faults.append(fault)
        if len(self.faults) > 2 * MOST_KEPT_FAULTS:
            self.faults = list(self.kept_faults())

    def kept_faults(self) -> tuple[FaultyLine, ...]:
        return tuple(sorted(self.faults, key=lambda each: each.line)[:MOST_KEPT_FAULTS])


class _Row(NamedTuple):
    """A row on its way from the file to its history."""

    tenant_id: str
    workload: str
    line: int
    day: int
    mau: int
    pau: int


class _New(NamedTuple):
    """A history as it is stored, None where there is none, and the rows that are new."""

    key: _Key
    rows: list[_Row]
    stored: tuple[UsageHistory, str] | None


def packed(line: ReadLine) -> str:
    """The row as a line of a spool."""
    row, snapshot = line.row, line.row.snapshot
    return f"{row.tenant_id}\t{row.workload}\t{line.line}\t{snapshot.date.toordinal()}\t{snapshot.mau}\t{snapshot.pau}"


def _unpacked(text: str) -> _Row:
    tenant_id, workload, *numbers = text.split("\t")
    return _Row(tenant_id, workload, *map(int, numbers))


@dataclass(frozen=True)
class Merger:
    """One file on its way into the histories."""

    usage: UsageStore
    rank: Rank
    result: Result

    async def merge(self, bucket: str, lines: Iterable[str]) -> None:
        """Merges the file's rows of one bucket. Raises BusyRecord, StoreUnavailable."""
        rows = sorted(_unpacked(line) for line in lines)
        batch: list[_New] = []
        async with aclosing(self._met(bucket, rows)) as met:
            async for new in met:
                batch.append(new)
                if len(batch) == _HISTORIES_A_BATCH:
                    await self._save(bucket, batch)
                    batch = []
        await self._save(bucket, batch)

    async def _met(self, bucket: str, rows: Sequence[_Row]) -> AsyncGenerator[_New]:
        """Every history that the file has rows for, in order; what is stored beside them is passed over."""
        stored = self.usage.sorted_histories(bucket, {row.tenant_id for row in rows})
        at = await anext(stored, None)
        for key, group in groupby(rows, key=itemgetter(0, 1)):
            while at is not None and _key(at[0]) < key:
                at = await anext(stored, None)
            yield _New(key, list(group), at if at is not None and _key(at[0]) == key else None)

    async def _save(self, bucket: str, batch: Sequence[_New]) -> None:
        """Writes what changed of at most a hundred histories in one batch, or each alone where that is refused."""
        after = {new.key: self._merged(new) for new in batch}
        changed = [
            (after[new.key], new.stored[1] if new.stored else None)
            for new in batch
            if new.stored is None or after[new.key] != new.stored[0]
        ]
        try:
            if changed:
                await self.usage.save(changed)
        except (StaleRecord, StoreUnavailable, HistoryTooLong):
            # Somebody else wrote one of the hundred, or our own answer was lost: merging again finds out, row by row.
            for new in batch:
                await self._merge_alone(bucket, new)
            return
        for new in batch:
            self._count(after[new.key], new.rows)

    async def _merge_alone(self, bucket: str, read: _New) -> None:
        for _ in range(_ATTEMPTS):
            new = read._replace(stored=(await self.usage.histories(bucket, {read.key[0]})).get(read.key))
            history = self._merged(new)
            try:
                if new.stored is None or history != new.stored[0]:
                    await self.usage.save([(history, new.stored[1] if new.stored else None)])
            except (StaleRecord, StoreUnavailable):
                continue
            except HistoryTooLong:
                for row in new.rows:
                    self.result.refuse(FaultyLine(row.line, LineFault.HISTORY_FULL, ""))
                return
            self._count(history, new.rows)
            return
        raise BusyRecord

    def _merged(self, new: _New) -> UsageHistory:
        before = new.stored[0] if new.stored else UsageHistory(*new.key)
        snapshots = (Snapshot(date.fromordinal(row.day), row.mau, row.pau, self.rank) for row in new.rows)
        return merge(before, snapshots, correction_days=_NO_WINDOW).history

    def _count(self, history: UsageHistory, rows: Sequence[_Row]) -> None:
        """A row is merged if its date now speaks with this file's rank; a repetition or an outranked row is unchanged."""
        days = {row.day for row in rows}
        in_effect = sum(each.rank == self.rank for each in history.snapshots if each.date.toordinal() in days)
        self.result.merged += in_effect
        self.result.unchanged += len(rows) - in_effect


def _key(history: UsageHistory) -> _Key:
    return history.tenant_id, history.workload
