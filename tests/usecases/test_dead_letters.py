"""What failed every try is seen, and replayed once: over a real store, with crashes at every request."""

import asyncio
from contextlib import suppress

import pytest

from shared.domain.dead_letter import DeadLetter, LetterState, Queue, of_message
from shared.domain.errors import NotFound
from shared.domain.notice import MailFateUnknown, MailKind
from shared.ports.dead_letters import LetterFilter
from shared.ports.failures import StoreUnavailable
from shared.ports.records import WorkState
from shared.usecases.dead_letters import letters as read_letters
from shared.usecases.dead_letters import replay
from shared.usecases.outbox import give_up
from tests.faults import Fault, Faults, Killed
from tests.usecases.portrait import letters, portrait
from tests.usecases.steps import screened
from tests.usecases.system import CLAIM_ID, UNSETTLED_MAIL_IS_UNKNOWN_AFTER, Message, System

OPERATOR = "operator-1"


async def all_letters(system: System) -> tuple[DeadLetter, ...]:
    return (await read_letters(system.world, LetterFilter(), 100, None)).items


async def dead_request(system: System) -> Message:
    """The consent request's row failed every try; everything else of its message went well."""
    await screened(system)
    (message,) = await system.take_messages()
    request = Message(message.bucket, tuple(key for key in message.row_keys if key.endswith(".consent_request")))
    await system.handle(Message(message.bucket, tuple(key for key in message.row_keys if key not in request.row_keys)))
    await give_up(system.world, request.bucket, request.row_keys)
    await system.settle()
    return request


async def the_letter(system: System) -> DeadLetter:
    (letter,) = await all_letters(system)
    return letter


async def test_a_row_that_failed_every_try_is_seen_with_what_it_asked_for(system: System) -> None:
    """R-303."""
    await dead_request(system)
    letter = await the_letter(system)
    assert (letter.queue, letter.kind, dict(letter.about)) == (Queue.OUTBOX, "consent_request", {"claimId": CLAIM_ID})
    assert (letter.state, letter.times, letter.died_at) == (LetterState.WAITING, 1, system.clock.now())


async def test_a_replayed_mail_leaves_once_however_often_it_is_replayed(system: System) -> None:
    """R-305."""
    await dead_request(system)
    name = (await the_letter(system)).letter_id
    told = [await replay(system.world, OPERATOR, name) for _ in range(2)]
    await system.settle()
    told.append(await replay(system.world, OPERATOR, name))
    await system.recover()
    assert [(each.state, each.replayed_by) for each in told] == [(LetterState.REPLAYED, OPERATOR)] * 3
    assert letters(system) == {"notification": 1, "consent_request": 1}


async def test_of_many_who_replay_at_once_all_are_told_the_same_and_the_mail_leaves_once(system: System) -> None:
    """R-305."""
    await dead_request(system)
    name = (await the_letter(system)).letter_id
    told = await asyncio.gather(*(replay(system.world, f"operator-{n}", name) for n in range(6)))
    await system.recover()
    assert len({(each.state, each.replayed_by) for each in told}) == 1
    assert letters(system) == {"notification": 1, "consent_request": 1}


async def test_a_mail_that_may_have_left_is_not_sent_again_by_a_replay(system: System) -> None:
    """R-305, R-33: it died while it was being sent; the provider does not know, so its partner comes to see that nobody does."""
    await screened(system)
    (message,) = await system.take_messages()
    system.letterbox.refusing[MailKind.CONSENT_REQUEST] = MailFateUnknown("the answer was lost")
    await system.handle(message)
    system.letterbox.refusing.clear()
    system.clock.advance(UNSETTLED_MAIL_IS_UNKNOWN_AFTER)
    await give_up(system.world, message.bucket, message.row_keys)
    letter = await the_letter(system)
    row = await system.world.records.work(message.bucket, letter.row_key or "")
    assert row is not None
    assert (row.state, row.died_as) == (WorkState.DEAD, WorkState.SENDING)
    await replay(system.world, OPERATOR, letter.letter_id)
    await system.recover()
    assert letters(system) == {"notification": 1}
    assert ("consent_request", "unknown") in (await portrait(system)).fates


