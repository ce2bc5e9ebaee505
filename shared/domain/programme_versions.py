"""All versions of one programme: which of them counts on a day, and what a next one may say.

Days decide, not the clock of whoever evaluates: a day's usage is judged by the version in effect on that day, for ever. A version
takes effect a day or more after it was published, so nothing that is reached already is judged anew, and every worker has read a
version long before it counts. Where versions are kept is an adapter's business.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, timedelta
from typing import Final

from shared.domain.programme import Milestone, Programme, Workload, digest
from shared.domain.programme_check import Fault, FaultCode

NOTICE: Final = timedelta(hours=24)
"""So long before it takes effect a version is published, at least (R-160)."""

SINCE_EVER: Final = date.min
"""When a programme's first version took effect that came with the product."""


@dataclass(frozen=True, slots=True)
class Version:
    """A version and the first day of usage that it judges; who published it and when, None for what came with the product."""

    programme: Programme
    in_effect_from: date = SINCE_EVER
    published_at: datetime | None = None
    published_by: str | None = None


@dataclass(frozen=True, slots=True)
class Versions:
    """Every version of one programme, by number; at least one."""

    all: tuple[Version, ...]
    # Looked up for every customer every night, so they are built once and are no part of the value.
    _milestones_of: dict[str, tuple[Milestone, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found: dict[str, dict[str, Milestone]] = {}
        for version in self.all:
            for milestone in version.programme.milestones:
                found.setdefault(milestone.workload, {})[milestone.milestone_id] = milestone
        lowest_first = {name: tuple(sorted(ids.values(), key=lambda each: each.threshold)) for name, ids in found.items()}
        object.__setattr__(self, "_milestones_of", lowest_first)

    @property
    def programme_id(self) -> str:
        return self.all[0].programme.programme_id

    @property
    def latest(self) -> Version:
        return self.all[-1]

    def on(self, day: date) -> Programme:
        """The version that judges this day: the highest that is in effect by then (R-161).

        Before the first one it is the first, whose term does not hold such a day.
        """
        if len(self.all) > 1:
            for version in reversed(self.all):
                if version.in_effect_from <= day:
                    return version.programme
        return self.all[0].programme

    def numbered(self, number: int) -> Programme:
        """The version that an entry of the ledger names. KeyError for a number that was never published."""
        for version in self.all:
            if version.programme.version == number:
                return version.programme
        raise KeyError(number)

    def known_on(self, day: date) -> "Versions":
        """The versions that judge that day or an earlier one: what an evaluation of that day rests on."""
        return Versions(tuple(each for each in self.all if each.in_effect_from <= day) or self.all[:1])

    def milestones_of(self, workload: str) -> tuple[Milestone, ...]:
        """The workload's milestones of any version, lowest threshold first."""
        return self._milestones_of.get(workload, ())

    def aliases(self) -> dict[str, str]:
        """Every name that any version gives a workload, case-folded, to its id; the latest version has the last word."""
        return {name: workload for version in self.all for name, workload in version.programme.aliases().items()}


type Rules = Programme | Versions
"""What judges usage: a programme's versions, or one version that is in effect on every day."""


def only(programme: Programme) -> Versions:
    """The programme as its only version, in effect since ever."""
    return Versions((Version(programme),))


def digest_of(versions: Versions) -> str:
    """SHA-256 of what all these versions say, and from when."""
    said = "\n".join(f"{each.in_effect_from} {digest(each.programme)}" for each in versions.all)
    return hashlib.sha256(said.encode()).hexdigest()


def earliest_effect(now: datetime) -> date:
    """The first UTC day that begins no sooner than the notice from now."""
    noticed = (now + NOTICE).astimezone(UTC)
    return noticed.date() if noticed.timetz() == noticed.min.time().replace(tzinfo=UTC) else noticed.date() + timedelta(days=1)


def faults_of_next(standing: Versions | None, programme: Programme, in_effect_from: date, now: datetime) -> tuple[Fault, ...]:
    """What keeps this programme from being the next version (R-160, R-162); `standing` is None for a programme's first."""
    return tuple(Fault(code, where) for code, where in _faults_of_next(standing, programme, in_effect_from, now))


def _faults_of_next(
    standing: Versions | None, programme: Programme, in_effect_from: date, now: datetime
) -> Iterator[tuple[FaultCode, str]]:
    if in_effect_from < earliest_effect(now):
        yield FaultCode.TOO_SOON, "inEffectFrom"
    if standing is None:
        if programme.version != 1:
            yield FaultCode.OUT_OF_RANGE, "version"
        if programme.first_day < in_effect_from:
            # Its days would be judged by a version that nobody could know then.
            yield FaultCode.TOO_SOON, "firstDay"
        return
    before = standing.latest.programme
    if programme.version != before.version + 1:
        yield FaultCode.OUT_OF_RANGE, "version"
    if programme.currency != before.currency:
        yield FaultCode.CHANGED, "currency"
    yield from _changed_meanings([version.programme for version in standing.all], programme)


def _changed_meanings(earlier: Sequence[Programme], programme: Programme) -> Iterator[tuple[FaultCode, str]]:
    """A milestone's id means one threshold of one workload for ever, and the other way round: two ids would be paid twice."""
    meant = {each.milestone_id: (each.workload, each.threshold) for version in earlier for each in version.milestones}
    named = {meaning: milestone_id for milestone_id, meaning in meant.items()}
    for each in programme.milestones:
        meaning = each.workload, each.threshold
        if meant.get(each.milestone_id, meaning) != meaning or named.get(meaning, each.milestone_id) != each.milestone_id:
            yield FaultCode.CHANGED, f"milestones.{each.milestone_id}"
    kept = {workload.workload_id for workload in programme.workloads}
    for workload_id in sorted({each.workload_id for version in earlier for each in version.workloads} - kept):
        # Claims for it stand; without thresholds it earns nothing more.
        yield FaultCode.REMOVED, f"workloads.{workload_id}"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that two versions say differently; None where one of them says nothing."""

    where: str
    before: str | None
    after: str | None


def differences(before: Programme | None, after: Programme) -> tuple[Difference, ...]:
    """Everything the later version says differently, by place: `rates.M.teams.15`, `sizes.M`, `minimumSeats`."""
    was, is_ = ({} if before is None else _said(before)), _said(after)
    return tuple(
        Difference(where, was.get(where), is_.get(where))
        for where in sorted(was.keys() | is_.keys())
        if was.get(where) != is_.get(where)
    )


def _said(programme: Programme) -> dict[str, str]:
    said: dict[str, str] = {}
    for milestone in programme.milestones:
        said[f"milestones.{milestone.milestone_id}"] = f"{milestone.workload} {milestone.threshold}"
    for rate in programme.rates:
        said[f"rates.{rate.size}.{rate.workload}.{rate.threshold}"] = str(rate.amount_minor)
    for size in programme.sizes:
        seats = f"{size.min_seats}-{size.max_seats or ''}"
        said[f"sizes.{size.name}"] = f"{seats} {_listed(size.thresholds)}"
    for workload in programme.workloads:
        said[f"workloads.{workload.workload_id}"] = _workload_said(workload)
    for desk in programme.help:
        said[f"help.{desk.country}"] = desk.address
    for each in fields(programme.policy):
        said[f"policy.{_camel(each.name)}"] = str(getattr(programme.policy, each.name))
    for name in _PLAIN:
        said[_camel(name)] = str(getattr(programme, name))
    said["demo"] = _listed(sorted(programme.demo))
    return said


def _workload_said(workload: Workload) -> str:
    return f"{workload.name} {_listed(workload.thresholds)} {_listed(sorted(workload.aliases))}"


def _listed(values: Sequence[object]) -> str:
    return ", ".join(str(value) for value in values)


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(each.title() for each in others)


_PLAIN: Final = (
    "name",
    "currency",
    "first_day",
    "last_day",
    "minimum_seats",
    "baseline_window_days",
    "holding_days",
    "correction_window_days",
    "minimum_payout_minor",
)
