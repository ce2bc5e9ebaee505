"""Proof of execution over HTTP: documents go in as they are and come out as attachments."""

from typing import TYPE_CHECKING, NamedTuple

import azure.functions as func

from functions import query
from functions.callers import authenticate, calling_partner
from functions.edge import (
    MOST_UPLOAD_BYTES,
    SECRETIVE,
    Refusal,
    answer,
    attachment,
    body_as,
    idempotency,
    problems,
    the_world,
)
from functions.entity_tag import claim_tag
from functions.precondition import as_read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from functions.multipart import Part
    from shared.domain.attestation import Statement

bp = func.Blueprint()  # type: ignore[no-untyped-call]  # The SDK leaves its constructor untyped.


@bp.route(route="v1/claims/{claimId}/poe", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def attach_proof(req: func.HttpRequest) -> func.HttpResponse:
    """Attaches the raw body as a document (`?name=` is for display only), or the part `poe`: 201 with every check's result.

    With `attestation`, a parameter or a part, somebody of the partner attests that it shows what the customer signed.
    """
    from functions.wire.poe import AttachedOut
    from shared.usecases import claims

    partner = await calling_partner(req)
    query.only(req, "name", "attestation")
    sent = _uploaded(req)
    named = idempotency(req, partner.partner_id, sent.said)
    if not sent.content:
        raise Refusal(400, "document_empty", "Send the document as the body of the request, or as its part poe.")
    claim_id, call, unchanged = req.route_params["claimId"], named and named[1], as_read(req, claim_tag)
    _, proof, report = await claims.attach_proof(
        the_world(), partner, claim_id, sent.content, sent.name, call, sent.attestation, unchanged
    )
    return answer(AttachedOut.of(proof, report), 201)


class _Uploaded(NamedTuple):
    """The document, what it is called, what is attested of it, and what the body says where it could say it in other bytes."""

    content: bytes
    name: str
    attestation: "Statement | None"
    said: bytes | None


def _uploaded(req: func.HttpRequest) -> _Uploaded:
    from functions import multipart

    attestation = _attested(req.params.get("attestation"))
    if multipart.is_multipart(req):
        parts = multipart.read_parts(req, ("poe",), MOST_UPLOAD_BYTES, ("attestation",))
        poe, said = parts["poe"], multipart.said(parts)
        return _Uploaded(poe.content, poe.file_name or "document", attestation_in(parts) or attestation, said)
    content = req.get_body()
    if len(content) > MOST_UPLOAD_BYTES:
        raise Refusal(413, "body_too_large", f"A document has at most {MOST_UPLOAD_BYTES} bytes.")
    return _Uploaded(content, req.params.get("name", "document"), attestation, None)


def attestation_in(parts: "Mapping[str, Part]") -> "Statement | None":
    """Which sentence a partner attests of the document beside it, if any. Raises Refusal 400 for one that no partner can."""
    part = parts.get("attestation")
    return None if part is None else _attested(part.content.decode("utf-8", "replace"))


def _attested(text: str | None) -> "Statement | None":
    from functions.wire.poe import PartnerStatement
    from shared.domain.attestation import Statement

    if text is None:
        return None
    if text not in set(PartnerStatement):
        wrong = {"field": "attestation", "message": f"Write one of {', '.join(PartnerStatement)}."}
        raise Refusal(400, "invalid_input", "There is no such attestation.", errors=(wrong,))
    return Statement(text)


@bp.route(route="v1/claims/{claimId}/poe/{documentId}/attest", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def attest_proof(req: func.HttpRequest) -> func.HttpResponse:
    """Somebody of the partner attests that the document shows what the customer signed; answers with the claim."""
    from functions.claims import shown
    from functions.wire.poe import AttestIn
    from shared.domain.attestation import Statement
    from shared.usecases import partner_moves

    partner = await calling_partner(req)
    query.only(req)
    named, wanted = idempotency(req, partner.partner_id), body_as(AttestIn, req)
    statement, unchanged = Statement(wanted.attestation), as_read(req, claim_tag)
    claim_id, document_id, call = req.route_params["claimId"], req.route_params["documentId"], named and named[1]
    return shown(await partner_moves.attest_proof(the_world(), partner, claim_id, document_id, statement, call, unchanged))


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
    # The version of the claim: it is what a document is taken out of the draft by.
    named = {**SECRETIVE, "ETag": claim_tag(claim)}
    return attachment(*await claims.read_proof(the_world(), claim, req.route_params["documentId"]), named)


@bp.route(route="v1/claims/{claimId}/poe/{documentId}", methods=["DELETE"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def remove_proof(req: func.HttpRequest) -> func.HttpResponse:
    """Takes the document out of a draft; answers with the claim without it."""
    from functions.claims import shown
    from shared.usecases import partner_moves

    partner = await calling_partner(req)
    query.only(req)
    claim_id, document_id, unchanged = req.route_params["claimId"], req.route_params["documentId"], as_read(req, claim_tag)
    return shown(await partner_moves.remove_proof(the_world(), partner, claim_id, document_id, unchanged))


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
