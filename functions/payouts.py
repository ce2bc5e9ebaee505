"""Payouts over HTTP: operators propose, approve and settle them, partners see their own; and the mail that tells of a payment."""

import json
import logging
from typing import TYPE_CHECKING

import azure.functions as func

from functions import query
from functions.callers import authenticate, calling_partner
from functions.dead_letters import set_aside
from functions.edge import answer, body_as, problems, tag_of, the_world, versioned
from functions.precondition import as_read
from shared import bootstrap

if TYPE_CHECKING:
    from shared.usecases.payouts import Shown

bp = func.Blueprint()  # type: ignore[no-untyped-call]  # The SDK leaves its constructor untyped.
log = logging.getLogger(__name__)


@bp.route(route="v1/payouts", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def list_payouts(req: func.HttpRequest) -> func.HttpResponse:
    """Lists one's own payments, the latest first."""
    from functions import csv_view, query
    from functions.wire.payouts import COLUMNS, TransfersOut, table
    from shared.usecases import statements

    partner = await calling_partner(req)
    query.only(req)
    found = await statements.payments(the_world(), partner)
    if csv_view.is_asked_for(req):
        return csv_view.csv_answer(COLUMNS, table(found))
    return answer(TransfersOut.of(found))


@bp.route(route="v1/payouts", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def propose_payout(req: func.HttpRequest) -> func.HttpResponse:
    """Proposes to pay out what the month closed last has left over: 201. Again is the same payout, and goes on if need be."""
    from functions.wire.payouts import PayoutIn, PayoutOut
    from shared.domain.caller import Role
    from shared.domain.month import Month
    from shared.usecases import payouts

    operator = (await authenticate(req, Role.OPERATOR)).subject
    query.only(req)
    month = Month.spelt(body_as(PayoutIn, req).month)
    shown = await payouts.propose(the_world(), month, operator)
    location = f"{the_world().settings.public_url}/v1/payouts/{month}"
    return answer(PayoutOut.of(shown), 201, {"Location": location})


@bp.route(route="v1/payouts/{payoutId}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def get_payout(req: func.HttpRequest) -> func.HttpResponse:
    """A payout and what became of each transfer."""
    from functions.wire.payouts import PayoutOut
    from shared.domain.caller import Role
    from shared.domain.month import Month
    from shared.usecases import payouts

    await authenticate(req, Role.OPERATOR)
    query.only(req)
    return answer(PayoutOut.of(await payouts.shown(the_world(), Month.spelt(req.route_params["payoutId"]))))


@bp.route(route="v1/payouts/{payoutId}/export", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def get_payout_export(req: func.HttpRequest) -> func.HttpResponse:
    """The approved payout as a file for the bank, created once and never changed."""
    from functions.edge import SECRETIVE
    from shared.domain.caller import Role
    from shared.domain.month import Month
    from shared.usecases import payouts

    await authenticate(req, Role.OPERATOR)
    query.only(req)
    month = Month.spelt(req.route_params["payoutId"])
    content = await payouts.export(the_world(), month)
    headers = {**SECRETIVE, "Content-Disposition": f'attachment; filename="payout-{payouts.file_name(month)}"'}
    return func.HttpResponse(content, mimetype=payouts.MEDIA_TYPE, charset="utf-8", headers=headers)


@bp.route(route="v1/payouts/{payoutId}/approve", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def approve_payout(req: func.HttpRequest) -> func.HttpResponse:
    """Approves a payout that another operator proposed, and exports it. Again is the same."""
    from functions.wire import NothingIn
    from functions.wire.payouts import PayoutOut
    from shared.domain.caller import Role
    from shared.domain.month import Month
    from shared.usecases import payouts

    operator = (await authenticate(req, Role.OPERATOR)).subject
    query.only(req)
    body_as(NothingIn, req)
    month = Month.spelt(req.route_params["payoutId"])
    return versioned(PayoutOut.of(await payouts.approve(the_world(), month, operator, as_read(req, _payout_tag))))


@bp.route(route="v1/payouts/{payoutId}/paid", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def mark_payout_paid(req: func.HttpRequest) -> func.HttpResponse:
    """The bank has paid: everybody, or the partners that are named; each is told by mail. Again is the same."""
    from functions.wire.payouts import PaidIn, PayoutOut
    from shared.domain.caller import Role
    from shared.domain.month import Month
    from shared.usecases import payouts

    await authenticate(req, Role.OPERATOR)
    query.only(req)
    partners = body_as(PaidIn, req).partner_ids
    month = Month.spelt(req.route_params["payoutId"])
    return versioned(PayoutOut.of(await payouts.mark_paid(the_world(), month, partners, as_read(req, _payout_tag))))


@bp.route(route="v1/payouts/{payoutId}/failed", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def mark_payout_failed(req: func.HttpRequest) -> func.HttpResponse:
    """A partner's transfer failed, or the payout is given up before approval; the money is carried forward."""
    from functions.wire.payouts import FailedIn, PayoutOut
    from shared.domain.caller import Role
    from shared.domain.month import Month
    from shared.usecases import payouts

    await authenticate(req, Role.OPERATOR)
    query.only(req)
    asked = body_as(FailedIn, req)
    month = Month.spelt(req.route_params["payoutId"])
    unchanged = as_read(req, _payout_tag)
    return versioned(PayoutOut.of(await payouts.mark_failed(the_world(), month, asked.partner_id, asked.reason, unchanged)))


@bp.queue_trigger(arg_name="message", queue_name="payments", connection="AzureWebJobsStorage")
async def tell_of_payment(message: func.QueueMessage) -> None:
    """Sends the mail about one payment. Any number of deliveries sends it once at most."""
    from shared.domain.month import Month
    from shared.usecases import payment_letters

    asked = json.loads(message.get_body())
    world = await bootstrap.ready_world()
    await payment_letters.send_letter(world, Month.spelt(asked["month"]), asked["partnerId"], asked["currency"])


@bp.queue_trigger(arg_name="message", queue_name="payments-poison", connection="AzureWebJobsStorage")
async def give_up_payment(message: func.QueueMessage) -> None:
    """Keeps a message that failed every try for an operator; the sweep announces its mail again until that is settled."""
    from shared.domain.dead_letter import Queue

    await set_aside(Queue.PAYMENTS, message, "month", "partnerId", "currency")


def _payout_tag(found: "Shown") -> str:
    from functions.wire.payouts import PayoutOut

    return tag_of(PayoutOut.of(found))
