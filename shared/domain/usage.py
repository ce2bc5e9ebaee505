"""Usage of one workload by one customer: snapshots by date, and how late, repeated and disordered exports become one history.

Merging is a maximum per date, so the order in which exports arrive never matters and an export read twice changes nothing.
Reading an export's rows is `usage_row`'s business, what the counts earn is `earning`'s.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from operator import attrgetter
from typing import Final, NamedTuple, overload

LARGEST_COUNT: Final = 10_000_000
"""No tenant has as many seats; a larger count is a broken export."""

PACKED_LIMIT: Final = 32_000
"""Characters that fit the store's longest text. Two years of daily rows, each from its own export, stay below it."""

_HASH_DIGITS: Final = 12
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class HistoryTooLong(ValueError):
    """More snapshots than one row of the store can hold."""


@dataclass(frozen=True, slots=True, order=True)
class Rank:
    """Which export of a date counts: the later one; of two exports in one second, the higher hash. Made by `rank_of`."""

    exported_at: datetime
    file_hash: str


class Snapshot(NamedTuple):
    """What one export said of one day: `mau` active users (28 days up to that day), `pau` seats.

    A tuple, because a night makes millions, and a frozen dataclass takes ten times as long to make.
    """

    date: date
    mau: int
    pau: int
    rank: Rank


class PackedSnapshots(Sequence[Snapshot]):
    """Snapshots in the text of a stored history, unpacked when somebody looks: every night, of most customers nobody does.

    Equal to the tuple of the same snapshots. Whoever looks at text that `pack` did not write gets a ValueError.
    """

    def __init__(self, text: str, peak: int, most_seats: int) -> None:
        self._text = text
        self.peak = peak
        self.most_seats = most_seats

    @cached_property
    def unpacked(self) -> tuple[Snapshot, ...]:
        """All of them."""
        return _unpacked(self._text)

    def __len__(self) -> int:
        return len(self.unpacked)

    def __iter__(self) -> Iterator[Snapshot]:
        return iter(self.unpacked)

    @overload
    def __getitem__(self, at: int) -> Snapshot: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Snapshot, ...]: ...
    def __getitem__(self, at: int | slice) -> Snapshot | tuple[Snapshot, ...]:
        return self.unpacked[at]

    def __eq__(self, other: object) -> bool:
        return self.unpacked == (other.unpacked if isinstance(other, PackedSnapshots) else other)

    def __hash__(self) -> int:
        return hash(self.unpacked)


