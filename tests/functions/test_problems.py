"""A problem document tells the caller what it may know: a code, a sentence and a trace id, and nothing from inside.

Errors are caused for real: a row that nobody can read, a store that is gone.
"""

import json
import logging
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import azure.functions as func
import pytest
from azure.data.tables import TableClient

from functions.edge import problems
from infra.local.system import local_system
from shared import telemetry
from shared.adapters import names
from shared.domain.limit import Limited, LimitReached, Rate
from tests.functions.running import Answer, Caller, Running, claim_for

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
SHOWN = {"type", "title", "status", "code", "detail", "traceId"}
# What betrays how it is built: files, libraries, rows, addresses, the words of an exception.
FROM_INSIDE = re.compile(
    rb"""Traceback|\.py\b|File "|[Aa]zure|[Pp]ydantic|PartitionKey|RowKey|127\.0\.0\.1|[A-Za-z](Error|Exception)\b"""
)


@pytest.fixture(scope="module")
def partner(running: Running) -> Caller:
    return running.partner()


def told(answer: Answer) -> dict[str, Any]:
    """The problem document, complete and without anything from inside."""
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.headers["cache-control"] == "no-store"
    assert not FROM_INSIDE.search(answer.content), answer.content
    document = answer.document
    assert document.keys() >= SHOWN
    assert document["status"] == answer.status
    assert re.fullmatch(r"[0-9a-f]{32}", document["traceId"])
    return document


@pytest.mark.system
def test_a_problem_carries_the_callers_trace(partner: Caller) -> None:
    answer = partner.get("/v1/claims/none", traceparent=f"00-{TRACE}-{PARENT}-01")
    assert told(answer)["traceId"] == TRACE


@pytest.mark.system
@pytest.mark.parametrize(
    "sent",
    [
        "",
        TRACE,
        f"00-{TRACE[:-1]}-{PARENT}-01",
        f"00-{TRACE.upper()}-{PARENT}-01",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{'x' * 32}-{PARENT}-01",
        f"00-<script>-{PARENT}-01",
    ],
)
def test_a_broken_trace_is_not_repeated(partner: Caller, sent: str) -> None:
    traces = [told(partner.get("/v1/claims/none", traceparent=sent))["traceId"] for _ in range(2)]
    assert TRACE not in traces
    assert traces[0] != traces[1]
    assert "0" * 32 not in traces


@pytest.mark.system
def test_every_refusal_of_the_edge_is_a_complete_problem(running: Running, partner: Caller) -> None:
    answers = {
        "no token": running.send("GET", "/v1/me"),
        "wrong role": running.staff("Reviewer").get("/v1/me"),
        "no key": partner.post("/v1/claims", claim_for(str(uuid4()))),
        "no JSON": partner.create_claim(b"{"),
        "wrong field": partner.create_claim({"colour": "blue"}),
        "too large": partner.create_claim(b" " * 1_000_001),
        "no document": partner.post(f"/v1/claims/{partner.draft()}/poe", b""),
        "not a proof": partner.post(f"/v1/claims/{partner.draft()}/poe", b"MZ\x90\x00"),
        "missing": partner.get("/v1/claims/none"),
        "stale": partner.post(f"/v1/claims/{partner.draft()}/submit", If_Match='"7"'),
    }
    codes = {why: told(answer)["code"] for why, answer in answers.items()}
    assert codes == {
        "no token": "unauthenticated",
        "wrong role": "wrong_role",
        "no key": "idempotency_key_missing",
        "no JSON": "invalid_json",
        "wrong field": "invalid_input",
        "too large": "body_too_large",
        "no document": "document_empty",
        "not a proof": "proof_refused",
        "missing": "not_found",
        "stale": "stale_version",
    }


@pytest.mark.system
def test_a_row_that_cannot_be_read_shows_nothing_but_a_trace(running: Running, partner: Caller) -> None:
    claim_id = partner.draft()
    spoil(running, claim_id)
    answer = partner.get(f"/v1/claims/{claim_id}", traceparent=f"00-{TRACE}-{PARENT}-01")
    document = told(answer)
    assert (answer.status, document["code"], document["traceId"]) == (500, "internal_error", TRACE)
    assert document.keys() == SHOWN
    assert claim_id.encode() not in answer.content


def spoil(running: Running, claim_id: str) -> None:
    """Makes the claim's row unreadable, as a bug or a careless hand might."""
    with TableClient.from_connection_string(running.system.azurite.connection_string, names.RECORDS) as table:
        row = table.get_entity(claim_id[:2], f"claim!{claim_id}")
        spoilt = {name: "{" for name, value in row.items() if isinstance(value, str) and value.startswith("{")}
        assert spoilt, "the row has no JSON column any more; spoil another"
        table.update_entity({"PartitionKey": claim_id[:2], "RowKey": f"claim!{claim_id}", **spoilt})


