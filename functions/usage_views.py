"""What a partner sees of its customers' use, over HTTP: counts, impact, opportunities; as JSON, or as CSV for spreadsheets."""

from typing import TYPE_CHECKING

import azure.functions as func

from functions.callers import calling_partner
from functions.edge import answer, problems, the_world

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.usecases.usage_views import Wanted

bp = func.Blueprint()  # type: ignore[no-untyped-call]  # The SDK leaves its constructor untyped.


@bp.route(route="v1/usage", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def list_usage(req: func.HttpRequest) -> func.HttpResponse:
    """Lists the two counts of every day in the time of one's associations, page by page."""
    from functions import csv_view, paging, query
    from functions.wire.usage_views import USAGE_COLUMNS, UsagePageOut, usage_table
    from shared.usecases import usage_views

    partner = await calling_partner(req)
    params = query.only(req, "tenantId", "workload", "from", "until", "maxpagesize", "cursor")
    after = paging.position(req, partner.partner_id, params)
    page = await usage_views.usage(the_world(), partner, _wanted(params), paging.page_size(params), after)
    next_link = paging.next_link(req, partner.partner_id, params, page.next)
    if csv_view.is_asked_for(req):
        return csv_view.csv_answer(USAGE_COLUMNS, usage_table(page.lines), next_link)
    return answer(UsagePageOut.of(page, next_link))


@bp.route(route="v1/impact", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def list_impact(req: func.HttpRequest) -> func.HttpResponse:
    """Lists what each of one's associations did to use: from the highest before the claim to the latest, and what it earned."""
    from functions import csv_view, paging, query
    from functions.wire.usage_views import IMPACT_COLUMNS, ImpactPageOut, impact_table
    from shared.usecases import usage_views

    partner = await calling_partner(req)
    params = query.only(req, "tenantId", "workload", "maxpagesize", "cursor")
    after = paging.position(req, partner.partner_id, params)
    page = await usage_views.impacts(the_world(), partner, _wanted(params), paging.page_size(params), after)
    next_link = paging.next_link(req, partner.partner_id, params, page.next)
    if csv_view.is_asked_for(req):
        return csv_view.csv_answer(IMPACT_COLUMNS, impact_table(page.lines), next_link)
    return answer(ImpactPageOut.of(page, next_link))


@bp.route(route="v1/opportunities", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def list_opportunities(req: func.HttpRequest) -> func.HttpResponse:
    """Lists what one's associations could earn next, the most money first: users missing, and when they may be there."""
    from functions import csv_view, query
    from functions.wire.usage_views import OPPORTUNITY_COLUMNS, OpportunitiesOut, opportunity_table
    from shared.usecases import usage_views

    partner = await calling_partner(req)
    params = query.only(req, "tenantId", "workload")
    lines = await usage_views.opportunities(the_world(), partner, _wanted(params))
    if csv_view.is_asked_for(req):
        return csv_view.csv_answer(OPPORTUNITY_COLUMNS, opportunity_table(lines))
    return answer(OpportunitiesOut.of(lines))


def _wanted(params: "Mapping[str, str]") -> "Wanted":
    from functions import query
    from shared.usecases.usage_views import Wanted

    return Wanted(
        query.line(params, "tenantId"), query.line(params, "workload"), query.day(params, "from"), query.day(params, "until")
    )
