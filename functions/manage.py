"""The customer's page that is reached from every mail: see what names its reader, end an association, refuse a request.

GET and HEAD never write, as everywhere; which links open it is `shared.usecases.manage`'s business.
"""

from datetime import timedelta
from typing import TYPE_CHECKING

import azure.functions as func

from functions.edge import the_world
from functions.page import asked_language, form, help_address, own_address, page, pages, workload_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from functions.pages.forms import Form
    from functions.pages.views import AssociationRow, EarlierRow, ManageView, OpenRequestRow
    from shared.domain.claim import Claim
    from shared.domain.usage import Snapshot
    from shared.usecases.manage import LinkTooOld, Overview

bp = func.Blueprint()  # type: ignore[no-untyped-call]  # The SDK leaves its constructor untyped.


@bp.route(route="manage/{token}", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@pages
async def show_manage(req: func.HttpRequest) -> func.HttpResponse:
    """All associations and open requests that name the link's contact; for an old link, the offer to mail a new one."""
    from functions.pages.render import manage_page
    from shared.usecases.manage import LinkTooOld, overview

    try:
        found = await overview(the_world(), req.route_params["token"])
    except LinkTooOld as old:
        return _offer(old, req)
    return page(manage_page(_manage_view(found, req)))


@bp.route(route="manage/{token}", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@pages
async def decide_manage(req: func.HttpRequest) -> func.HttpResponse:
    """Ends one association or refuses the open request, and shows a receipt; for an old link, has a new one mailed."""
    from functions.pages.forms import EndAssociation, RefuseRequest, parse_manage
    from functions.pages.render import manage_page, manage_receipt
    from functions.pages.views import ManageReceiptView
    from functions.pages.wordings import words_read
    from shared.usecases import consent
    from shared.usecases.manage import LinkTooOld, overview

    entered = form(req)
    shown = words_read(entered)
    try:
        found = await overview(the_world(), req.route_params["token"])
    except LinkTooOld as old:
        return await _mail_new_link(old, req, entered)
    view = _manage_view(found, req)
    wanted = parse_manage(entered, [row.association_id for row in view.associations], [row.claim_id for row in view.requests])
    if isinstance(wanted, EndAssociation):
        owner = found.claim_of(wanted.association_id)
        claim = await consent.end_association(the_world(), owner, wanted.association_id, wanted.reason, wanted.note, shown)
        workloads = tuple(row.workload for row in view.associations if row.association_id == wanted.association_id)
        reference = wanted.association_id
    elif isinstance(wanted, RefuseRequest):
        claim = await consent.refuse_request(the_world(), found.claim_of(wanted.claim_id), wanted.note, shown)
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


def _offer(old: "LinkTooOld", req: func.HttpRequest, *, is_unsure: bool = False) -> func.HttpResponse:
    from functions.pages.render import old_link_page

    shown = old_link_page(own_address("manage", req), asked_language(req) or old.language, is_unsure=is_unsure)
    return page(shown, 422 if is_unsure else 200)


async def _mail_new_link(old: "LinkTooOld", req: func.HttpRequest, entered: "Form") -> func.HttpResponse:
    """The same page whether or not there was somebody to mail, and whether or not it was once too often."""
    from functions.pages.forms import is_sure
    from functions.pages.render import link_mailed_page
    from shared.usecases.manage import mail_new_link

    if not is_sure(entered):
        return _offer(old, req, is_unsure=True)
    await mail_new_link(the_world(), req.route_params["token"])
    return page(link_mailed_page(asked_language(req) or old.language))


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
        help_address=help_address(claim),
        language=asked_language(req) or claim.language,
    )


def _standing(claim: "Claim", counts: "Mapping[str, Snapshot]") -> "Iterator[AssociationRow]":
    """With the newest counts, if they are of the tenure's own time: a partner sees no others."""
    from functions.pages.views import AssociationRow, Counts
    from shared.domain.calendar import end_of

    names = workload_names(claim)
    for tenure in claim.tenures:
        if tenure.is_standing:
            last = counts.get(tenure.scope)
            is_its_own = last is not None and tenure.covers(last.date)
            shown = Counts(last.mau, last.pau, end_of(last.date) - timedelta(days=1)) if last and is_its_own else None
            yield AssociationRow(tenure.association_id, claim.partner_name, names[tenure.scope], tenure.active_from, shown)


def _requests(claim: "Claim") -> "Iterator[OpenRequestRow]":
    from functions.pages.views import OpenRequestRow

    names = workload_names(claim)
    open_scopes = tuple(names[s.scope] for s in claim.live if s.active_from is None and claim.closing is None)
    if open_scopes:
        yield OpenRequestRow(claim.claim_id, claim.partner_name, open_scopes, claim.window.ends_at)


def _earlier(claim: "Claim") -> "Iterator[EarlierRow]":
    from functions.pages.views import EarlierRow

    names = workload_names(claim)
    for scope in claim.scopes:
        if scope.ended_at is not None:
            yield EarlierRow(claim.partner_name, names[scope.scope], "ended", scope.ended_at)
        elif scope.refused_at is not None:
            yield EarlierRow(claim.partner_name, names[scope.scope], "refused", scope.refused_at)
