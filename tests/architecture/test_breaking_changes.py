"""What breaks a caller is found, and what does not is let through: one change at a time to a small document."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from infra.reference.breaking import breaking_changes

type Change = Callable[[Any], object]

DOCUMENT: dict[str, Any] = {
    "paths": {
        "/v1/claims/{claimId}": {
            "post": {
                "operationId": "createClaim",
                "security": [{"bearer": ["Partner"]}],
                "parameters": [
                    {"$ref": "#/components/parameters/trace"},
                    {"name": "claimId", "in": "path", "required": True, "schema": {"type": "string"}},
                    {"name": "limit", "in": "query", "required": False, "schema": {"type": "integer", "maximum": 9}},
                ],
                "requestBody": {
                    "required": False,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/In"}}, "text/csv": {}},
                },
                "responses": {
                    "200": {
                        "headers": {"ETag": {}},
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Out"}}},
                    },
                    "400": {
                        "content": {
                            "application/problem+json": {
                                "schema": {
                                    "$ref": "#/components/schemas/Problem",
                                    "properties": {"code": {"enum": ["a", "b"]}},
                                }
                            }
                        }
                    },
                },
            },
            "get": {"operationId": "getClaim", "responses": {}},
        }
    },
    "components": {
        "parameters": {"trace": {"name": "trace", "in": "header", "required": False, "schema": {"type": "string"}}},
        "schemas": {
            "In": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string", "maxLength": 10, "minLength": 1},
                    "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                    "kind": {"enum": ["x", "y"]},
                    "tags": {"type": "array", "maxItems": 5, "items": {"$ref": "#/components/schemas/Tag"}},
                },
            },
            "Tag": {"type": "object", "properties": {"text": {"type": "string"}}},
            "Out": {
                "type": "object",
                "required": ["id", "state"],
                "properties": {
                    "id": {"type": "string"},
                    "state": {"enum": ["open", "done"]},
                    "rows": {"type": "array", "items": {"$ref": "#/components/schemas/Tag"}},
                },
            },
            "Problem": {"type": "object", "properties": {"code": {"type": "string"}, "status": {"type": "integer"}}},
        },
    },
}
PATH = "/v1/claims/{claimId}"


def post(document: Any) -> Any:
    return document["paths"][PATH]["post"]


def schema(document: Any, name: str) -> Any:
    return document["components"]["schemas"][name]


BREAKING: dict[str, tuple[Change, str]] = {
    "a path is gone": (lambda d: d["paths"].pop(PATH), f"POST {PATH} is gone"),
    "an operation is gone": (lambda d: d["paths"][PATH].pop("get"), f"GET {PATH} is gone"),
    "another role": (lambda d: post(d)["security"][0].update(bearer=["Operator"]), "needs another role"),
    "another operation id": (lambda d: post(d).update(operationId="makeClaim"), "operationId"),
    "a parameter is gone": (lambda d: post(d)["parameters"].pop(2), "the parameter query limit is gone"),
    "a shared parameter must be sent": (
        lambda d: d["components"]["parameters"]["trace"].update(required=True),
        "the parameter header trace must be sent now",
    ),
    "a new parameter must be sent": (
        lambda d: post(d)["parameters"].append({"name": "key", "in": "header", "required": True, "schema": {}}),
        "the parameter header key must be sent now",
    ),
    "a parameter's limit is lower": (lambda d: post(d)["parameters"][2]["schema"].update(maximum=8), "maximum is lower"),
    "the body must be sent": (lambda d: post(d)["requestBody"].update(required=True), "needs a body now"),
    "a media type is taken no more": (lambda d: post(d)["requestBody"]["content"].pop("text/csv"), "takes no text/csv"),
    "a request field is gone": (lambda d: schema(d, "In")["properties"].pop("note"), "the field note is gone"),
    "a request field must be sent": (lambda d: schema(d, "In")["required"].append("note"), "note must be sent now"),
    "a new request field must be sent": (
        lambda d: (schema(d, "In")["properties"].update(more={}), schema(d, "In")["required"].append("more")),
        "more must be sent now",
    ),
    "a request field is shorter": (lambda d: schema(d, "In")["properties"]["name"].update(maxLength=9), "maxLength is lower"),
    "a request field is longer at least": (
        lambda d: schema(d, "In")["properties"]["name"].update(minLength=2),
        "minLength is higher",
    ),
    "a request field gets a pattern": (lambda d: schema(d, "In")["properties"]["name"].update(pattern="a"), "pattern changed"),
    "a request field gets a limit": (lambda d: schema(d, "Tag")["properties"]["text"].update(maxLength=9), "maxLength is lower"),
    "null is not taken": (lambda d: schema(d, "In")["properties"].update(note={"type": "string"}), "null is not taken"),
    "a value is not taken": (lambda d: schema(d, "In")["properties"]["kind"]["enum"].pop(), "the value y is gone"),
    "only certain values are taken": (
        lambda d: schema(d, "In")["properties"]["name"].update(enum=["a"]),
        "only certain values are taken",
    ),
    "an item has another type": (lambda d: schema(d, "Tag")["properties"]["text"].update(type="integer"), "type changed"),
    "a status is gone": (lambda d: post(d)["responses"].pop("200"), "answers 200 no more"),
    "a header is gone": (lambda d: post(d)["responses"]["200"]["headers"].clear(), "the header ETag is gone"),
    "an answer is of another media type": (
        lambda d: post(d)["responses"]["200"].update(content={"text/csv": {}}),
        "is application/json no more",
    ),
    "an answer's field is gone": (lambda d: schema(d, "Out")["properties"].pop("rows"), "the field rows is gone"),
    "an answer's field is not always there": (lambda d: schema(d, "Out")["required"].remove("id"), "id is not always there"),
    "an answer's value is gone": (lambda d: schema(d, "Out")["properties"]["state"]["enum"].pop(), "the value done is gone"),
    "an answer's field has another type": (
        lambda d: schema(d, "Out")["properties"]["id"].update(type="integer"),
        "type changed",
    ),
    "a problem code is gone": (
        lambda d: post(d)["responses"]["400"]["content"]["application/problem+json"]["schema"]["properties"]["code"].update(
            enum=["a"]
        ),
        "the value b is gone",
    ),
}

HARMLESS: dict[str, Change] = {
    "nothing": lambda _: None,
    "a new path": lambda d: d["paths"].update({"/v1/new": {"get": {"operationId": "new", "responses": {}}}}),
    "a new parameter that need not be sent": lambda d: post(d)["parameters"].append(
        {"name": "key", "in": "header", "required": False, "schema": {}}
    ),
    "a new request field that need not be sent": lambda d: schema(d, "In")["properties"].update(more={"type": "string"}),
    "a request field need not be sent": lambda d: schema(d, "In")["required"].clear(),
    "a longer request field": lambda d: schema(d, "In")["properties"]["name"].update(maxLength=11, minLength=0),
    "a request field takes null": lambda d: schema(d, "In")["properties"].update(
        name={"anyOf": [{"type": "string", "maxLength": 10, "minLength": 1}, {"type": "null"}]}
    ),
    "one more value is taken": lambda d: schema(d, "In")["properties"]["kind"]["enum"].append("z"),
    "one more field of an answer": lambda d: schema(d, "Out")["properties"].update(more={"type": "string"}),
    "an answer's field is always there": lambda d: schema(d, "Out")["required"].append("rows"),
    "one more value of an answer": lambda d: schema(d, "Out")["properties"]["state"]["enum"].append("late"),
    "one more status": lambda d: post(d)["responses"].update({"409": {}}),
    "other words": lambda d: post(d).update(summary="Else"),
    "a schema by another name": lambda d: (
        d["components"]["schemas"].update(Gone=schema(d, "Out")),
        post(d)["responses"]["200"]["content"]["application/json"].update(schema={"$ref": "#/components/schemas/Gone"}),
    ),
}


def changed(change: Change) -> dict[str, Any]:
    document = deepcopy(DOCUMENT)
    change(document)
    return document


@pytest.mark.parametrize(("change", "told"), BREAKING.values(), ids=BREAKING.keys())
def test_what_breaks_a_caller_is_found(change: Change, told: str) -> None:
    found = breaking_changes(DOCUMENT, changed(change))
    assert any(told in each for each in found), found


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS.keys())
def test_what_breaks_nobody_is_let_through(change: Change) -> None:
    assert breaking_changes(DOCUMENT, changed(change)) == []
