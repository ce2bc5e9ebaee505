"""Claims over HTTP: what a partner's portal calls."""

from typing import TYPE_CHECKING

import azure.functions as func

from functions import query
from functions.callers import calling_partner
from functions.edge import (
    MOST_UPLOAD_BYTES,
    Refusal,
    answer,
    body_as,
    idempotency,
    is_asked,
    problems,
    read_as,
    required_idempotency,
    the_world,
)
from functions.entity_tag import claim_tag
from functions.precondition import as_read

if TYPE_CHECKING:
    from functions.wire.claims import ClaimIn
    from shared.domain.claim import Claim
    from shared.domain.partner import Partner
    from shared.usecases.claims import NewClaim

bp = func.Blueprint()  # type: ignore[no-untyped-call]  # The SDK leaves its constructor untyped.


@bp.route(route="v1/claims", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def create_claim(req: func.HttpRequest) -> func.HttpResponse:
    """Creates a draft, 201; or, with the proof in a part beside it, creates and submits, 202. The same again for the same key."""
    from functions import multipart
    from functions.wire.claims import ClaimIn
    from shared.domain.limit import Limited
    from shared.usecases import claims, limits

    partner = await calling_partner(req)
    query.only(req)
    limits.require(the_world(), partner, Limited.CLAIMS)
    if multipart.is_multipart(req):
        claim = await _submitted_at_once(req, partner)
    else:
        key, call = required_idempotency(req, partner.partner_id)
        claim = await claims.create_claim(the_world(), partner, wanted(body_as(ClaimIn, req)), key, call)
    location = f"{the_world().settings.public_url}/v1/claims/{claim.claim_id}"
    return shown(claim, 201 if claim.submitted_at is None else 202, {"Location": location})


async def _submitted_at_once(req: func.HttpRequest, partner: "Partner") -> "Claim":
    from functions import multipart
    from functions.poe import attestation_in
    from functions.wire.claims import ClaimIn
    from shared.usecases import direct_submission

    parts = multipart.read_parts(req, ("claim", "poe"), MOST_UPLOAD_BYTES, ("attestation",))
    key, call = required_idempotency(req, partner.partner_id, multipart.said(parts))
    asked, poe = wanted(read_as(ClaimIn, parts["claim"].content)), parts["poe"]
    if not poe.content:
        raise Refusal(400, "document_empty", "Send the document as the part poe.")
    name, attestation = poe.file_name or "document", attestation_in(parts)
    return await direct_submission.submit_new_claim(the_world(), partner, asked, poe.content, name, key, call, attestation)


def wanted(asked: "ClaimIn") -> "NewClaim":
    """What a partner asks for, as the use cases take it."""
    from shared.usecases.claims import NewClaim

    return NewClaim(
        tenant_id=asked.customer.tenant_id,
        domain=asked.customer.domain,
        customer_name=asked.customer.name,
        country=asked.customer.country,
        programme_id=asked.programme_id,
        scopes=tuple(asked.scopes),
        contact_name=asked.contact.name,
        contact_mail=asked.contact.mail,
        language=asked.language,
        note=asked.note,
        external_reference=asked.external_reference,
        public_sector=asked.customer.public_sector,
        submit_when_ready=asked.submit_when_ready,
    )


@bp.route(route="v1/claims", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def list_claims(req: func.HttpRequest) -> func.HttpResponse:
    """Lists one's own claims, the newest first; filters narrow it down, and each page links to the next."""
    from functions import paging
    from functions.wire.claim_list import ClaimsOut
    from shared.domain.lifecycle import Status
    from shared.domain.view import NextActor
    from shared.ports.partners import ClaimFilter
    from shared.usecases import claim_lists

    partner = await calling_partner(req)
    params = query.only(
        req,
        "status",
        "tenantId",
        "scope",
        "externalReference",
        "nextActor",
        "dueBefore",
        "updatedSince",
        "maxpagesize",
        "cursor",
    )
    wanted = ClaimFilter(
        status=query.one_of(params, "status", Status),
        tenant_id=query.line(params, "tenantId"),
        scope=query.line(params, "scope"),
        external_reference=query.line(params, "externalReference"),
        next_actor=query.one_of(params, "nextActor", NextActor),
        due_before=query.moment(params, "dueBefore"),
        updated_since=query.moment(params, "updatedSince"),
    )
    after = paging.position(req, partner.partner_id, params)
    page = await claim_lists.list_claims(the_world(), partner, wanted, paging.page_size(params), after)
    return answer(ClaimsOut.of(page, paging.next_link(req, partner.partner_id, params, page.next)))


@bp.route(route="v1/claims/{claimId}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def get_claim(req: func.HttpRequest) -> func.HttpResponse:
    """Where the claim stands, whose move it is and until when."""
    from shared.usecases import claims

    partner = await calling_partner(req)
    query.only(req)
    return shown(await claims.read_claim(the_world(), partner, req.route_params["claimId"]))


@bp.route(route="v1/claims/{claimId}/submit", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def submit_claim(req: func.HttpRequest) -> func.HttpResponse:
    """Submits: 202, holds taken, screening begins. With `?validateOnly=true` every obstacle is listed and nothing is done."""
    from functions.wire import NothingIn
    from functions.wire.claims import ValidationOut
    from shared.usecases import claims

    partner = await calling_partner(req)
    query.only(req, "validateOnly")
    claim_id, unchanged = req.route_params["claimId"], as_read(req, claim_tag)
    body_as(NothingIn, req)
    named = idempotency(req, partner.partner_id)
    if is_asked(req, "validateOnly"):
        return answer(ValidationOut.of(await claims.obstacles_to(the_world(), partner, claim_id, unchanged)))
    return shown(await claims.submit_claim(the_world(), partner, claim_id, named and named[1], unchanged), 202)


@bp.route(route="v1/claims/{claimId}/withdraw", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def withdraw_claim(req: func.HttpRequest) -> func.HttpResponse:
    """Gives the claim up; its scopes are free at once."""
    from functions.wire.claims import WordsIn
    from shared.usecases import claims

    partner = await calling_partner(req)
    query.only(req)
    named, unchanged = idempotency(req, partner.partner_id), as_read(req, claim_tag)
    words, claim_id = body_as(WordsIn, req).words, req.route_params["claimId"]
    return shown(await claims.withdraw_claim(the_world(), partner, claim_id, words, named and named[1], unchanged))


@bp.route(route="v1/claims/{claimId}/timeline", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def get_timeline(req: func.HttpRequest) -> func.HttpResponse:
    """All that happened to the claim, oldest first, and whether the chain is intact."""
    from functions.wire.timeline import TimelineOut
    from shared.usecases import claims

    partner = await calling_partner(req)
    query.only(req)
    claim = await claims.read_claim(the_world(), partner, req.route_params["claimId"])
    return answer(TimelineOut.of(claim, await claims.read_timeline(the_world(), claim)))


def shown(claim: "Claim", status: int = 200, headers: dict[str, str] | None = None) -> func.HttpResponse:
    """The claim as its readers see it, with its version as ETag."""
    from functions.wire.claims import ClaimOut

    return answer(ClaimOut.of(claim), status, {"ETag": claim_tag(claim), **(headers or {})})
