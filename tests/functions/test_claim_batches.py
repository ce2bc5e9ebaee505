"""Batches over HTTP: a result a line, with the very problem that a single call would have had."""

import json
from typing import Any
from uuid import uuid4

import pytest

from tests.functions.running import Answer, Caller, Running, claim_for
from tests.local.hosted import eventually

pytestmark = pytest.mark.system
GOOD = claim_for("0f8fad5b-d9cb-469f-a165-70867728950e")
WRONG: dict[str, bytes] = {
    "an unknown field": json.dumps({**GOOD, "colour": "blue"}).encode(),
    "no JSON": b"customer=a",
    "NaN": b'{"note": NaN}',
    "no tenant": json.dumps({**GOOD, "customer": {**GOOD["customer"], "tenantId": "fabrikam"}}).encode(),
    "another programme": json.dumps({**GOOD, "programmeId": "fy2020"}).encode(),
    "an unknown scope": json.dumps({**GOOD, "scopes": ["workload:minesweeper"]}).encode(),
}


@pytest.fixture(scope="module")
def partner(running: Running) -> Caller:
    return running.partner()


def send(caller: Caller, content: bytes, key: str = "", media_type: str = "application/x-ndjson") -> Answer:
    return caller.post("/v1/claim-batches", content, Content_Type=media_type, Idempotency_Key=key or str(uuid4()))


def worked_off(caller: Caller, batch_id: str) -> dict[str, Any]:
    def done() -> dict[str, Any] | None:
        found = caller.get(f"/v1/claim-batches/{batch_id}?maxpagesize=500").document
        return found if found["status"] == "done" else None

    return eventually(done, "the batch's end")


def without_trace(problem: dict[str, Any]) -> dict[str, Any]:
    return {name: said for name, said in problem.items() if name != "traceId"}


def test_every_line_has_the_result_that_a_single_call_would_have(running: Running, partner: Caller) -> None:
    """R-260"""
    good = json.dumps(claim_for(str(uuid4()))).encode()
    accepted = send(partner, b"\n".join((good, *WRONG.values())))
    batch_id = accepted.document["batchId"]
    assert (accepted.status, accepted.headers["location"]) == (202, f"{running.system.api}/v1/claim-batches/{batch_id}")
    found = worked_off(partner, batch_id)
    assert (found["lines"], found["created"], found["refused"]) == (7, 1, 6)
    first, *others = found["value"]
    assert partner.get(f"/v1/claims/{first['claimId']}").document["status"] == "draft"
    singly = [partner.create_claim(wrong).document for wrong in WRONG.values()]
    assert [without_trace(each["problem"]) for each in others] == [without_trace(each) for each in singly]
    assert [each["line"] for each in found["value"]] == [1, 2, 3, 4, 5, 6, 7]


def test_what_is_wrong_with_many_names_is_told_of_the_first_few(partner: Caller) -> None:
    """A line's problem has to fit where results are kept, whatever a stranger calls a field."""
    strange = {f"{number}{'x' * 3_000}": 1 for number in range(9)}
    found = worked_off(partner, send(partner, json.dumps(strange).encode()).document["batchId"])
    errors = found["value"][0]["problem"]["errors"]
    assert (len(errors), max(len(each["field"]) for each in errors)) == (5, 200)


def test_the_same_file_under_the_same_key_is_the_same_batch(partner: Caller) -> None:
    """R-261"""
    tenant, key = str(uuid4()), str(uuid4())
    content = json.dumps(claim_for(tenant)).encode()
    first = send(partner, content, key)
    worked_off(partner, first.document["batchId"])
    again = send(partner, content, key)
    assert (again.status, again.document["batchId"], again.document["status"]) == (202, first.document["batchId"], "done")
    other = send(partner, content + b"\n{}", key)
    assert (other.status, other.code) == (422, "idempotency_key_reused")
    assert len(partner.get(f"/v1/customers/{tenant}").document["claims"]) == 1


def test_results_come_page_by_page(running: Running, partner: Caller) -> None:
    batch_id = send(partner, b"{}\n" * 60).document["batchId"]
    worked_off(partner, batch_id)
    path, seen = f"/v1/claim-batches/{batch_id}?maxpagesize=25", list[int]()
    while path:
        page = partner.get(path).document
        seen += [each["line"] for each in page["value"]]
        path = page.get("nextLink", "").removeprefix(running.system.api)
    assert seen == list(range(1, 61))


def test_another_partners_batch_looks_like_none_at_all(running: Running, partner: Caller) -> None:
    batch_id = send(partner, b"{}").document["batchId"]
    rival = running.partner()
    theirs, none = rival.get(f"/v1/claim-batches/{batch_id}"), rival.get("/v1/claim-batches/0123456789abcdef01234567")
    assert (theirs.status, without_trace(theirs.document)) == (404, without_trace(none.document))


@pytest.mark.parametrize(
    ("content", "media_type", "status", "code"),
    [
        (b"", "application/x-ndjson", 400, "invalid_input"),
        (b"\n\n", "application/x-ndjson", 400, "invalid_input"),
        (b"{}\n" * 10_001, "application/x-ndjson", 400, "invalid_input"),
        (b"{}", "application/json", 415, "unsupported_media_type"),
        (b"{}" * 20_500_000, "application/x-ndjson", 413, "body_too_large"),
    ],
    ids=["empty", "nothing said", "too many lines", "no NDJSON", "too large"],
)
def test_what_is_no_batch_is_refused(partner: Caller, content: bytes, media_type: str, status: int, code: str) -> None:
    answer = send(partner, content, media_type=media_type)
    assert (answer.status, answer.code) == (status, code)


def test_a_batch_needs_a_key(partner: Caller) -> None:
    assert partner.post("/v1/claim-batches", b"{}", Content_Type="application/x-ndjson").code == "idempotency_key_missing"
