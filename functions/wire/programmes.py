"""Programmes on the wire: what a partner can claim for and what is paid for it."""

from collections.abc import Iterable
from datetime import date
from typing import Self

from functions.wire import Wire
from functions.wire.money import MoneyOut
from shared.domain.association import WORKLOAD_SCOPE
from shared.domain.programme import Programme, Workload


class MilestoneTermOut(Wire):
    milestone: str
    threshold: int


class WorkloadOut(Wire):
    scope: str
    name: str
    milestones: list[MilestoneTermOut]

    @classmethod
    def of(cls, programme: Programme, workload: Workload) -> Self:
        milestones = programme.milestones_of(workload.workload_id)
        return cls(
            scope=WORKLOAD_SCOPE + workload.workload_id,
            name=workload.name,
            milestones=[MilestoneTermOut(milestone=m.milestone_id, threshold=m.threshold) for m in milestones],
        )


class SizeOut(Wire):
    """A bucket of seats, both ends included; the largest has no upper end."""

    size: str
    min_seats: int
    max_seats: int | None
    thresholds: list[int]


class RateOut(Wire):
    size: str
    scope: str
    threshold: int
    amount: MoneyOut


class ProgrammeOut(Wire):
    """One version of one term, both days included. `demo` names the fields whose figures are invented."""

    programme_id: str
    version: int
    name: str
    first_day: date
    last_day: date
    minimum_seats: int
    workloads: list[WorkloadOut]
    sizes: list[SizeOut]
    rates: list[RateOut]
    consent_window_days: int
    review_business_days: int
    action_business_days: int
    reask_after_refusal_days: int
    holding_days: int
    correction_window_days: int
    demo: list[str]

    @classmethod
    def of(cls, programme: Programme) -> Self:
        policy = programme.policy
        return cls(
            programme_id=programme.programme_id,
            version=programme.version,
            name=programme.name,
            first_day=programme.first_day,
            last_day=programme.last_day,
            minimum_seats=programme.minimum_seats,
            workloads=[WorkloadOut.of(programme, workload) for workload in programme.workloads],
            sizes=[
                SizeOut(size=s.name, min_seats=s.min_seats, max_seats=s.max_seats, thresholds=list(s.thresholds))
                for s in programme.sizes
            ],
            rates=[
                RateOut(
                    size=rate.size,
                    scope=WORKLOAD_SCOPE + rate.workload,
                    threshold=rate.threshold,
                    amount=MoneyOut(amount_minor=rate.amount_minor, currency=programme.currency),
                )
                for rate in programme.rates
            ],
            consent_window_days=policy.consent_window_days,
            review_business_days=policy.review_business_days,
            action_business_days=policy.action_business_days,
            reask_after_refusal_days=policy.reask_after_refusal_days,
            holding_days=programme.holding_days,
            correction_window_days=programme.correction_window_days,
            demo=list(programme.demo),
        )


class ProgrammesOut(Wire):
    value: list[ProgrammeOut]

    @classmethod
    def of(cls, programmes: Iterable[Programme]) -> Self:
        return cls(value=[ProgrammeOut.of(each) for each in programmes])
