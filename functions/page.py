"""Where a customer's page meets HTTP: every error ends in a page, every page carries the same headers and keeps its language.

A page speaks the claim's language, or the one its address asks for (`?lang=de`), which the addresses on it keep.
"""

import logging
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import azure.functions as func

from functions.edge import the_world
from shared import telemetry

if TYPE_CHECKING:
    from shared.domain.claim import Claim

log = logging.getLogger(__name__)

_MOST_FORM_BYTES = 20_000
_MOST_FORM_FIELDS = 100

type Handler = Callable[[func.HttpRequest], Awaitable[func.HttpResponse]]


def pages(handler: Handler) -> Handler:
    """Wraps a page's handler so that every error ends in a page that a person can read."""

    @wraps(handler)
    async def wrapped(req: func.HttpRequest) -> func.HttpResponse:
        with telemetry.span(f"http {handler.__name__}", req.headers.get("traceparent"), method=req.method):
            response = await answered(req)
            telemetry.count("cpor.requests", function=handler.__name__, status=response.status_code)
            return response

    async def answered(req: func.HttpRequest) -> func.HttpResponse:
        from functions.pages.render import link_unusable_page, problem_page
        from shared.domain.errors import DomainError
        from shared.domain.wording import phrase
        from shared.ports.failures import InspectionUnavailable, StoreUnavailable
        from shared.usecases.consent import LinkUnusable

        try:
            await the_world().programmes.refresh()
            return await handler(req)
        except LinkUnusable:
            return page(link_unusable_page(readers_language(req)), 404)
        except DomainError as refusal:
            return page(
                problem_page(refusal.code, refusal.sentence, readers_language(req)), 503 if refusal.code == "busy" else 400
            )
        except (InspectionUnavailable, StoreUnavailable):
            sentence = phrase("We cannot answer just now. Nothing was lost; please try again.")
            return page(problem_page("store_unavailable", sentence, readers_language(req)), 503)
        except Exception:
            log.exception("unhandled error on a page")
            sentence = phrase("Something went wrong on our side. Nothing was lost; please try again.")
            return page(problem_page("internal_error", sentence, readers_language(req)), 500)

    return wrapped


def page(html: str, status: int = 200) -> func.HttpResponse:
    """A page as an answer, with the headers that every page carries."""
    from functions.pages.assets import PAGE_HEADERS

    return func.HttpResponse(html, status_code=status, headers=PAGE_HEADERS)


def form(req: func.HttpRequest) -> dict[str, list[str]]:
    """What a form has sent. Raises InvalidInput for one that is too long or unreadable."""
    from shared.domain.errors import InvalidInput
    from shared.domain.wording import phrase

    content = req.get_body()
    if len(content) > _MOST_FORM_BYTES:
        raise InvalidInput("form", phrase("This form is too long to read."))
    try:
        return parse_qs(content.decode(), keep_blank_values=True, max_num_fields=_MOST_FORM_FIELDS)
    except ValueError as error:
        raise InvalidInput("form", phrase("This form cannot be read.")) from error


def own_address(name: str, req: func.HttpRequest, part: str = "") -> str:
    """Where a page's forms go: to itself, or to a part of it, in the language it is read in."""
    language = asked_language(req)
    path = f"/{name}/{req.route_params['token']}" + (f"/{part}" if part else "")
    return path + (f"?lang={language}" if language else "")


def asked_language(req: func.HttpRequest) -> str | None:
    """The language that the page's address asks for, None for none or one that is not spoken."""
    from shared.languages import languages

    language = req.params.get("lang")
    return language if language in languages() else None


def readers_language(req: func.HttpRequest) -> str:
    """For a page that is about no claim: the language its address asks for, else what the browser prefers."""
    from shared.languages import preferred

    return asked_language(req) or preferred(req.headers.get("Accept-Language", ""))


def help_address(claim: "Claim") -> str | None:
    """Whom the readers of a claim's pages ask, where that is somebody else than whom all ask."""
    return the_world().programmes.programme(claim.programme_id).help_for(claim.country)


def workload_names(claim: "Claim") -> dict[str, str]:
    """What the workloads of a claim's programme are called, by scope."""
    programme = the_world().programmes.programme(claim.programme_id)
    return {f"workload:{w.workload_id}": w.name for w in programme.workloads}
