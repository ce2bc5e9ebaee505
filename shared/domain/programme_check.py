"""What is wrong with a programme: everything that would make it pay wrongly, or not at all, found before it is published.

It says what and where, all of it at once, and repairs nothing.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Final

from shared.domain.errors import DomainError
from shared.domain.programme import Programme, names_of

_IDENTIFIER: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LARGEST_AMOUNT: Final = 10**12
_LONGEST_WINDOW: Final = 3_660
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
# Narrower than what mail allows: it is shown in mails and on pages, and made a link there.
_ADDRESS: Final = re.compile(r"[a-z0-9._+-]{1,64}@[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+")


class FaultCode(StrEnum):
    """What can be wrong with a programme."""

    UNREADABLE = "unreadable"
    UNKNOWN_FIELD = "unknown_field"
    MISSING_FIELD = "missing_field"
    WRONG_TYPE = "wrong_type"
    MALFORMED_ID = "malformed_id"
    MALFORMED_CURRENCY = "malformed_currency"
    MALFORMED_COUNTRY = "malformed_country"
    MALFORMED_ADDRESS = "malformed_address"
    TERM_REVERSED = "term_reversed"
    OUT_OF_RANGE = "out_of_range"
    DUPLICATE = "duplicate"
    UNKNOWN_WORKLOAD = "unknown_workload"
    UNKNOWN_SIZE = "unknown_size"
    THRESHOLD_MISMATCH = "threshold_mismatch"
    MISSING_MILESTONE = "missing_milestone"
    SIZES_GAP = "sizes_gap"
    SIZES_OVERLAP = "sizes_overlap"
    SIZES_BOUNDED = "sizes_bounded"
    MISSING_RATE = "missing_rate"
    UNORDERED = "unordered"
    TOO_SOON = "too_soon"
    CHANGED = "changed"
    REMOVED = "removed"


SENTENCES: Final = {
    FaultCode.UNREADABLE: "This is not one JSON object.",
    FaultCode.UNKNOWN_FIELD: "There is no field of this name.",
    FaultCode.MISSING_FIELD: "This field is missing.",
    FaultCode.WRONG_TYPE: "This is not of the kind that belongs here.",
    FaultCode.MALFORMED_ID: "An id has lower case letters, digits and single hyphens.",
    FaultCode.MALFORMED_CURRENCY: "A currency is its ISO 4217 code, three capitals.",
    FaultCode.MALFORMED_COUNTRY: "A country is its ISO 3166 code, two capitals.",
    FaultCode.MALFORMED_ADDRESS: "This is not a mail address as we print it.",
    FaultCode.TERM_REVERSED: "The term ends before it begins.",
    FaultCode.OUT_OF_RANGE: "The figure is out of range here.",
    FaultCode.DUPLICATE: "This is said twice.",
    FaultCode.UNKNOWN_WORKLOAD: "There is no workload of this id.",
    FaultCode.UNKNOWN_SIZE: "There is no size of this name.",
    FaultCode.THRESHOLD_MISMATCH: "The workload or the size does not have this threshold.",
    FaultCode.MISSING_MILESTONE: "The workload has this threshold, and no milestone has.",
    FaultCode.SIZES_GAP: "Some numbers of seats below are in no size.",
    FaultCode.SIZES_OVERLAP: "Some numbers of seats are in two sizes.",
    FaultCode.SIZES_BOUNDED: "The largest size has no upper end.",
    FaultCode.MISSING_RATE: "There is no rate for it.",
    FaultCode.UNORDERED: "Thresholds ascend, each once.",
    FaultCode.TOO_SOON: "It is published too late for this day: 24 hours pass, and whole days follow.",
    FaultCode.CHANGED: "Its meaning was published before and cannot change.",
    FaultCode.REMOVED: "It was published before, and claims may stand for it; leave it without thresholds instead.",
}
"""What is wrong, for whoever wrote the programme."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong, and where: a path such as `sizes.M`."""

    code: FaultCode
    where: str


class FaultyProgramme(DomainError):
    """A programme that must not be published; `faults` lists everything wrong with it, not only the first."""

    code = "faulty_programme"

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("The programme is faulty: " + "; ".join(f"{fault.code} at {fault.where}" for fault in self.faults))


