"""Where HTTP ends: what an idempotency key means, what a body says, how a refusal is told (its status: `reference.codes`).

Who calls is found out by `callers`. A handler is `async def name(req) -> HttpResponse` under `@problems`: it authenticates,
parses, calls one use case and renders. The wrapper turns refusals into problem documents (RFC 9457); an unknown error shows the
caller a trace id and nothing else.
"""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from hashlib import sha256
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import azure.functions as func

from functions.entity_tag import content_tag, tagged
from shared import bootstrap, telemetry

if TYPE_CHECKING:
    from datetime import datetime

    from pydantic import BaseModel, ValidationError

    from shared.bootstrap import AzureWorld
    from shared.ports.records import Call

log = logging.getLogger(__name__)

PROBLEM_TYPE: Final = "application/problem+json"
# A hard stop before a document is looked at; the programme's own limit is lower and has its own sentence.
MOST_UPLOAD_BYTES: Final = 60_000_000
SECRETIVE: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

type Handler = Callable[[func.HttpRequest], Awaitable[func.HttpResponse]]


@dataclass(eq=False)
class Refusal(Exception):
    """A refusal of the edge itself: not authenticated, not allowed, not understood."""

    status: int
    code: str
    sentence: str
    headers: Mapping[str, str] | None = None
    errors: tuple[Mapping[str, str], ...] = ()


def problems(handler: Handler) -> Handler:
    """Wraps a handler so that every refusal and every error becomes a problem document with a trace id."""

    @wraps(handler)
    async def wrapped(req: func.HttpRequest) -> func.HttpResponse:
        with telemetry.span(f"http {handler.__name__}", req.headers.get("traceparent"), method=req.method):
            response = await _answered(handler, req, telemetry.trace_id() or "")
            telemetry.count("cpor.requests", function=handler.__name__, status=response.status_code)
            return response

    return wrapped


async def _answered(handler: Handler, req: func.HttpRequest, trace: str) -> func.HttpResponse:
    try:
        return tagged(req, await handler(req))
    except Refusal as refusal:
        return _problem(trace, refusal.status, refusal.code, refusal.sentence, refusal.headers, errors=list(refusal.errors))
    except Exception as error:  # noqa: BLE001  # The edge is where every error must end in an answer.
        return _problem_of(trace, error)


def the_world() -> "AzureWorld":
    """The world of this worker."""
    return bootstrap.world()


def required_idempotency(req: func.HttpRequest, caller: str, asked: bytes | None = None) -> "tuple[str, Call]":
    """Like `idempotency`, where a call without a key is refused. Raises Refusal 400."""
    named = idempotency(req, caller, asked)
    if named is None:
        raise Refusal(400, "idempotency_key_missing", "Send an Idempotency-Key: with it, trying again is safe.")
    return named


def idempotency(req: func.HttpRequest, caller: str, asked: bytes | None = None) -> "tuple[str, Call] | None":
    """The idempotency key and the call it names, for this caller; None without a key. Raises Refusal 400.

    `asked` is what the body says, where the same thing may be said in other bytes.
    """
    from shared.ports.records import Call

    key = req.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 1 <= len(key) <= 255 or not key.isascii() or not key.isprintable():
        raise Refusal(400, "idempotency_key_invalid", "An Idempotency-Key has 1 to 255 printable ASCII characters.")
    address = f"{req.method} {req.url.partition('://')[2].partition('/')[2]}\n".encode()
    content = sha256(address + (req.get_body() if asked is None else asked))
    return key, Call(sha256(f"{caller}\n{key}".encode()).hexdigest(), content.hexdigest())


def is_asked(req: func.HttpRequest, name: str) -> bool:
    """Is this query parameter `true`? Absent means `false`. Raises Refusal 400: no slip may turn a trial into the deed."""
    value: str = req.params.get(name, "false")
    if value not in ("true", "false"):
        wrong = {"field": name, "message": "Write true or false."}
        raise Refusal(400, "invalid_input", "The address has a wrong parameter.", errors=(wrong,))
    return value == "true"


def body_as[T: "BaseModel"](model: type[T], req: func.HttpRequest) -> T:
    """The JSON body as the model; unknown fields, repeated names, NaN and deep nesting are refused. Raises Refusal 400 or 413."""
    return read_as(model, req.get_body())


def read_as[T: "BaseModel"](model: type[T], content: bytes) -> T:
    """JSON as the model, as strictly as a body. Raises Refusal 400 or 413."""
    from pydantic import ValidationError

    try:
        return model.model_validate(document_in(content), by_alias=True, by_name=False)
    except ValidationError as error:
        raise Refusal(400, "invalid_input", "The body has wrong fields.", errors=_field_errors(error)) from error


