"""Events reach webhooks: signed, once or again under the same id, tried for three days, and never lost by a crash.

The receiver is a real one on this machine, the store the emulator; only the clock is set.
"""

import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from secrets import token_hex
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag

from shared.adapters import names
from shared.domain.claim import Claim
from shared.domain.errors import InvalidInput, NotFound, PartnerSuspended
from shared.domain.partner import Partner
from shared.domain.webhook import Disabled, Failure, Fate, TooManyWebhooks
from shared.ports.failures import StoreUnavailable
from shared.ports.webhooks import Delivery
from shared.ports.world import World
from shared.usecases import webhooks
from shared.usecases.deliveries import work_off
from shared.usecases.projection import project
from shared.usecases.together import together
from tests.contract.record_builders import creation
from tests.faults import Fault, Faults, Killed
from tests.receiver import Received, Receiver, receiver
from tests.usecases.system import PARTNER, System

SECRET, OTHER_SECRET = ("whsec_" + b64encode(bytes([n]) * 24).decode() for n in (7, 8))
KEPT = timedelta(minutes=3)


@pytest.fixture
async def portal() -> AsyncIterator[Receiver]:
    async with receiver() as running:
        yield running


@pytest.fixture
def partner() -> Partner:
    """A partner that no other test has."""
    return replace(PARTNER, partner_id=str(int(token_hex(4), 16) + 10_000))


async def put(system: System, partner: Partner, portal: Receiver, *kinds: str, name: str = "portal", **options: Any) -> None:
    await webhooks.put(system.world, partner, name, portal.url, kinds, options.get("secrets", [SECRET]))


async def attempts(system: System, partner: Partner, name: str = "portal") -> list[Delivery]:
    return list((await webhooks.deliveries(system.world, partner, name, 100, None)).deliveries)


def is_signed(received: Received, secret: str) -> bool:
    """Checked as a receiver would, by the standard's words and with nothing of ours."""
    headers = received.headers
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + received.body
    expected = b64encode(hmac.new(b64decode(secret.removeprefix("whsec_")), signed, "sha256").digest()).decode()
    return f"v1,{expected}" in headers["webhook-signature"].split(" ")


async def told_of_a_claim(system: System, partner: Partner, worker: World | None = None) -> Claim:
    """A new claim of the partner, which it was told of."""
    made = creation()
    change = replace(made, after=replace(made.after, partner_id=partner.partner_id))
    await system.world.records.commit(None, change)
    await project(worker or system.world, change.after)
    return change.after


async def test_what_happens_to_a_claim_is_delivered_signed(system: System, portal: Receiver, partner: Partner) -> None:
    """R-286: the same event as in the list, under its own id."""
    await put(system, partner, portal)
    claim = await told_of_a_claim(system, partner)
    await work_off(system.world, partner.partner_id)
    (received,) = portal.received
    assert is_signed(received, SECRET)
    assert not is_signed(received, OTHER_SECRET)
    event = json.loads(received.body)
    assert (event["type"], event["subject"], event["specversion"]) == ("claim.created", claim.claim_id, "1.0")
    assert received.headers["webhook-id"] == event["id"] == f"{claim.claim_id}.1"
    (delivery,) = await attempts(system, partner)
    assert (delivery.fate, delivery.status, delivery.tries, delivery.next_at) == (Fate.DELIVERED, 204, 1, None)


async def test_while_secrets_change_both_sign(system: System, portal: Receiver, partner: Partner) -> None:
    """R-286"""
    await put(system, partner, portal, secrets=[OTHER_SECRET, SECRET])
    await webhooks.send_test(system.world, partner, "portal")
    await work_off(system.world, partner.partner_id)
    assert is_signed(portal.received[0], SECRET)
    assert is_signed(portal.received[0], OTHER_SECRET)


async def test_each_webhook_is_called_for_what_it_asked_for(system: System, portal: Receiver, partner: Partner) -> None:
    await put(system, partner, portal, "claim.created", name="created")
    await put(system, partner, portal, "claim.refused", name="refused")
    await told_of_a_claim(system, partner)
    await work_off(system.world, partner.partner_id)
    assert len(await attempts(system, partner, "created")) == 1
    assert await attempts(system, partner, "refused") == []


async def test_a_webhook_that_another_worker_made_is_called_from_the_next_event_on(
    system: System, portal: Receiver, partner: Partner
) -> None:
    """A worker remembers whom to call; that it is right is checked by every write."""
    worker = system.process()
    await put(system, partner, portal, name="first")
    await webhooks.send_test(worker, partner, "first")
    await put(system, partner, portal, name="second")
    await told_of_a_claim(system, partner, worker)
    await work_off(worker, partner.partner_id)
    assert [d.kind for d in await attempts(system, partner, "second")] == ["claim.created"]


