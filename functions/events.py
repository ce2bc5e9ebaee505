"""Events over HTTP: everything that a webhook would have said, for portals that nobody can call."""

import azure.functions as func

from functions.callers import calling_partner
from functions.edge import answer, problems, the_world

bp = func.Blueprint()  # type: ignore[no-untyped-call]  # The SDK leaves its constructor untyped.


@bp.route(route="v1/events", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def list_events(req: func.HttpRequest) -> func.HttpResponse:
    """Lists what happened to one's own claims, the oldest first. Ask again with the `after` of the last answer to go on."""
    from functions import paging, query
    from functions.wire.events import EventsOut

    partner = await calling_partner(req)
    params = query.only(req, "after", "maxpagesize")
    after = int(paging.position(req, partner.partner_id, params, paging.AFTER) or "0")
    page = await the_world().partners.told(partner.partner_id, after, paging.page_size(params))
    last = str(page.told[-1].number if page.told else after)
    link = paging.next_link(req, partner.partner_id, params, last if page.has_more else None, paging.AFTER)
    return answer(EventsOut.of(page, paging.cursor(req, partner.partner_id, params, last), link))
