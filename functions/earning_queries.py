"""Queries about earnings over HTTP: a partner asks about an entry of its own, an operator answers."""

import azure.functions as func

from functions.callers import authenticate, calling_partner
from functions.edge import answer, body_as, problems, the_world

bp = func.Blueprint()  # type: ignore[no-untyped-call]  # The SDK leaves its constructor untyped.


@bp.route(route="v1/earnings/{earningId}/query", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def query_earning(req: func.HttpRequest) -> func.HttpResponse:
    """Asks about an entry of one's own, within 30 days of its booking: 201. The same words again are the same query."""
    from functions import query
    from functions.wire.earning_queries import QueryIn, QueryOut
    from shared.usecases import earning_queries

    partner = await calling_partner(req)
    query.only(req)
    words = body_as(QueryIn, req).words
    return answer(QueryOut.of(await earning_queries.ask(the_world(), partner, req.route_params["earningId"], words)), 201)


@bp.route(route="v1/earnings/{earningId}/query", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def get_earning_query(req: func.HttpRequest) -> func.HttpResponse:
    """One's own query about an entry, and its answer."""
    from functions import query
    from functions.wire.earning_queries import QueryOut
    from shared.usecases import earning_queries

    partner = await calling_partner(req)
    query.only(req)
    return answer(QueryOut.of(await earning_queries.read(the_world(), partner, req.route_params["earningId"])))


@bp.route(route="v1/earning-queries", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def list_earning_queries(req: func.HttpRequest) -> func.HttpResponse:
    """Lists the queries that wait for an answer, the oldest first."""
    from functions import query
    from functions.wire.earning_queries import QueriesOut
    from shared.domain.caller import Role
    from shared.usecases import earning_queries

    await authenticate(req, Role.OPERATOR)
    query.only(req)
    return answer(QueriesOut.of(await earning_queries.waiting(the_world())))


@bp.route(route="v1/earning-queries/{earningId}/answer", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def answer_earning_query(req: func.HttpRequest) -> func.HttpResponse:
    """Answers a partner's query, once. What is to be paid otherwise is an adjustment."""
    from functions import query
    from functions.wire.earning_queries import QueryIn, QueryOut
    from shared.domain.caller import Role
    from shared.usecases import earning_queries

    operator = (await authenticate(req, Role.OPERATOR)).subject
    query.only(req)
    words = body_as(QueryIn, req).words
    return answer(QueryOut.of(await earning_queries.answer(the_world(), req.route_params["earningId"], words, operator)))
