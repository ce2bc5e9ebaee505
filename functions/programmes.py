"""Programmes over HTTP: the published terms, the same for every partner, and how operators publish a next version."""

import azure.functions as func

from functions.callers import authenticate, calling_partner
from functions.edge import answer, document_in, is_asked, problems, the_world
from functions.precondition import as_read

bp = func.Blueprint()  # type: ignore[no-untyped-call]  # The SDK leaves its constructor untyped.


@bp.route(route="v1/programmes", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def list_programmes(req: func.HttpRequest) -> func.HttpResponse:
    """Lists the published terms, the earliest first; `activeOn` leaves those that a day falls into."""
    from functions import query
    from functions.wire.programmes import ProgrammesOut

    await calling_partner(req)
    day = query.day(query.only(req, "activeOn"), "activeOn")
    found = [each for each in the_world().programmes.all() if day is None or each.contains(day)]
    return answer(ProgrammesOut.of(sorted(found, key=lambda each: (each.first_day, each.programme_id))))


@bp.route(route="v1/programmes/{programmeId}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def get_programme(req: func.HttpRequest) -> func.HttpResponse:
    """One term: workloads, milestones, sizes, rates and windows."""
    from functions import query
    from functions.wire.programmes import ProgrammeOut

    await calling_partner(req)
    query.only(req)
    return answer(ProgrammeOut.of(the_world().programmes.programme(req.route_params["programmeId"])))


@bp.route(route="v1/programmes/{programmeId}/versions", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def list_programme_versions(req: func.HttpRequest) -> func.HttpResponse:
    """Every version of a programme with its definition, the first one first, and from which day of usage on it counts."""
    from functions import query
    from functions.wire.programme_versions import VersionsOut
    from shared.domain.caller import Role

    await authenticate(req, Role.OPERATOR)
    query.only(req)
    programmes = the_world().programmes
    versions = programmes.versions(req.route_params["programmeId"])
    shown = VersionsOut.of(versions, programmes.written)
    return answer(shown, headers={"ETag": _version_tag(versions.latest.programme.version)})


@bp.route(route="v1/programmes/{programmeId}", methods=["PUT"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def publish_programme(req: func.HttpRequest) -> func.HttpResponse:
    """Publishes the next version. With `?dryRun=true` all that it would say differently is listed, and a trial begins."""
    from functions import query
    from functions.wire.programme_versions import PublicationOut
    from shared.domain.caller import Role
    from shared.domain.errors import InvalidInput
    from shared.usecases import programmes, trials

    operator = (await authenticate(req, Role.OPERATOR)).subject
    in_effect_from = query.day(query.only(req, "dryRun", "inEffectFrom"), "inEffectFrom")
    is_trial = is_asked(req, "dryRun")
    document_in(req.get_body())
    world = the_world()
    programme = world.programmes.read(req.get_body())
    if programme.programme_id != req.route_params["programmeId"]:
        raise InvalidInput("programmeId", "The definition is that of another programme than the address.")
    # That the definition follows the version that stands, publishing sees to; here, that it follows the one that was read.
    as_read(req, _version_tag)(programme.version - 1)
    if is_trial:
        planned = await programmes.plan(world, programme, in_effect_from, operator)
        return answer(PublicationOut.planned(planned, await trials.start(world, planned)))
    versions = await programmes.publish(world, programme, in_effect_from, operator)
    return answer(PublicationOut.standing(versions, programme), headers={"ETag": _version_tag(programme.version)})


@bp.route(route="v1/programmes/{programmeId}/trials/{trialId}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def get_programme_trial(req: func.HttpRequest) -> func.HttpResponse:
    """How far a trial has come, and what the version would change for the associations that stand."""
    from functions import query
    from functions.wire.trials import TrialOut
    from shared.domain.caller import Role
    from shared.usecases import trials

    await authenticate(req, Role.OPERATOR)
    query.only(req)
    asked = req.route_params
    return answer(TrialOut.of(await trials.progress(the_world(), asked["programmeId"], asked["trialId"])))


def _version_tag(version: int) -> str:
    return f'"{version}"'
