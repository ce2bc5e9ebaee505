"""A message may be delivered any number of times, one after the other or all at once: its mail leaves once."""

import asyncio
from datetime import timedelta

import pytest

from shared.domain.notice import MailFateUnknown, MailKind, PermanentMailFailure, TransientMailFailure
from shared.ports.failures import StoreUnavailable
from shared.usecases.outbox import sweep
from tests.faults import Fault, Faults, Killed
from tests.usecases.portrait import letters, portrait
from tests.usecases.steps import screened
from tests.usecases.system import Message, System

TIMES = 5


async def asking(system: System) -> Message:
    """The one message of the two mails that ask the customer."""
    await screened(system)
    (message,) = await system.take_messages()
    return message


async def test_five_deliveries_one_after_the_other_send_one_mail(system: System) -> None:
    """R-32"""
    message = await asking(system)
    for _ in range(TIMES):
        await system.handle(message, system.process())
    await system.recover()
    assert letters(system) == {"notification": 1, "consent_request": 1}
    assert (await portrait(system)).fates == (("consent_request", "accepted"), ("notification", "accepted"))


async def test_five_deliveries_at_once_send_one_mail(system: System) -> None:
    """R-32: whoever moves the row to `sending` is the only one who sends."""
    message = await asking(system)
    await asyncio.gather(*(system.handle(message, system.process()) for _ in range(TIMES)))
    await system.recover()
    assert letters(system) == {"notification": 1, "consent_request": 1}
    drawn = await portrait(system)
    assert drawn.fates == (("consent_request", "accepted"), ("notification", "accepted"))
    assert drawn.events.count("mail_accepted") == 2


async def test_two_mails_and_a_projection_in_one_message_survive_a_crash_at_any_request(system: System) -> None:
    """R-32, R-33: rows of one message are worked off at once; a death in any costs the others at most their certainty."""
    message = await asking(system)
    snapshot = await system.snapshot()
    lives = 0
    for fault in Fault:
        number = 0
        is_within = True
        while is_within:
            number += 1
            await system.restore(snapshot)
            faults = Faults().inject(number, fault)
            try:
                await system.handle(message, system.process(faults))
            except* Killed:
                assert faults.is_dead
            except* StoreUnavailable:
                assert fault is Fault.LOSE_ANSWER
            assert not faults.is_dead or faults.is_spent
            await system.handle(message)
            await system.recover()
            assert_each_mail_left_or_is_unknown(system, dict((await portrait(system)).fates), f"{fault.name} at {number}")
            is_within = faults.is_spent
            lives += 1
    assert lives > 4 * 11


def assert_each_mail_left_or_is_unknown(system: System, fates: dict[str, str], where: str) -> None:
    left = letters(system)
    assert fates.keys() == {"notification", "consent_request"}, where
    for kind, fate in fates.items():
        assert fate in ("accepted", "unknown"), where
        assert left[kind] == 1 or (left[kind] == 0 and fate == "unknown"), where


async def test_a_mail_that_nobody_settles_becomes_unknown_and_is_never_sent_again(system: System) -> None:
    """R-33: not before 15 minutes, for its sender may only be slow; and it starts no consent clock."""
    message = await asking(system)
    dying = system.process(Faults().inject(6, Fault.KILL_BEFORE))
    request = Message(message.bucket, tuple(key for key in message.row_keys if key.endswith(".consent_request")))
    with pytest.RaisesGroup(Killed):
        await system.handle(request, dying)
    assert letters(system) == {"consent_request": 1}
    system.clock.advance(timedelta(minutes=14))
    await sweep(system.world)
    await system.settle()
    assert ("consent_request", "unknown") not in (await portrait(system)).fates
    await system.recover()
    drawn = await portrait(system)
    assert ("consent_request", "unknown") in drawn.fates
    assert drawn.window == ("", False, 0, False)
    assert letters(system) == {"consent_request": 1, "notification": 1}


async def test_a_sender_that_comes_back_after_its_mail_was_given_up_says_what_it_knows(system: System) -> None:
    """R-33: no error, no second mail, and the later word stands."""
    message = await asking(system)
    request = Message(message.bucket, tuple(key for key in message.row_keys if key.endswith(".consent_request")))

    async def sixteen_minutes_pass() -> None:
        system.clock.advance(timedelta(minutes=16))
        await sweep(system.world)
        await system.settle()
        assert ("consent_request", "unknown") in (await portrait(system)).fates

    system.letterbox.meanwhile = sixteen_minutes_pass
    await system.handle(request)
    await system.recover()
    assert letters(system) == {"notification": 1, "consent_request": 1}
    drawn = await portrait(system)
    assert ("consent_request", "accepted") in drawn.fates
    assert drawn.window == ("", False, 0, False), "what was given up starts no clock"
    assert drawn.events.count("mail_unknown") == 1
    assert "mail_accepted without effect" in drawn.events


async def test_a_mail_that_the_provider_would_take_later_is_tried_again_and_then_leaves_once(system: System) -> None:
    """R-32: only what certainly did not leave is sent again."""
    message = await asking(system)
    system.letterbox.refusing[MailKind.CONSENT_REQUEST] = TransientMailFailure("450")
    await system.handle(message)
    system.letterbox.refusing.clear()
    assert letters(system) == {"notification": 1}
    system.clock.advance(timedelta(seconds=50))
    await sweep(system.world)
    await system.settle()
    assert letters(system) == {"notification": 1}, "it is not tried again before a minute has passed"
    await system.recover()
    assert letters(system) == {"notification": 1, "consent_request": 1}


async def test_a_mail_that_the_provider_never_takes_fails_after_eight_tries(system: System) -> None:
    """R-33: nothing is tried for ever."""
    message = await asking(system)
    system.letterbox.refusing[MailKind.CONSENT_REQUEST] = TransientMailFailure("450")
    await system.handle(message)
    for _ in range(8):
        system.clock.advance(timedelta(hours=3))
        await sweep(system.world)
        await system.settle()
    assert ("consent_request", "failed") in (await portrait(system)).fates
    assert await sweep(system.world) == 0


@pytest.mark.parametrize(
    ("failure", "fate"),
    [(PermanentMailFailure("550"), "failed"), (MailFateUnknown("no answer"), "unknown")],
    ids=["refused", "no answer"],
)
async def test_a_mail_that_did_not_verifiably_arrive_starts_no_clock(system: System, failure: Exception, fate: str) -> None:
    """R-33"""
    message = await asking(system)
    system.letterbox.refusing[MailKind.CONSENT_REQUEST] = failure
    for _ in range(TIMES):
        await system.handle(message)
    system.letterbox.refusing.clear()
    await system.recover()
    drawn = await portrait(system)
    assert ("consent_request", fate) in drawn.fates
    assert drawn.window == ("", False, 0, False)
    assert letters(system) == {"notification": 1}
