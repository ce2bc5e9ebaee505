"""What a partner could still earn, and what its work has led to: pure views of one tenure, its usage and the programme.

They tell nothing that the partner may not see: counts of its own tenure's days and its own mark, never another's.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from shared.domain.association import Association, holder_on, tenure_order
from shared.domain.earning import EVERYBODY, high_water_mark
from shared.domain.explain import Reason, explain
from shared.domain.milestone import size_of
from shared.domain.programme_versions import Versions
from shared.domain.usage import Snapshot, UsageHistory

TREND: Final = timedelta(days=92)
"""How far back the recent trend looks: a quarter holds three months' rows, and a reorganisation a year ago says nothing."""


@dataclass(frozen=True, slots=True)
class Opportunity:
    """The next milestone of one tenure: so many more users, at the latest seats, would earn so much.

    `expected_on` is when the recent trend gets there; None while use does not grow, or would come only after the term.
    """

    programme_id: str
    milestone_id: str
    threshold: int
    reason: Reason
    size: str
    baseline: int | None
    latest: Snapshot
    users_missing: int
    amount_minor: int
    currency: str
    expected_on: date | None


@dataclass(frozen=True, slots=True)
class Impact:
    """What became of use in one tenure: from its mark, the highest MAU before the claim, to the latest snapshot.

    `baseline` is None while it is unknown; then nothing can be said of growth either.
    """

    baseline: int | None
    first: Snapshot
    latest: Snapshot
    highest_mau: int

    @property
    def users_gained(self) -> int | None:
        """More active users than ever before the claim; below zero where there are fewer."""
        return None if self.baseline is None else self.latest.mau - self.baseline


def own_snapshots(history: UsageHistory, tenures: Iterable[Association], tenure: Association) -> tuple[Snapshot, ...]:
    """The snapshots whose days are this tenure's (R-52, R-53): all that its partner may see."""
    ordered = sorted(tenures, key=tenure_order)
    return tuple(each for each in history.snapshots if holder_on(ordered, each.date) == tenure)


def next_opportunity(
    versions: Versions,
    history: UsageHistory,
    tenures: Collection[Association],
    tenure: Association,
    today: date,
    enrolled: Collection[str] | None = EVERYBODY,
) -> Opportunity | None:
    """The lowest milestone that more users would still earn for this tenure, in a term that has not ended (R-194)."""
    programme = versions.on(today)
    if not tenure.is_standing or tenure.is_suspended or not programme.contains(today):
        return None
    mine = [each for each in own_snapshots(history, tenures, tenure) if versions.on(each.date).contains(each.date)]
    mark = high_water_mark(versions, history, tenure.submitted_at)
    for told in explain(versions, history, tenures, tenure, enrolled):
        if told.reason is None or not told.users_missing or told.potential_minor is None:
            continue
        latest = mine[-1]
        size = size_of(versions.on(latest.date), latest.pau)
        expected_on = expected_date(mine, told.users_missing, today)
        return Opportunity(
            programme_id=versions.programme_id,
            milestone_id=told.milestone_id,
            threshold=told.threshold,
            reason=told.reason,
            size=size.name if size is not None else "",
            baseline=mark.mau if mark is not None else None,
            latest=latest,
            users_missing=told.users_missing,
            amount_minor=told.potential_minor,
            currency=programme.currency,
            expected_on=expected_on if expected_on is not None and programme.contains(expected_on) else None,
        )
    return None


def expected_date(snapshots: Sequence[Snapshot], users_missing: int, today: date) -> date | None:
    """When so many more users are there if use goes on to grow as it did lately (R-195); None where it did not grow.

    The trend is the straight line from the first to the last snapshot of the last quarter; a day that is reached in part counts
    whole. What should have come already is expected today.
    """
    latest = snapshots[-1]
    first = next(each for each in snapshots if latest.date - each.date <= TREND)
    days, gained = (latest.date - first.date).days, latest.mau - first.mau
    if gained <= 0:
        return None
    wait = -(-users_missing * days // gained)
    return max(today, latest.date + timedelta(days=wait)) if wait <= (date.max - latest.date).days else None


def by_value(opportunity: Opportunity) -> tuple[str, int, date, str]:
    """The order in which opportunities are shown (R-196): by currency, the most money first, then the soonest."""
    return opportunity.currency, -opportunity.amount_minor, opportunity.expected_on or date.max, opportunity.milestone_id


def impact(versions: Versions, history: UsageHistory, tenures: Iterable[Association], tenure: Association) -> Impact | None:
    """What the tenure did to use (R-198); None while no snapshot tells of it."""
    mine = own_snapshots(history, tenures, tenure)
    if not mine:
        return None
    mark = high_water_mark(versions, history, tenure.submitted_at)
    return Impact(mark.mau if mark is not None else None, mine[0], mine[-1], max(each.mau for each in mine))


def usage_hundredths(snapshot: Snapshot) -> int | None:
    """Usage in hundredths of a percent, never rounded up; None without seats."""
    return snapshot.mau * 10_000 // snapshot.pau if snapshot.pau else None
