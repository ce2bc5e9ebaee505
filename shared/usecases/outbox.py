"""The outbox is worked off: each row is loaded, its effect done, the row settled by whoever did it.

Safe to run twice, late, and in any order: a row that is gone has been settled, cancelled or moved, and every effect looks at the
claim as it is now. The sweep finds rows whose message was lost, and deadlines whose time has come.
"""

import asyncio
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from shared import telemetry
from shared.domain.claim import IMMEDIATE, SCREENING_WORK, DueKind
from shared.domain.errors import BusyRecord
from shared.domain.identity import BUCKETS
from shared.domain.notice import MailKind
from shared.domain.person import Person
from shared.ports.records import Work, WorkState
from shared.ports.world import World
from shared.usecases.dead_letters import note_row
from shared.usecases.deadlines import meet_deadline
from shared.usecases.erasure import forget_people
from shared.usecases.mail import SETTLED_WITHIN, send_mail
from shared.usecases.projection import project
from shared.usecases.screening import ASKED_AGAIN_AFTER, screen
from shared.usecases.self_submission import submit_when_ready

# The message of a fresh row is on its way; only after this long is it taken for lost.
LOST_AFTER: Final = timedelta(minutes=2)
_AFTER_A_STAMPEDE: Final = timedelta(seconds=10)
_AT_ONCE: Final = 16
_ROWS_A_MESSAGE: Final = 50
_KEY: Final = re.compile(r"out![0-9A-Za-z!._-]{1,300}")


async def work_off(world: World, public_url: str, bucket: str, row_keys: Sequence[str]) -> None:
    """Does what the named rows ask for. One failing row stops no other; failures are raised together.

    Rows of one claim go one after the other: at once, each would find the claim changed by the others and decide anew.
    """
    claims: dict[str, list[str]] = {}
    for key in row_keys:
        claims.setdefault(key.rpartition("!")[2].partition(".")[0], []).append(key)
    groups = (_one_by_one(world, public_url, bucket, keys) for keys in claims.values())
    failures: list[BaseException] = []
    for failed in await asyncio.gather(*groups, return_exceptions=True):
        failures += [failed] if isinstance(failed, BaseException) else failed
    if failures:
        raise BaseExceptionGroup(f"{len(failures)} of {len(row_keys)} outbox rows failed", failures)


async def sweep(world: World, buckets: Sequence[str] = BUCKETS) -> int:
    """Announces every row of these buckets that is due and has no message under way; returns how many."""
    now, limit = world.clock.now(), asyncio.Semaphore(_AT_ONCE)

    async def sweep_bucket(bucket: str) -> int:
        async with limit:
            waiting = [work.row_key async for work in world.records.work_due(bucket, now) if is_waiting(work, now)]
            keys = [key for key in waiting if not _is_mail(key) or not world.mail_gate.is_closed(now)]
            for start in range(0, len(keys), _ROWS_A_MESSAGE):
                await world.outbox.announce(bucket, keys[start : start + _ROWS_A_MESSAGE])
            return len(keys)

    announced = sum(await asyncio.gather(*(sweep_bucket(bucket) for bucket in buckets)))
    telemetry.count("cpor.outbox.swept", announced)
    return announced


async def give_up(world: World, bucket: str, row_keys: Sequence[object]) -> None:
    """Marks rows dead whose message ended in the poison queue: they stay to be seen and replayed, and are not tried for ever.

    A message has many rows, and one bad one among them is enough: rows that wait for their next try or for their sender are left.
    So is what could be no row of ours.
    """
    now = world.clock.now()
    for key in _ours(bucket, row_keys):
        work = await world.records.work(bucket, key)
        if work is None or _is_resting(work, now):
            continue
        if work.state is not WorkState.DEAD:
            await world.records.put_back(work, state=WorkState.DEAD, not_before=None, attempts=work.attempts)
            telemetry.count("cpor.outbox.dead")
            work = await world.records.work(bucket, key)
        # Whoever died between the two comes here again with a row that is dead already.
        if work is not None and work.state is WorkState.DEAD:
            await note_row(world, work, _kind_of(work))


