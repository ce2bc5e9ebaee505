"""A step of a claim's life, hurt at one request, then done again as its caller would: and the claim is as if nothing had been.

`survives` goes through every request of the step and every fault. After each the step is repeated, messages are delivered again,
and the timer runs until nothing is waiting. What must come out is the portrait of a life without a fault.
"""

from collections import Counter
from dataclasses import dataclass, field, fields, replace

from shared.domain.claim import Consent, status
from shared.domain.lifecycle import ActorKind, Event, admission
from shared.domain.lifecycle import Admission as Admitted
from shared.domain.notice import MailFateUnknown
from shared.ports.failures import StoreUnavailable
from shared.usecases import consent, reviews
from tests.faults import Fault, Faults, Killed, Sent
from tests.usecases.portrait import Portrait, letters, portraits
from tests.usecases.steps import Act, Step
from tests.usecases.system import CLAIM_ID, REVIEWER, TEAMS, Snapshot, System

KILLS = (Fault.KILL_BEFORE, Fault.KILL_AFTER)
LOST_ANSWERS = (Fault.LOSE_ANSWER, Fault.ANSWER_503_AFTER)
CLAIM_BATCH = "table batch"
INTERFERENCE = {"commented", "agreed without effect", "refused without effect"}


@dataclass(frozen=True)
class Outcome:
    """How the sample claim, and others of its customer, stand once everything has come to rest, and which letters have left."""

    portrait: Portrait
    letters: Counter[str]
    others: dict[str, Portrait] = field(default_factory=dict)


@dataclass(frozen=True)
class Start:
    """Where a step begins, what its caller does, the requests it makes then, and how that ends undisturbed."""

    snapshot: Snapshot
    act: Act
    trail: tuple[Sent, ...]
    undisturbed: Outcome

    def batches(self) -> list[int]:
        """The numbers of the requests that write to the record store."""
        return [sent.number for sent in self.trail if sent.operation == CLAIM_BATCH]


async def begin(system: System, step: Step) -> Start:
    """Prepares the step and does it once without a fault, counting its requests."""
    act = await step.prepare(system)
    snapshot = await system.snapshot()
    # What a document store keeps is not taken back: the life that is counted finds it there, as all that follow will.
    await act(system.world)
    await system.restore(snapshot)
    counter = Faults()
    world = system.process(counter)
    await act(world)
    await world.close()
    await act(system.world)
    undisturbed = await _at_rest(system)
    assert counter.total, "a step that asks the store nothing proves nothing"
    return Start(snapshot, act, tuple(counter.trail), undisturbed)


async def survives(system: System, step: Step, *, expects_answer: bool) -> int:
    """Every request, every fault; returns how many lives were lived. See the module."""
    start = await begin(system, step)
    unknown = await _if_unknown(system, step, start) if step.sends else None
    for sent in start.trail:
        for fault in Fault:
            where = f"{step}: {fault.name} at {sent.number} of {len(start.trail)}, {sent.operation}"
            outcome = await _hurt(system, start, sent, fault, expects_answer=expects_answer, where=where)
            expected = start.undisturbed
            if unknown is not None and _leaves_the_mail_unknown(start, sent.number, fault):
                # The other mails go out before this one is given up, or after: the order of entries says nothing here.
                expected = Outcome(_unordered(unknown), outcome.letters, outcome.others)
                outcome = replace(outcome, portrait=_unordered(outcome.portrait))
                assert outcome.letters <= start.undisturbed.letters, f"{where}: a letter left twice"
            _assert_alike(outcome.portrait, expected.portrait, where)
            assert outcome.letters == expected.letters, where
            assert outcome.others.keys() == expected.others.keys(), where
            for other, drawn in outcome.others.items():
                _assert_alike(drawn, expected.others[other], f"{where}, beside it {other}")
    return len(start.trail) * len(Fault)


