"""Events on their way to webhooks: called, tried again over three days, and what came of it written down.

Safe to run twice and at once: whoever takes a delivery has it for two minutes, and a delivery whose taker died is due again. A
receiver may so be called twice for one event, never for none; the event's id is the same, which is what receivers go by (R-286).
"""

import json
from datetime import datetime, timedelta
from typing import Final

from shared import telemetry
from shared.domain.telling import WEBHOOK_DISABLED, Telling, as_cloud_event, of_webhook
from shared.domain.webhook import Fate, Reply, Webhook, after_call, signatures, wait_after
from shared.ports.failures import StaleRecord
from shared.ports.webhooks import Delivery, Pending, StoredWebhook
from shared.ports.world import World
from shared.usecases.together import together
from shared.usecases.webhook_letters import ring_for_letter
from shared.usecases.webhooks import ring, secrets_of

_A_MESSAGE: Final = 32
_AT_ONCE: Final = 8
_KEPT_FOR: Final = timedelta(minutes=2)
_SAVED_WITHIN: Final = timedelta(seconds=30)
_AFTER_ALL_TRIES: Final = timedelta(hours=1)


async def work_off(world: World, partner_id: str) -> None:
    """Calls whom this partner wants to be called, for everything that is due now."""
    due = await world.webhooks.due(partner_id, world.clock.now(), _A_MESSAGE)
    if not due:
        return
    webhooks = {stored.webhook.name: stored for stored in await world.webhooks.all(partner_id)}
    await together(_AT_ONCE, (_deliver(world, webhooks.get(pending.name), pending) for pending in due))
    if len(due) == _A_MESSAGE:
        await ring(world, partner_id)


async def give_up(world: World, partner_id: str) -> None:
    """A message failed every try; what is due stays due, and is looked at again in an hour."""
    await world.rings.send({"partnerId": partner_id}, after=_AFTER_ALL_TRIES)


async def _deliver(world: World, stored: StoredWebhook | None, pending: Pending) -> None:
    taken = await world.webhooks.take(pending, world.clock.now() + _KEPT_FOR)
    if taken is None:
        return
    event = await world.webhooks.event(pending.partner_id, pending.number) if stored is not None else None
    if stored is None or event is None:
        await world.webhooks.settle(taken, None)
        return
    now = world.clock.now()
    if stored.webhook.disabled is not None:
        await world.webhooks.settle(taken, _delivery(taken, event, Fate.DISABLED, taken.tries, now))
        return
    reply = await _call(world, stored.webhook, event)
    tries, after = taken.tries + 1, after_call(stored.webhook, reply, now)
    wait = None if reply.failure is None or after.disabled is not None else wait_after(tries, _chance(world))
    telemetry.count("cpor.webhooks", outcome=str(reply.failure or "taken"))
    if wait is not None:
        # Before it is settled: a worker that dies in between leaves a message too many, and never one too few.
        await world.rings.send({"partnerId": pending.partner_id}, after=wait + timedelta(seconds=1))
    fate = Fate.DELIVERED if reply.failure is None else Fate.FAILED if wait is None else Fate.RETRYING
    delivery = _delivery(taken, event, fate, tries, now, reply, wait)
    await world.webhooks.settle(taken, delivery)
    await _note(world, stored, after)


async def _call(world: World, webhook: Webhook, event: Telling) -> Reply:
    body = json.dumps(as_cloud_event(event)).encode()
    timestamp = int(world.clock.now().timestamp())
    headers = {
        "content-type": "application/json",
        "user-agent": "partner-of-record",
        "webhook-id": event.event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signatures(secrets_of(world, webhook), event.event_id, timestamp, body),
    }
    return await world.courier.post(webhook.url, body, headers)


async def _note(world: World, before: StoredWebhook, after: Webhook) -> None:
    """How the webhook does; when it is called no more, its partner is told. Whoever changed it meanwhile knows better."""
    if after == before.webhook:
        return
    told = None
    if after.disabled is not None and after.disabled_at is not None:
        event_id = f"disabled.{world.entropy.token()}"
        told = of_webhook(WEBHOOK_DISABLED, event_id, after.name, after.disabled_at, reason=str(after.disabled))
        # Before it is saved: a worker that dies in between leaves a message too many, and never one too few.
        await ring_for_letter(world, after, _SAVED_WITHIN)
    try:
        await world.webhooks.save(after, before.etag, told)
    except StaleRecord:
        return
    if told is not None:
        await ring(world, after.partner_id)


def _delivery(
    taken: Pending,
    event: Telling,
    fate: Fate,
    tries: int,
    now: datetime,
    reply: Reply | None = None,
    wait: timedelta | None = None,
) -> Delivery:
    status, failure = (reply.status, reply.failure) if reply is not None else (None, None)
    next_at = None if wait is None else now + wait
    return Delivery(taken.number, event.event_id, event.kind, fate, tries, now, status, failure, next_at)


def _chance(world: World) -> float:
    return int(world.entropy.token()[:8], 16) / 0xFFFFFFFF
