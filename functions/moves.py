"""A partner's later moves over HTTP: edit, remark, ask the customer again, dispute, reopen."""

import azure.functions as func

from functions import query
from functions.callers import calling_partner
from functions.claims import shown
from functions.edge import body_as, idempotency, problems, the_world
from functions.entity_tag import claim_tag
from functions.precondition import as_read, required_as_read

bp = func.Blueprint()  # type: ignore[no-untyped-call]  # The SDK leaves its constructor untyped.


@bp.route(route="v1/claims/{claimId}", methods=["PATCH"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def edit_claim(req: func.HttpRequest) -> func.HttpResponse:
    """Changes what the body names and leaves the rest; once the claim is submitted, only the contact."""
    from functions.wire.claims import ClaimPatch
    from shared.usecases import partner_moves
    from shared.usecases.people import NewPerson

    partner = await calling_partner(req)
    query.only(req)
    wanted, unchanged = body_as(ClaimPatch, req), required_as_read(req, claim_tag)
    asked = None if wanted.contact is None else NewPerson(wanted.contact.name, wanted.contact.mail)
    claim_id = req.route_params["claimId"]
    return shown(await partner_moves.edit_claim(the_world(), partner, claim_id, wanted.edit(), asked, unchanged))


@bp.route(route="v1/claims/{claimId}/comments", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def remark_on_claim(req: func.HttpRequest) -> func.HttpResponse:
    """Adds a partner's remark to the timeline, where the reviewer sees it."""
    from functions.wire.claims import RemarkIn
    from shared.usecases import partner_moves

    partner = await calling_partner(req)
    query.only(req)
    named, words = idempotency(req, partner.partner_id), body_as(RemarkIn, req).words
    claim_id, call, unchanged = req.route_params["claimId"], named and named[1], as_read(req, claim_tag)
    return shown(await partner_moves.comment(the_world(), partner, claim_id, words, call, unchanged))


@bp.route(route="v1/claims/{claimId}/resend-consent", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def resend_consent(req: func.HttpRequest) -> func.HttpResponse:
    """Asks the same contact once more, with a new window; links that were mailed before are void."""
    from functions.wire import NothingIn
    from shared.usecases import partner_moves

    partner = await calling_partner(req)
    query.only(req)
    named, unchanged = idempotency(req, partner.partner_id), as_read(req, claim_tag)
    body_as(NothingIn, req)
    claim_id, call = req.route_params["claimId"], named and named[1]
    return shown(await partner_moves.resend_consent(the_world(), partner, claim_id, call, unchanged))


@bp.route(route="v1/claims/{claimId}/signature-requests", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def request_signature(req: func.HttpRequest) -> func.HttpResponse:
    """Mails somebody of the customer a link to sign the proof online, or to download, sign and upload it: 202."""
    from functions.wire.signatures import SignatureRequestIn
    from shared.usecases import signing
    from shared.usecases.people import NewPerson

    partner = await calling_partner(req)
    query.only(req)
    named, wanted = idempotency(req, partner.partner_id), body_as(SignatureRequestIn, req)
    asked = None if wanted.signer is None else NewPerson(wanted.signer.name, wanted.signer.mail)
    claim_id, call, unchanged = req.route_params["claimId"], named and named[1], as_read(req, claim_tag)
    submits = wanted.submit_when_ready
    claim = await signing.request_signature(the_world(), partner, claim_id, asked, call, unchanged, submits=submits)
    return shown(claim, 202)


@bp.route(route="v1/claims/{claimId}/reopen", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def reopen_claim(req: func.HttpRequest) -> func.HttpResponse:
    """Takes the scopes again after the partner let its own deadline pass: once, within 30 days, proof and answers kept."""
    from functions.wire import NothingIn
    from shared.usecases import partner_moves

    partner = await calling_partner(req)
    query.only(req)
    named, unchanged = idempotency(req, partner.partner_id), as_read(req, claim_tag)
    body_as(NothingIn, req)
    return shown(await partner_moves.reopen(the_world(), partner, req.route_params["claimId"], named and named[1], unchanged))


@bp.route(route="v1/claims/{claimId}/dispute", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def dispute_rejection(req: func.HttpRequest) -> func.HttpResponse:
    """Appeals against a rejection: once, within 30 days; the scopes are taken again and another reviewer decides."""
    from functions.wire.claims import DisputeIn
    from shared.usecases import partner_moves

    partner = await calling_partner(req)
    query.only(req)
    named, words = idempotency(req, partner.partner_id), body_as(DisputeIn, req).words
    claim_id, call, unchanged = req.route_params["claimId"], named and named[1], as_read(req, claim_tag)
    return shown(await partner_moves.dispute(the_world(), partner, claim_id, words, call, unchanged))
