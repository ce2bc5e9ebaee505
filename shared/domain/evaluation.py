"""An evaluation run: which programmes it evaluates, and the sums of what it booked, by bucket and in all.

Which entries are to be booked is `ledger`'s business; a run only adds them up.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from shared.domain.association import Association
from shared.domain.earning import wanted
from shared.domain.ledger import BookedSummary, Entry, EntryKind, difference
from shared.domain.programme import Programme
from shared.domain.programme_versions import Versions, digest_of
from shared.domain.usage import UsageHistory

GRACE: Final = timedelta(days=7)
"""So long after its last correction a programme is still evaluated: nights may be missed, and booking nothing costs nothing."""


@dataclass(frozen=True, slots=True)
class Run:
    """One evaluation of all customers. `edition` names the programmes it pays by, so that no part pays by others."""

    evaluation_id: str
    run_date: date
    edition: str
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Tally:
    """Entries booked: how many of each kind, and their sum in minor units by currency."""

    earned: int = 0
    reversed: int = 0
    amounts: Mapping[str, int] = field(default_factory=dict)

    def plus(self, other: "Tally") -> "Tally":
        amounts = {
            currency: self.amounts.get(currency, 0) + other.amounts.get(currency, 0)
            for currency in sorted({*self.amounts, *other.amounts})
        }
        return Tally(self.earned + other.earned, self.reversed + other.reversed, amounts)


class PartState(StrEnum):
    """What became of a run's part."""

    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Part:
    """A run's result in one bucket."""

    bucket: str
    state: PartState
    associations: int = 0
    tally: Tally = Tally()


def tally_of(entries: Iterable[Entry]) -> Tally:
    """The sum of these entries."""
    total = Tally()
    for entry in entries:
        is_earning = entry.kind is EntryKind.EARNING
        total = total.plus(Tally(int(is_earning), int(not is_earning), {entry.currency: entry.amount_minor}))
    return total


def evaluated_on(programmes: Iterable[Versions], run_date: date) -> tuple[Versions, ...]:
    """The programmes that a run of that day evaluates: begun, and their last correction not longer ago than `GRACE` (R-90)."""
    return tuple(each for each in programmes if any(_is_evaluated(version.programme, run_date) for version in each.all))


def _is_evaluated(programme: Programme, run_date: date) -> bool:
    last_correction = programme.last_day + timedelta(days=programme.correction_window_days)
    return programme.first_day <= run_date <= last_correction + GRACE


def edition_of(programmes: Iterable[Versions], run_date: date) -> str:
    """A short name for exactly those versions of these programmes that judge days up to the run's.

    A later one judges no usage that there can be, and another worker may not have read it yet.
    """
    digests = sorted(digest_of(each.known_on(run_date)) for each in programmes)
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()[:16]


class Least(NamedTuple):
    """What use must reach on some day before anything of a workload can be earned, in any version of any programme."""

    threshold: int
    seats: int


def least_of(programmes: Iterable[Versions]) -> dict[str, Least]:
    """What each workload must reach, by its id; what no programme knows is missing."""
    found: dict[str, Least] = {}
    for version in (version.programme for versions in programmes for version in versions.all):
        for each in version.milestones:
            least = found.get(each.workload, Least(each.threshold, version.minimum_seats))
            found[each.workload] = Least(min(least.threshold, each.threshold), min(least.seats, version.minimum_seats))
    return found


def may_be_due(least: Mapping[str, Least], history: UsageHistory, booked: BookedSummary) -> bool:
    """Whether anything could be due: something is booked, or some day has the use and the seats that earn something.

    A no spares the rest of the rules and all that they would ask of the store; most customers get it, every night.
    """
    if booked.lines:
        return True
    needed = least.get(history.workload)
    return needed is not None and history.peak >= needed.threshold and history.most_seats >= needed.seats


def entries_due(
    programmes: Iterable[Versions],
    history: UsageHistory,
    tenures: Collection[Association],
    booked: BookedSummary,
    enrolments: Mapping[str, Collection[str]],
) -> tuple[Entry, ...]:
    """What is to be booked for one customer and workload, over these programmes; `enrolments` are programme ids by partner."""
    due: list[Entry] = []
    for programme in programmes:
        enrolled = enrolled_in(programme.programme_id, tenures, enrolments)
        due += difference(programme.programme_id, wanted(programme, history, tenures, enrolled), booked)
    return tuple(due)


def enrolled_in(programme_id: str, tenures: Iterable[Association], enrolments: Mapping[str, Collection[str]]) -> frozenset[str]:
    """The holders that count as enrolled: whoever ever was, because leaving takes nothing back (R-59)."""
    return frozenset([each.partner_id for each in tenures if programme_id in enrolments.get(each.partner_id, ())])