def document_in(content: bytes) -> Any:
    """The JSON document in a body that no model reads. Raises Refusal 400 or 413."""
    from functions import strict_json

    try:
        return strict_json.document_in(content)
    except strict_json.TooLarge as error:
        raise Refusal(413, "body_too_large", str(error)) from error
    except strict_json.NotJson as error:
        raise Refusal(400, "invalid_json", str(error)) from error


def answer(model: "BaseModel", status: int = 200, headers: Mapping[str, str] | None = None) -> func.HttpResponse:
    """A JSON answer."""
    body = _written(model)
    return func.HttpResponse(body, status_code=status, mimetype="application/json", headers={**SECRETIVE, **(headers or {})})


def versioned(model: "BaseModel") -> func.HttpResponse:
    """The answer of a move that shows what a reading shows, under the same version."""
    return answer(model, headers={"ETag": tag_of(model)})


def tag_of(model: "BaseModel") -> str:
    """The version under which a reading answers with this, where that has none of its own."""
    return content_tag(_written(model).encode())


def _written(model: "BaseModel") -> str:
    return model.model_dump_json(by_alias=True, exclude_none=True)


def attachment(name: str, media_type: str, content: bytes, headers: Mapping[str, str] = SECRETIVE) -> func.HttpResponse:
    """A file to be kept by whoever asked for it, and by nobody on the way."""
    named = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
    return func.HttpResponse(content, mimetype=media_type, headers={**headers, **named})


def rfc3339(moment: "datetime") -> str:
    """A moment as every answer writes it, ending in Z."""
    return moment.isoformat().replace("+00:00", "Z")


def problem_of(error: Exception) -> dict[str, Any] | None:
    """The document of a refusal that is told later than at once; None for what trying again may mend, or is no refusal."""
    from functions.reference import codes
    from shared.domain.errors import DomainError

    trace = telemetry.trace_id() or ""
    if isinstance(error, Refusal):
        told = _problem(trace, error.status, error.code, error.sentence, errors=list(error.errors))
    elif isinstance(error, DomainError) and codes.status_of(error.code) < HTTPStatus.INTERNAL_SERVER_ERROR:
        told = _problem_of(trace, error)
    else:
        return None
    document: dict[str, Any] = json.loads(told.get_body())
    return document


def _problem_of(trace: str, error: Exception) -> func.HttpResponse:
    from functions.reference import codes
    from shared.domain.errors import ClaimIncomplete, DomainError, InvalidInput, ProofRefused, ScopeTaken
    from shared.domain.limit import LimitReached
    from shared.domain.programme_check import SENTENCES, FaultyProgramme
    from shared.ports.failures import InspectionUnavailable, StoreUnavailable

    if isinstance(error, StoreUnavailable):
        return _problem(trace, 503, "store_unavailable", "The store did not answer: try again.", {"Retry-After": "2"})
    if isinstance(error, InspectionUnavailable):
        sentence = "No document can be looked into just now: try again."
        return _problem(trace, 503, "inspection_unavailable", sentence, {"Retry-After": "5"})
    if not isinstance(error, DomainError):
        log.error("unhandled error", exc_info=error)
        return _problem(trace, 500, "internal_error", "Something went wrong on our side.")
    status = codes.status_of(error.code)
    retry = {"Retry-After": "1"} if status == 503 else None
    if isinstance(error, LimitReached):
        retry = {"Retry-After": str(error.retry_after_s)}
    facts: dict[str, Any] = {}
    if isinstance(error, InvalidInput):
        facts["errors"] = [{"field": error.field, "message": error.sentence}]
    if isinstance(error, ClaimIncomplete | ProofRefused):
        facts["errors"] = [{"code": o.code, "message": o.sentence} for o in error.obstacles]
    if isinstance(error, FaultyProgramme):
        facts["errors"] = [{"field": f.where, "code": f.code, "message": SENTENCES[f.code]} for f in error.faults]
    if isinstance(error, ScopeTaken):
        facts["taken"] = [{"scope": t.scope, "since": rfc3339(t.since)} for t in error.taken]
    return _problem(trace, status, error.code, error.sentence, retry, **facts)


def _problem(
    trace: str, status: int, code: str, detail: str, headers: Mapping[str, str] | None = None, **facts: Any
) -> func.HttpResponse:
    from functions.reference import codes

    document = {"type": codes.type_of(code), "title": code.replace("_", " "), "status": status, "code": code, "detail": detail}
    document |= {"traceId": trace} | {name: fact for name, fact in facts.items() if fact}
    return func.HttpResponse(
        json.dumps(document), status_code=status, mimetype=PROBLEM_TYPE, headers={**SECRETIVE, **(headers or {})}
    )


def _field_errors(error: "ValidationError") -> tuple[Mapping[str, str], ...]:
    return tuple(
        {"field": ".".join(str(part) for part in e["loc"]), "message": e["msg"]} for e in error.errors(include_url=False)
    )
