"""Proof of execution over HTTP: documents go in as they are and come out as attachments."""

import azure.functions as func

from functions import query
from functions.edge import (
    MOST_UPLOAD_BYTES,
    Refusal,
    answer,
    attachment,
    authenticate,
    calling_partner,
    expected_version,
    idempotency,
    problems,
    the_world,
)

bp = func.Blueprint()  # type: ignore[no-untyped-call]  # The SDK leaves its constructor untyped.


@bp.route(route="v1/claims/{claimId}/poe", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def attach_proof(req: func.HttpRequest) -> func.HttpResponse:
    """Attaches the raw body as a document (`?name=` is for display only), or the part `poe`: 201 with every check's result."""
    from functions.wire.poe import AttachedOut
    from shared.usecases import claims

    partner = await calling_partner(req)
    query.only(req, "name")
    content, name, said = _uploaded(req)
    named = idempotency(req, partner.partner_id, said)
    if not content:
        raise Refusal(400, "document_empty", "Send the document as the body of the request, or as its part poe.")
    claim_id = req.route_params["claimId"]
    _, proof, report = await claims.attach_proof(the_world(), partner, claim_id, content, name, named and named[1])
    return answer(AttachedOut.of(proof, report), 201)


def _uploaded(req: func.HttpRequest) -> tuple[bytes, str, bytes | None]:
    """The document, what it is called, and what the body says where it could say the same in other bytes."""
    from functions import multipart

    if multipart.is_multipart(req):
        parts = multipart.read_parts(req, ("poe",), MOST_UPLOAD_BYTES)
        return parts["poe"].content, parts["poe"].file_name or "document", multipart.said(parts)
    content = req.get_body()
    if len(content) > MOST_UPLOAD_BYTES:
        raise Refusal(413, "body_too_large", f"A document has at most {MOST_UPLOAD_BYTES} bytes.")
    return content, req.params.get("name", "document"), None


@bp.route(route="v1/claims/{claimId}/poe", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def list_proofs(req: func.HttpRequest) -> func.HttpResponse:
    """The claim's documents, each with what a reviewer would say of it now."""
    from functions.wire.poe import ProofsOut
    from shared.usecases import claims, poe_reports

    partner = await calling_partner(req)
    query.only(req)
    claim = await claims.read_claim(the_world(), partner, req.route_params["claimId"])
    return answer(ProofsOut.of(await poe_reports.reports(the_world(), claim)))


@bp.route(route="v1/reviews/{reviewId}/poe", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def list_proofs_to_review(req: func.HttpRequest) -> func.HttpResponse:
    """The same list, to a reviewer."""
    from functions.wire.poe import ProofsOut
    from shared.domain.caller import Role
    from shared.usecases import poe_reports

    await authenticate(req, Role.REVIEWER)
    query.only(req)
    claim = (await the_world().records.claim(req.route_params["reviewId"])).claim
    return answer(ProofsOut.of(await poe_reports.reports(the_world(), claim)))


@bp.route(route="v1/claims/{claimId}/poe/{documentId}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def get_proof(req: func.HttpRequest) -> func.HttpResponse:
    """The document, to its partner; only what the malware scan found clean leaves the store."""
    from shared.usecases import claims

    partner = await calling_partner(req)
    query.only(req)
    claim = await claims.read_claim(the_world(), partner, req.route_params["claimId"])
    return attachment(*await claims.read_proof(the_world(), claim, req.route_params["documentId"]))


@bp.route(route="v1/claims/{claimId}/poe/{documentId}", methods=["DELETE"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def remove_proof(req: func.HttpRequest) -> func.HttpResponse:
    """Takes the document out of a draft; answers with the claim without it."""
    from functions.claims import shown
    from shared.usecases import partner_moves

    partner = await calling_partner(req)
    query.only(req)
    claim_id, document_id, version = req.route_params["claimId"], req.route_params["documentId"], expected_version(req)
    return shown(await partner_moves.remove_proof(the_world(), partner, claim_id, document_id, version))


@bp.route(route="v1/reviews/{reviewId}/poe/{documentId}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def get_proof_to_review(req: func.HttpRequest) -> func.HttpResponse:
    """The document, to a reviewer."""
    from shared.domain.caller import Role
    from shared.usecases import claims

    await authenticate(req, Role.REVIEWER)
    query.only(req)
    claim = (await the_world().records.claim(req.route_params["reviewId"])).claim
    return attachment(*await claims.read_proof(the_world(), claim, req.route_params["documentId"]))


@bp.route(route="v1/claims/{claimId}/poe-form", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def get_proof_form(req: func.HttpRequest) -> func.HttpResponse:
    """The form for this claim, to be completed and signed by the customer, in the customer's language."""
    from shared.usecases.poe_forms import make_form

    partner = await calling_partner(req)
    query.only(req)
    subject, content = await make_form(the_world(), partner, req.route_params["claimId"])
    return attachment(f"proof of execution {subject.form_id}.pdf", "application/pdf", content)
