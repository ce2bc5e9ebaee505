"""The API's reference over HTTP: the OpenAPI document, a page of it, and the catalogues of problems and events. Open to all.

The page needs a script, Redoc, which is vendored; nothing is asked of any other host.
"""

import json

import azure.functions as func

bp = func.Blueprint()  # type: ignore[no-untyped-call]  # The SDK leaves its constructor untyped.

_FOR_A_WHILE = {"Cache-Control": "public, max-age=300", "X-Content-Type-Options": "nosniff"}


@bp.route(route="openapi.json", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def get_openapi(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001  # The runtime hands it over by name.
    """This document: OpenAPI 3.1, made from the functions and models that serve."""
    from functions.reference.document import document

    return func.HttpResponse(json.dumps(document()), mimetype="application/json", headers=_FOR_A_WHILE)


@bp.route(route="docs", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
async def show_reference(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001  # The runtime hands it over by name.
    """The reference as a page."""
    from functions.reference.pages import PAGE_HEADERS, reference_page

    return func.HttpResponse(reference_page(), headers=PAGE_HEADERS)


@bp.route(route="docs/problems", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
async def show_problems(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001  # The runtime hands it over by name.
    """The catalogue of problem codes as a page; the `type` of every problem document leads to its section."""
    from functions.reference.pages import PAGE_HEADERS, problems_page

    return func.HttpResponse(problems_page(), headers=PAGE_HEADERS)


@bp.route(route="docs/events", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
async def show_events(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001  # The runtime hands it over by name.
    """The catalogue of events as a page."""
    from functions.reference.pages import PAGE_HEADERS, events_page

    return func.HttpResponse(events_page(), headers=PAGE_HEADERS)


@bp.route(route="docs/assets/{name}", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
async def get_reference_asset(req: func.HttpRequest) -> func.HttpResponse:
    """The script or the style sheet of the reference."""
    from functions.reference.pages import asset

    found = asset(req.route_params["name"])
    if found is None:
        return func.HttpResponse(status_code=404)
    content, headers = found
    return func.HttpResponse(content, headers=headers)
