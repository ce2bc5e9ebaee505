"""Webhooks over HTTP, and the queue by which events reach them."""

import json
import logging
from typing import TYPE_CHECKING

import azure.functions as func

from functions.callers import calling_partner
from functions.dead_letters import set_aside
from functions.edge import answer, body_as, problems, tag_of, the_world
from functions.entity_tag import content_tag
from functions.precondition import as_read
from shared import bootstrap

if TYPE_CHECKING:
    from shared.domain.webhook import Webhook

bp = func.Blueprint()  # type: ignore[no-untyped-call]  # The SDK leaves its constructor untyped.
log = logging.getLogger(__name__)


@bp.route(route="v1/webhooks", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def list_webhooks(req: func.HttpRequest) -> func.HttpResponse:
    """Lists one's own webhooks and how they do."""
    from functions import query
    from functions.wire.webhooks import WebhooksOut
    from shared.usecases import webhooks

    partner = await calling_partner(req)
    query.only(req)
    return answer(WebhooksOut.of(await webhooks.read_all(the_world(), partner)))


@bp.route(route="v1/webhooks/{webhookName}", methods=["PUT"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def put_webhook(req: func.HttpRequest) -> func.HttpResponse:
    """Makes or changes a webhook; the body is the whole of it, so again is the same. One that was disabled is called again."""
    from functions import query
    from functions.wire.webhooks import WebhookIn
    from shared.usecases import webhooks

    partner = await calling_partner(req)
    query.only(req)
    wanted, unchanged = body_as(WebhookIn, req), as_read(req, _webhook_tag)
    url, events, secrets = wanted.url, wanted.events, [secret.get_secret_value() for secret in wanted.secrets]
    return _shown(await webhooks.put(the_world(), partner, _name(req), url, events, secrets, unchanged))


@bp.route(route="v1/webhooks/{webhookName}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def get_webhook(req: func.HttpRequest) -> func.HttpResponse:
    """One of one's own webhooks and how it does; its secrets are shown to nobody."""
    from functions import query
    from shared.usecases import webhooks

    partner = await calling_partner(req)
    query.only(req)
    return _shown(await webhooks.read(the_world(), partner, _name(req)))


@bp.route(route="v1/webhooks/{webhookName}", methods=["DELETE"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def delete_webhook(req: func.HttpRequest) -> func.HttpResponse:
    """Deletes a webhook and answers with those that are left; what was still to be delivered to it is forgotten."""
    from functions import query
    from functions.wire.webhooks import WebhooksOut
    from shared.usecases import webhooks

    partner = await calling_partner(req)
    query.only(req)
    return answer(WebhooksOut.of(await webhooks.delete(the_world(), partner, _name(req), as_read(req, _webhook_tag))))


@bp.route(route="v1/webhooks/{webhookName}/test", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def test_webhook(req: func.HttpRequest) -> func.HttpResponse:
    """Sends the event `webhook.test` by the way of all events: 202 with its id; what came of it stands in the deliveries."""
    from functions import query
    from functions.wire import NothingIn
    from functions.wire.webhooks import TestSentOut
    from shared.usecases import webhooks

    partner = await calling_partner(req)
    query.only(req)
    body_as(NothingIn, req)
    return answer(TestSentOut(event_id=await webhooks.send_test(the_world(), partner, _name(req))), 202)


@bp.route(route="v1/webhooks/{webhookName}/deliveries", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def list_deliveries(req: func.HttpRequest) -> func.HttpResponse:
    """Lists the events that were sent to a webhook and what came of each, the newest first."""
    from functions import paging, query
    from functions.wire.webhooks import DeliveriesOut
    from shared.usecases import webhooks

    partner = await calling_partner(req)
    params = query.only(req, "maxpagesize", "cursor")
    after = paging.position(req, partner.partner_id, params)
    page = await webhooks.deliveries(the_world(), partner, _name(req), paging.page_size(params), after)
    return answer(DeliveriesOut.of(page, paging.next_link(req, partner.partner_id, params, page.next)))


@bp.route(route="v1/webhooks/{webhookName}/deliveries/{deliveryId}/replay", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def replay_delivery(req: func.HttpRequest) -> func.HttpResponse:
    """Sends an event once more, with the id it always has: 202, as it stood before."""
    from functions import query
    from functions.wire import NothingIn
    from functions.wire.webhooks import DeliveryOut
    from shared.usecases import webhooks

    partner = await calling_partner(req)
    query.only(req)
    body_as(NothingIn, req)
    found = await webhooks.replay(the_world(), partner, _name(req), req.route_params["deliveryId"])
    return answer(DeliveryOut.of(found), 202)


@bp.queue_trigger(arg_name="message", queue_name="webhooks", connection="AzureWebJobsStorage")
async def work_off_webhooks(message: func.QueueMessage) -> None:
    """Calls whom a partner wants to be called, or mails it that nobody is any more. Any number of deliveries has the effect of
    one."""
    from shared.usecases.deliveries import work_off
    from shared.usecases.webhook_letters import send_letter

    asked, world = json.loads(message.get_body()), await bootstrap.ready_world()
    if "webhook" in asked:
        await send_letter(world, asked["partnerId"], asked["webhook"])
    else:
        await work_off(world, asked["partnerId"])


@bp.queue_trigger(arg_name="message", queue_name="webhooks-poison", connection="AzureWebJobsStorage")
async def give_up_webhooks(message: func.QueueMessage) -> None:
    """What is due for a partner whose message failed every try is looked at again in an hour."""
    from shared.domain.dead_letter import Queue
    from shared.usecases.deliveries import give_up

    asked = await set_aside(Queue.WEBHOOKS, message, "partnerId")
    if asked is not None:
        await give_up(bootstrap.world(), asked["partnerId"])


def _name(req: func.HttpRequest) -> str:
    name: str = req.route_params["webhookName"]
    return name


def _shown(webhook: "Webhook") -> func.HttpResponse:
    from functions.wire.webhooks import WebhookOut

    return answer(WebhookOut.of(webhook), headers={"ETag": _webhook_tag(webhook)})


def _webhook_tag(webhook: "Webhook | None") -> str:
    """Of the sealed secrets too: whoever changes them leaves what is shown as it was. What is not there has no version."""
    from functions.wire.webhooks import WebhookOut

    if webhook is None:
        return ""
    return content_tag(f"{tag_of(WebhookOut.of(webhook))} {webhook.sealed_secrets}".encode())
