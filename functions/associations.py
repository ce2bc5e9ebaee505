"""Associations over HTTP, and what a partner has about one customer."""

from typing import TYPE_CHECKING

import azure.functions as func

from functions.callers import calling_partner
from functions.edge import answer, body_as, idempotency, problems, the_world
from functions.entity_tag import claim_tag
from functions.precondition import as_read

if TYPE_CHECKING:
    from shared.usecases.associations import Held

bp = func.Blueprint()  # type: ignore[no-untyped-call]  # The SDK leaves its constructor untyped.


@bp.route(route="v1/associations", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def list_associations(req: func.HttpRequest) -> func.HttpResponse:
    """Lists one's own associations, the newest first, standing and ended; each page links to the next."""
    from functions import paging, query
    from functions.wire.associations import AssociationsOut, Standing
    from shared.ports.partners import AssociationFilter
    from shared.usecases import associations

    partner = await calling_partner(req)
    params = query.only(req, "tenantId", "scope", "status", "maxpagesize", "cursor")
    status = query.one_of(params, "status", Standing)
    wanted = AssociationFilter(
        tenant_id=query.line(params, "tenantId"),
        scope=query.line(params, "scope"),
        is_standing=None if status is None else status is Standing.STANDING,
    )
    after = paging.position(req, partner.partner_id, params)
    page = await associations.list_associations(the_world(), partner, wanted, paging.page_size(params), after)
    return answer(AssociationsOut.of(page, paging.next_link(req, partner.partner_id, params, page.next)))


@bp.route(route="v1/availability", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def get_availability(req: func.HttpRequest) -> func.HttpResponse:
    """Says whether a scope of a customer is free, yours or taken, and since when; never by whom. Limited and logged."""
    from functions import query
    from functions.wire.associations import AvailabilityOut
    from shared.usecases import availability

    partner = await calling_partner(req)
    params = query.only(req, "tenantId", "domain", "scope")
    tenant, domain, scope = (query.required_line(params, name) for name in ("tenantId", "domain", "scope"))
    return answer(AvailabilityOut.of(await availability.look_up(the_world(), partner, tenant, domain, scope)))


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
    wanted_id, call, unchanged = req.route_params["associationId"], named and named[1], as_read(req, claim_tag)
    code, words = wanted.reason_code, wanted.words
    return _shown(await associations.end_association(the_world(), partner, wanted_id, code, words, call, unchanged))


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

    return answer(AssociationOut.of(held), 200, {"ETag": claim_tag(held.claim)})
