"""The suppression list over HTTP: which addresses get no mail, and the way back from it."""

import azure.functions as func

from functions.callers import authenticate
from functions.edge import answer, body_as, problems, the_world

bp = func.Blueprint()  # type: ignore[no-untyped-call]  # The SDK leaves its constructor untyped.


@bp.route(route="v1/suppressions", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def list_suppressions(req: func.HttpRequest) -> func.HttpResponse:
    """Lists the addresses that no mail goes to, each by its SHA-256, the newest first."""
    from functions import query
    from functions.wire.suppressions import SuppressionsOut
    from shared.domain.caller import Role
    from shared.usecases.mail_reports import suppressed

    await authenticate(req, Role.OPERATOR)
    query.only(req)
    return answer(SuppressionsOut.of(await suppressed(the_world())))


@bp.route(route="v1/suppressions", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def add_suppression(req: func.HttpRequest) -> func.HttpResponse:
    """Sends no more mail to this address, for instance after its owner complained. Again changes nothing."""
    from functions import query
    from functions.wire.suppressions import SuppressionIn, SuppressionOut
    from shared.domain.caller import Role
    from shared.domain.delivery import Delivery
    from shared.usecases.claims import mail_address
    from shared.usecases.mail_reports import suppress

    await authenticate(req, Role.OPERATOR)
    query.only(req)
    wanted = body_as(SuppressionIn, req)
    return answer(SuppressionOut.of(await suppress(the_world(), mail_address(wanted.mail), Delivery(wanted.reason))))


@bp.route(route="v1/suppressions/{addressHash}", methods=["DELETE"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def remove_suppression(req: func.HttpRequest) -> func.HttpResponse:
    """Lets mail go to this address again, once whatever stood in its way is mended; answers with what is left on the list."""
    from functions import query
    from functions.wire.suppressions import SuppressionsOut
    from shared.domain.caller import Role
    from shared.usecases.mail_reports import allow_again, suppressed

    await authenticate(req, Role.OPERATOR)
    query.only(req)
    await allow_again(the_world(), req.route_params["addressHash"])
    return answer(SuppressionsOut.of(await suppressed(the_world())))
