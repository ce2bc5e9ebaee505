"""What should be paid, worked out the slow way: an independent model to hold the engine against.

It shares the values with the product and none of its logic: exact fractions instead of integer products, each day by itself
instead of a walk that remembers, every export ever seen instead of a merged history. `net_of` adds up what a ledger says.
"""

from collections.abc import Collection, Iterable
from datetime import date, timedelta
from fractions import Fraction

from shared.domain.association import Association
from shared.domain.ledger import Entry
from shared.domain.programme import Programme
from shared.domain.programme_versions import Rules
from shared.domain.usage import Snapshot

type Paid = tuple[str, str, int]
"""Claim, partner and amount in minor units."""


def expected(
    rules: Rules,
    workload: str,
    exports: Iterable[Snapshot],
    tenures: Iterable[Association],
    enrolled: Collection[str] | None = None,
) -> dict[str, Paid]:
    """Who is owed what for each milestone of the workload, given everything ever exported, in any order.

    `enrolled` are the partners that ever took part in the programme; None is everybody.
    """
    counted = _counted(rules, exports)
    held = list(tenures)
    owed: dict[str, Paid] = {}
    for day in sorted(counted):
        programme = _judging(rules, day)
        tenure = _holder(held, day)
        if not programme.first_day <= day <= programme.last_day or tenure is None:
            continue
        if enrolled is not None and tenure.partner_id not in enrolled:
            continue
        if any(each.since.date() <= day <= (each.until.date() if each.until else date.max) for each in tenure.suspensions):
            continue
        window = _judging(rules, tenure.submitted_at.date()).baseline_window_days
        if not _grew(counted, tenure, day, window):
            continue
        for milestone in programme.milestones:
            amount = _amount(programme, milestone.threshold, workload, counted[day])
            if milestone.workload == workload and milestone.milestone_id not in owed and amount is not None:
                owed[milestone.milestone_id] = (tenure.claim_id, tenure.partner_id, amount)
    return owed


def net_of(entries: Iterable[Entry]) -> dict[str, Paid]:
    """What a ledger pays for each milestone when all its entries are added up; entries that cancel out leave nothing."""
    sums: dict[tuple[str, str, str], int] = {}
    for entry in entries:
        key = entry.milestone_id, entry.claim_id, entry.partner_id
        sums[key] = sums.get(key, 0) + entry.amount_minor
    return {milestone: (claim, partner, amount) for (milestone, claim, partner), amount in sums.items() if amount}


def _judging(rules: Rules, day: date) -> Programme:
    if isinstance(rules, Programme):
        return rules
    in_effect = [each.programme for each in rules.all if each.in_effect_from <= day]
    return max(in_effect, key=lambda each: each.version) if in_effect else rules.all[0].programme


def _counted(rules: Rules, exports: Iterable[Snapshot]) -> dict[date, Snapshot]:
    by_day: dict[date, list[Snapshot]] = {}
    for snapshot in exports:
        if (snapshot.rank.exported_at.date() - snapshot.date).days <= _judging(rules, snapshot.date).correction_window_days:
            by_day.setdefault(snapshot.date, []).append(snapshot)
    return {
        day: max(rivals, key=lambda each: (each.rank.exported_at, each.rank.file_hash, -each.mau, each.pau))
        for day, rivals in by_day.items()
    }


def _holder(tenures: list[Association], day: date) -> Association | None:
    theirs = [t for t in tenures if t.active_from.date() <= day <= (t.ended_at.date() if t.ended_at else date.max)]
    return min(theirs, key=lambda each: (each.active_from, each.claim_id)) if theirs else None


def _grew(counted: dict[date, Snapshot], tenure: Association, day: date, window: int) -> bool:
    submitted = tenure.submitted_at.date()
    before = [snapshot.mau for snapped, snapshot in counted.items() if snapped < submitted]
    recent = [snapped for snapped in counted if timedelta(0) < submitted - snapped <= timedelta(days=window)]
    if not recent:
        first = min((snapped for snapped in counted if snapped >= submitted), default=date.max)
        if day <= first:
            return False
        before.append(counted[first].mau)
    return counted[day].mau > max(before)


def _amount(programme: Programme, threshold: int, workload: str, snapshot: Snapshot | None) -> int | None:
    if snapshot is None or snapshot.pau < max(1, programme.minimum_seats):
        return None
    if Fraction(snapshot.mau, snapshot.pau) < Fraction(threshold, 100):
        return None
    sizes = [each.name for each in programme.sizes if each.min_seats <= snapshot.pau <= (each.max_seats or snapshot.pau)]
    amounts = [
        r.amount_minor for r in programme.rates if [r.size] == sizes and (r.workload, r.threshold) == (workload, threshold)
    ]
    return amounts[0] if amounts else None
