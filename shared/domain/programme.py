"""A programme: one incentive term as versioned data. Dates, workloads, milestones, sizes, rate card, windows and policies.

Everything sources disagree about is a field here and never a constant elsewhere. What would make a programme pay wrongly is found
by `programme_check`; where a programme comes from, and its JSON, is an adapter's business.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date

from shared.domain.policy import Policy


@dataclass(frozen=True, slots=True)
class Workload:
    """A product whose use is counted. `aliases` are the names the vendor's exports give it."""

    workload_id: str
    name: str
    thresholds: tuple[int, ...]
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Milestone:
    """A threshold, in percent, of one workload. Its id never changes its meaning."""

    milestone_id: str
    workload: str
    threshold: int


@dataclass(frozen=True, slots=True)
class Size:
    """A bucket of seats, both ends included, and the thresholds it opens. The largest has no upper end."""

    name: str
    min_seats: int
    max_seats: int | None
    thresholds: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Rate:
    """What one milestone pays once, in minor units of the programme's currency."""

    size: str
    workload: str
    threshold: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class HelpDesk:
    """Whom customers and partners of one country (ISO 3166, two letters) ask for help, by mail."""

    country: str
    address: str


@dataclass(frozen=True, slots=True)
class CountryRules:
    """What is different for customers of one country: the days on which nobody works there, and whether silence counts."""

    country: str
    holidays: tuple[date, ...] = ()
    answer_required: bool = False
    answer_required_of_public_sector: bool = False


@dataclass(frozen=True, slots=True)
class Programme:
    """One version of one term. `first_day` and `last_day` are both in it. `demo` names the fields whose figures are invented,
    spelt as in the definition.
    """

    programme_id: str
    version: int
    name: str
    currency: str
    first_day: date
    last_day: date
    workloads: tuple[Workload, ...]
    milestones: tuple[Milestone, ...]
    sizes: tuple[Size, ...]
    rates: tuple[Rate, ...]
    minimum_seats: int
    baseline_window_days: int
    holding_days: int
    correction_window_days: int
    minimum_payout_minor: int
    policy: Policy
    demo: tuple[str, ...]
    help: tuple[HelpDesk, ...] = ()
    countries: tuple[CountryRules, ...] = ()
    # Looked up for every customer every night, so they are built once and are no part of the value.
    _rate_of: dict[tuple[str, str, int], int] = field(init=False, repr=False, compare=False)
    _milestones_of: dict[str, tuple[Milestone, ...]] = field(init=False, repr=False, compare=False)
    _opened_by: dict[tuple[str, str], tuple[Milestone, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_workload: dict[str, tuple[Milestone, ...]] = {}
        for milestone in sorted(self.milestones, key=lambda each: each.threshold):
            by_workload[milestone.workload] = (*by_workload.get(milestone.workload, ()), milestone)
        rates = {(rate.size, rate.workload, rate.threshold): rate.amount_minor for rate in self.rates}
        object.__setattr__(self, "_milestones_of", by_workload)
        object.__setattr__(self, "_rate_of", rates)
        opened = {
            (size.name, workload): tuple(each for each in milestones if each.threshold in size.thresholds)
            for size in self.sizes
            for workload, milestones in by_workload.items()
        }
        object.__setattr__(self, "_opened_by", opened)

    def on(self, day: date) -> "Programme":  # noqa: ARG002  # A version alone is in effect on every day.
        """Itself: what has versions chooses one of them."""
        return self

    def contains(self, day: date) -> bool:
        return self.first_day <= day <= self.last_day

    def help_for(self, country: str) -> str | None:
        """The address of that country's help desk; None where it has none of its own."""
        return next((desk.address for desk in self.help if desk.country == country), None)

    def policy_for(self, country: str, *, public_sector: bool = False) -> Policy:
        """The policy as it holds for a customer of this country and sector (R-224)."""
        rules = next((each for each in self.countries if each.country == country), None)
        if rules is None:
            return self.policy
        of_sector = public_sector and rules.answer_required_of_public_sector
        is_required = self.policy.answer_required or rules.answer_required or of_sector
        own = replace(self.policy, answer_required=is_required)
        object.__setattr__(own, "holidays", rules.holidays)
        return own

    def milestones_of(self, workload: str) -> tuple[Milestone, ...]:
        """The workload's milestones, lowest threshold first; none if the programme does not know it."""
        return self._milestones_of.get(workload, ())

    def milestones_opened_by(self, size: str, workload: str) -> tuple[Milestone, ...]:
        """The workload's milestones that this size opens, lowest threshold first."""
        return self._opened_by.get((size, workload), ())

    def amount_minor(self, size: str, milestone: Milestone) -> int:
        """What the milestone pays for a customer of this size. KeyError where `check` would have found a missing rate."""
        return self._rate_of[size, milestone.workload, milestone.threshold]

    def aliases(self) -> dict[str, str]:
        """Every name of every workload, case-folded, to its id."""
        return {name.casefold(): workload.workload_id for workload in self.workloads for name in names_of(workload)}


def digest(programme: Programme) -> str:
    """SHA-256 of what the programme says. The order in which rates or workloads are listed is not part of it."""
    said = {name.name: _canonical(getattr(programme, name.name)) for name in fields(programme) if name.init}
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()


def names_of(workload: Workload) -> tuple[str, ...]:
    """Every name under which usage rows may mean this workload."""
    return (workload.workload_id, workload.name, *workload.aliases)


def _canonical(value: object) -> object:
    if isinstance(value, tuple):
        return sorted((_canonical(each) for each in value), key=str)
    if isinstance(value, Workload | Milestone | Size | Rate | HelpDesk | Policy):
        return {name: _canonical(each) for name, each in asdict(value).items()}
    return value
