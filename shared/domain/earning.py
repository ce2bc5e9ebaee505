"""What has been earned: a pure function of programme, usage history and tenures. Nothing is remembered between two evaluations.

Guarantees that a milestone of (programme, customer, workload) is earned once, by the tenure to which the reaching snapshot's day
belongs, and only by growth. How this meets what is already booked is `ledger`'s business; why something is not earned is
`explain`'s.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from shared.domain.association import Association, holder_on, tenure_order
from shared.domain.milestone import eligible_milestones, is_reached, size_of
from shared.domain.programme import Milestone
from shared.domain.programme_versions import Rules
from shared.domain.usage import UsageHistory

EVERYBODY: Final = None
"""No list of enrolled partners: everybody counts as enrolled."""

_NOTHING: Final[Sequence[Milestone]] = ()


class Mark(NamedTuple):
    """A tenure's high-water mark: only MAU above `mau` is growth.

    `known_from` is None where there was a baseline before submission; otherwise it is the date of the first snapshot afterwards,
    which is the baseline. That one cannot earn: its own MAU is part of the mark.
    """

    mau: int
    known_from: date | None


class Wanted(NamedTuple):
    """One milestone earned, with its evidence: the snapshot that reached it, the size then, and the mark it rose above."""

    programme_id: str
    milestone_id: str
    threshold: int
    claim_id: str
    partner_id: str
    amount_minor: int
    currency: str
    snapshot_date: date
    mau: int
    seats: int
    size: str
    baseline: int


def wanted(
    rules: Rules,
    history: UsageHistory,
    tenures: Iterable[Association],
    enrolled: Collection[str] | None = EVERYBODY,
) -> tuple[Wanted, ...]:
    """What has been earned of this workload, in the order in which it was reached.

    Each snapshot is judged by the version of the programme that was in effect on its date (R-161).
    `history` is the full usage history, `tenures` all tenures of the same (customer, workload), in any order. `enrolled` holds
    the partners that were enrolled in the programme at any time of its term; leaving it takes nothing back.
    """
    milestones = rules.milestones_of(history.workload)
    ordered = sorted(tenures, key=tenure_order)
    if not ordered or not milestones or history.peak < milestones[0].threshold:
        return ()
    earned: list[Wanted] = []
    begun = ordered[0].active_from.date()
    marks: dict[datetime, Mark | None] = {}
    programme, seats, size, still_open = None, -1, None, _NOTHING
    for day, mau, pau, _ in history.snapshots:
        if day < begun:
            continue  # Nobody held it yet.
        # What is still open is worked out anew when seats change: a comparison or two are then enough for most days.
        if pau != seats or rules.on(day) is not programme:
            programme, seats = rules.on(day), pau
            size = size_of(programme, seats) if seats >= programme.minimum_seats else None
            eligible, got = eligible_milestones(programme, history.workload, size), {each.milestone_id for each in earned}
            still_open = [each for each in eligible if each.milestone_id not in got]
        if size is None or not still_open or not is_reached(still_open[0].threshold, mau, seats) or not programme.contains(day):
            continue
        holder = holder_on(ordered, day)
        if holder is None or holder.is_suspended_on(day) or not is_enrolled(holder, enrolled):
            continue
        if holder.submitted_at not in marks:
            marks[holder.submitted_at] = high_water_mark(rules, history, holder.submitted_at)
        mark = marks[holder.submitted_at]
        if mark is None or mau <= mark.mau:
            continue
        while still_open and is_reached(still_open[0].threshold, mau, seats):
            milestone, *still_open = still_open
            earned.append(
                Wanted(
                    programme_id=programme.programme_id,
                    milestone_id=milestone.milestone_id,
                    threshold=milestone.threshold,
                    claim_id=holder.claim_id,
                    partner_id=holder.partner_id,
                    amount_minor=programme.amount_minor(size.name, milestone),
                    currency=programme.currency,
                    snapshot_date=day,
                    mau=mau,
                    seats=seats,
                    size=size.name,
                    baseline=mark.mau,
                )
            )
    return tuple(earned)


def high_water_mark(rules: Rules, history: UsageHistory, submitted_at: datetime) -> Mark | None:
    """The mark of a claim submitted then, or None while it is unknown.

    It is the highest MAU dated before the day of submission; later snapshots never move it. Where the last days before that day
    (the baseline window of the programme as it was then) hold no snapshot, the mark is unknown, not zero: the first snapshot from
    that day on becomes the baseline. The mark is then the higher of that and whatever older use is known, so that use regained is
    not growth.
    """
    submitted = submitted_at.date()
    window_opens = submitted - timedelta(days=rules.on(submitted).baseline_window_days)
    highest = 0
    has_baseline = False
    for day, mau, _, _ in history.snapshots:
        if day < submitted:
            highest = max(highest, mau)
            has_baseline = has_baseline or day >= window_opens
        elif has_baseline:
            break
        else:
            return Mark(max(highest, mau), known_from=day)
    return Mark(highest, known_from=None) if has_baseline else None


def is_enrolled(tenure: Association, enrolled: Collection[str] | None) -> bool:
    return enrolled is None or tenure.partner_id in enrolled
