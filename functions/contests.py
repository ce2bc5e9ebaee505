"""Contests over HTTP: a partner asks for what another holds; a reviewer sees both sides and decides."""

from typing import TYPE_CHECKING

import azure.functions as func

from functions import query
from functions.callers import authenticate, calling_partner
from functions.claims import shown
from functions.edge import answer, body_as, idempotency, problems, the_world
from functions.entity_tag import claim_tag, content_tag
from functions.precondition import as_read

if TYPE_CHECKING:
    from shared.usecases.contests import Contest

bp = func.Blueprint()  # type: ignore[no-untyped-call]  # The SDK leaves its constructor untyped.


@bp.route(route="v1/claims/{claimId}/contest", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def contest_scopes(req: func.HttpRequest) -> func.HttpResponse:
    """Submits the claim although others hold some of its scopes: 202; the free ones are held, a reviewer decides on the rest."""
    from functions.wire.contests import ContestIn
    from shared.usecases import contests

    partner = await calling_partner(req)
    query.only(req)
    named, evidence = idempotency(req, partner.partner_id), body_as(ContestIn, req).evidence
    claim_id, call, unchanged = req.route_params["claimId"], named and named[1], as_read(req, claim_tag)
    return shown(await contests.contest_scopes(the_world(), partner, claim_id, evidence, call, unchanged), 202)


@bp.route(route="v1/contests", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def list_contests(req: func.HttpRequest) -> func.HttpResponse:
    """Lists the open contests, the tightest clock first."""
    from functions.wire.contests import ContestsOut
    from shared.domain.caller import Role
    from shared.usecases import contests

    await authenticate(req, Role.REVIEWER)
    query.only(req)
    return answer(ContestsOut.of(await contests.open_contests(the_world())))


@bp.route(route="v1/contests/{contestId}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def get_contest(req: func.HttpRequest) -> func.HttpResponse:
    """Both sides of an open contest: the claim that contests, what its partner says, and the claims that hold."""
    from functions.wire.contests import ContestOut
    from shared.domain.caller import Role
    from shared.usecases import contests

    await authenticate(req, Role.REVIEWER)
    query.only(req)
    found = await contests.read_contest(the_world(), req.route_params["contestId"])
    return answer(ContestOut.of(found), headers={"ETag": _contest_tag(found)})


@bp.route(route="v1/contests/{contestId}/decide", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def decide_contest(req: func.HttpRequest) -> func.HttpResponse:
    """Decides for the challenger, who is then on record at once, or for the incumbents, who keep what they hold."""
    from functions.wire.contests import DecideIn, Winner
    from shared.domain.caller import Role
    from shared.usecases import contests

    caller = await authenticate(req, Role.REVIEWER)
    query.only(req)
    named, wanted = idempotency(req, caller.subject), body_as(DecideIn, req)
    contest_id, call, who, words = req.route_params["contestId"], named and named[1], caller.subject, wanted.words
    unchanged = as_read(req, _contest_tag)
    if wanted.winner is Winner.INCUMBENT:
        return shown(await contests.decide_for_incumbent(the_world(), who, contest_id, words, call, unchanged))
    return shown(
        await contests.decide_for_challenger(
            the_world(),
            who,
            contest_id,
            words,
            call,
            unchanged,
            confirms_contact=wanted.confirm_contact,
            confirms_scan=wanted.confirm_scan,
        )
    )


def _contest_tag(found: "Contest") -> str:
    """A contest is as it was read while all its claims are."""
    versions = [(claim.claim_id, claim.seq) for claim in (found.challenger, *found.incumbents)]
    return content_tag(repr(versions).encode())
