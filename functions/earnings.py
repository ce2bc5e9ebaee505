"""Earnings over HTTP: what was booked, and why something was not."""

import azure.functions as func

from functions import query
from functions.callers import calling_partner
from functions.edge import answer, problems, the_world

bp = func.Blueprint()  # type: ignore[no-untyped-call]  # The SDK leaves its constructor untyped.


@bp.route(route="v1/earnings", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def list_earnings(req: func.HttpRequest) -> func.HttpResponse:
    """Lists one's own earnings and reversals; filters narrow it down, and each page links to the next."""
    from functions import csv_view, paging, query
    from functions.wire.postings import COLUMNS, EarningsOut, table
    from shared.domain.identity import tenant_id
    from shared.domain.month import Month
    from shared.ports.accounts import PostingFilter
    from shared.usecases import statements

    partner = await calling_partner(req)
    params = query.only(req, "tenantId", "workload", "programmeId", "month", "maxpagesize", "cursor")
    tenant, month = query.line(params, "tenantId"), query.line(params, "month")
    wanted = PostingFilter(
        earned=True,
        tenant_id=None if tenant is None else tenant_id(tenant),
        workload=query.line(params, "workload"),
        programme_id=query.line(params, "programmeId"),
        month=None if month is None else Month.spelt(month),
    )
    after = paging.position(req, partner.partner_id, params)
    page = await statements.lines(the_world(), partner, wanted, paging.page_size(params), after)
    next_link = paging.next_link(req, partner.partner_id, params, page.next)
    if csv_view.is_asked_for(req):
        return csv_view.csv_answer(COLUMNS, table(page.items), next_link)
    return answer(EarningsOut.of(page, next_link))


@bp.route(route="v1/associations/{associationId}/explain", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def explain_association(req: func.HttpRequest) -> func.HttpResponse:
    """Every milestone of the association's workload: earned, or why not and what is missing."""
    from functions.wire.earnings import ExplanationOut
    from shared.usecases import earnings

    partner = await calling_partner(req)
    query.only(req)
    association_id = req.route_params["associationId"]
    return answer(ExplanationOut.of(association_id, await earnings.explain_association(the_world(), partner, association_id)))