async def test_what_is_not_taken_is_tried_again_for_three_days_and_then_no_more(
    system: System, portal: Receiver, partner: Partner
) -> None:
    """R-287: each try has the same id, and a signature of its own time."""
    portal.says(500)
    await put(system, partner, portal)
    await webhooks.send_test(system.world, partner, "portal")
    begun = system.clock.now()
    for _ in range(20):
        await work_off(system.world, partner.partner_id)
        (delivery,) = await attempts(system, partner)
        assert (delivery.status, delivery.failure) == (500, Failure.STATUS)
        if delivery.next_at is None:
            break
        assert delivery.fate is Fate.RETRYING
        assert await system.world.webhooks.due(partner.partner_id, system.clock.now(), 10) == (), "it waits"
        system.clock.time = delivery.next_at
    (delivery,) = await attempts(system, partner)
    assert (delivery.fate, delivery.tries) == (Fate.FAILED, 11)
    assert timedelta(days=2, hours=6) < system.clock.now() - begun < timedelta(days=4)
    assert len({received.headers["webhook-id"] for received in portal.received}) == 1
    assert len({received.headers["webhook-timestamp"] for received in portal.received}) == 11
    assert await system.world.webhooks.due(partner.partner_id, system.clock.now() + timedelta(days=9), 10) == ()


async def test_a_try_that_has_to_wait_has_a_message_that_waits_with_it(
    system: System, portal: Receiver, partner: Partner
) -> None:
    """R-287: nothing looks for what is due by itself, so a message must come when its time has come."""
    portal.says(503)
    await put(system, partner, portal)
    await webhooks.send_test(system.world, partner, "portal")
    queue = system.world.queue(names.WEBHOOKS)
    await queue.clear_messages()
    await work_off(system.world, partner.partner_id)
    properties = await queue.get_queue_properties()
    assert properties.approximate_message_count == 1
    assert await queue.peek_messages() == [], "it is not to be seen yet"


async def test_whoever_says_that_it_is_gone_is_called_no_more_until_it_is_put_again(
    system: System, portal: Receiver, partner: Partner
) -> None:
    """R-288: and the partner is told, in its list of events and by its other webhooks."""
    portal.says(410)
    await put(system, partner, portal)
    async with receiver() as other:
        await put(system, partner, other, name="other")
        await webhooks.send_test(system.world, partner, "portal")
        await webhooks.send_test(system.world, partner, "portal")
        await work_off(system.world, partner.partner_id)
        assert (await webhooks.read(system.world, partner, "portal")).disabled is Disabled.GONE
        await work_off(system.world, partner.partner_id)
        kinds = [json.loads(received.body)["type"] for received in other.received]
        assert kinds == ["webhook.disabled"]
    told = (await system.world.partners.told(partner.partner_id, 0, 50)).told
    assert [each.telling.kind for each in told].count("webhook.disabled") >= 1
    calls = len(portal.received)
    await webhooks.send_test(system.world, partner, "portal")
    await work_off(system.world, partner.partner_id)
    assert len(portal.received) == calls
    portal.says(200)
    await put(system, partner, portal)
    await webhooks.send_test(system.world, partner, "portal")
    await work_off(system.world, partner.partner_id)
    assert len(portal.received) == calls + 1


async def test_whoever_takes_no_call_for_five_days_is_disabled(system: System, portal: Receiver, partner: Partner) -> None:
    """R-288"""
    portal.says(500)
    await put(system, partner, portal)
    for day in range(6):
        assert (await webhooks.read(system.world, partner, "portal")).disabled is None, f"after {day} days"
        await webhooks.send_test(system.world, partner, "portal")
        await work_off(system.world, partner.partner_id)
        system.clock.advance(timedelta(days=1))
    assert (await webhooks.read(system.world, partner, "portal")).disabled is Disabled.FAILING


async def test_an_event_is_sent_once_more_under_its_own_id(system: System, portal: Receiver, partner: Partner) -> None:
    """R-289"""
    await put(system, partner, portal)
    event_id = await webhooks.send_test(system.world, partner, "portal")
    await work_off(system.world, partner.partner_id)
    (delivery,) = await attempts(system, partner)
    await webhooks.replay(system.world, partner, "portal", str(delivery.number))
    await work_off(system.world, partner.partner_id)
    assert [received.headers["webhook-id"] for received in portal.received] == [event_id, event_id]
    assert len(await attempts(system, partner)) == 1


