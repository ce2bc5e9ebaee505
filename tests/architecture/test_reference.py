"""The reference cannot drift: it is made from the registered functions and says of each what its handler's source does."""

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from functions.reference import codes
from functions.reference.document import codes_of, document
from functions.reference.routes import HttpFunction, http_functions
from functions.reference.table import LEFT_OUT, OPERATIONS
from infra.reference.__main__ import CURRENT, RELEASED, as_text, broken
from tests.architecture.source import dotted, modules

AGAIN = "run make openapi, look at what changed, and commit it"


def handlers() -> dict[str, ast.AsyncFunctionDef]:
    """The source of every function of the handlers' modules, by name."""
    return {
        node.name: node
        for path, tree in modules("functions")
        if path.count("/") == 1
        for node in tree.body
        if isinstance(node, ast.AsyncFunctionDef)
    }


HANDLERS = handlers()
OPERATION_NAMES = sorted(OPERATIONS)
every_operation = pytest.mark.parametrize("name", OPERATION_NAMES)


def called(name: str, function: str) -> Iterator[ast.Call]:
    """The calls of a function within a handler."""
    for node in ast.walk(HANDLERS[name]):
        if isinstance(node, ast.Call) and dotted(node.func) == function:
            yield node


def test_every_route_is_described_or_left_out_for_a_reason() -> None:
    registered = {function.name for function in http_functions()}
    assert registered - OPERATIONS.keys() - LEFT_OUT.keys() == set(), "describe it in functions/reference"
    assert OPERATIONS.keys() | LEFT_OUT.keys() == registered, "it is described, but no function bears this name"
    assert OPERATIONS.keys() & LEFT_OUT.keys() == set()


def test_every_handler_has_words_of_its_own() -> None:
    described = [function for function in http_functions() if function.name in OPERATIONS]
    assert [function.name for function in described if not function.words.endswith((".", "…"))] == []
    summaries = [operation["summary"] for _, _, operation in operations()]
    assert len(set(summaries)) == len(summaries)


@every_operation
def test_the_role_is_the_one_that_the_handler_asks_for(name: str) -> None:
    asked = {dotted(call.args[1]).rpartition(".")[2].title() for call in called(name, "authenticate")}
    asked |= {"Partner" for _ in called(name, "calling_partner")}
    role = OPERATIONS[name].role
    assert asked == ({str(role)} if role is not None else set())


@every_operation
def test_the_body_is_the_one_that_the_handler_reads(name: str) -> None:
    read = {dotted(call.args[0]) for call in called(name, "body_as")}
    body = OPERATIONS[name].body
    assert read == ({body.model.__name__} if body is not None and body.model is not None else set())


@every_operation
def test_the_headers_that_the_handler_reads_are_described(name: str) -> None:
    described = {parameter.name for parameter in OPERATIONS[name].parameters}
    needs = {"idempotency": "Idempotency-Key", "required_idempotency": "Idempotency-Key"}
    needs |= {"as_read": "If-Match", "required_as_read": "If-Match"}
    assert {header for function, header in needs.items() for _ in called(name, function)} <= described
    assert described & {"Idempotency-Key", "If-Match"} <= {needs[function] for function in needs if [*called(name, function)]}
    asked = [call.args[1] for call in called(name, "is_asked")]
    assert {node.value for node in asked if isinstance(node, ast.Constant)} <= described


WITHOUT_A_KEY = {
    "answer_earning_query": "a query is answered once",
    "query_earning": "the same words are the same query",
    "erase_person": "who is forgotten stays forgotten",
    "add_suppression": "an address is on the list once",
    "approve_payout": "a payout is approved once",
    "close_period": "a month is closed once",
    "import_usage": "the same file with the same export time is the same import",
    "mark_payout_failed": "a payout fails once",
    "mark_payout_paid": "a payout is paid once",
    "propose_payout": "a month has one proposal",
    "replay_dead_letter": "what is replayed tolerates being done twice, like every message",
    "replay_delivery": "a delivery once more is what is asked for",
    "start_reconciliation": "looks and changes nothing",
    "test_webhook": "an event for trying is what is asked for",
}
"""POSTs that take no Idempotency-Key, and why the same again does no harm."""