@dataclass(frozen=True, slots=True)
class UsageHistory:
    """All that is known of (customer, workload): one snapshot a date, by date."""

    tenant_id: str
    workload: str
    snapshots: Sequence[Snapshot] = field(default=())
    peak: int = field(init=False, repr=False, compare=False)
    """The highest usage of any day in whole percent, rounded down: no milestone above it was ever reached."""
    most_seats: int = field(init=False, repr=False, compare=False)
    """The most seats of any day."""

    def __post_init__(self) -> None:
        known = self.snapshots
        if isinstance(known, PackedSnapshots):
            peak, most_seats = known.peak, known.most_seats
        else:
            peak = max([mau * 100 // pau for _, mau, pau, _ in known if pau], default=0)
            most_seats = max([pau for _, _, pau, _ in known], default=0)
        object.__setattr__(self, "peak", peak)
        object.__setattr__(self, "most_seats", most_seats)


class Merged(NamedTuple):
    """The history after an import, and the snapshots that came too late to change anything and must be reported."""

    history: UsageHistory
    late: tuple[Snapshot, ...]


def rank_of(exported_at: datetime, file_hash: str) -> Rank:
    """The rank of an export: whole seconds of its aware time, the first twelve digits of its SHA-256.

    Raises ValueError for a naive time or a hash that is not hexadecimal.
    """
    if exported_at.tzinfo is None:
        raise ValueError("exported_at must be aware")
    digits = file_hash[:_HASH_DIGITS].lower()
    if len(digits) < _HASH_DIGITS or not set(digits) <= set("0123456789abcdef"):
        raise ValueError("file_hash must be a hexadecimal digest")
    return Rank(exported_at.astimezone(UTC).replace(microsecond=0), digits)


def is_late(snapshot: Snapshot, correction_days: int) -> bool:
    """Whether it was exported after the correction window of its date.

    It depends on nothing but the snapshot, so neither when nor in which order imports run can change what counts.
    """
    return snapshot.rank.exported_at.date() > snapshot.date + timedelta(days=correction_days)


def merge(history: UsageHistory, snapshots: Iterable[Snapshot], *, correction_days: int) -> Merged:
    """The history with what is new in these snapshots. The highest rank of a date wins.

    Should one export say two things of one date, the cautious reading counts: fewer users, then more seats.
    """
    best = {snapshot.date: snapshot for snapshot in history.snapshots}
    late = []
    changed = False
    for snapshot in snapshots:
        if is_late(snapshot, correction_days):
            late.append(snapshot)
            continue
        standing = best.get(snapshot.date)
        if standing is None or _precedence(snapshot) > _precedence(standing):
            best[snapshot.date] = snapshot
            changed = True
    if not changed:
        return Merged(history, tuple(late))
    ordered = tuple(sorted(best.values(), key=attrgetter("date")))
    return Merged(UsageHistory(history.tenant_id, history.workload, ordered), tuple(late))


def pack(history: UsageHistory) -> str:
    """The snapshots as text, `peak,most seats|first day|ranks|rows`, all numbers in hexadecimal, dates as distances.

    Equal histories pack alike. What comes first tells a reader whether the rest is worth unpacking.

    Raises HistoryTooLong beyond `PACKED_LIMIT`.
    """
    if not history.snapshots:
        return ""
    places: dict[Rank, int] = {}
    rows = []
    first = previous = history.snapshots[0].date.toordinal()
    for snapshot in history.snapshots:
        day = snapshot.date.toordinal()
        place = places.setdefault(snapshot.rank, len(places))
        rows.append(f"{day - previous:x},{snapshot.mau:x},{snapshot.pau:x},{place:x}")
        previous = day
    ranks = ",".join(f"{(rank.exported_at - _EPOCH) // timedelta(seconds=1):x}{rank.file_hash}" for rank in places)
    text = f"{history.peak:x},{history.most_seats:x}|{first:x}|{ranks}|{';'.join(rows)}"
    if len(text) > PACKED_LIMIT:
        raise HistoryTooLong(f"{len(rows)} snapshots need {len(text)} characters")
    return text


def unpack(tenant_id: str, workload: str, text: str) -> UsageHistory:
    """The history that was packed. Text that `pack` did not write raises ValueError, here or when its snapshots are asked for."""
    if not text:
        return UsageHistory(tenant_id, workload)
    summary, _, rest = text.partition("|")
    peak, most_seats = summary.split(",")
    return UsageHistory(tenant_id, workload, PackedSnapshots(rest, int(peak, 16), int(most_seats, 16)))


def unpacked(history: UsageHistory) -> UsageHistory:
    """The same history with its snapshots unpacked, and its summary worked out from them instead of read."""
    return UsageHistory(history.tenant_id, history.workload, tuple(history.snapshots))


def _unpacked(text: str) -> tuple[Snapshot, ...]:
    first, packed_ranks, rows = text.split("|")
    ranks = [
        Rank(_EPOCH + timedelta(seconds=int(each[:-_HASH_DIGITS], 16)), each[-_HASH_DIGITS:]) for each in packed_ranks.split(",")
    ]
    day = int(first, 16)
    snapshots = []
    for row in rows.split(";"):
        distance, mau, pau, place = row.split(",")
        day += int(distance, 16)
        snapshots.append(Snapshot(date.fromordinal(day), int(mau, 16), int(pau, 16), ranks[int(place, 16)]))
    return tuple(snapshots)


def _precedence(snapshot: Snapshot) -> tuple[Rank, int, int]:
    return snapshot.rank, -snapshot.mau, snapshot.pau
