"""Programmes, usage, evaluation and the ledger of earnings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Iterator, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from shared.domain.association import Association
    from shared.domain.booking import BookedEntry
    from shared.domain.evaluation import Part, Run, Tally
    from shared.domain.ledger import BookedSummary
    from shared.domain.programme import Programme
    from shared.domain.programme_versions import Version, Versions
    from shared.domain.trial import Trial, TrialPart
    from shared.domain.usage import UsageHistory
    from shared.domain.usage_file import FaultyLine
    from shared.domain.usage_import import UsageImport


class Programmes(Protocol):
    """The published programmes, as a worker has read them: reading is apart, so that decisions need not wait for it."""

    async def refresh(self) -> None:
        """Reads what was published since, unless that was done a short while ago. Raises StoreUnavailable.

        Whoever forgets it decides by what came with the product; the notice under which versions take effect covers the while.
        """
        ...

    def programme(self, programme_id: str) -> Programme:
        """The version in effect today. Raises NotFound."""
        ...

    def all(self) -> tuple[Programme, ...]:
        """Every programme, in its version of today."""
        ...

    def versions(self, programme_id: str) -> Versions:
        """All versions of the programme. Raises NotFound."""
        ...

    def all_versions(self) -> tuple[Versions, ...]:
        """All versions of every programme."""
        ...

    def read(self, definition: bytes) -> Programme:
        """The programme that this JSON defines, checked. Raises FaultyProgramme with every fault."""
        ...

    def written(self, programme: Programme) -> str:
        """The definition of the programme, which `read` reads back to an equal value."""
        ...

    async def publish(self, version: Version) -> Versions:
        """Adds a version, once; again is the same. Raises StaleRecord when another one bears its number, StoreUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class StoredUsage:
    """The usage row of one (customer, workload): history, what is booked on it, and the version a write must still find.

    `tally` is what the run `tallied_for` has booked here; a run adds these up, and so counts rightly even when taken up again.
    `unposted` are the store's names of booked entries that were not yet found in their partner's account; see `Backlog`.
    """

    history: UsageHistory
    booked: BookedSummary
    tallied_for: str
    tally: Tally
    etag: str
    unposted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredTenure:
    """A tenure as it was read, with the version that a booking must still find."""

    tenure: Association
    etag: str


@dataclass(frozen=True, slots=True)
class Account:
    """Everything that decides on the earnings of one (customer, workload); `usage` is None where nothing was imported."""

    tenant_id: str
    workload: str
    tenures: tuple[StoredTenure, ...]
    usage: StoredUsage | None


@dataclass(frozen=True, slots=True)
class Booking:
    """Entries to be booked on an account as it was read. `write_id` is random: by it a writer knows its own write."""

    usage: StoredUsage
    rests_on: tuple[StoredTenure, ...]
    entries: tuple[BookedEntry, ...]
    booked: BookedSummary
    tally: Tally
    evaluation_id: str
    booked_at: datetime
    write_id: str


class UsageStore(Protocol):
    """The usage rows: the whole history of a (customer, workload) in one row, changed only as it was read."""

    async def histories(self, bucket: str, tenants: Collection[str]) -> dict[tuple[str, str], tuple[UsageHistory, str]]:
        """The histories of these customers, all in this bucket, by (tenant, workload), each with its version."""
        ...

    def sorted_histories(self, bucket: str, tenants: Collection[str]) -> AsyncIterator[tuple[UsageHistory, str]]:
        """Like `histories`, one after the other in the order of (tenant, workload), never all at once."""
        ...

    async def save(self, changed: Sequence[tuple[UsageHistory, str | None]]) -> None:
        """Writes at most 100 histories of one bucket, all or none; None is the version of a history that is new.

        Raises StaleRecord, StoreUnavailable, and HistoryTooLong for one that does not fit its row.
        """
        ...


class Spool(Protocol):
    """Lines set aside on this machine under a name, and read back; the number of lines is no matter of memory."""

    def add(self, name: str, line: str) -> None:
        """Sets one line aside; it holds no line end."""
        ...

    def names(self) -> Sequence[str]:
        """Under which names there are lines, sorted."""
        ...

    def lines(self, name: str) -> Iterator[str]:
        """The lines of that name, in the order in which they came."""
        ...


class Spools(Protocol):
    """Where a worker sets lines aside."""

    def open(self) -> AbstractContextManager[Spool]:
        """An empty spool, gone without a trace when it is left."""
        ...


class Ledger(Protocol):
    """The ledger of earnings and the two sorted streams it is worked out from."""

    def tenures(self, bucket: str) -> AsyncIterator[Sequence[StoredTenure]]:
        """Every tenure of the bucket by (tenant, scope, beginning), a page at a time; a page may be empty."""
        ...

    def usage(self, bucket: str, from_tenant: str) -> AsyncIterator[Sequence[StoredUsage]]:
        """Usage rows of the bucket by (tenant, workload), from this tenant on, a page at a time; a page may be empty."""
        ...

    async def account(self, tenant_id: str, workload: str) -> Account:
        """Tenures and usage of one (customer, workload), as they are now."""
        ...

    async def book(self, booking: Booking) -> None:
        """Books all entries or none, if usage and tenures are still as they were read.

        A batch that landed though its answer was lost is success. Raises StaleRecord, StoreUnavailable.
        """
        ...

    def entries(self, tenant_id: str) -> AsyncIterator[BookedEntry]:
        """All that was ever booked for a customer, by programme, workload, milestone and generation."""
        ...


class Enrolments(Protocol):
    """In which programmes partners take part or took part."""

    async def programmes_of(self, partners: Collection[str]) -> dict[str, frozenset[str]]:
        """The ids of every programme in which each of these partners is or was enrolled."""
        ...


class ImportBook(Protocol):
    """Imports of usage and the lines they could not take over."""

    async def begin(self, wanted: UsageImport) -> UsageImport:
        """The import, noted now or found as it was noted before."""
        ...

    async def load(self, import_id: str) -> UsageImport:
        """Raises NotFound."""
        ...

    async def update(self, changed: UsageImport, faults: Sequence[FaultyLine] = ()) -> None:
        """Writes the import's state with its kept faulty lines, at once. An import that is done stays done."""
        ...

    async def faults(self, import_id: str) -> tuple[FaultyLine, ...]:
        """The kept faulty lines, by line."""
        ...


class RunBook(Protocol):
    """Evaluation runs and their parts; parts are rows of their own, so that they never contend."""

    async def begin(self, run: Run) -> Run:
        """The run, noted now or found as it was noted before."""
        ...

    async def load(self, evaluation_id: str) -> Run:
        """Raises NotFound."""
        ...

    async def record(self, evaluation_id: str, part: Part) -> None:
        """Writes a part's result. A failed part never replaces one that is done."""
        ...

    async def parts(self, evaluation_id: str) -> tuple[Part, ...]:
        """The parts that are done or failed so far."""
        ...

    async def forget(self, before: datetime, at_most: int) -> int:
        """Deletes so many of the runs and trials that began earlier, with their parts; how many it were."""
        ...


class TrialBook(Protocol):
    """Trials of programmes and their parts, noted like evaluation runs."""

    async def begin(self, trial: Trial) -> Trial:
        """The trial, noted now or found as it was noted before."""
        ...

    async def load(self, trial_id: str) -> Trial:
        """Raises NotFound."""
        ...

    async def record(self, trial_id: str, part: TrialPart) -> None:
        """Writes a part's result. A failed part never replaces one that is done."""
        ...

    async def parts(self, trial_id: str) -> tuple[TrialPart, ...]:
        """The parts that are done or failed so far."""
        ...
