"""Evaluation runs on the wire."""

from datetime import date, datetime
from typing import Literal, Self

from functions.wire import Wire
from functions.wire.money import MoneyOut
from shared.domain.identity import BUCKETS
from shared.usecases.evaluation import Progress


class EvaluationOut(Wire):
    """A run: `done` when every bucket is, `failed` when all were tried and some could not be. `amounts` are net sums booked."""

    evaluation_id: str
    status: Literal["running", "done", "failed"]
    run_date: date
    started_at: datetime
    buckets_done: int
    buckets_failed: int
    buckets_total: int
    associations: int
    earned: int
    reversed: int
    amounts: list[MoneyOut]

    @classmethod
    def of(cls, progress: Progress) -> Self:
        return cls(
            evaluation_id=progress.run.evaluation_id,
            status=status_of(progress.done, progress.failed),
            run_date=progress.run.run_date,
            started_at=progress.run.started_at,
            buckets_done=progress.done,
            buckets_failed=progress.failed,
            buckets_total=len(BUCKETS),
            associations=progress.associations,
            earned=progress.tally.earned,
            reversed=progress.tally.reversed,
            amounts=[MoneyOut(amount_minor=minor, currency=name) for name, minor in sorted(progress.tally.amounts.items())],
        )


class EvaluationStartedOut(Wire):
    evaluation_id: str


def status_of(done: int, failed: int) -> Literal["running", "done", "failed"]:
    """The status of a run of which so many buckets are done, and so many failed."""
    if done + failed < len(BUCKETS):
        return "running"
    return "failed" if failed else "done"
