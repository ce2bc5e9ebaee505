"""A partner whose webhook is called no more is mailed that, once, however messages come and whoever dies."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from secrets import token_hex

import pytest

from shared.adapters import names
from shared.domain.delivery import Delivery
from shared.domain.notice import Letter, MailFateUnknown, MailKind, TransientMailFailure
from shared.domain.partner import Partner
from shared.domain.payouts import LetterState
from shared.ports.failures import StoreUnavailable
from shared.usecases import webhooks
from shared.usecases.deliveries import work_off
from shared.usecases.mail_reports import allow_again
from shared.usecases.mail_reports import suppress as no_mail_to
from shared.usecases.webhook_letters import SETTLED_WITHIN, send_letter
from tests.faults import Fault, Faults, Killed
from tests.receiver import Receiver, receiver
from tests.usecases.system import PARTNER, System
from tests.usecases.test_webhooks import put

KIND = MailKind.WEBHOOK_DISABLED


@pytest.fixture
async def partner(system: System) -> AsyncIterator[Partner]:
    """A partner that no other test has, with a webhook that says it is gone, and was called."""
    fresh = replace(PARTNER, partner_id=str(int(token_hex(4), 16) + 10_000))
    await system.world.partners.enrol(fresh)
    await system.world.queue(names.WEBHOOKS).clear_messages()
    async with receiver() as portal:
        await disable(system, fresh, portal)
        yield fresh


async def disable(system: System, partner: Partner, portal: Receiver) -> None:
    portal.says(410)
    await put(system, partner, portal)
    await webhooks.send_test(system.world, partner, "portal")
    await work_off(system.world, partner.partner_id)


async def tell(system: System, partner: Partner) -> None:
    await send_letter(system.world, partner.partner_id, "portal")


async def state(system: System, partner: Partner) -> LetterState:
    return (await webhooks.read(system.world, partner, "portal")).letter


def sent(system: System) -> list[Letter]:
    return system.letterbox.of(KIND)


async def test_the_partners_contact_is_told_once_which_webhook_and_why(system: System, partner: Partner) -> None:
    """R-307: messages come twice, at once and late."""
    assert await state(system, partner) is LetterState.DUE
    await asyncio.gather(*(tell(system, partner) for _ in range(4)))
    await tell(system, partner)
    (letter,) = sent(system)
    assert (letter.to_address, letter.partner_name, letter.claim_id, letter.webhook) == (
        partner.mail, partner.name, "portal", "gone"
    )  # fmt: skip
    assert await state(system, partner) is LetterState.SENT


async def test_a_mail_that_may_have_left_is_not_sent_again(system: System, partner: Partner) -> None:
    """R-307: neither where the provider's answer was lost nor where its sender died."""
    system.letterbox.refusing[KIND] = MailFateUnknown("the answer was lost")
    await tell(system, partner)
    system.letterbox.refusing.clear()
    await tell(system, partner)
    assert (await state(system, partner), sent(system)) == (LetterState.UNKNOWN, [])


async def test_whoever_dies_over_the_mail_leaves_it_unknown_or_due_and_never_twice(system: System, partner: Partner) -> None:
    """R-307: every request of the sender, killed before and after."""
    ways: set[tuple[LetterState, int]] = set()
    for fault in (Fault.KILL_BEFORE, Fault.KILL_AFTER):
        for number in range(1, 30):
            system.letterbox.letters.clear()
            stored = await system.world.webhooks.webhook(partner.partner_id, "portal")
            due = replace(stored.webhook, letter=LetterState.DUE, letter_since=None, letter_tries=0)
            await system.world.webhooks.save(due, stored.etag)
            plan = Faults().inject(number, fault)
            with suppress(Killed, StoreUnavailable):
                await send_letter(system.process(plan), partner.partner_id, "portal")
            if not plan.is_spent:
                break
            await tell(system, partner)
            system.clock.advance(SETTLED_WITHIN)
            await tell(system, partner)
            assert len(sent(system)) <= 1, f"{fault.name} at {number}"
            ways.add((await state(system, partner), len(sent(system))))
    assert ways <= {(LetterState.SENT, 1), (LetterState.UNKNOWN, 1), (LetterState.UNKNOWN, 0)}
    assert (LetterState.SENT, 1) in ways


async def test_a_provider_that_was_busy_gets_the_mail_later(system: System, partner: Partner) -> None:
    """R-307."""
    system.letterbox.refusing[KIND] = TransientMailFailure("451")
    await tell(system, partner)
    assert await state(system, partner) is LetterState.DUE
    system.letterbox.refusing.clear()
    await tell(system, partner)
    assert (await state(system, partner), len(sent(system))) == (LetterState.SENT, 1)


async def test_a_webhook_that_was_put_again_or_deleted_has_no_mail_left(system: System, partner: Partner) -> None:
    """R-307."""
    stored = await webhooks.read(system.world, partner, "portal")
    await webhooks.put(system.world, partner, "portal", stored.url, (), ["whsec_" + "A" * 32])
    await tell(system, partner)
    await webhooks.delete(system.world, partner, "portal")
    await tell(system, partner)
    assert sent(system) == []


async def test_an_address_that_gets_no_mail_gets_none_of_this(system: System, partner: Partner) -> None:
    """R-222, R-307."""
    listed = await no_mail_to(system.world, partner.mail, Delivery.BOUNCED)
    await tell(system, partner)
    await allow_again(system.world, listed.address_hash)
    assert (await state(system, partner), sent(system)) == (LetterState.FAILED, [])


async def test_the_mail_is_announced_before_the_end_is_written(system: System) -> None:
    """R-307: so whoever dies in between leaves a message too many, and no partner that nobody tells."""
    fresh, counter = replace(PARTNER, partner_id=str(int(token_hex(4), 16) + 10_000)), Faults()
    await system.world.partners.enrol(fresh)
    async with receiver() as portal:
        portal.says(410)
        await put(system, fresh, portal)
        await webhooks.send_test(system.world, fresh, "portal")
        await work_off(system.process(counter), fresh.partner_id)
    kinds = [asked.operation for asked in counter.trail]
    announced = next(number for number, kind in enumerate(kinds) if kind.startswith("queue"))
    assert announced < max(number for number, kind in enumerate(kinds) if kind == "table batch"), kinds
