"""Is the worker alive?"""

import azure.functions as func

bp = func.Blueprint()  # type: ignore[no-untyped-call]  # The SDK leaves its constructor untyped.


@bp.route(route="health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def health(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001  # The runtime hands it over by name.
    """Answers without touching anything: the process runs and its functions are indexed."""
    return func.HttpResponse('{"status":"ok"}', mimetype="application/json", headers={"Cache-Control": "no-store"})
