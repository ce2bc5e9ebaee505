"""Associations over HTTP, and what a partner has about one customer."""

from typing import TYPE_CHECKING

import azure.functions as func

from functions.edge import answer, body_as, calling_partner, idempotency, problems, the_world

if TYPE_CHECKING:
    from shared.usecases.associations import Held

bp = func.Blueprint()  # type: ignore[no-untyped-call]  # The SDK leaves its constructor untyped.


@bp.route(route="v1/associations/{associationId}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def get_association(req: func.HttpRequest) -> func.HttpResponse:
    """Since when the partner is or was on record, and how it ended."""
    from functions import query
    from shared.usecases import associations

    partner = await calling_partner(req)
    query.only(req)
    return _shown(await associations.read_association(the_world(), partner, req.route_params["associationId"]))


@bp.route(route="v1/associations/{associationId}/end", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def end_association(req: func.HttpRequest) -> func.HttpResponse:
    """Ends the association now, for a reason; the scope is free at once, and the customer is told."""
    from functions import query
    from functions.wire.associations import EndIn
    from shared.usecases import associations

    partner = await calling_partner(req)
    query.only(req)
    named, wanted = idempotency(req, partner.partner_id), body_as(EndIn, req)
    wanted_id, call = req.route_params["associationId"], named and named[1]
    held = await associations.end_association(the_world(), partner, wanted_id, wanted.reason_code, wanted.words, call)
    return _shown(held)


@bp.route(route="v1/customers/{tenantId}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def get_customer(req: func.HttpRequest) -> func.HttpResponse:
    """All of one's own about one customer: claims, associations, and where its earnings are."""
    from functions import query
    from functions.wire.associations import CustomerOut
    from shared.usecases import associations

    partner = await calling_partner(req)
    query.only(req)
    customer = await associations.read_customer(the_world(), partner, req.route_params["tenantId"])
    earnings = f"{the_world().settings.public_url}/v1/earnings?tenantId={customer.tenant_id}"
    return answer(CustomerOut.of(customer, earnings))


def _shown(held: "Held") -> func.HttpResponse:
    from functions.wire.associations import AssociationOut

    return answer(AssociationOut.of(held), 200, {"ETag": f'"{held.claim.seq}"'})
