"""Programmes over HTTP: the published terms, the same for every partner."""

import azure.functions as func

from functions.edge import answer, calling_partner, problems, the_world

bp = func.Blueprint()  # type: ignore[no-untyped-call]  # The SDK leaves its constructor untyped.


@bp.route(route="v1/programmes", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def list_programmes(req: func.HttpRequest) -> func.HttpResponse:
    """Lists the published terms, the earliest first; `activeOn` leaves those that a day falls into."""
    from functions import query
    from functions.wire.programmes import ProgrammesOut

    await calling_partner(req)
    day = query.day(query.only(req, "activeOn"), "activeOn")
    found = [each for each in the_world().programmes.all() if day is None or each.contains(day)]
    return answer(ProgrammesOut.of(sorted(found, key=lambda each: (each.first_day, each.programme_id))))


@bp.route(route="v1/programmes/{programmeId}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def get_programme(req: func.HttpRequest) -> func.HttpResponse:
    """One term: workloads, milestones, sizes, rates and windows."""
    from functions import query
    from functions.wire.programmes import ProgrammeOut

    await calling_partner(req)
    query.only(req)
    return answer(ProgrammeOut.of(the_world().programmes.programme(req.route_params["programmeId"])))