async def survives_interference(system: System, step: Step, *, replays: bool) -> int:
    """Every write whose answer is lost, with another writer between the write and the repetition of it."""
    start = await begin(system, step)
    for number in start.batches():
        for fault in LOST_ANSWERS:
            where = f"{step}: {fault.name} at {number}, and another writer in between"
            await system.restore(start.snapshot)
            faults = Faults().inject(number, fault).after(number, lambda: interfere(system))
            world = system.process(faults)
            first = await start.act(world)
            assert faults.is_spent, where
            await world.close()
            again = await start.act(system.world)
            assert again == first or not replays, f"{where}: the call was answered twice, and not alike"
            outcome = await _at_rest(system)
            left = Counter(outcome.portrait.events)
            left.subtract(start.undisturbed.portrait.events)
            assert sum(left.values()) == 1, f"{where}: {outcome.portrait.events}"
            assert {event for event, times in left.items() if times} <= INTERFERENCE, where
            _assert_alike(replace(outcome.portrait, events=start.undisturbed.portrait.events), start.undisturbed.portrait, where)
            assert outcome.letters == start.undisturbed.letters, where
    return len(start.batches()) * len(LOST_ANSWERS)


async def interfere(system: System) -> None:
    """Another writer changes the claim: a reviewer's remark, or, where none is admitted, a customer's late click."""
    stored = await system.world.records.claim(CLAIM_ID)
    if admission(status(stored.claim), Event.COMMENT, ActorKind.REVIEWER) is Admitted.ADMITTED:
        await reviews.comment(system.world, REVIEWER, CLAIM_ID, None, "Meanwhile.")
    else:
        # The opposite of what was said before, for the same answer again would not even be recorded.
        said = {s.scope: s.consent for s in stored.claim.scopes}
        await consent.decide_consent(system.world, stored, {TEAMS: said[TEAMS] is not Consent.GRANTED}, None)


async def _hurt(system: System, start: Start, sent: Sent, fault: Fault, *, expects_answer: bool, where: str) -> Outcome:
    await system.restore(start.snapshot)
    faults = Faults().inject(sent.number, fault)
    world = system.process(faults)
    failure: BaseException | None = None
    answer = None
    try:
        answer = await start.act(world)
    except (Killed, StoreUnavailable, BaseExceptionGroup) as error:
        failure = error
    await world.close()
    assert faults.is_spent, f"{where}: the fault was aimed too far"
    if fault in KILLS:
        assert faults.is_dead
        assert _is(failure, Killed), f"{where}: a dead process went on: {failure!r}"
    elif expects_answer:
        assert failure is None, f"{where}: what landed was reported as a failure: {failure!r}"
    else:
        assert failure is None or _is(failure, StoreUnavailable), f"{where}: {failure!r}"
    # Its caller has not heard of the first try, or the queue delivers twice.
    again = await start.act(system.world)
    assert failure is not None or again == answer, f"{where}: the call was answered twice, and not alike"
    return await _at_rest(system)


async def _at_rest(system: System) -> Outcome:
    await system.recover()
    found = await portraits(system)
    return Outcome(found.pop(CLAIM_ID), letters(system), found)


async def _if_unknown(system: System, step: Step, start: Start) -> Portrait:
    """How it ends when nobody knows whether the step's mail has left."""
    assert step.sends is not None
    await system.restore(start.snapshot)
    system.letterbox.refusing[step.sends] = MailFateUnknown("no answer")
    await start.act(system.world)
    del system.letterbox.refusing[step.sends]
    await start.act(system.world)
    unknown = (await _at_rest(system)).portrait
    assert unknown != start.undisturbed.portrait
    assert (str(step.sends), "unknown") in unknown.fates
    return unknown


def _leaves_the_mail_unknown(start: Start, number: int, fault: Fault) -> bool:
    """Only a death between the batch that moves the mail to `sending` and the one that settles it leaves its fate unknown."""
    sending, settled = start.batches()
    return (number, fault) in ((sending, Fault.KILL_AFTER), (settled, Fault.KILL_BEFORE))


def _assert_alike(one: Portrait, other: Portrait, where: str) -> None:
    differences = {
        each.name: (getattr(one, each.name), getattr(other, each.name))
        for each in fields(Portrait)
        if getattr(one, each.name) != getattr(other, each.name)
    }
    assert differences == {}, where


def _unordered(one: Portrait) -> Portrait:
    return replace(one, events=tuple(sorted(one.events)))


def _is(failure: BaseException | None, kind: type[BaseException]) -> bool:
    if isinstance(failure, BaseExceptionGroup):
        return all(_is(inner, kind) for inner in failure.exceptions)
    return isinstance(failure, kind)
