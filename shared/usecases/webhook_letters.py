"""The mail that tells a partner that its webhook is called no more: due -> sending -> sent, or unknown, or failed.

At most once without a person: whoever moves the letter to `sending`, on the webhook's row, is the only one who sends, and what
nobody settled for a quarter of an hour is unknown and never sent again. Until it is settled each message about it leaves another,
so none has to find a letter that was lost. A webhook that was put again meanwhile, or deleted, has no letter.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from shared import telemetry
from shared.domain.errors import NotFound
from shared.domain.identity import bucket_of, operation_id
from shared.domain.notice import Letter, MailKind
from shared.domain.payouts import LetterState
from shared.domain.webhook import Webhook
from shared.ports.failures import StaleRecord
from shared.ports.webhooks import StoredWebhook
from shared.ports.world import World
from shared.usecases.handing_over import handed_over

SETTLED_WITHIN: Final = timedelta(minutes=15)
_LOOKS_AGAIN: Final = timedelta(minutes=5)


async def send_letter(world: World, partner_id: str, name: str) -> None:
    """Sends the mail about a webhook that was disabled, unless it is settled or somebody else is sending it (R-307)."""
    stored = await _stored(world, partner_id, name)
    if stored is None or stored.webhook.letter not in (LetterState.DUE, LetterState.SENDING):
        return
    webhook, now = stored.webhook, world.clock.now()
    if webhook.letter is LetterState.SENDING:
        if webhook.letter_since is not None and now - webhook.letter_since >= SETTLED_WITHIN:
            await _settle(world, webhook, LetterState.UNKNOWN)
        else:
            await ring_for_letter(world, webhook, SETTLED_WITHIN)
        return
    # Whatever becomes of this try, somebody looks again.
    await ring_for_letter(world, webhook, _LOOKS_AGAIN)
    if world.mail_gate.is_closed(now) or not world.mail_gate.may_pass(now):
        return
    letter = await _letter(world, webhook)
    sending = replace(webhook, letter=LetterState.SENDING, letter_since=now, letter_tries=webhook.letter_tries + 1)
    try:
        await world.webhooks.save(sending, stored.etag)
    except StaleRecord:
        return
    if letter is None or await world.suppressions.reason(letter.to_address) is not None:
        await _settle(world, sending, LetterState.FAILED)
        return
    await _settle(world, sending, await handed_over(world, letter, sending.letter_tries))


async def ring_for_letter(world: World, webhook: Webhook, after: timedelta) -> None:
    """Tells the queue of the webhook's letter, later. Raises StoreUnavailable."""
    await world.rings.send({"partnerId": webhook.partner_id, "webhook": webhook.name}, after=after)


async def _settle(world: World, webhook: Webhook, fate: LetterState) -> None:
    """Writes what became of the mail, unless the webhook was changed meanwhile."""
    stored = await _stored(world, webhook.partner_id, webhook.name)
    if stored is None or stored.webhook != webhook:
        return
    try:
        await world.webhooks.save(replace(webhook, letter=fate), stored.etag)
    except StaleRecord:
        return
    telemetry.count("cpor.mails", kind=MailKind.WEBHOOK_DISABLED, fate=str(fate))


async def _stored(world: World, partner_id: str, name: str) -> StoredWebhook | None:
    try:
        return await world.webhooks.webhook(partner_id, name)
    except NotFound:
        return None


async def _letter(world: World, webhook: Webhook) -> Letter | None:
    try:
        partner = await world.partners.partner(webhook.partner_id)
    except NotFound:
        return None
    when = webhook.disabled_at.isoformat() if webhook.disabled_at else ""
    return Letter(
        kind=MailKind.WEBHOOK_DISABLED,
        operation_id=operation_id(f"{bucket_of(webhook.partner_id)}.webhook.{webhook.partner_id}.{webhook.name}.{when}"),
        to_address=partner.mail,
        to_name=partner.name,
        language=partner.language,
        claim_id=webhook.name,
        programme_name="",
        partner_name=partner.name,
        customer_domain="",
        workloads=(),
        webhook=str(webhook.disabled),
    )
