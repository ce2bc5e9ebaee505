"""What is not exactly what the API takes is refused with a problem document that says where, and never breaks anything."""

import json
import re
from typing import Any
from uuid import uuid4

import pytest

from functions.reference import codes
from functions.reference.document import codes_of
from functions.reference.table import OPERATIONS
from functions.reference.webhooks import WEBHOOK
from functions.strict_json import MOST_BYTES
from shared.domain.webhook import is_name
from tests.architecture.routes import Route, http_routes
from tests.functions.running import TEAMS, Caller, Running, claim_for
from tests.functions.test_authentication import CALLS, CLOSED, OPEN, role_of

pytestmark = pytest.mark.system

GOOD = claim_for("0f8fad5b-d9cb-469f-a165-70867728950e")
RAW = ("poe", "usage-imports", "claim-batches")
"""Routes whose body is no JSON: a document or a table."""

TAKE_JSON = [
    pytest.param(method, route, id=f"{method} {route.template}")
    for route in CLOSED
    if not route.template.endswith(RAW)
    for method in sorted(route.methods & {"POST", "PUT", "PATCH"})
]

MALFORMED = {
    "not closed": b'{"customer": {',
    "two documents": b"{}{}",
    "a name repeated": b'{"note": "a", "note": "b"}',
    "a name repeated within": b'{"customer": {"name": "a", "name": "b"}}',
    "NaN": b'{"note": NaN}',
    "Infinity": b'{"note": -Infinity}',
    "single quotes": b"{'note': 'a'}",
    "a comment": b'{"note": "a" /* b */}',
    "a control character": b'{"note": "a\x01"}',
    "nested 17 deep": b'{"note": ' + b"[" * 17 + b"]" * 17 + b"}",
    "nested 5,000 deep": b"[" * 5_000 + b"]" * 5_000,
    "nested 200,000 deep": b"[" * 200_000 + b"]" * 200_000,
    "objects nested 5,000 deep": b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    "Latin-1": '{"note": "Grüße"}'.encode("latin-1"),
    "bytes of no charset": b"\xff\xfe\x00\xd8",
    "a number of 5,000 digits": b'{"note": ' + b"9" * 5_000 + b"}",
    "no JSON": b"customer=a&scopes=b",
    "a form": b'--x\r\nContent-Disposition: form-data; name="claim"\r\n\r\n{}\r\n--x--',
}

WRONG: dict[str, tuple[object, str]] = {
    "an unknown field": ({**GOOD, "colour": "blue"}, "colour"),
    "a known field in another spelling": ({**GOOD, "external_ref": "a"}, "external_ref"),
    "a known field as the code spells it": ({**GOOD, "external_reference": "a"}, "external_reference"),
    "an unknown field within": ({**GOOD, "customer": {**GOOD["customer"], "size": "XL"}}, "customer.size"),
    "a missing field": ({k: v for k, v in GOOD.items() if k != "contact"}, "contact"),
    "a number for a text": ({**GOOD, "programmeId": 1}, "programmeId"),
    "a text for a list": ({**GOOD, "scopes": TEAMS}, "scopes"),
    "null for a list": ({**GOOD, "scopes": None}, "scopes"),
    "an object for a text": ({**GOOD, "scopes": [{"scope": TEAMS}]}, "scopes.0"),
    "101 scopes": ({**GOOD, "scopes": [f"workload:w{n}" for n in range(101)]}, "scopes"),
    "21 scopes": ({**GOOD, "scopes": [TEAMS] * 21}, "scopes"),
    "no scope": ({**GOOD, "scopes": []}, "scopes"),
    "a scope twice": ({**GOOD, "scopes": [TEAMS, TEAMS]}, "scopes"),
    "an unknown scope": ({**GOOD, "scopes": ["workload:minesweeper"]}, "scopes"),
    "a subscription": ({**GOOD, "scopes": ["subscription:0f8fad5b-d9cb-469f-a165-70867728950e"]}, "scopes"),
    "a tenant that is no GUID": ({**GOOD, "customer": {**GOOD["customer"], "tenantId": "fabrikam"}}, "tenantId"),
    "a key's characters for a tenant": ({**GOOD, "customer": {**GOOD["customer"], "tenantId": "a/b#c?d"}}, "tenantId"),
    "no domain name": ({**GOOD, "customer": {**GOOD["customer"], "domain": "fab rikam"}}, "domain"),
    "a country in words": ({**GOOD, "customer": {**GOOD["customer"], "country": "Germany"}}, "customer.country"),
    "no mail address": ({**GOOD, "contact": {**GOOD["contact"], "mail": "anna"}}, "contact.mail"),
    "a mail header within an address": (
        {**GOOD, "contact": {**GOOD["contact"], "mail": "a@b.example\r\nBcc: c@d"}},
        "contact.mail",
    ),
    "a line break in a name": ({**GOOD, "contact": {**GOOD["contact"], "name": "Anna\nBerg"}}, "contact.name"),
    "a name of 201 characters": ({**GOOD, "contact": {**GOOD["contact"], "name": "a" * 201}}, "contact.name"),
    "a note of 2,001 characters": ({**GOOD, "note": "a" * 2_001}, "note"),
    "half a character": ({**GOOD, "note": "\ud800"}, "note"),
    "a list": ([GOOD], ""),
    "a text": ("claim", ""),
    "null": (None, ""),
}