async def test_a_replay_that_died_before_it_was_noted_does_not_disturb_the_sender(system: System) -> None:
    """R-305, R-33: the row lives again, its mail may be out, and the operator, who was told nothing, asks once more."""
    request = await dead_request(system)
    name = (await the_letter(system)).letter_id
    row = await system.world.records.work(request.bucket, request.row_keys[0])
    assert row is not None
    await system.world.records.put_back(row, state=WorkState.DUE, not_before=None, attempts=row.attempts)
    system.letterbox.refusing[MailKind.CONSENT_REQUEST] = MailFateUnknown("the answer was lost")
    await system.handle(request)
    system.letterbox.refusing.clear()
    assert (await replay(system.world, OPERATOR, name)).state is LetterState.MOOT
    await system.recover()
    assert letters(system) == {"notification": 1}
    assert ("consent_request", "unknown") in (await portrait(system)).fates


async def test_a_row_that_is_no_longer_wanted_is_not_brought_back(system: System) -> None:
    """R-305."""
    request = await dead_request(system)
    await system.world.table("records").delete_entity(request.bucket, request.row_keys[0])
    told = await replay(system.world, OPERATOR, (await the_letter(system)).letter_id)
    assert told.state is LetterState.MOOT
    assert await system.take_messages() == []


async def test_a_row_that_dies_again_waits_again_under_the_same_letter(system: System) -> None:
    """R-304."""
    request = await dead_request(system)
    name = (await the_letter(system)).letter_id
    await replay(system.world, OPERATOR, name)
    await give_up(system.world, request.bucket, request.row_keys)
    letter = await the_letter(system)
    assert (letter.letter_id, letter.state, letter.times) == (name, LetterState.WAITING, 2)
    await replay(system.world, OPERATOR, name)
    await system.recover()
    assert letters(system) == {"notification": 1, "consent_request": 1}


@pytest.mark.parametrize("fault", [Fault.KILL_BEFORE, Fault.KILL_AFTER, Fault.LOSE_ANSWER])
async def test_a_crash_anywhere_in_a_death_or_a_replay_loses_neither_letter_nor_mail(system: System, fault: Fault) -> None:
    """R-303, R-305: every request of both, hurt; then the message is delivered again, and the operator asks again."""
    await screened(system)
    (message,) = await system.take_messages()
    request = Message(message.bucket, tuple(key for key in message.row_keys if key.endswith(".consent_request")))
    start = await system.snapshot()

    async def dies(world: object) -> None:
        await give_up(world, request.bucket, request.row_keys)  # type: ignore[arg-type]

    async def replays(world: object) -> None:
        await replay(world, OPERATOR, (await the_letter(system)).letter_id)  # type: ignore[arg-type]

    for hurt, other in ((dies, replays), (replays, dies)):
        number, is_over = 0, False
        while not is_over:
            number += 1
            await system.restore(start)
            if hurt is replays:
                await dies(system.world)
            plan = Faults().inject(number, fault)
            with suppress(Killed, StoreUnavailable):
                await hurt(system.process(plan))
            is_over = not plan.is_spent
            await hurt(system.world)
            if other is replays:
                await replays(system.world)
            await system.recover()
            assert letters(system)["consent_request"] == 1, f"{hurt.__name__}: {fault.name} at {number}"
            assert (await the_letter(system)).state is not LetterState.WAITING, f"{hurt.__name__}: {fault.name} at {number}"
        assert number > 3, "nothing was hurt"


async def test_a_message_is_kept_once_and_sent_again_as_it_was(system: System) -> None:
    """R-304, R-305."""
    content = '{"importId": "%s"}' % ("ü" * 20_000)
    now = system.clock.now()
    for _ in range(3):
        await system.world.dead_letters.note(of_message(Queue.IMPORTS, content, {"importId": "a1"}, now))
    letter = await the_letter(system)
    assert (letter.times, dict(letter.about), letter.content) == (3, {"importId": "a1"}, content)
    queue = system.world.queue(Queue.IMPORTS)
    await queue.clear_messages()
    for _ in range(2):
        await replay(system.world, OPERATOR, letter.letter_id)
    lying = [message.content async for message in queue.receive_messages(visibility_timeout=1)]
    await queue.clear_messages()
    assert len(lying) == 1


async def test_notes_of_one_death_at_once_are_one_letter(system: System) -> None:
    """R-304."""
    letter = of_message(Queue.WEBHOOKS, "{}", {}, system.clock.now())
    await asyncio.gather(*(system.process().dead_letters.note(letter) for _ in range(4)))
    assert (await the_letter(system)).times == 4


@pytest.mark.parametrize("name", ["0" * 32, "", "a/b", "a#b", "ü", "'"])
async def test_what_names_no_letter_is_not_found(system: System, name: str) -> None:
    with pytest.raises(NotFound):
        await replay(system.world, OPERATOR, name)
