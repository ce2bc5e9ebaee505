"""Statements over HTTP, and the months and adjustments that make them."""

from typing import TYPE_CHECKING

import azure.functions as func

from functions import query
from functions.callers import authenticate, calling_partner
from functions.edge import answer, body_as, problems, required_idempotency, tag_of, the_world, versioned
from functions.precondition import as_read

if TYPE_CHECKING:
    from functions.wire.statements import PeriodOut
    from shared.domain.accounts import MonthClosing
    from shared.domain.month import Month
    from shared.usecases.as_read import AsRead

bp = func.Blueprint()  # type: ignore[no-untyped-call]  # The SDK leaves its constructor untyped.


@bp.route(route="v1/statements", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def list_statements(req: func.HttpRequest) -> func.HttpResponse:
    """Lists one's own closed months, the latest first; they never change."""
    from functions import csv_view
    from functions.wire.statements import COLUMNS, StatementsOut, table
    from shared.usecases import statements

    partner = await calling_partner(req)
    query.only(req)
    found = await statements.closed_statements(the_world(), partner)
    if csv_view.is_asked_for(req):
        return csv_view.csv_answer(COLUMNS, table(found))
    return answer(StatementsOut.of(found))


@bp.route(route="v1/statements/{month}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def get_statement(req: func.HttpRequest) -> func.HttpResponse:
    """One's own month with its lines: as it was closed, or as it is so far."""
    from functions import csv_view, paging, query
    from functions.wire.postings import COLUMNS, table
    from functions.wire.statements import MonthOut
    from shared.domain.month import Month
    from shared.ports.accounts import PostingFilter
    from shared.usecases import statements

    partner = await calling_partner(req)
    params = query.only(req, "maxpagesize", "cursor")
    month = Month.spelt(req.route_params["month"])
    after = paging.position(req, partner.partner_id, params)
    found = await statements.statement(the_world(), partner, month)
    wanted = PostingFilter(month=month)
    page = await statements.lines(the_world(), partner, wanted, paging.page_size(params), after)
    next_link = paging.next_link(req, partner.partner_id, params, page.next)
    if csv_view.is_asked_for(req):
        return csv_view.csv_answer(COLUMNS, table(page.items), next_link)
    return answer(MonthOut.of(str(month), found, page, next_link))


@bp.route(route="v1/periods/{month}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def get_period(req: func.HttpRequest) -> func.HttpResponse:
    """Is the month closed, and what did it leave over."""
    from shared.domain.caller import Role
    from shared.domain.errors import NotFound
    from shared.domain.month import Month
    from shared.usecases import months

    await authenticate(req, Role.OPERATOR)
    query.only(req)
    month = Month.spelt(req.route_params["month"])
    try:
        return answer(_period(month, await months.closing_of(the_world(), month)))
    except NotFound:
        return answer(_period(month, None))


@bp.route(route="v1/periods/{month}/close", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def close_period(req: func.HttpRequest) -> func.HttpResponse:
    """Closes a month that is over, for all partners: nothing in it changes any more. Again is the same."""
    from functions.wire import NothingIn
    from shared.domain.caller import Role
    from shared.domain.month import Month
    from shared.usecases import months

    operator = (await authenticate(req, Role.OPERATOR)).subject
    query.only(req)
    body_as(NothingIn, req)
    month = Month.spelt(req.route_params["month"])
    unchanged: AsRead[MonthClosing | None] = as_read(req, lambda closing: tag_of(_period(month, closing)))
    return versioned(_period(month, await months.close_month(the_world(), month, operator, unchanged)))


@bp.route(route="v1/adjustments", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def make_adjustment(req: func.HttpRequest) -> func.HttpResponse:
    """Adjusts a partner's account in the open month, for a reason: 201. It is made once and never changed."""
    from functions.wire.statements import AdjustmentIn, AdjustmentOut
    from shared.domain.accounts import Adjustment
    from shared.domain.caller import Role
    from shared.usecases import postings

    operator = (await authenticate(req, Role.OPERATOR)).subject
    query.only(req)
    _, call = required_idempotency(req, operator)
    asked, world = body_as(AdjustmentIn, req), the_world()
    adjustment = Adjustment(
        adjustment_id=f"adjustment-{call.key_hash[:24]}",
        partner_id=asked.partner_id,
        currency=asked.amount.currency,
        amount_minor=asked.amount.amount_minor,
        reason=asked.reason,
        operator=operator,
        made_at=world.clock.now(),
    )
    return answer(AdjustmentOut.of(await postings.adjust(world, adjustment)), 201)


def _period(month: "Month", closing: "MonthClosing | None") -> "PeriodOut":
    """The month as it is read; nobody has begun to close it where there is no closing."""
    from functions.wire.statements import PeriodOut

    return PeriodOut.open(str(month)) if closing is None else PeriodOut.of(closing)