@pytest.fixture(scope="module")
def partner(running: Running) -> Caller:
    return running.partner()


def ask(running: Running, partner: Caller, method: str, route: Route, content: bytes) -> Any:
    role = role_of(route)
    caller = partner if role == "Partner" else running.staff(role)
    return caller.send(method, route.path(), content, {"Idempotency_Key": str(uuid4())})


@pytest.mark.parametrize("content", MALFORMED.values(), ids=MALFORMED.keys())
@pytest.mark.parametrize(("method", "route"), TAKE_JSON)
def test_no_malformed_body_breaks_a_route(running: Running, partner: Caller, method: str, route: Route, content: bytes) -> None:
    answer = ask(running, partner, method, route, content)
    assert answer.status in (400, 404), answer.content
    assert answer.code in ("invalid_json", "invalid_input", "not_found")


@pytest.mark.parametrize("content", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_claim_is_refused_as_such(partner: Caller, content: bytes) -> None:
    answer = partner.create_claim(content)
    assert (answer.status, answer.code) == (400, "invalid_json")


@pytest.mark.parametrize(("wanted", "field"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_claim_is_refused_and_the_field_is_named(partner: Caller, wanted: object, field: str) -> None:
    answer = partner.create_claim(json.dumps(wanted).encode())
    assert (answer.status, answer.code) == (400, "invalid_input")
    assert [error["field"] for error in answer.document["errors"]] == [field]


def test_every_wrong_field_is_named_at_once(partner: Caller) -> None:
    answer = partner.create_claim({**GOOD, "colour": "blue", "scopes": 7, "programmeId": None})
    assert {error["field"] for error in answer.document["errors"]} == {"colour", "scopes", "programmeId"}


def test_a_refusal_does_not_repeat_what_was_sent(partner: Caller) -> None:
    """A wrong value may be a secret in the wrong place, and problem documents end in logs."""
    answer = partner.create_claim({**GOOD, "note": ["swordfish"], "language": "swordfish"})
    assert answer.code == "invalid_input"
    assert b"swordfish" not in answer.content


def test_an_empty_body_is_an_empty_object(partner: Caller) -> None:
    answer = partner.create_claim(b"")
    assert (answer.status, answer.code) == (400, "invalid_input")
    assert {"field": "customer", "message": "Field required"} in answer.document["errors"]


def test_sixteen_levels_are_not_too_deep(partner: Caller) -> None:
    """The limit is where it is said to be: one level less is read, and only then found to be of a wrong type."""
    answer = partner.create_claim(b'{"note": ' + b"[" * 15 + b"]" * 15 + b"}")
    assert answer.code == "invalid_input"


@pytest.mark.parametrize(("method", "route"), TAKE_JSON)
def test_two_megabytes_are_too_much_everywhere(running: Running, partner: Caller, method: str, route: Route) -> None:
    answer = ask(running, partner, method, route, b'{"note": "' + b"a" * 2_000_000 + b'"}')
    assert (answer.status, answer.code) in ((413, "body_too_large"), (404, "not_found"))


@pytest.mark.parametrize(
    ("size", "code"), [(MOST_BYTES, "invalid_input"), (MOST_BYTES + 1, "body_too_large")], ids=["at most", "one more"]
)
def test_the_largest_body_is_taken_and_one_byte_more_is_not(partner: Caller, size: int, code: str) -> None:
    content = b'{"note": "' + b"a" * (size - 12) + b'"}'
    assert len(content) == size
    assert partner.create_claim(content).code == code


@pytest.mark.parametrize(("method", "route"), CALLS)
def test_a_parameter_that_a_route_does_not_have_is_refused_everywhere(
    running: Running, partner: Caller, method: str, route: Route
) -> None:
    """R-258: before anything is read, so that no slip is ignored anywhere."""
    role = role_of(route)
    caller = partner if role == "Partner" else running.staff(role)
    answer = caller.send(method, f"{route.path()}?colour=blue", b"", {"Idempotency_Key": str(uuid4())})
    assert (answer.status, answer.code) == (400, "invalid_input")
    assert [error["field"] for error in answer.document["errors"]] == ["colour"]


WELL_FORMED = "a76f0cb6-f44b22682218f036ae1a"
STRANGE = {
    "empty": "%20",
    "dots": "..%2e",
    "encoded slash": f"{WELL_FORMED}%2Fx",
    "a key's characters": "a%23b%3Fc%5Cd",
    "a null": f"{WELL_FORMED}%00",
    "no UTF-8": "%ff%fe",
    "upper case": WELL_FORMED.upper(),
    # Keys of a store end at 512 or 1,024 characters, numbers of digits at 4,300.
    "513 characters": "a" * 513,
    "2,000 characters": "a" * 2_000,
    "a run's name and much more": "nightly-2026-11-22" + "-" * 600,
    "13 digits": "9" * 13,
    "600 digits": "9" * 600,
    "5,000 digits": "9" * 5_000,
    "digits of another script": "%D9%A1%D9%A2%D9%A3%D9%A4",
    "letters of another script": "%C3%A9" * 600,
    "a line break": f"{WELL_FORMED}%0A",
    "a control character": f"{WELL_FORMED}%7F%C2%80",
    "half of a pair": "%ED%A0%80",
    "an association of much": f"{WELL_FORMED}." + "x" * 2_000,
    "an earning of nothing": f"{WELL_FORMED}.demo.{'x' * 180}.1",
    "a month that is none": "2026-13",
    "a month before time": "0000-00",
    "a filter's quote": f"{WELL_FORMED}'%20or%201%20eq%201",
}
WITH_PARAMETERS = [
    pytest.param(method, route, id=f"{method} {route.template}")
    for route in http_routes()
    if "{" in route.template
    for method in sorted(route.methods)
]


@pytest.fixture(scope="module")
def known(partner: Caller) -> dict[str, str]:
    """What there is, so that a strange id behind it is reached."""
    assert partner.send("PUT", "/v1/webhooks/portal", WEBHOOK, {}).status == 200
    return {"claimId": partner.draft()}


@pytest.mark.parametrize(("method", "route"), WITH_PARAMETERS)
def test_no_strange_id_breaks_a_route(
    running: Running, partner: Caller, known: dict[str, str], method: str, route: Route
) -> None:
    """R-382: with the operation's own example as its body, so that the id is what is in the way, and is refused as documented."""
    role = "Partner" if route.begins_with in OPEN else role_of(route)  # A page asks for no token.
    caller = partner if role == "Partner" else running.staff(role)
    operation = OPERATIONS.get(route.function)
    body = b"{}" if operation is None or operation.body is None else operation.body.example
    documented = range(400, 500) if operation is None else {codes.problem_of(code).status for code in codes_of(operation)}
    *first, _ = parts = re.findall(r"\{(\w+)\}", route.template)
    leading = (
        {"claimId": known["claimId"], "reviewId": known["claimId"], "webhookName": "portal", "programmeId": "demo"}
        if first
        else {}
    )
    came = {}
    for name, value in STRANGE.items():
        if parts == ["webhookName"] and is_name(value):
            continue  # A webhook may be called so.
        path = "/" + route.template
        for part in parts:
            path = path.replace("{" + part + "}", leading.get(part, value))
        came[name] = caller.send(method, path, body, {"Idempotency_Key": str(uuid4()), "If_Match": "*"}).status
    assert {name: status for name, status in came.items() if status not in documented or status >= 500} == {}
