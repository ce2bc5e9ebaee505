"""Is the worker alive, and can it do its work?"""

import json

import azure.functions as func

from functions.edge import the_world

bp = func.Blueprint()  # type: ignore[no-untyped-call]  # The SDK leaves its constructor untyped.

_FRESH = {"Cache-Control": "no-store"}


@bp.route(route="health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def health(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001  # The runtime hands it over by name.
    """Answers without touching anything: the process runs and its functions are indexed."""
    return _status(200, {"status": "ok"})


@bp.route(route="ready", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def ready(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001  # The runtime hands it over by name.
    """Asks every table, queue, container and the token keys: 200 when all answer, else 503 and which do not."""
    silent = await the_world().unready()
    return _status(503, {"status": "not ready", "silent": list(silent)}) if silent else _status(200, {"status": "ready"})


def _status(code: int, said: dict[str, object]) -> func.HttpResponse:
    return func.HttpResponse(json.dumps(said), status_code=code, mimetype="application/json", headers=_FRESH)
