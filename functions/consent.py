"""The customer's pages: answer a consent request, see and end associations. A link is the only credential.

GET and HEAD never write: mail scanners follow links, run scripts and submit forms. Every unusable link gets one and the same
page.
"""

from datetime import timedelta
from typing import TYPE_CHECKING

import azure.functions as func

from functions.edge import the_world
from functions.page import asked_language, form, own_address, page, pages

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from functions.pages.views import AssociationRow, ConsentView, EarlierRow, ManageView, OpenRequestRow, ScopeRow
    from shared.domain.claim import Claim
    from shared.domain.usage import Snapshot
    from shared.usecases.manage import Overview

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
    """Takes the answer and shows a receipt; a form that leaves something open comes back with what to correct."""
    from functions.pages.forms import Answer, Decision, parse_decision
    from functions.pages.render import consent_page, consent_receipt
    from functions.pages.views import ConsentReceiptView
    from shared.domain.link import Purpose
    from shared.usecases import consent

    entered = form(req)
    opened = await consent.open_link(the_world(), req.route_params["token"], Purpose.CONSENT)
    scopes = _scope_rows(opened.claim)
    may_report = _may_report_unknown(opened.claim)
    decision = parse_decision(entered, [row.scope_id for row in scopes if row.is_open], may_report_unknown=may_report)
    if not isinstance(decision, Decision):
        return page(consent_page(await _consent_view(opened.claim, req), faults=decision, form=entered), 422)
    if decision.reported_unknown:
        claim = await consent.report_unknown(the_world(), opened, decision.reason)
    else:
        choices = {scope: answer is Answer.AGREE for scope, answer in decision.answers}
        claim = await consent.decide_consent(the_world(), opened, choices, decision.reason)
    view = ConsentReceiptView(
        programme_name=the_world().programmes.programme(claim.programme_id).name,
        partner_name=claim.partner_name,
        customer_domain=claim.domain,
        scopes=_scope_rows(claim),
        decided_at=claim.updated_at,
        claim_id=claim.claim_id,
        reason=decision.reason,
        reported_unknown=decision.reported_unknown,
        help_address=_help_address(claim),
        language=asked_language(req) or claim.language,
    )
    return page(consent_receipt(view))


@bp.route(route="manage/{token}", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@pages
async def show_manage(req: func.HttpRequest) -> func.HttpResponse:
    """All associations and open requests that name the link's contact."""
    from functions.pages.render import manage_page
    from shared.usecases.manage import overview

    return page(manage_page(_manage_view(await overview(the_world(), req.route_params["token"]), req)))


@bp.route(route="manage/{token}", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@pages
async def decide_manage(req: func.HttpRequest) -> func.HttpResponse:
    """Ends one association or refuses the open request, and shows a receipt."""
    from functions.pages.forms import EndAssociation, RefuseRequest, parse_manage
    from functions.pages.render import manage_page, manage_receipt
    from functions.pages.views import ManageReceiptView
    from shared.usecases import consent
    from shared.usecases.manage import overview

    entered = form(req)
    found = await overview(the_world(), req.route_params["token"])
    view = _manage_view(found, req)
    wanted = parse_manage(entered, [row.association_id for row in view.associations], [row.claim_id for row in view.requests])
    if isinstance(wanted, EndAssociation):
        owner = found.claim_of(wanted.association_id)
        claim = await consent.end_association(the_world(), owner, wanted.association_id, wanted.reason, wanted.note)
        workloads = tuple(row.workload for row in view.associations if row.association_id == wanted.association_id)
        reference = wanted.association_id
    elif isinstance(wanted, RefuseRequest):
        claim = await consent.refuse_request(the_world(), found.claim_of(wanted.claim_id), wanted.note)
        workloads = tuple(name for row in view.requests if row.claim_id == wanted.claim_id for name in row.workloads)
        reference = wanted.claim_id
    else:
        return page(manage_page(view, faults=wanted, form=entered), 422)
    receipt = ManageReceiptView(
        programme_name=view.programme_name,
        partner_name=claim.partner_name,
        customer_domain=claim.domain,
        workloads=workloads,
        done_at=claim.updated_at,
        reference=reference,
        was_request=isinstance(wanted, RefuseRequest),
        manage_url=view.action_url,
        help_address=view.help_address,
        language=view.language,
    )
    return page(manage_receipt(receipt))


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

    names = _workload_names(claim)
    return tuple(ScopeRow(s.scope, names[s.scope], s.consent, s.hold is not Hold.RELEASED) for s in claim.scopes)


async def _consent_view(claim: "Claim", req: func.HttpRequest) -> "ConsentView":
    from functions.pages.views import ConsentView
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
        silence_counts=claim.contact_verified and not policy.answer_required,
        help_address=programme.help_for(claim.country),
        language=asked_language(req) or claim.language,
    )


def _manage_view(found: "Overview", req: func.HttpRequest) -> "ManageView":
    from functions.pages.views import ManageView

    claim = found.opened.claim
    claims = [stored.claim for stored in found.claims]
    return ManageView(
        programme_name=the_world().programmes.programme(claim.programme_id).name,
        customer_domain=claim.domain,
        associations=tuple(row for each in claims for row in _standing(each, found.counts)),
        requests=tuple(row for each in claims for row in _requests(each)),
        action_url=own_address("manage", req),
        earlier=tuple(sorted((row for each in claims for row in _earlier(each)), key=lambda row: row.at, reverse=True)),
        help_address=_help_address(claim),
        language=asked_language(req) or claim.language,
    )


def _standing(claim: "Claim", counts: "Mapping[str, Snapshot]") -> "Iterator[AssociationRow]":
    """With the newest counts, if they are of the tenure's own time: a partner sees no others."""
    from functions.pages.views import AssociationRow, Counts
    from shared.domain.calendar import end_of

    names = _workload_names(claim)
    for tenure in claim.tenures:
        if tenure.is_standing:
            last = counts.get(tenure.scope)
            is_its_own = last is not None and tenure.covers(last.date)
            shown = Counts(last.mau, last.pau, end_of(last.date) - timedelta(days=1)) if last and is_its_own else None
            yield AssociationRow(tenure.association_id, claim.partner_name, names[tenure.scope], tenure.active_from, shown)


def _requests(claim: "Claim") -> "Iterator[OpenRequestRow]":
    from functions.pages.views import OpenRequestRow

    names = _workload_names(claim)
    open_scopes = tuple(names[s.scope] for s in claim.live if s.active_from is None and claim.closing is None)
    if open_scopes:
        yield OpenRequestRow(claim.claim_id, claim.partner_name, open_scopes, claim.window.ends_at)


def _earlier(claim: "Claim") -> "Iterator[EarlierRow]":
    from functions.pages.views import EarlierRow

    names = _workload_names(claim)
    for scope in claim.scopes:
        if scope.ended_at is not None:
            yield EarlierRow(claim.partner_name, names[scope.scope], "ended", scope.ended_at)
        elif scope.refused_at is not None:
            yield EarlierRow(claim.partner_name, names[scope.scope], "refused", scope.refused_at)


def _help_address(claim: "Claim") -> str | None:
    return the_world().programmes.programme(claim.programme_id).help_for(claim.country)


def _workload_names(claim: "Claim") -> dict[str, str]:
    programme = the_world().programmes.programme(claim.programme_id)
    return {f"workload:{w.workload_id}": w.name for w in programme.workloads}
