"""Forgetting a person over HTTP, on its request or after the time for which it was kept."""

import azure.functions as func

from functions.callers import authenticate
from functions.edge import answer, body_as, problems, the_world

bp = func.Blueprint()  # type: ignore[no-untyped-call]  # The SDK leaves its constructor untyped.


@bp.route(route="v1/erasures", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def erase_person(req: func.HttpRequest) -> func.HttpResponse:
    """Forgets a customer's contact: name, address and the words it typed. Timelines and earnings still verify afterwards."""
    from functions import query
    from functions.wire.erasures import ErasureIn, ErasureOut
    from shared.domain.caller import Role
    from shared.usecases.claims import mail_address
    from shared.usecases.erasure import erase

    await authenticate(req, Role.OPERATOR)
    query.only(req)
    wanted = body_as(ErasureIn, req)
    gone = await erase(the_world(), wanted.tenant_id, mail_address(wanted.mail))
    return answer(ErasureOut(people=gone.people, words=gone.words))