@pytest.mark.parametrize("delivery_id", ["1", "999", "0", "-1", "x", "1!", "²", ""])
async def test_what_was_never_delivered_there_cannot_be_sent_once_more(
    system: System, portal: Receiver, partner: Partner, delivery_id: str
) -> None:
    """R-289"""
    await put(system, partner, portal)
    with pytest.raises(NotFound):
        await webhooks.replay(system.world, partner, "portal", delivery_id)


async def test_a_webhook_that_is_deleted_is_called_no_more(system: System, portal: Receiver, partner: Partner) -> None:
    await put(system, partner, portal)
    await webhooks.send_test(system.world, partner, "portal")
    assert await webhooks.delete(system.world, partner, "portal") == ()
    await work_off(system.world, partner.partner_id)
    assert portal.received == []
    assert await system.world.webhooks.due(partner.partner_id, system.clock.now() + timedelta(days=9), 10) == ()
    with pytest.raises(NotFound):
        await webhooks.read(system.world, partner, "portal")


async def test_a_crash_at_any_request_loses_no_event(system: System, portal: Receiver, partner: Partner) -> None:
    """R-286: after a death the event is due again; it may come twice, with the id by which its receiver knows it."""
    await put(system, partner, portal)
    counter = Faults()
    await webhooks.send_test(system.world, partner, "portal")
    await work_off(system.process(counter), partner.partner_id)
    for number in range(1, counter.total + 1):
        for fault in Fault:
            where = f"{fault.name} at {number} of {counter.total}"
            event_id = await webhooks.send_test(system.world, partner, "portal")
            world = system.process(Faults().inject(number, fault))
            with suppress(Killed, StoreUnavailable):
                await work_off(world, partner.partner_id)
            await world.close()
            system.clock.advance(KEPT)
            await work_off(system.world, partner.partner_id)
            assert event_id in {received.headers["webhook-id"] for received in portal.received}, where
            newest = (await attempts(system, partner))[0]
            assert (newest.event_id, newest.fate) == (event_id, Fate.DELIVERED), where
            assert await system.world.webhooks.due(partner.partner_id, system.clock.now() + KEPT, 10) == (), where


async def test_of_two_workers_at_once_one_calls(system: System, portal: Receiver, partner: Partner) -> None:
    """R-286: as long as nobody dies each event comes once."""
    await put(system, partner, portal)
    for _ in range(5):
        await webhooks.send_test(system.world, partner, "portal")
    workers = [system.process() for _ in range(3)]
    await together(3, [work_off(worker, partner.partner_id) for worker in workers])
    ids = [received.headers["webhook-id"] for received in portal.received]
    assert sorted(ids) == sorted(set(ids))
    assert len(ids) == 5


async def test_whoever_reads_the_store_learns_no_secret(system: System, portal: Receiver, partner: Partner) -> None:
    """R-286: nor can a sealed one be moved to another webhook."""
    await put(system, partner, portal)
    rows = await system.rows(names.PARTNERS, partner.partner_id)
    assert SECRET.removeprefix("whsec_") not in repr(rows)
    webhook = await webhooks.read(system.world, partner, "portal")
    assert webhooks.secrets_of(system.world, webhook) == (SECRET,)
    with pytest.raises(InvalidTag):
        webhooks.secrets_of(system.world, replace(webhook, name="other"))


async def test_a_webhook_that_cannot_be_is_refused(system: System, portal: Receiver, partner: Partner) -> None:
    for name in ("a", "b", "c", "d", "e"):
        await put(system, partner, portal, name=name)
    with pytest.raises(TooManyWebhooks):
        await put(system, partner, portal, name="f")
    await put(system, partner, portal, name="e")
    for secrets in ([], [SECRET, SECRET], ["swordfish"]):
        with pytest.raises(InvalidInput):
            await put(system, partner, portal, name="e", secrets=secrets)
    with pytest.raises(InvalidInput):
        await put(system, partner, portal, "claim.exploded", name="e")
    with pytest.raises(InvalidInput):
        await webhooks.put(system.world, partner, "e", "http://10.0.0.1/", (), [SECRET])
    with pytest.raises(PartnerSuspended):
        await put(system, replace(partner, suspended=True), portal, name="e")


async def test_a_delivery_is_three_requests_and_two_for_its_message(system: System, portal: Receiver, partner: Partner) -> None:
    """What is due and the webhooks, once a message; take, event, settle, each delivery."""
    await put(system, partner, portal)
    for _ in range(3):
        await webhooks.send_test(system.world, partner, "portal")
    counter = Faults()
    await work_off(system.process(counter), partner.partner_id)
    assert counter.total == 2 + 3 * 3, counter.trail
