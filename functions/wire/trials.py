"""Trials of programmes on the wire."""

from datetime import date, datetime
from typing import Literal, Self

from functions.wire import Wire
from functions.wire.evaluations import status_of
from functions.wire.money import MoneyOut
from shared.domain.identity import BUCKETS
from shared.domain.trial import Change
from shared.usecases.trials import TrialProgress


class TrialChangeOut(Wire):
    """So many milestones of associations to which this happens, and what they pay altogether, as it stands and then.

    `usersMissing` are the users that would have to come for those that are not earned on that day.
    """

    change: Change
    milestones: int
    before: MoneyOut
    after: MoneyOut
    users_missing: int


class TrialOut(Wire):
    """What a version would change on the first day that it judges, if every customer's latest counts were of that day.

    `associations` are those that stand, of enrolled partners, whose usage is known. A milestone that somebody has earned already
    is not counted: no version takes it back. Nothing is booked by a trial.
    """

    trial_id: str
    programme_id: str
    version: int
    in_effect_from: date
    status: Literal["running", "done", "failed"]
    started_at: datetime
    buckets_done: int
    buckets_failed: int
    buckets_total: int
    associations: int
    changes: list[TrialChangeOut]

    @classmethod
    def of(cls, progress: TrialProgress) -> Self:
        trial = progress.trial
        currency = trial.programme.currency
        return cls(
            trial_id=trial.trial_id,
            programme_id=trial.programme.programme_id,
            version=trial.programme.version,
            in_effect_from=trial.in_effect_from,
            status=status_of(progress.done, progress.failed),
            started_at=trial.started_at,
            buckets_done=progress.done,
            buckets_failed=progress.failed,
            buckets_total=len(BUCKETS),
            associations=progress.found.associations,
            changes=[
                TrialChangeOut(
                    change=change,
                    milestones=each.milestones,
                    before=MoneyOut(amount_minor=each.before_minor, currency=currency),
                    after=MoneyOut(amount_minor=each.after_minor, currency=currency),
                    users_missing=each.users_missing,
                )
                for change, each in progress.found.sums.items()
            ],
        )