def check(programme: Programme) -> tuple[Fault, ...]:
    """Everything that would make this programme pay wrongly, or nothing."""
    return tuple(Fault(code, where) for part in _PARTS for code, where in part(programme))


type _Faults = Iterator[tuple[FaultCode, str]]


def _check_head(programme: Programme) -> _Faults:
    if not _IDENTIFIER.fullmatch(programme.programme_id):
        yield FaultCode.MALFORMED_ID, "programme_id"
    if not _CURRENCY.fullmatch(programme.currency):
        yield FaultCode.MALFORMED_CURRENCY, "currency"
    if programme.last_day < programme.first_day:
        yield FaultCode.TERM_REVERSED, "last_day"
    if programme.version < 1:
        yield FaultCode.OUT_OF_RANGE, "version"
    for name in ("minimum_seats", "minimum_payout_minor"):
        if not 0 <= getattr(programme, name) <= _LARGEST_AMOUNT:
            yield FaultCode.OUT_OF_RANGE, name
    for name in ("baseline_window_days", "holding_days", "correction_window_days"):
        if not 0 <= getattr(programme, name) <= _LONGEST_WINDOW:
            yield FaultCode.OUT_OF_RANGE, name


def _check_names(programme: Programme) -> _Faults:
    for workload in programme.workloads:
        if not _IDENTIFIER.fullmatch(workload.workload_id):
            yield FaultCode.MALFORMED_ID, f"workloads.{workload.workload_id}"
    for milestone in programme.milestones:
        if not _IDENTIFIER.fullmatch(milestone.milestone_id):
            yield FaultCode.MALFORMED_ID, f"milestones.{milestone.milestone_id}"
    yield from _twice("workloads", (workload.workload_id for workload in programme.workloads))
    yield from _twice("milestones", (milestone.milestone_id for milestone in programme.milestones))
    yield from _twice("milestones", (f"{each.workload}:{each.threshold}" for each in programme.milestones))
    yield from _twice("sizes", (size.name for size in programme.sizes))
    yield from _twice("rates", (f"{rate.size}:{rate.workload}:{rate.threshold}" for rate in programme.rates))
    yield from _twice("aliases", (name for each in programme.workloads for name in {n.casefold() for n in names_of(each)}))


def _check_help(programme: Programme) -> _Faults:
    for desk in programme.help:
        if not _COUNTRY.fullmatch(desk.country):
            yield FaultCode.MALFORMED_COUNTRY, f"help.{desk.country}"
        if not _ADDRESS.fullmatch(desk.address):
            yield FaultCode.MALFORMED_ADDRESS, f"help.{desk.country}"
    yield from _twice("help", (desk.country for desk in programme.help))


def _check_countries(programme: Programme) -> _Faults:
    for rules in programme.countries:
        if not _COUNTRY.fullmatch(rules.country):
            yield FaultCode.MALFORMED_COUNTRY, f"countries.{rules.country}"
    yield from _twice("countries", (rules.country for rules in programme.countries))


def _check_milestones(programme: Programme) -> _Faults:
    allowed = {workload.workload_id: workload.thresholds for workload in programme.workloads}
    for milestone in programme.milestones:
        if milestone.workload not in allowed:
            yield FaultCode.UNKNOWN_WORKLOAD, f"milestones.{milestone.milestone_id}"
        elif milestone.threshold not in allowed[milestone.workload]:
            yield FaultCode.THRESHOLD_MISMATCH, f"milestones.{milestone.milestone_id}"
    have = {(milestone.workload, milestone.threshold) for milestone in programme.milestones}
    for workload in programme.workloads:
        yield from _check_thresholds(f"workloads.{workload.workload_id}", workload.thresholds)
        for threshold in workload.thresholds:
            if (workload.workload_id, threshold) not in have:
                yield FaultCode.MISSING_MILESTONE, f"workloads.{workload.workload_id}.{threshold}"


