"""Partners over HTTP: enrolled by an operator, read by themselves."""

from typing import TYPE_CHECKING

import azure.functions as func

from functions import query
from functions.callers import authenticate, calling_partner
from functions.edge import answer, body_as, problems, tag_of, the_world
from functions.precondition import as_read

if TYPE_CHECKING:
    from shared.domain.partner import Partner

bp = func.Blueprint()  # type: ignore[no-untyped-call]  # The SDK leaves its constructor untyped.


@bp.route(route="v1/me", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def who_am_i(req: func.HttpRequest) -> func.HttpResponse:
    """The partner that the call is for: its programmes, its limits and what it used of them, and whom it lets act for it."""
    from functions.wire.partners import MeOut
    from shared.usecases.limits import limits_of

    partner = await calling_partner(req)
    query.only(req)
    return answer(MeOut.for_caller(partner, limits_of(the_world(), partner), the_world().clock.now().date()))


@bp.route(route="v1/partners", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def list_partners(req: func.HttpRequest) -> func.HttpResponse:
    """Lists every partner that was ever enrolled, by its id; each page links to the next."""
    from functions import paging
    from functions.wire.enrolment import PartnersOut
    from shared.domain.caller import Role

    caller = await authenticate(req, Role.OPERATOR)
    params = query.only(req, "maxpagesize", "cursor")
    after = paging.position(req, caller.subject, params)
    page = await the_world().partners.enrolled(paging.page_size(params), after)
    return answer(PartnersOut.of(page, paging.next_link(req, caller.subject, params, page.next)))


@bp.route(route="v1/partners/{partnerId}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def get_partner(req: func.HttpRequest) -> func.HttpResponse:
    """One partner's whole profile."""
    from functions.wire.enrolment import EnrolledPartnerOut
    from shared.domain.caller import Role
    from shared.usecases import partners

    await authenticate(req, Role.OPERATOR)
    query.only(req)
    return answer(EnrolledPartnerOut.of(await partners.read(the_world(), req.route_params["partnerId"])))


@bp.route(route="v1/partners/{partnerId}", methods=["PUT"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def put_partner(req: func.HttpRequest) -> func.HttpResponse:
    """Enrols or changes a partner; the body is the whole profile, so again is the same."""
    from functions.wire.enrolment import PartnerIn
    from functions.wire.partners import PartnerOut
    from shared.domain.caller import Role
    from shared.usecases import partners

    await authenticate(req, Role.OPERATOR)
    query.only(req)
    wanted = body_as(PartnerIn, req).partner(req.route_params["partnerId"])
    enrolled = await partners.enrol(the_world(), wanted, as_read(req, _partner_tag))
    return answer(PartnerOut.of(enrolled), headers={"ETag": _partner_tag(enrolled)})


def _partner_tag(partner: "Partner | None") -> str:
    """Of the whole profile, more than the answer to enrolling shows. Who is not enrolled has no version."""
    from functions.wire.enrolment import EnrolledPartnerOut

    return "" if partner is None else tag_of(EnrolledPartnerOut.of(partner))
