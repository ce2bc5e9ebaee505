"""A trial of a programme's next version over all customers, bucket by bucket like an evaluation; it books nothing.

Safe to run twice, at once, and after a crash anywhere: a trial is noted once under an id made of what it tries and the day, a
bucket's result is a whole value, and what is read is changed by nobody here.
"""

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

from shared.domain.errors import NotFound
from shared.domain.evaluation import PartState, enrolled_in
from shared.domain.identity import BUCKETS
from shared.domain.trial import Comparison, Trial, TrialPart, compare, trial_id_of
from shared.ports.world import MoneyWorld
from shared.usecases.evaluation import KnownEnrolments, accounts_in
from shared.usecases.programmes import Plan
from shared.usecases.together import together

_MESSAGES_AT_ONCE: Final = 16


async def start(world: MoneyWorld, planned: Plan, buckets: Sequence[str] = BUCKETS) -> Trial | None:
    """Notes the trial of this version and sends one message a bucket; None for a programme's first version, in which nobody can
    be enrolled yet. The same again on the same day is the same trial, and what is done of it is not done again."""
    programme, first_day, now = planned.version.programme, planned.version.in_effect_from, world.clock.now()
    if programme.version == 1:
        return None
    wanted = Trial(trial_id_of(programme, first_day, now.date()), programme, first_day, now)
    trial = await world.trial_book.begin(wanted)
    done = {part.bucket for part in await world.trial_book.parts(trial.trial_id) if part.state is PartState.DONE}
    messages = ({"trialId": trial.trial_id, "bucket": bucket} for bucket in buckets if bucket not in done)
    await together(_MESSAGES_AT_ONCE, (world.evaluations.send(message) for message in messages))
    return trial


async def try_bucket(world: MoneyWorld, trial: Trial, bucket: str, enrolments: KnownEnrolments | None = None) -> TrialPart:
    """Compares the standing associations of the bucket. Raises StoreUnavailable."""
    programme_id = trial.programme.programme_id
    before, after = trial.held_against(world.programmes.versions(programme_id))
    known, found = enrolments or KnownEnrolments(world), Comparison()
    async with aclosing(accounts_in(world, bucket)) as parts:
        async for accounts in parts:
            programmes = await known.of(each.tenure.partner_id for account in accounts for each in account.tenures)
            for account in accounts:
                if account.usage is None:
                    continue
                tenures = [each.tenure for each in account.tenures]
                enrolled = enrolled_in(programme_id, tenures, programmes)
                found = found.plus(compare(before, after, trial.in_effect_from, account.usage.history, tenures, enrolled))
    part = TrialPart(bucket, PartState.DONE, found)
    await world.trial_book.record(trial.trial_id, part)
    return part


async def give_up(world: MoneyWorld, trial_id: str, bucket: str) -> None:
    """Marks a part failed whose message failed every try."""
    await world.trial_book.record(trial_id, TrialPart(bucket, PartState.FAILED))


@dataclass(frozen=True, slots=True)
class TrialProgress:
    """How far a trial has come, and what it has found so far."""

    trial: Trial
    done: int
    failed: int
    found: Comparison


async def progress(world: MoneyWorld, programme_id: str, trial_id: str) -> TrialProgress:
    """Raises NotFound, for the trial of another programme, too."""
    trial = await world.trial_book.load(trial_id)
    if trial.programme.programme_id != programme_id:
        raise NotFound
    parts = await world.trial_book.parts(trial_id)
    found = Comparison()
    for part in parts:
        found = found.plus(part.found)
    failed = sum(part.state is PartState.FAILED for part in parts)
    return TrialProgress(trial, len(parts) - failed, failed, found)
