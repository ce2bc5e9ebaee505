"""Why a milestone is earned or not, for one tenure: a reason a person understands, and what is missing.

It says nothing of another partner: not who earned a milestone, nor when, nor any count from outside the tenure but its own mark.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from shared.domain.association import Association, holder_on, tenure_order
from shared.domain.earning import EVERYBODY, Mark, Wanted, high_water_mark, is_enrolled, wanted
from shared.domain.milestone import eligible_milestones, is_reached, size_of, users_missing
from shared.domain.programme import Milestone, Programme
from shared.domain.programme_versions import Rules
from shared.domain.usage import Snapshot, UsageHistory


class Reason(StrEnum):
    """Why a milestone is not earned by this tenure."""

    NOT_ENROLLED = "not_enrolled"
    EARNED_BY_HOLDER_OF_THAT_TIME = "earned_by_holder_of_that_time"
    OUTSIDE_TERM = "outside_term"
    BEFORE_ASSOCIATION = "before_association"
    NO_USAGE = "no_usage"
    BELOW_MINIMUM_SEATS = "below_minimum_seats"
    CONSENT_SUSPENDED = "consent_suspended"
    NOT_FOR_THIS_SIZE = "not_for_this_size"
    BASELINE_ONLY = "baseline_only"
    NO_GROWTH = "no_growth"
    THRESHOLD_NOT_REACHED = "threshold_not_reached"


@dataclass(frozen=True, slots=True)
class Explanation:
    """One milestone as this tenure sees it: `earned`, or a `reason`.

    `snapshot_date` is the day the reason speaks of. `users_missing` counts the users that would earn it at today's seats, and
    `potential_minor` what it would then pay; both are None where more users would not help. No user is missing where the latest
    count would earn it but for a suspension that has ended: the next such count does.
    """

    milestone_id: str
    threshold: int
    earned: Wanted | None = None
    reason: Reason | None = None
    snapshot_date: date | None = None
    users_missing: int | None = None
    potential_minor: int | None = None


def explain(
    rules: Rules,
    history: UsageHistory,
    tenures: Iterable[Association],
    tenure: Association,
    enrolled: Collection[str] | None = EVERYBODY,
) -> tuple[Explanation, ...]:
    """Every milestone of the workload, lowest first, as `tenure` (one of `tenures`) sees it."""
    ordered = sorted(tenures, key=tenure_order)
    earned = {each.milestone_id: each for each in wanted(rules, history, ordered, enrolled)}
    mine = tuple(each for each in history.snapshots if holder_on(ordered, each.date) == tenure)
    mark = high_water_mark(rules, history, tenure.submitted_at)
    explanations = []
    for milestone in rules.milestones_of(history.workload):
        want = earned.get(milestone.milestone_id)
        if want is not None and want.claim_id == tenure.claim_id:
            explanations.append(Explanation(milestone.milestone_id, milestone.threshold, earned=want))
        elif want is not None:
            reason = Reason.EARNED_BY_HOLDER_OF_THAT_TIME
            explanations.append(Explanation(milestone.milestone_id, milestone.threshold, reason=reason))
        elif not is_enrolled(tenure, enrolled):
            explanations.append(Explanation(milestone.milestone_id, milestone.threshold, reason=Reason.NOT_ENROLLED))
        else:
            explanations.append(_not_earned(rules, milestone, history, mine, tenure, mark))
    return tuple(explanations)


def _not_earned(
    rules: Rules,
    milestone: Milestone,
    history: UsageHistory,
    mine: tuple[Snapshot, ...],
    tenure: Association,
    mark: Mark | None,
) -> Explanation:
    def because(reason: Reason, snapshot: Snapshot | None = None) -> Explanation:
        day = snapshot.date if snapshot is not None else None
        return Explanation(milestone.milestone_id, milestone.threshold, reason=reason, snapshot_date=day)

    in_term = [snapshot for snapshot in mine if rules.on(snapshot.date).contains(snapshot.date)]
    reaching = [snapshot for snapshot in in_term if _reaches(milestone, snapshot)]
    if not reaching:
        outside = [each for each in mine if not rules.on(each.date).contains(each.date) and _reaches(milestone, each)]
        if outside and (not in_term or outside[-1].date > rules.on(outside[-1].date).last_day):
            return because(Reason.OUTSIDE_TERM, outside[-1])
        earlier = [each for each in history.snapshots if each.date < tenure.active_from.date() and _reaches(milestone, each)]
        if earlier and not in_term:
            return because(Reason.BEFORE_ASSOCIATION)
    if not in_term:
        return because(Reason.NO_USAGE)
    # The newest snapshot that reached it tells best what was in the way; if none did, the newest tells how far it is.
    speaking = reaching[-1] if reaching else in_term[-1]
    reason = _in_the_way(rules, milestone, history, speaking, tenure, mark)
    if tenure.is_suspended:
        return because(reason, speaking)
    latest = in_term[-1]
    potential_minor = _potential(rules.on(latest.date), milestone, latest)
    if potential_minor is None:
        return because(reason, speaking)
    missing = users_missing(milestone.threshold, latest.mau, latest.pau, mark.mau if mark is not None else None)
    return replace(because(reason, speaking), users_missing=missing, potential_minor=potential_minor)


def _in_the_way(
    rules: Rules, milestone: Milestone, history: UsageHistory, speaking: Snapshot, tenure: Association, mark: Mark | None
) -> Reason:
    """Why this snapshot of the term did not earn it."""
    programme, is_reaching = rules.on(speaking.date), _reaches(milestone, speaking)
    if tenure.is_suspended or (is_reaching and not tenure.accrues_on(speaking.date)):
        return Reason.CONSENT_SUSPENDED
    size = size_of(programme, speaking.pau)
    if speaking.pau < programme.minimum_seats or size is None:
        return Reason.BELOW_MINIMUM_SEATS
    if milestone not in eligible_milestones(programme, history.workload, size):
        return Reason.NOT_FOR_THIS_SIZE
    if not is_reaching:
        return Reason.THRESHOLD_NOT_REACHED
    return Reason.BASELINE_ONLY if mark is None or speaking.date == mark.known_from else Reason.NO_GROWTH


def _reaches(milestone: Milestone, snapshot: Snapshot) -> bool:
    return is_reached(milestone.threshold, snapshot.mau, snapshot.pau)


def _potential(programme: Programme, milestone: Milestone, snapshot: Snapshot) -> int | None:
    """What it would pay at these seats; None where no number of users would earn it."""
    size = size_of(programme, snapshot.pau)
    if size is None or snapshot.pau < programme.minimum_seats:
        return None
    if milestone not in eligible_milestones(programme, milestone.workload, size):
        return None
    return programme.amount_minor(size.name, milestone)
