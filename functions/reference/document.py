"""The OpenAPI 3.1 document: registered functions, their operations and the models that serve, put together."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any, Final

from functions.reference import codes, parts
from functions.reference.operation import CSV, JSON, Answer, Body, Operation, Parameter
from functions.reference.routes import HttpFunction, http_functions
from functions.reference.schemas import PROBLEM, ref_to, schemas_of
from functions.reference.table import OPERATIONS
from shared.domain.caller import Role

MULTIPART: Final = "multipart/form-data"
PROBLEM_TYPE: Final = "application/problem+json"
_TAG: Final = "ETag"
_SCHEME: Final = "bearer"
_HEADERS_OF: Final = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}
_TRACE: Final = "4bf92f3577b34da6a3ce929d0e0e4736"

_ABOUT: Final = """\
Claims of partners of record: proofs of execution, the customer's consent, usage and one-time earnings.

JSON is in camelCase; times are RFC 3339 in UTC; money is whole minor units with their currency. Unknown fields of a request are
refused, a value that an answer does not have is left out. Answers may gain fields and statuses of a claim may be added: ignore
what you do not know.

Send an `Idempotency-Key` with every POST: then trying again is safe. Refusals are [problem documents](/docs/problems).

The customer's own pages, reached by a link in a mail, are no part of this document.\
"""


@cache
def document() -> Mapping[str, Any]:
    """The whole document. Made once a process."""
    described = [(function, OPERATIONS[function.name]) for function in http_functions() if function.name in OPERATIONS]
    operations = [operation for _, operation in described]
    paths: dict[str, dict[str, Any]] = defaultdict(dict)
    for function, operation in described:
        for method in function.methods:
            paths["/" + function.template][method.lower()] = _operation(function, operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Partner of record", "version": "1.0.0", "description": _ABOUT},
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(operation.tag for operation in OPERATIONS.values())],
        "paths": dict(paths),
        "components": {
            "securitySchemes": {_SCHEME: _security_scheme()},
            "parameters": {
                "ifNoneMatch": _parameter(parts.IF_NONE_MATCH),
                "traceparent": _parameter(parts.TRACEPARENT),
                "actingFor": _parameter(parts.ACTING_FOR),
                "actingUser": _parameter(parts.ACTING_USER),
            },
            "headers": dict(parts.HEADERS),
            "examples": {each.code: {"value": _example_of(each)} for each in codes.CATALOGUE},
            "schemas": {"Problem": PROBLEM, **schemas_of(operations)},
        },
    }


def codes_of(operation: Operation) -> tuple[str, ...]:
    """Every problem code that the operation may answer with, in the catalogue's order."""
    named = {*operation.problems}
    if operation.role is not None:
        named |= {*parts.ALWAYS, *parts.WITH_A_TOKEN, parts.OF_A_QUERY}
    if operation.role is Role.PARTNER:
        named |= {"client_not_enrolled", "grant_missing", "invalid_input", "limit_reached", "partner_paused", "partner_suspended"}
    if any(each.name == parts.IF_MATCH.name for each in operation.parameters):
        named.add("stale_version")
    if operation.body is not None and operation.body.model is not None:
        named |= {*parts.WITH_A_JSON_BODY}
    return tuple(each.code for each in codes.CATALOGUE if each.code in named)


def _operation(function: HttpFunction, operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": re.sub("_([a-z])", lambda found: found[1].upper(), function.name),
        "tags": [operation.tag],
        "summary": re.split(r"[.:;] |[.]$", function.words)[0],
        "description": function.words,
        "security": [{_SCHEME: [str(operation.role)]}] if operation.role is not None else [],
    }
    parameters = [_path_parameter(name) for name in re.findall(r"\{(\w+)", function.template)]
    parameters += [_parameter(each) for each in operation.parameters]
    is_read = operation.role is not None and "GET" in function.methods
    if is_read:
        parameters.append({"$ref": "#/components/parameters/ifNoneMatch"})
    if operation.role is not None:
        parameters.append({"$ref": "#/components/parameters/traceparent"})
    if operation.role is Role.PARTNER:
        parameters += [{"$ref": f"#/components/parameters/{name}"} for name in ("actingFor", "actingUser")]
    if parameters:
        described["parameters"] = parameters
    if operation.body is not None:
        described["requestBody"] = _body(operation.body)
    answers = {str(status): _answer(each, is_read=is_read) for status, each in operation.answers.items()}
    if is_read:
        answers["304"] = {"description": "What `If-None-Match` names is still what there is.", **_headers((_TAG,))}
    problems = {str(status): _problem(status, named) for status, named in _by_status(codes_of(operation)).items()}
    described["responses"] = dict(sorted({**problems, **answers}.items()))
    return described


