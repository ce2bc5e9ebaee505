"""The signer's pages: read the proof, sign it, upload it signed by hand, decline, or name a colleague.

A link is the only credential. GET and HEAD never write; the document is the same for whoever has the link. An answer that comes
too late is told what stands.
"""

from typing import TYPE_CHECKING

import azure.functions as func

from functions.edge import MOST_UPLOAD_BYTES, Refusal, attachment, the_world
from functions.page import asked_language, form, own_address, page, pages

if TYPE_CHECKING:
    from functions.pages.forms import Form, FormFaults
    from functions.pages.sign_views import SignView
    from shared.usecases.signing import Answered, OpenedRequest

bp = func.Blueprint()  # type: ignore[no-untyped-call]  # The SDK leaves its constructor untyped.


@bp.route(route="sign/{token}", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@pages
async def show_signing(req: func.HttpRequest) -> func.HttpResponse:
    """The document in full with nothing ticked; once the request is settled, how."""
    from functions.pages.render import sign_page
    from shared.domain.signing import Standing
    from shared.usecases.signing import Answered, open_request

    opened = await open_request(the_world(), req.route_params["token"])
    if opened.standing is Standing.OPEN:
        return page(sign_page(await _sign_view(opened, req)))
    return _outcome(req, Answered(opened.claim, opened.seq, counts=False), was_sent=False)


@bp.route(route="sign/{token}", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@pages
async def decide_signing(req: func.HttpRequest) -> func.HttpResponse:
    """Signs, declines or passes on; a form that leaves something open comes back with what to correct."""
    from functions.pages.colleague import NO_ADDRESS, Colleague
    from functions.pages.forms import FormFault
    from functions.pages.sign_forms import (
        CANNOT_BE_PRINTED,
        NO_COLLEAGUE,
        Declining,
        Signing,
        parse_signing,
    )
    from shared.domain.errors import FormChanged, InvalidInput, SignerUnverified
    from shared.domain.proof_form import FormNotPrintable
    from shared.domain.signing import Standing
    from shared.usecases import signing
    from shared.usecases.people import NewPerson

    entered = form(req)
    opened = await signing.open_request(the_world(), req.route_params["token"])
    if opened.standing is not Standing.OPEN:
        return _outcome(req, signing.Answered(opened.claim, opened.seq, counts=False))
    asked = parse_signing(entered)
    try:
        if isinstance(asked, Signing):
            language = signing.form_of(the_world(), opened.claim, _language(opened, req))[1].language
            signature = signing.Signature(asked.form_id, language, asked.name, asked.title, asked.typed, asked.activities)
            return _outcome(req, await signing.sign(the_world(), opened, signature))
        if isinstance(asked, Declining):
            return _outcome(req, await signing.decline(the_world(), opened, asked.reason), asked.reason)
        if isinstance(asked, Colleague):
            return _outcome(req, await signing.delegate(the_world(), opened, NewPerson(asked.name, asked.mail)))
    except FormChanged as changed:
        asked = (FormFault("", changed.sentence),)
    except FormNotPrintable:
        asked = (FormFault("name", CANNOT_BE_PRINTED),)
    except SignerUnverified:
        asked = (FormFault("mail", NO_COLLEAGUE),)
    except InvalidInput as refusal:
        if refusal.field != "mail":
            raise
        asked = (FormFault("mail", NO_ADDRESS),)
    return await _again(req, asked, entered)


@bp.route(route="sign/{token}/document", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@pages
async def get_document_to_sign(req: func.HttpRequest) -> func.HttpResponse:
    """The form as a PDF while it is to be signed, the sealed document once it is."""
    from functions.pages.assets import PAGE_HEADERS
    from shared.usecases import signing

    opened = await signing.open_request(the_world(), req.route_params["token"])
    name, media_type, content = await signing.document_of(the_world(), opened, _language(opened, req))
    return attachment(name, media_type, content, {**PAGE_HEADERS, "Content-Type": media_type})


@bp.route(route="sign/{token}/document", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@pages
async def upload_signed_document(req: func.HttpRequest) -> func.HttpResponse:
    """Takes the document that was signed by hand, or says what to mend before it can be taken."""
    from functions.pages.document_faults import document_faults
    from shared.domain.errors import ProofRefused
    from shared.domain.poe_checks import CheckCode
    from shared.domain.signing import Standing
    from shared.usecases import signing

    opened = await signing.open_request(the_world(), req.route_params["token"])
    if opened.standing is not Standing.OPEN:
        return _outcome(req, signing.Answered(opened.claim, opened.seq, counts=False))
    if len(req.get_body()) > MOST_UPLOAD_BYTES:
        return await _again(req, document_faults([CheckCode.TOO_LARGE]))
    name, content = _uploaded(req)
    if not content:
        return await _again(req, document_faults([CheckCode.EMPTY]))
    try:
        return _outcome(req, await signing.upload_signed(the_world(), opened, content, name))
    except ProofRefused as refusal:
        return await _again(req, document_faults(obstacle.code for obstacle in refusal.obstacles))


def _uploaded(req: func.HttpRequest) -> tuple[str, bytes]:
    """What the file in the form is called, and its content; nothing where there is none, or more than one."""
    from functions import multipart
    from shared.domain.poe import safe_name

    try:
        part = multipart.read_parts(req, ("document",), MOST_UPLOAD_BYTES)["document"]
    except Refusal:
        return "", b""
    return safe_name(part.file_name or ""), part.content


async def _again(req: func.HttpRequest, faults: "FormFaults", entered: "Form | None" = None) -> func.HttpResponse:
    """The page once more, as it is to be read now, with what to correct."""
    from functions.pages.render import sign_page
    from shared.usecases.signing import open_request

    opened = await open_request(the_world(), req.route_params["token"])
    return page(sign_page(await _sign_view(opened, req), faults=faults, form=entered or {}), 422)


async def _sign_view(opened: "OpenedRequest", req: func.HttpRequest) -> "SignView":
    from functions.pages.sign_views import SignView
    from shared.usecases.signing import form_of

    claim, request = opened.claim, opened.claim.signature
    assert request is not None  # noqa: S101  # An open request is the claim's.
    programme = the_world().programmes.programme(claim.programme_id)
    subject, text = form_of(the_world(), claim, _language(opened, req))
    person = await the_world().records.person(claim.tenant_id, request.signer_id)
    return SignView(
        programme_name=programme.name,
        partner_name=claim.partner_name,
        customer_domain=claim.domain,
        signer_name=person.name,
        form=text,
        form_id=subject.form_id,
        sign_by=request.sign_by,
        claim_id=claim.claim_id,
        action_url=own_address("sign", req),
        document_url=own_address("sign", req, "document"),
        words=claim.note,
        help_address=programme.help_for(claim.country),
        language=_language(opened, req),
    )


def _language(opened: "OpenedRequest", req: func.HttpRequest) -> str:
    return asked_language(req) or opened.claim.language


def _outcome(
    req: func.HttpRequest, answered: "Answered", reason: str | None = None, *, was_sent: bool = True
) -> func.HttpResponse:
    """How the request stands; 409 for an answer that came after another."""
    from functions.pages.render import sign_outcome_page
    from functions.pages.sign_views import SignOutcomeView

    claim, request = answered.claim, answered.claim.signature
    programme = the_world().programmes.programme(claim.programme_id)
    view = SignOutcomeView(
        programme_name=programme.name,
        partner_name=claim.partner_name,
        customer_domain=claim.domain,
        standing=answered.standing,
        is_yours=answered.counts,
        settled_at=request.settled_at if request is not None else None,
        claim_id=claim.claim_id,
        reason=reason if answered.counts else None,
        copy_url=own_address("sign", req, "document") if answered.has_copy else None,
        help_address=programme.help_for(claim.country),
        language=asked_language(req) or claim.language,
    )
    is_late = was_sent and not answered.counts
    return page(sign_outcome_page(view, may_switch=not was_sent), 409 if is_late else 200)
