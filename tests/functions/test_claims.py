"""Claims over HTTP: one's own only, once for each key, never over somebody else's change."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from tests.architecture.routes import Route
from tests.functions.running import EXCHANGE, TEAMS, Answer, Caller, Running, claim_for
from tests.functions.test_authentication import CLOSED, role_of

pytestmark = pytest.mark.system

MISSING = "a76f0cb6-00000000000000000000"
# What the route would take from the claim's own partner, so that nothing but whose claim it is can refuse it.
BODY_FOR: dict[str, object] = {
    "{claimId}": {"note": "Hello."},
    "attest": {"attestation": "partner-1"},
    "comments": {"words": "Hello."},
    "contest": {"evidence": "Hello."},
    "dispute": {"words": "Hello."},
    "poe": b"%PDF-1.7",
}
ABOUT_A_CLAIM = [
    pytest.param(method, route, id=f"{method} {route.template}")
    for route in CLOSED
    if "{claimId}" in route.template and role_of(route) == "Partner"
    for method in sorted(route.methods)
]


@pytest.fixture(scope="module")
def partner(running: Running) -> Caller:
    return running.partner()


@pytest.fixture(scope="module")
def rival(running: Running) -> Caller:
    return running.partner()


@pytest.fixture(scope="module")
def complete(partner: Caller) -> str:
    """The id of a draft in good order, which every test leaves as it is."""
    return partner.complete_draft()


def version(caller: Caller, claim_id: str) -> str:
    return caller.get(f"/v1/claims/{claim_id}").headers["etag"]


def without_trace(answer: Answer) -> dict[str, Any]:
    return {name: value for name, value in answer.document.items() if name != "traceId"}


def without_length(answer: Answer) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in ("date", "content-length")}


# Whose it is


@pytest.mark.parametrize(("method", "route"), ABOUT_A_CLAIM)
def test_another_partners_claim_looks_like_none_at_all(
    partner: Caller, rival: Caller, complete: str, method: str, route: Route
) -> None:
    before = version(partner, complete)
    body = BODY_FOR.get(route.template.rpartition("/")[2], {})

    def ask(wanted: str) -> Answer:
        return rival.send(
            method, route.path(wanted), body, {"Idempotency_Key": str(uuid4()), "If_Match": "*", "Acting_User": "Ada"}
        )

    theirs, none = ask(complete), ask(MISSING)
    assert (theirs.status, theirs.code) == (404, "not_found"), "give the route a body in BODY_FOR if it lacks one"
    assert without_trace(theirs) == without_trace(none)
    assert without_length(theirs) == without_length(none)
    assert version(partner, complete) == before


def test_the_partner_itself_reads_its_claim(partner: Caller) -> None:
    claim_id = partner.draft()
    claim = partner.get(f"/v1/claims/{claim_id}")
    assert (claim.status, claim.document["claimId"], claim.document["status"]) == (200, claim_id, "draft")
    assert claim.headers["cache-control"] == "no-store"


def test_creating_answers_with_the_address_and_the_version(running: Running, partner: Caller) -> None:
    created = partner.create_claim()
    address = f"{running.system.api}/v1/claims/{created.document['claimId']}"
    assert (created.status, created.headers["location"], created.headers["etag"]) == (201, address, '"1"')
    read = partner.get(address.removeprefix(running.system.api))
    assert (read.content, read.headers["etag"]) == (created.content, created.headers["etag"])


# Once


def test_creating_needs_a_key(partner: Caller) -> None:
    answer = partner.post("/v1/claims", claim_for(str(uuid4())))
    assert (answer.status, answer.code) == (400, "idempotency_key_missing")


WITH_KEYS = [
    pytest.param(method, route, id=f"{method} {route.template}")
    for route in CLOSED
    if route.template in ("v1/claims", "v1/claims/{claimId}/submit", "v1/claims/{claimId}/withdraw", "v1/claims/{claimId}/poe")
    for method in sorted(route.methods & {"POST"})
]


@pytest.mark.parametrize("key", ["a" * 256, "a\tb", "schlüssel", "\x80"], ids=["too long", "control", "not ASCII", "C1 control"])
@pytest.mark.parametrize(("method", "route"), WITH_KEYS)
def test_a_key_is_short_printable_ascii(partner: Caller, method: str, route: Route, key: str) -> None:
    claim_id = partner.draft()
    body = claim_for(str(uuid4())) if route.template == "v1/claims" else BODY_FOR.get(route.template.rpartition("/")[2], {})
    answer = partner.send(method, route.path(claim_id), body, {"Idempotency_Key": key})
    assert (answer.status, answer.code) == (400, "idempotency_key_invalid")
    assert version(partner, claim_id) == '"1"'


def test_the_longest_key_is_taken(partner: Caller) -> None:
    assert partner.create_claim(key=uuid4().hex.ljust(255, "~")).status == 201


def test_the_same_request_again_gets_the_first_answer(partner: Caller) -> None:
    """Even when the claim has moved on: a caller that lost the answer gets the answer, not the news."""
    wanted, key = claim_for(str(uuid4())), str(uuid4())
    first = partner.create_claim(wanted, key=key)
    partner.post(f"/v1/claims/{first.document['claimId']}/withdraw")
    again = partner.create_claim(wanted, key=key)
    assert (again.status, again.content) == (first.status, first.content)
    assert without_length(again) == without_length(first)


def test_many_at_once_with_one_key_make_one_claim(partner: Caller) -> None:
    wanted, key = claim_for(str(uuid4())), str(uuid4())
    with ThreadPoolExecutor(8) as callers:
        answers = list(callers.map(lambda _: partner.create_claim(wanted, key=key), range(8)))
    assert [answer.status for answer in answers] == [201] * 8
    assert len({answer.content for answer in answers}) == 1


def test_a_key_means_one_request(partner: Caller) -> None:
    wanted, key = claim_for(str(uuid4())), str(uuid4())
    first = partner.create_claim(wanted, key=key)
    others: Iterable[dict[str, Any]] = (
        {**wanted, "scopes": [EXCHANGE]},
        {**wanted, "note": "Hello."},
        claim_for(str(uuid4())),  # In another bucket, where nothing is known of the first.
    )
    for other in others:
        answer = partner.create_claim(other, key=key)
        assert (answer.status, answer.code) == (422, "idempotency_key_reused")
    assert partner.create_claim(wanted, key=key).content == first.content


def test_a_key_of_one_route_is_not_another_routes(partner: Caller) -> None:
    wanted, key = claim_for(str(uuid4())), str(uuid4())
    claim_id = partner.create_claim(wanted, key=key).document["claimId"]
    answer = partner.post(f"/v1/claims/{claim_id}/withdraw", {}, Idempotency_Key=key)
    assert (answer.status, answer.code) == (422, "idempotency_key_reused")
    assert version(partner, claim_id) == '"1"'


def test_the_same_key_of_another_partner_is_another_request(partner: Caller, rival: Caller) -> None:
    wanted, key = claim_for(str(uuid4())), str(uuid4())
    mine, theirs = partner.create_claim(wanted, key=key), rival.create_claim(wanted, key=key)
    assert (mine.status, theirs.status) == (201, 201)
    assert mine.document["claimId"] != theirs.document["claimId"]


def test_submitting_again_with_its_key_gets_the_first_answer(partner: Caller) -> None:
    claim_id, key = partner.complete_draft(), str(uuid4())
    first = partner.post(f"/v1/claims/{claim_id}/submit", Idempotency_Key=key)
    assert (first.status, first.document["status"]) == (202, "screening")
    partner.post(f"/v1/claims/{claim_id}/withdraw")
    again = partner.post(f"/v1/claims/{claim_id}/submit", Idempotency_Key=key)
    assert (again.status, again.content, again.headers["etag"]) == (202, first.content, first.headers["etag"])


def test_a_refusal_does_not_use_the_key_up(running: Running, partner: Caller) -> None:
    tenant, key = str(uuid4()), str(uuid4())
    claim_id = partner.draft(tenant)
    refused = partner.post(f"/v1/claims/{claim_id}/submit", Idempotency_Key=key)
    assert (refused.status, refused.code) == (422, "claim_incomplete")
    partner.post(f"/v1/claims/{claim_id}/poe", running.proof(tenant, f"Northwind {partner.partner_id}"))
    assert partner.post(f"/v1/claims/{claim_id}/submit", Idempotency_Key=key).status == 202


# Not over somebody else's change


@pytest.mark.parametrize("tag", ['"1"', 'W/"1"', '"9"', '"x"', "x", '"1", "3"', '"' + "9" * 5_000 + '"', '"²"', '""'])
def test_a_stale_version_is_refused(partner: Caller, complete: str, tag: str) -> None:
    answer = partner.post(f"/v1/claims/{complete}/submit", If_Match=tag)
    assert (answer.status, answer.code) == (412, "stale_version")
    assert version(partner, complete) == '"2"'


@pytest.mark.parametrize("tag", ['"2"', 'W/"2"', '"1", "2"', "*"])
def test_the_current_version_is_taken(partner: Caller, tag: str) -> None:
    claim_id = partner.complete_draft()
    assert partner.post(f"/v1/claims/{claim_id}/submit", If_Match=tag).status == 202


# Trying without doing


def test_validating_names_the_obstacles_and_does_nothing(running: Running, partner: Caller) -> None:
    tenant = str(uuid4())
    claim_id = partner.draft(tenant)
    found = partner.post(f"/v1/claims/{claim_id}/submit?validateOnly=true")
    assert (found.status, [obstacle["code"] for obstacle in found.document["obstacles"]]) == (200, ["poe_missing"])
    partner.post(f"/v1/claims/{claim_id}/poe", running.proof(tenant, f"Northwind {partner.partner_id}"))
    assert partner.post(f"/v1/claims/{claim_id}/submit?validateOnly=true").document == {"obstacles": []}
    assert partner.get(f"/v1/claims/{claim_id}").document["status"] == "draft"
    assert version(partner, claim_id) == '"2"'


@pytest.mark.parametrize("value", ["True", "1", "yes", "TRUE", "true,true"])
def test_whoever_only_wants_to_validate_never_submits_by_a_slip(partner: Caller, complete: str, value: str) -> None:
    answer = partner.post(f"/v1/claims/{complete}/submit?validateOnly={value}")
    assert (answer.status, answer.code) == (400, "invalid_input")
    assert partner.get(f"/v1/claims/{complete}").document["status"] == "draft"


@pytest.mark.parametrize("body", [{"validateOnly": True}, {"scopes": [TEAMS]}, [], b"poe"])
def test_submitting_takes_no_body(partner: Caller, complete: str, body: object) -> None:
    assert partner.post(f"/v1/claims/{complete}/submit", body).status == 400
    assert partner.get(f"/v1/claims/{complete}").document["status"] == "draft"


def test_validating_refuses_what_submitting_would_refuse(partner: Caller) -> None:
    """schemathesis found that a trial took a key that the deed refuses."""
    answer = partner.post(f"/v1/claims/{partner.draft()}/submit?validateOnly=true", Idempotency_Key="a" * 256)
    assert (answer.status, answer.code) == (400, "idempotency_key_invalid")


def test_saying_that_one_does_not_only_validate_submits(partner: Caller) -> None:
    assert partner.post(f"/v1/claims/{partner.complete_draft()}/submit?validateOnly=false").status == 202


# Taken


def test_validating_also_tells_of_a_scope_that_is_taken(partner: Caller, rival: Caller) -> None:
    tenant = str(uuid4())
    first, second = partner.complete_draft(tenant), rival.complete_draft(tenant)
    assert partner.post(f"/v1/claims/{first}/submit").status == 202
    found = rival.post(f"/v1/claims/{second}/submit?validateOnly=true").document["obstacles"]
    assert [obstacle["code"] for obstacle in found] == ["scope_taken"]
    assert TEAMS in found[0]["message"]
    assert partner.partner_id not in str(found)
    again = partner.post(f"/v1/claims/{first}/submit?validateOnly=true")
    assert (again.status, again.code) == (409, "action_not_allowed")


def test_a_taken_scope_is_named_with_its_time_and_nothing_of_its_holder(partner: Caller, rival: Caller) -> None:
    tenant = str(uuid4())
    held = partner.complete_draft(tenant, TEAMS)
    assert partner.post(f"/v1/claims/{held}/submit").status == 202
    wanted = rival.complete_draft(tenant, TEAMS, EXCHANGE)
    answer = rival.post(f"/v1/claims/{wanted}/submit")
    assert (answer.status, answer.code) == (409, "scope_taken")
    assert [taken["scope"] for taken in answer.document["taken"]] == [TEAMS]
    assert answer.document["taken"][0]["since"].endswith("Z")
    for told in (held, partner.partner_id, f"Northwind {partner.partner_id}"):
        assert told.encode() not in answer.content
    assert {scope["hold"] for scope in rival.get(f"/v1/claims/{wanted}").document["scopes"]} == {"none"}


def test_a_suspended_partner_reads_and_does_not_act(running: Running) -> None:
    suspended = running.partner()
    claim_id = suspended.complete_draft()
    running.enrol(suspended.partner_id, suspended=True)
    # A worker keeps profiles for a minute, so the news is asked of one that does not know the partner yet.
    fresh = running.system.start_host()
    elsewhere = Caller(Running(running.system, fresh.address), suspended.token, suspended.partner_id)
    assert elsewhere.get(f"/v1/claims/{claim_id}").status == 200
    for refused in (elsewhere.create_claim(), elsewhere.post(f"/v1/claims/{claim_id}/submit")):
        assert (refused.status, refused.code) == (403, "partner_suspended")
