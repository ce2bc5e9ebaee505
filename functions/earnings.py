"""Earnings over HTTP: what was booked, and why something was not."""

import azure.functions as func

from functions.edge import Refusal, answer, calling_partner, problems, the_world

bp = func.Blueprint()  # type: ignore[no-untyped-call]  # The SDK leaves its constructor untyped.


@bp.route(route="v1/earnings", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def list_earnings(req: func.HttpRequest) -> func.HttpResponse:
    """The partner's own earnings and reversals for one customer."""
    from functions.wire.earnings import EarningsOut
    from shared.usecases import earnings

    partner = await calling_partner(req)
    tenant = req.params.get("tenantId")
    if tenant is None:
        raise Refusal(400, "invalid_input", "Name the customer: ?tenantId=.")
    return answer(EarningsOut.of(await earnings.earnings(the_world(), partner, tenant)))


@bp.route(route="v1/associations/{associationId}/explain", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def explain_association(req: func.HttpRequest) -> func.HttpResponse:
    """Every milestone of the association's workload: earned, or why not and what is missing."""
    from functions.wire.earnings import ExplanationOut
    from shared.usecases import earnings

    partner = await calling_partner(req)
    association_id = req.route_params["associationId"]
    return answer(ExplanationOut.of(association_id, await earnings.explain_association(the_world(), partner, association_id)))