def _body(body: Body) -> dict[str, Any]:
    if body.model is not None:
        content: dict[str, Any] = {JSON: {"schema": ref_to(body.model), "example": body.example}}
    else:
        content = {kind: {"example": example} if example else {} for kind, example in body.raw.items()}
    if body.files:
        content[MULTIPART] = _multipart(body)
    return {"required": body.required, "content": content}


def _multipart(body: Body) -> dict[str, Any]:
    told = {body.part: ref_to(body.model)} if body.part is not None and body.model is not None else {}
    files = {name: {"type": "string", "contentMediaType": "application/octet-stream"} for name in body.files}
    required: dict[str, Any] = {**told, **files}
    properties = {**required, **body.fields}
    schema = {"type": "object", "additionalProperties": False, "required": list(required), "properties": properties}
    kinds = {
        **dict.fromkeys(told, JSON),
        **dict.fromkeys(body.fields, "text/plain"),
        **{name: ", ".join(taken) for name, taken in body.files.items()},
    }
    example = {**dict.fromkeys(told, body.example), **dict.fromkeys(files, "(the file)")}
    return {"schema": schema, "example": example, "encoding": {name: {"contentType": kind} for name, kind in kinds.items()}}


def _answer(answer: Answer, *, is_read: bool) -> dict[str, Any]:
    schema = ref_to(answer.model) if answer.model is not None else answer.schema
    content = {kind: {"schema": schema} if schema is not None and kind != CSV else {} for kind in answer.media_types}
    names = dict.fromkeys((*answer.headers, _TAG)) if is_read else answer.headers
    return {"description": answer.sentence, **_headers(names), "content": content}


def _problem(status: int, named: Iterable[str]) -> dict[str, Any]:
    codes_named = list(named)
    narrowed = {"status": {"const": status}, "code": {"enum": codes_named}}
    schema = {"$ref": "#/components/schemas/Problem", "properties": narrowed}
    examples = {code: {"$ref": f"#/components/examples/{code}"} for code in codes_named}
    return {
        "description": f"{HTTPStatus(status).phrase}: {', '.join(f'`{code}`' for code in codes_named)}.",
        **_headers(_HEADERS_OF.get(status, ())),
        "content": {PROBLEM_TYPE: {"schema": schema, "examples": examples}},
    }


def _by_status(named: Iterable[str]) -> Mapping[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for code in named:
        found[codes.problem_of(code).status].append(code)
    return found


def _headers(names: Iterable[str]) -> dict[str, Any]:
    found = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    return {"headers": found} if found else {}


def _parameter(parameter: Parameter) -> dict[str, Any]:
    is_json = parameter.schema.get("type") in ("boolean", "integer")
    example = json.loads(parameter.example) if is_json else parameter.example
    return {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.required,
        "description": parameter.sentence,
        "schema": dict(parameter.schema),
        "example": example,
    }


def _path_parameter(name: str) -> dict[str, Any]:
    sentence, example = parts.PATH_PARAMETERS[name]
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": sentence,
        "schema": {"type": "string", "minLength": 1},
        "example": example,
    }


def _example_of(problem: codes.Problem) -> dict[str, Any]:
    told = {"type": codes.type_of(problem.code), "title": problem.title, "status": problem.status, "code": problem.code}
    return {**told, "detail": problem.meaning, "traceId": _TRACE}


def _security_scheme() -> dict[str, Any]:
    roles = "\n".join(f"- `{role}`: {sentence}." for role, sentence in parts.ROLES.items())
    return {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": f"An Entra ID access token for this API. Its `roles` decide what it opens:\n\n{roles}",
    }
