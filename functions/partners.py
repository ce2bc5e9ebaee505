"""Partners over HTTP: enrolled by an operator, read by themselves."""

import azure.functions as func

from functions.edge import answer, authenticate, body_as, calling_partner, problems, the_world

bp = func.Blueprint()  # type: ignore[no-untyped-call]  # The SDK leaves its constructor untyped.


@bp.route(route="v1/me", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def who_am_i(req: func.HttpRequest) -> func.HttpResponse:
    """The partner that the caller's token acts for."""
    from functions.wire.partners import PartnerOut

    return answer(PartnerOut.of(await calling_partner(req)))


@bp.route(route="v1/partners/{partnerId}", methods=["PUT"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def put_partner(req: func.HttpRequest) -> func.HttpResponse:
    """Enrols or changes a partner; the body is the whole profile, so again is the same."""
    from functions.wire.partners import PartnerIn, PartnerOut
    from shared.domain.caller import Role
    from shared.usecases import partners

    await authenticate(req, Role.OPERATOR)
    wanted = body_as(PartnerIn, req).partner(req.route_params["partnerId"])
    return answer(PartnerOut.of(await partners.enrol(the_world(), wanted)))