def _ours(bucket: str, row_keys: Sequence[object]) -> list[str]:
    """What could be keys of ours; a store takes no other."""
    return [key for key in row_keys if bucket in BUCKETS and isinstance(key, str) and _KEY.fullmatch(key)]


def is_waiting(work: Work, now: datetime) -> bool:
    """Is this row due, and nobody at it? Dead rows wait for a human, sending ones for their sender, fresh ones for their
    message.
    """
    if work.state is WorkState.DEAD or _is_resting(work, now):
        return False
    if work.state is WorkState.SENDING:
        return True
    announced = work.due is None or work.due.kind in IMMEDIATE
    return not announced or work.not_before is not None or now - work.due_at >= LOST_AFTER


def _is_resting(work: Work, now: datetime) -> bool:
    """Is this row to be left alone for a while: waiting for its next try, or for its sender to settle it?"""
    if work.state is WorkState.DEAD:
        return False
    if work.state is WorkState.SENDING:
        return work.since is not None and now - work.since < SETTLED_WITHIN
    return work.not_before is not None and work.not_before > now


def _is_mail(row_key: str) -> bool:
    return row_key.rpartition(".")[2] in set(MailKind)


async def _one_by_one(world: World, public_url: str, bucket: str, row_keys: Sequence[str]) -> list[Exception]:
    failures: list[Exception] = []
    people: dict[str, Person] = {}
    for key in row_keys:
        # While the provider takes nothing its mails are not even read: the sweep announces them again.
        if _is_mail(key) and not world.mail_gate.may_pass(world.clock.now()):
            telemetry.count("cpor.mails.held_back")
            continue
        try:
            await _work_off(world, public_url, bucket, key, people)
        except Exception as failure:  # noqa: BLE001  # Whatever it is, it is raised, once the others had their turn.
            failures.append(failure)
    return failures


async def _work_off(world: World, public_url: str, bucket: str, row_key: str, people: dict[str, Person]) -> None:
    work = await world.records.work(bucket, row_key)
    if work is None or work.state is WorkState.DEAD or _is_resting(work, world.clock.now()):
        return
    kind = _kind_of(work)
    with telemetry.span(f"outbox {kind}", work.trace, bucket=bucket, claim=work.claim_id):
        try:
            await _do(world, public_url, work, people)
        except Exception:
            telemetry.count("cpor.outbox.failures", kind=kind)
            raise
        telemetry.count("cpor.outbox.rows", kind=kind)


def _kind_of(work: Work) -> str:
    return "project" if work.due is None else str(work.due.mail or work.due.kind)


async def _do(world: World, public_url: str, work: Work, people: dict[str, Person]) -> None:
    if work.due is None:
        await _project(world, work)
    elif work.due.kind is DueKind.MAIL:
        await send_mail(world, public_url, work, work.due, people)
    elif work.due.kind in SCREENING_WORK:
        if not await screen(world, work.claim_id, work.due):
            not_before = world.clock.now() + ASKED_AGAIN_AFTER
            await world.records.put_back(work, state=WorkState.DUE, not_before=not_before, attempts=work.attempts)
    elif work.due.kind is DueKind.FORGET:
        await forget_people(world, work.claim_id, work.due)
    else:
        meet = submit_when_ready if work.due.kind is DueKind.SUBMIT else meet_deadline
        later = await meet(world, work.claim_id, work.due)
        if later is not None:
            await world.records.put_back(work, state=WorkState.DUE, not_before=later, attempts=work.attempts)


async def _project(world: World, work: Work) -> None:
    stored = await world.records.claim(work.claim_id)
    try:
        await project(world, stored.claim)
    except BusyRecord:
        # So many changes of one partner's claims at once are no fault of this row, which the queue would count as one.
        later = world.clock.now() + _AFTER_A_STAMPEDE
        await world.records.put_back(work, state=WorkState.DUE, not_before=later, attempts=work.attempts + 1)
        return
    await world.records.projected(work)
