"""A trial: what the next version of a programme would change for the associations that stand, before it is published.

A version judges only days to come, and nobody knows their usage. So each customer is taken as it is: its latest counts, as if
they were exported again on the first day that the version judges. What that day would earn, and what more users would still earn
afterwards, is worked out under the standing versions and under the next one, by the rules themselves. Nothing is booked, and
nothing is foretold: use may grow or fall until then.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256

from shared.domain.association import Association, holder_on, tenure_order
from shared.domain.earning import Mark, Wanted, high_water_mark, is_enrolled, wanted
from shared.domain.evaluation import PartState
from shared.domain.milestone import eligible_milestones, size_of, users_missing
from shared.domain.programme import Programme, digest
from shared.domain.programme_versions import Version, Versions
from shared.domain.usage import Snapshot, UsageHistory


class Change(StrEnum):
    """What the version changes about one milestone of one association.

    How many users a milestone asks for it cannot change: a milestone's threshold stands (R-162), and so does a tenure's mark.
    """

    EARNED_AT_ONCE = "earned_at_once"
    NO_LONGER_EARNED = "no_longer_earned"
    BECOMES_REACHABLE = "becomes_reachable"
    NO_LONGER_REACHABLE = "no_longer_reachable"
    OTHER_AMOUNT = "other_amount"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Sum:
    """So many milestones of associations, and what they pay altogether: as it stands, and by the next version; minor units.

    `users_missing` are the users that would have to come for those that are not earned on that day.
    """

    milestones: int = 0
    before_minor: int = 0
    after_minor: int = 0
    users_missing: int = 0

    def plus(self, other: "Sum") -> "Sum":
        return Sum(
            self.milestones + other.milestones,
            self.before_minor + other.before_minor,
            self.after_minor + other.after_minor,
            self.users_missing + other.users_missing,
        )


@dataclass(frozen=True, slots=True)
class Comparison:
    """The sums by kind of change, over so many standing associations whose partner is enrolled and whose usage is known."""

    associations: int = 0
    sums: Mapping[Change, Sum] = field(default_factory=dict)

    def plus(self, other: "Comparison") -> "Comparison":
        kinds = [change for change in Change if change in self.sums or change in other.sums]
        sums = {change: self.sums.get(change, Sum()).plus(other.sums.get(change, Sum())) for change in kinds}
        return Comparison(self.associations + other.associations, sums)


@dataclass(frozen=True, slots=True)
class Trial:
    """A version on trial, as it would be published; the versions before its number are what it is held against."""

    trial_id: str
    programme: Programme
    in_effect_from: date
    started_at: datetime

    def held_against(self, standing: Versions) -> tuple[Versions, Versions]:
        """The versions without and with the one on trial. Another one published meanwhile takes no part."""
        before = tuple(each for each in standing.all if each.programme.version < self.programme.version)
        return Versions(before), Versions((*before, Version(self.programme, self.in_effect_from)))


def trial_id_of(programme: Programme, in_effect_from: date, day: date) -> str:
    """The id of the trial of this definition on this day: the same again is the same trial (R-361)."""
    return sha256(f"{digest(programme)}\n{in_effect_from}\n{day}".encode()).hexdigest()[:24]


@dataclass(frozen=True, slots=True)
class _Open:
    """A milestone that so many more users would earn."""

    amount_minor: int
    users_missing: int


@dataclass(frozen=True, slots=True)
class TrialPart:
    """A trial's result in one bucket."""

    bucket: str
    state: PartState
    found: Comparison = Comparison()


type _State = Wanted | _Open | None


def compare(
    before: Versions,
    after: Versions,
    first_day: date,
    history: UsageHistory,
    tenures: Iterable[Association],
    enrolled: Collection[str],
) -> Comparison:
    """What the later versions change for the standing tenure of one customer's workload (R-360)."""
    ordered = sorted(tenures, key=tenure_order)
    tenure = holder_on(ordered, first_day)
    is_counted = tenure is not None and not tenure.is_suspended and is_enrolled(tenure, enrolled)
    if tenure is None or not is_counted or not history.snapshots:
        return Comparison()
    as_if = history.snapshots[-1]._replace(date=first_day)
    used = replace(history, snapshots=(*history.snapshots, as_if))
    was, becomes = (_states(rules, used, as_if, ordered, tenure, enrolled) for rules in (before, after))
    found = Comparison(1)
    for name in was.keys() | becomes.keys():
        one, other = was.get(name), becomes.get(name)
        pair = Sum(1, _amount(one), _amount(other), max(_users_missing(one), _users_missing(other)))
        found = found.plus(Comparison(0, {_change(one, other): pair}))
    return found


def _states(  # All that decides on earnings.
    rules: Versions,
    used: UsageHistory,
    as_if: Snapshot,
    ordered: Iterable[Association],
    tenure: Association,
    enrolled: Collection[str],
) -> dict[str, _State]:
    """Every milestone that is not earned already, by id: earned on that day, open, or None while nothing earns it."""
    earned = {each.milestone_id: each for each in wanted(rules, used, ordered, enrolled)}
    settled = {name for name, each in earned.items() if each.snapshot_date < as_if.date}
    open_ = _open_milestones(rules.on(as_if.date), used.workload, as_if, high_water_mark(rules, used, tenure.submitted_at))
    names = [each.milestone_id for each in rules.milestones_of(used.workload)]
    return {name: earned.get(name, open_.get(name)) for name in names if name not in settled}


def _open_milestones(programme: Programme, workload: str, as_if: Snapshot, mark: Mark | None) -> dict[str, _Open]:
    size = size_of(programme, as_if.pau)
    if size is None or as_if.pau < programme.minimum_seats or not programme.contains(as_if.date):
        return {}
    above = mark.mau if mark is not None else None
    return {
        each.milestone_id: _Open(
            programme.amount_minor(size.name, each), users_missing(each.threshold, as_if.mau, as_if.pau, above)
        )
        for each in eligible_milestones(programme, workload, size)
    }


def _change(was: _State, becomes: _State) -> Change:
    if isinstance(becomes, Wanted) and not isinstance(was, Wanted):
        return Change.EARNED_AT_ONCE
    if isinstance(was, Wanted) and not isinstance(becomes, Wanted):
        return Change.NO_LONGER_EARNED
    if was is None and becomes is not None:
        return Change.BECOMES_REACHABLE
    if becomes is None and was is not None:
        return Change.NO_LONGER_REACHABLE
    return Change.UNCHANGED if _amount(was) == _amount(becomes) else Change.OTHER_AMOUNT


def _amount(state: _State) -> int:
    return 0 if state is None else state.amount_minor


def _users_missing(state: _State) -> int:
    return state.users_missing if isinstance(state, _Open) else 0
