"""The customer's page that asks: agree, refuse, or choose by scope. A link is the only credential.

GET and HEAD never write: mail scanners follow links, run scripts and submit forms. Every unusable link gets one and the same
page.
"""

from typing import TYPE_CHECKING

import azure.functions as func

from functions.edge import the_world
from functions.page import asked_language, form, help_address, own_address, page, pages, workload_names

if TYPE_CHECKING:
    from functions.pages.forms import Form
    from functions.pages.views import ConsentReceiptView, ConsentView, ScopeRow
    from shared.domain.claim import Claim
    from shared.domain.shown import Shown
    from shared.ports.records import Stored

bp = func.Blueprint()  # type: ignore[no-untyped-call]  # The SDK leaves its constructor untyped.


@bp.route(route="consent/{token}", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@pages
async def show_consent(req: func.HttpRequest) -> func.HttpResponse:
    """The question, with no answer selected."""
    from functions.pages.render import consent_page
    from shared.domain.link import Purpose
    from shared.usecases.consent import open_link

    claim = (await open_link(the_world(), req.route_params["token"], Purpose.CONSENT)).claim
    return page(consent_page(await _consent_view(claim, req)))


@bp.route(route="consent/{token}", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@pages
async def decide_consent(req: func.HttpRequest) -> func.HttpResponse:
    """Takes the answer, or the name of a colleague, and shows a receipt; what is left open comes back with what to correct, and
    409 says that it came too late."""
    from functions.pages.forms import Answer, Decision, parse_decision
    from functions.pages.render import consent_page, consent_receipt
    from functions.pages.wordings import words_read
    from shared.domain.consent import is_answered
    from shared.domain.link import Purpose
    from shared.usecases import consent

    entered = form(req)
    shown = words_read(entered)
    opened = await consent.open_link(the_world(), req.route_params["token"], Purpose.CONSENT)
    if entered.get("do") == ["forward"]:
        return await _forward(req, opened, entered, shown)
    scopes = _scope_rows(opened.claim)
    may_report = _may_report_unknown(opened.claim)
    open_scopes = [row.scope_id for row in scopes if row.is_open]
    decision = parse_decision(entered, open_scopes, may_report_unknown=may_report, has_read=shown is not None)
    if not isinstance(decision, Decision):
        return page(consent_page(await _consent_view(opened.claim, req), faults=decision, form=entered), 422)
    if decision.reported_unknown:
        claim = await consent.report_unknown(the_world(), opened, decision.reason, shown)
        return page(consent_receipt(_receipt(claim, req, reason=decision.reason, reported_unknown=True)))
    choices = {scope: answer is Answer.AGREE for scope, answer in decision.answers}
    claim = await consent.decide_consent(the_world(), opened, choices, decision.reason, shown)
    came_late = not is_answered(claim, choices)
    return page(consent_receipt(_receipt(claim, req, reason=decision.reason, came_late=came_late)), 409 if came_late else 200)


async def _forward(req: func.HttpRequest, opened: "Stored", entered: "Form", shown: "Shown | None") -> func.HttpResponse:
    """Asks the colleague whom the form names, or says what to correct."""
    from functions.pages.colleague import NO_ADDRESS, TOO_MANY, Colleague, parse_colleague
    from functions.pages.forms import NOT_OPEN, FormFault
    from functions.pages.render import consent_page, consent_receipt
    from shared.domain.errors import ContactUnverified, InvalidInput
    from shared.domain.limit import LimitReached
    from shared.usecases.forwarding import forward
    from shared.usecases.people import NewPerson

    named = parse_colleague(entered)
    if isinstance(named, Colleague):
        try:
            claim = await forward(the_world(), opened, NewPerson(named.name, named.mail), shown)
            if claim.contact_id != opened.claim.contact_id:
                return page(consent_receipt(_receipt(claim, req, forwarded=True)))
            named = (FormFault("", NOT_OPEN),)
        except ContactUnverified as refusal:
            named = (FormFault("mail", refusal.sentence),)
        except LimitReached:
            named = (FormFault("mail", TOO_MANY),)
        except InvalidInput as refusal:
            if refusal.field != "mail":
                raise
            named = (FormFault("mail", NO_ADDRESS),)
    return page(consent_page(await _consent_view(opened.claim, req), faults=named, form=entered), 422)


@bp.route(route="pages/static/{name}", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
async def get_asset(req: func.HttpRequest) -> func.HttpResponse:
    """One of the pages' style sheets."""
    from functions.pages.assets import STATIC_HEADERS, static_asset

    try:
        content, media_type = static_asset(req.route_params["name"])
    except KeyError:
        return func.HttpResponse(status_code=404)
    return func.HttpResponse(content, headers={**STATIC_HEADERS, "Content-Type": media_type})


def _may_report_unknown(claim: "Claim") -> bool:
    """Whoever has clicked for everything has said that it knows the partner."""
    from shared.domain.claim import Consent

    return any(s.consent in (Consent.PENDING, Consent.IMPLIED) for s in claim.live)


def _scope_rows(claim: "Claim") -> "tuple[ScopeRow, ...]":
    from functions.pages.views import ScopeRow
    from shared.domain.claim import Hold

    names = workload_names(claim)
    return tuple(ScopeRow(s.scope, names[s.scope], s.consent, s.hold is not Hold.RELEASED) for s in claim.scopes)


def _receipt(
    claim: "Claim",
    req: func.HttpRequest,
    *,
    reason: str | None = None,
    reported_unknown: bool = False,
    forwarded: bool = False,
    came_late: bool = False,
) -> "ConsentReceiptView":
    from functions.pages.views import ConsentReceiptView

    return ConsentReceiptView(
        programme_name=the_world().programmes.programme(claim.programme_id).name,
        partner_name=claim.partner_name,
        customer_domain=claim.domain,
        scopes=_scope_rows(claim),
        decided_at=claim.updated_at,
        claim_id=claim.claim_id,
        reason=reason,
        reported_unknown=reported_unknown,
        forwarded=forwarded,
        came_late=came_late,
        help_address=help_address(claim),
        language=asked_language(req) or claim.language,
    )


async def _consent_view(claim: "Claim", req: func.HttpRequest) -> "ConsentView":
    from functions.pages.views import ConsentView
    from shared.domain.contact import may_forward
    from shared.domain.errors import NotFound

    programme = the_world().programmes.programme(claim.programme_id)
    policy = programme.policy_for(claim.country, public_sector=claim.public_sector)
    try:
        name = (await the_world().records.person(claim.tenant_id, claim.contact_id)).name
    except NotFound:
        name = ""  # Forgotten since the link was mailed.
    return ConsentView(
        programme_name=programme.name,
        partner_name=claim.partner_name,
        customer_domain=claim.domain,
        contact_name=name,
        scopes=_scope_rows(claim),
        requested_at=claim.submitted_at or claim.created_at,
        answer_by=claim.window.ends_at,
        claim_id=claim.claim_id,
        action_url=own_address("consent", req),
        words=claim.note,
        may_report_unknown=_may_report_unknown(claim),
        may_forward=may_forward(claim, policy),
        silence_counts=claim.contact_verified and not policy.answer_required,
        help_address=programme.help_for(claim.country),
        language=asked_language(req) or claim.language,
    )