def _check_sizes(programme: Programme) -> _Faults:
    for size in programme.sizes:
        yield from _check_thresholds(f"sizes.{size.name}", size.thresholds)
        if size.min_seats < 1 or (size.max_seats is not None and size.max_seats < size.min_seats):
            yield FaultCode.OUT_OF_RANGE, f"sizes.{size.name}"
    if not programme.sizes or programme.sizes[-1].max_seats is not None:
        yield FaultCode.SIZES_BOUNDED, "sizes"
    for below, above in zip(programme.sizes, programme.sizes[1:], strict=False):
        if below.max_seats is None or above.min_seats <= below.max_seats:
            yield FaultCode.SIZES_OVERLAP, f"sizes.{above.name}"
        elif above.min_seats > below.max_seats + 1:
            yield FaultCode.SIZES_GAP, f"sizes.{above.name}"


def _check_rates(programme: Programme) -> _Faults:
    workloads = {workload.workload_id: workload for workload in programme.workloads}
    sizes = {size.name: size for size in programme.sizes}
    for rate in programme.rates:
        where = f"rates.{rate.size}.{rate.workload}.{rate.threshold}"
        if rate.size not in sizes:
            yield FaultCode.UNKNOWN_SIZE, where
        elif rate.workload not in workloads:
            yield FaultCode.UNKNOWN_WORKLOAD, where
        elif rate.threshold not in workloads[rate.workload].thresholds or rate.threshold not in sizes[rate.size].thresholds:
            yield FaultCode.THRESHOLD_MISMATCH, where
        if not 1 <= rate.amount_minor <= _LARGEST_AMOUNT:
            yield FaultCode.OUT_OF_RANGE, where
    rated = {(rate.size, rate.workload, rate.threshold) for rate in programme.rates}
    for size in programme.sizes:
        for workload in programme.workloads:
            for threshold in workload.thresholds:
                if threshold in size.thresholds and (size.name, workload.workload_id, threshold) not in rated:
                    yield FaultCode.MISSING_RATE, f"rates.{size.name}.{workload.workload_id}.{threshold}"


def _check_policy(programme: Programme) -> _Faults:
    policy = programme.policy
    for each in fields(policy):
        figure = getattr(policy, each.name)
        longest = _LARGEST_AMOUNT if each.name == "poe_max_bytes" else _LONGEST_WINDOW
        if isinstance(figure, int) and not isinstance(figure, bool) and not 1 <= figure <= longest:
            yield FaultCode.OUT_OF_RANGE, f"policy.{each.name}"
    for each in fields(policy.limits):
        if not 1 <= getattr(policy.limits, each.name) <= _LARGEST_AMOUNT:
            yield FaultCode.OUT_OF_RANGE, f"policy.limits.{each.name}"
    # Silence counts only after a reminder, so a window that ends before its reminder could never close in silence.
    reminders = policy.reminders_after_days
    if policy.reminder_after_days >= policy.consent_window_days:
        yield FaultCode.OUT_OF_RANGE, "policy.reminder_after_days"
    if list(reminders) != sorted(set(reminders)) or reminders[-1] > _LONGEST_WINDOW:
        yield FaultCode.OUT_OF_RANGE, "policy.further_reminders_after_days"
    # Whoever comes back may still need the people whom the claim asked.
    if policy.contact_retention_days <= max(policy.reopen_days, policy.dispute_days):
        yield FaultCode.OUT_OF_RANGE, "policy.contact_retention_days"
    if any(not 1 <= warning < policy.action_business_days for warning in policy.action_warnings_business_days):
        yield FaultCode.OUT_OF_RANGE, "policy.action_warnings_business_days"


def _check_thresholds(where: str, thresholds: tuple[int, ...]) -> _Faults:
    if any(not 1 <= threshold <= 100 for threshold in thresholds):
        yield FaultCode.OUT_OF_RANGE, where
    if list(thresholds) != sorted(set(thresholds)):
        yield FaultCode.UNORDERED, where


def _twice(where: str, names: Iterable[str]) -> _Faults:
    return ((FaultCode.DUPLICATE, f"{where}.{name}") for name, count in Counter(names).items() if count > 1)


_PARTS: Final = (
    _check_head,
    _check_names,
    _check_help,
    _check_countries,
    _check_milestones,
    _check_sizes,
    _check_rates,
    _check_policy,
)