def test_every_post_takes_a_key_or_does_no_harm_twice() -> None:
    posts = {function.name for function in http_functions() if "POST" in function.methods} & OPERATIONS.keys()
    keyed = {name for name in posts for each in OPERATIONS[name].parameters if each.name == "Idempotency-Key"}
    assert posts - keyed == WITHOUT_A_KEY.keys()
    assert len(keyed) >= 15


WITHOUT_A_VERSION = {"test_webhook": "tells an event, and changes nothing of the webhook"}
"""Operations on something that bears an ETag which take no If-Match, and why no version of it could matter."""


def test_whatever_changes_something_that_bears_a_version_takes_if_match() -> None:
    """R-380: that it is honoured too, tests/functions/test_examples.py asks of each of them."""
    functions = list(http_functions())
    read = {function.template for function in functions if "GET" in function.methods}
    changing = [function for function in functions if function.name in OPERATIONS and "GET" not in function.methods]
    versioned = {function.name for function in changing if resource_of(function) in read}
    taking = {name for name in OPERATIONS for each in OPERATIONS[name].parameters if each.name == "If-Match"}
    assert versioned - taking == WITHOUT_A_VERSION.keys()
    assert taking <= versioned, "of what is it the version?"
    assert len(taking) >= 20


def resource_of(function: HttpFunction) -> str:
    """The address of the one thing that an operation changes: its own or, for a move, that behind which its name stands."""
    return function.template if function.template.endswith("}") else function.template.rpartition("/")[0]


@every_operation
def test_the_query_parameters_that_the_handler_takes_are_described(name: str) -> None:
    taken = {node.value for call in called(name, "query.only") for node in call.args if isinstance(node, ast.Constant)}
    described = {parameter.name for parameter in OPERATIONS[name].parameters if parameter.place == "query"}
    assert taken == described or OPERATIONS[name].role is None
    assert [*called(name, "query.only")] or OPERATIONS[name].role is None, "a parameter that it does not have would be ignored"


@every_operation
def test_the_named_problems_are_in_the_catalogue_and_none_follows_by_itself(name: str) -> None:
    operation = OPERATIONS[name]
    assert [code for code in operation.problems if code not in {each.code for each in codes.CATALOGUE}] == []
    assert len(codes_of(operation)) <= len(codes.CATALOGUE)


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_names_of_operations_are_unique_and_addresses_have_no_unknown_parameters() -> None:
    ids = [operation["operationId"] for _, _, operation in operations()]
    assert len(set(ids)) == len(ids) >= 20
    for path, _, operation in operations():
        named = {each["name"] for each in operation.get("parameters", ()) if each.get("in") == "path"}
        assert named == set(re.findall(r"\{(\w+)\}", path))


def test_every_code_is_documented_by_an_operation() -> None:
    documented = {code for operation in OPERATIONS.values() for code in codes_of(operation)}
    assert {each.code for each in codes.CATALOGUE} - documented == set()


# What is committed


def test_the_committed_document_is_what_the_code_makes() -> None:
    assert CURRENT.read_text(encoding="utf-8") == as_text(document()), AGAIN


def test_nothing_that_callers_rely_on_is_broken() -> None:
    """Held against the document at the last release; docs/api.md says what may be changed, and how."""
    assert len(json.loads(RELEASED.read_text(encoding="utf-8"))["paths"]) >= 15
    assert broken() == []


# Examples and schemas hold together


def validator(schema: object) -> Any:
    """Checks values against a schema of the document."""
    return jsonschema_rs.Draft202012Validator({"components": document()["components"], "allOf": [schema]}, validate_formats=True)


def test_every_schema_is_a_schema() -> None:
    for schema in document()["components"]["schemas"].values():
        jsonschema_rs.meta.validate(schema)
    assert len(document()["components"]["schemas"]) >= 15


def test_every_example_fits_its_schema() -> None:
    checked = 0
    for path, method, operation in operations():
        for parameter in operation.get("parameters", ()):
            if "schema" in parameter:
                validator(parameter["schema"]).validate(parameter["example"])
        for content in operation.get("requestBody", {}).get("content", {}).values():
            if "schema" in content:
                assert "example" in content, f"{method} {path} has no example"
                validator(content["schema"]).validate(content["example"])
                checked += 1
    for name, example in document()["components"]["examples"].items():
        validator({"$ref": "#/components/schemas/Problem"}).validate(example["value"])
        assert example["value"]["code"] == name
    assert checked >= 5
