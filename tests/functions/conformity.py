"""Holds an answer against the OpenAPI document: status, headers, media type and schema."""

import re
from functools import cache
from typing import Any

import jsonschema_rs

from functions.reference.document import document
from tests.functions.running import Answer


@cache
def operations() -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Operation id -> method, path template and what the document says of it."""
    return {
        operation["operationId"]: (method.upper(), path, operation)
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
    }


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    """What a reference within the document refers to."""
    found: Any = part
    while "$ref" in found and len(found) == 1:
        steps = found["$ref"].removeprefix("#/").split("/")
        found = document()
        for step in steps:
            found = found[step]
    return dict(found)


def nonconformities(operation_id: str, answer: Answer) -> list[str]:
    """Everything in which the answer is not what the document says."""
    *_, operation = operations()[operation_id]
    described = operation["responses"].get(str(answer.status))
    if described is None:
        return [f"{answer.status} is not documented: {answer.content[:200]!r}"]
    found = []
    for name, header in described.get("headers", {}).items():
        pattern = resolved(header)["schema"].get("pattern", "")
        if not re.search(pattern, answer.headers.get(name.lower(), "\0")):
            found.append(f"the header {name} is {answer.headers.get(name.lower())!r}")
    if "content" not in described:
        return [*found, *(["it has a body"] if answer.content else [])]
    media_type = answer.headers.get("content-type", "").partition(";")[0]
    content = described["content"].get(media_type)
    if content is None:
        return [*found, f"it is {media_type!r}, and not one of {sorted(described['content'])}"]
    if "schema" in content:
        schema = {"components": document()["components"], "allOf": [content["schema"]]}
        wrong = jsonschema_rs.Draft202012Validator(schema, validate_formats=True).iter_errors(answer.document)
        found += [f"{'.'.join(str(step) for step in error.instance_path)}: {error.message}" for error in wrong]
    return found