@pytest.fixture
def marked_logs() -> Iterator[None]:
    """Log records marked as a worker marks them."""
    unmarked = logging.getLogRecordFactory()
    telemetry.mark_logs()
    yield
    logging.setLogRecordFactory(unmarked)


@pytest.mark.usefixtures("marked_logs")
async def test_what_is_logged_of_an_unknown_error_bears_the_trace_that_was_shown(caplog: pytest.LogCaptureFixture) -> None:
    """Without a traceparent too: otherwise a caller's report leads nowhere."""

    @problems
    async def broken(_: func.HttpRequest) -> func.HttpResponse:
        raise RuntimeError("the password is swordfish")

    with caplog.at_level(logging.ERROR):
        answer = await broken(func.HttpRequest("GET", "/v1/me", headers={}, params={}, route_params={}, body=b""))
    shown = json.loads(answer.get_body())
    assert (answer.status_code, shown["code"]) == (500, "internal_error")
    assert b"swordfish" not in answer.get_body()
    (record,) = caplog.records
    assert getattr(record, "traceId", None) == shown["traceId"]
    assert record.exc_info is not None


async def test_whoever_reached_a_limit_is_told_from_when_to_try_again() -> None:
    """R-280"""

    @problems
    async def limited(_: func.HttpRequest) -> func.HttpResponse:
        raise LimitReached(Limited.CLAIMS, Rate(3, timedelta(minutes=1)), timedelta(seconds=19.5))

    answer = await limited(func.HttpRequest("GET", "/v1/me", headers={}, params={}, route_params={}, body=b""))
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "20")
    assert json.loads(answer.get_body())["code"] == "limit_reached"


@dataclass(frozen=True)
class Orphaned:
    """A system whose storage has died while it ran, and a partner that it knows, with a claim."""

    running: Running
    known: Caller
    claim_id: str


@pytest.fixture(scope="module")
def orphaned() -> Iterator[Orphaned]:
    with local_system() as system:
        running = Running(system)
        known = running.partner()
        claim_id = known.draft()
        system.azurite.child.stop()
        yield Orphaned(running, known, claim_id)


@pytest.mark.system
def test_a_store_that_is_gone_is_said_to_be_and_the_caller_may_try_again(orphaned: Orphaned) -> None:
    known, claim_id = orphaned.known, orphaned.claim_id
    reviewer, operator = orphaned.running.staff("Reviewer"), orphaned.running.staff("Operator")
    profile = {"name": "a", "mail": "a@b.example", "programmes": [], "clients": []}
    asked: dict[str, Callable[[], Answer]] = {
        "read": lambda: known.get(f"/v1/claims/{claim_id}"),
        "create": known.create_claim,
        "timeline": lambda: known.get(f"/v1/claims/{claim_id}/timeline"),
        "submit": lambda: known.post(f"/v1/claims/{claim_id}/submit"),
        "attach": lambda: known.post(f"/v1/claims/{claim_id}/poe", b"%PDF-1.7"),
        "a partner not seen before": lambda: orphaned.running.stranger().get("/v1/me"),
        "approve": lambda: reviewer.post(f"/v1/reviews/{claim_id}/approve", {}),
        "enrol": lambda: operator.put("/v1/partners/4711001", profile),
    }
    with ThreadPoolExecutor(len(asked)) as callers:
        answers = dict(zip(asked, callers.map(lambda ask: ask(), asked.values()), strict=True))
    codes = {what: (answer.status, told(answer)["code"]) for what, answer in answers.items()}
    assert codes == dict.fromkeys(answers, (503, "store_unavailable"))
    assert {answer.headers["retry-after"] for answer in answers.values()} == {"2"}


@pytest.mark.system
def test_the_reviewers_queue_without_a_store_may_be_asked_again(orphaned: Orphaned) -> None:
    assert orphaned.running.staff("Reviewer").get("/v1/reviews").status == 503


@pytest.mark.system
def test_a_page_without_a_store_asks_to_try_again_and_does_not_call_the_link_bad(orphaned: Orphaned) -> None:
    for page in ("consent", "manage"):
        answer = orphaned.running.send("GET", f"/{page}/00{'a' * 48}")
        assert answer.status == 503
        assert b"try again" in answer.content
        assert not FROM_INSIDE.search(answer.content)


@pytest.mark.system
def test_whoever_needs_no_store_is_answered(orphaned: Orphaned) -> None:
    assert orphaned.running.send("GET", "/health").status == 200
    assert orphaned.running.send("HEAD", "/pages/static/none.css").status == 404
