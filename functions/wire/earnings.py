"""Explanations on the wire: why a milestone is earned or not."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final, NamedTuple, Self

from functions.wire import Wire
from functions.wire.money import MoneyOut
from shared.domain.explain import Explanation, Reason
from shared.domain.programme import Programme
from shared.usecases.earnings import ExplainedProgramme


class Why(NamedTuple):
    """The number of the rule behind a reason, as `docs/rules.md` has it, and what it says to a person."""

    rule: str
    message: str


REASONS: Final[Mapping[Reason, Why]] = {
    Reason.NOT_ENROLLED: Why("R-59", "You are not enrolled in this programme."),
    Reason.EARNED_BY_HOLDER_OF_THAT_TIME: Why("R-50", "The milestone was reached in the time of another association."),
    Reason.OUTSIDE_TERM: Why("R-51", "The milestone was reached on a day outside the programme's term."),
    Reason.BEFORE_ASSOCIATION: Why("R-52", "The milestone was reached before your association began."),
    Reason.NO_USAGE: Why("R-52", "No usage was reported for the time of your association within the term."),
    Reason.BELOW_MINIMUM_SEATS: Why("R-58", "The customer had fewer seats than the programme asks for."),
    Reason.CONSENT_SUSPENDED: Why(
        "R-221", "A mail to the customer came back, so its silence did not count that day; a click mends it."
    ),
    Reason.NOT_FOR_THIS_SIZE: Why("R-49", "The programme opens this milestone for larger customers only."),
    Reason.BASELINE_ONLY: Why("R-55", "The usage that reached it is the baseline; only growth above it counts."),
    Reason.NO_GROWTH: Why("R-54", "The usage is not above the highest before your claim; only growth counts."),
    Reason.THRESHOLD_NOT_REACHED: Why("R-47", "The usage has not reached the milestone's threshold yet."),
}
"""Why a milestone is not earned."""


class MilestoneOut(Wire):
    """One milestone as the association sees it: earned, or why not, by which rule, and how many users would earn what."""

    milestone: str
    threshold: int
    earned: bool
    reached_on: date | None
    amount: MoneyOut | None
    mau: int | None
    seats: int | None
    size: str | None
    baseline: int | None
    reason_code: Reason | None
    rule: str | None
    message: str | None
    users_missing: int | None
    potential: MoneyOut | None

    @classmethod
    def of(cls, told: Explanation, programme: Programme) -> Self:
        earned, potential = told.earned, told.potential_minor
        why = REASONS[told.reason] if told.reason else None
        return cls(
            milestone=told.milestone_id,
            threshold=told.threshold,
            earned=earned is not None,
            reached_on=earned.snapshot_date if earned else told.snapshot_date,
            amount=MoneyOut(amount_minor=earned.amount_minor, currency=earned.currency) if earned else None,
            mau=earned.mau if earned else None,
            seats=earned.seats if earned else None,
            size=earned.size if earned else None,
            baseline=earned.baseline if earned else None,
            reason_code=told.reason,
            rule=why.rule if why else None,
            message=why.message if why else None,
            users_missing=told.users_missing,
            potential=None if potential is None else MoneyOut(amount_minor=potential, currency=programme.currency),
        )


class ExplainedProgrammeOut(Wire):
    programme_id: str
    name: str
    milestones: list[MilestoneOut]


class ExplanationOut(Wire):
    """Every milestone of every programme that concerns the association."""

    association_id: str
    value: list[ExplainedProgrammeOut]

    @classmethod
    def of(cls, association_id: str, explained: Iterable[ExplainedProgramme]) -> Self:
        return cls(
            association_id=association_id,
            value=[
                ExplainedProgrammeOut(
                    programme_id=each.programme.programme_id,
                    name=each.programme.name,
                    milestones=[MilestoneOut.of(told, each.programme) for told in each.milestones],
                )
                for each in explained
            ],
        )
