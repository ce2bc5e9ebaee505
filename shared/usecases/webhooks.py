"""What a partner does with its webhooks. Safe to run twice: a webhook is written as a whole, and an event has one id for ever."""

from collections.abc import Sequence
from typing import Final

from shared.domain.errors import BusyRecord, InvalidInput, NotFound
from shared.domain.partner import Partner
from shared.domain.telling import WEBHOOK_TEST, of_webhook
from shared.domain.webhook import MOST_SECRETS, MOST_WEBHOOKS, TooManyWebhooks, Webhook, is_name, require_kinds, require_secret
from shared.ports.failures import StaleRecord
from shared.ports.webhooks import Delivery, DeliveryPage, StoredWebhook
from shared.ports.world import World
from shared.usecases.as_read import AsRead, whatever
from shared.usecases.claims import require_active

_ATTEMPTS: Final = 8
# As many as the number of an event has in its key.
_MOST_DIGITS: Final = 12


async def put(
    world: World,
    partner: Partner,
    name: str,
    url: str,
    kinds: Sequence[str],
    secrets: Sequence[str],
    as_read: AsRead[Webhook | None] = whatever,
) -> Webhook:
    """The webhook, made or changed; putting it again also ends that it is disabled.

    Raises InvalidInput, TooManyWebhooks, StaleVersion.
    """
    require_active(partner)
    if not is_name(name):
        raise InvalidInput("webhookName", "Name it by 1 to 40 small letters, digits and hyphens.")
    if refusal := world.courier.refuses(url):
        raise InvalidInput("url", refusal)
    require_kinds(kinds)
    if not 1 <= len(secrets) <= MOST_SECRETS or len(set(secrets)) != len(secrets):
        raise InvalidInput("secrets", "Name one secret, or the new one and the old one while you change.")
    for secret in secrets:
        require_secret(secret)
    about = _about(partner.partner_id, name)
    sealed = tuple(world.secret_box.seal(secret, about) for secret in secrets)
    webhook = Webhook(partner.partner_id, name, url, tuple(dict.fromkeys(kinds)), sealed)
    for _ in range(_ATTEMPTS):
        known = {stored.webhook.name: stored for stored in await world.webhooks.all(partner.partner_id)}
        standing = known.get(name)
        as_read(None if standing is None else standing.webhook)
        if standing is None and len(known) >= MOST_WEBHOOKS:
            raise TooManyWebhooks
        try:
            await world.webhooks.save(webhook, None if standing is None else standing.etag)
        except StaleRecord:
            continue
        return webhook
    raise BusyRecord


async def read(world: World, partner: Partner, name: str) -> Webhook:
    """Raises NotFound."""
    return (await _stored(world, partner, name)).webhook


async def read_all(world: World, partner: Partner) -> tuple[Webhook, ...]:
    """The partner's webhooks, by name."""
    return tuple(stored.webhook for stored in await world.webhooks.all(partner.partner_id))


async def delete(world: World, partner: Partner, name: str, as_read: AsRead[Webhook] = whatever) -> tuple[Webhook, ...]:
    """Nobody is called there any more; what is left. Raises NotFound, StaleVersion."""
    require_active(partner)
    for _ in range(_ATTEMPTS):
        stored = await _stored(world, partner, name)
        as_read(stored.webhook)
        try:
            await world.webhooks.delete(stored)
        except StaleRecord:
            continue
        return await read_all(world, partner)
    raise BusyRecord


async def send_test(world: World, partner: Partner, name: str) -> str:
    """Sends an event that means nothing, by the way of all events; its id. Raises NotFound."""
    require_active(partner)
    webhook = await read(world, partner, name)
    event_id = f"test.{world.entropy.token()}"
    await world.webhooks.tell_one(webhook, of_webhook(WEBHOOK_TEST, event_id, name, world.clock.now()))
    await ring(world, partner.partner_id)
    return event_id


async def deliveries(world: World, partner: Partner, name: str, limit: int, after: str | None) -> DeliveryPage:
    """What came of the webhook's deliveries, the newest event first. Raises NotFound."""
    await read(world, partner, name)
    return await world.webhooks.deliveries(partner.partner_id, name, limit, after)


async def replay(world: World, partner: Partner, name: str, delivery_id: str) -> Delivery:
    """Sends an event once more, under its own id. Raises NotFound."""
    require_active(partner)
    await read(world, partner, name)
    if not delivery_id.isdecimal() or not delivery_id.isascii() or len(delivery_id) > _MOST_DIGITS:
        raise NotFound
    found = await world.webhooks.replay(partner.partner_id, name, int(delivery_id), world.clock.now())
    await ring(world, partner.partner_id)
    return found


async def ring(world: World, partner_id: str) -> None:
    """Tells the queue that something is due for this partner's webhooks. Raises StoreUnavailable."""
    await world.rings.send({"partnerId": partner_id})


def secrets_of(world: World, webhook: Webhook) -> tuple[str, ...]:
    """The webhook's secrets, to sign with."""
    about = _about(webhook.partner_id, webhook.name)
    return tuple(world.secret_box.open(sealed, about) for sealed in webhook.sealed_secrets)


async def _stored(world: World, partner: Partner, name: str) -> StoredWebhook:
    if not is_name(name):
        raise NotFound
    return await world.webhooks.webhook(partner.partner_id, name)


def _about(partner_id: str, name: str) -> str:
    return f"{partner_id}/{name}"
