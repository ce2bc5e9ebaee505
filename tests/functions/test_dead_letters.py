"""Dead letters over HTTP: what the host puts into a poison queue is listed for operators, names nobody, and can be replayed."""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from shared.bootstrap import AzureWorld
from shared.domain.dead_letter import Queue
from shared.settings import read_settings
from tests.functions.running import Answer, Caller, Running
from tests.local.hosted import eventually

pytestmark = pytest.mark.system

type Poison = Callable[[str, str], None]


@pytest.fixture(scope="module")
def operator(running: Running) -> Caller:
    return running.staff("Operator")


def listed(operator: Caller, query: str = "") -> list[dict[str, Any]]:
    """The whole list, page by page."""
    rows, path = [], f"/v1/dead-letters{query}"
    while True:
        page = operator.get(path).document
        rows += page["value"]
        if "nextLink" not in page:
            return rows
        path = page["nextLink"].removeprefix(operator.running.address)


def letters_about(operator: Caller, query: str = "", **about: str) -> list[dict[str, Any]]:
    return [row for row in listed(operator, query) if row["about"] == about]


def stored_content(running: Running, letter_id: str) -> str:
    async def read() -> str:
        world = AzureWorld(read_settings(running.system.environment))
        letter = (await world.dead_letters.letter(letter_id)).letter
        await world.close()
        return letter.content or ""

    return asyncio.run(read())


def replay(operator: Caller, letter: dict[str, Any]) -> Answer:
    return operator.post(f"/v1/dead-letters/{letter['letterId']}/replay")


def test_a_poison_message_becomes_a_letter_that_is_replayed_and_dies_again(operator: Caller, poison: Poison) -> None:
    """R-303, R-304, R-305."""
    about = {"reconciliationId": f"gone-{uuid4().hex[:8]}", "bucket": "zz"}
    poison(Queue.RECONCILIATION, json.dumps(about))
    (letter,) = eventually(lambda: letters_about(operator, "?queue=reconciliation&state=waiting", **about), "the letter")
    assert (letter["queue"], letter["state"], letter["times"]) == ("reconciliation", "waiting", 1)
    assert operator.get(f"/v1/dead-letters/{letter['letterId']}").document == letter
    told = replay(operator, letter)
    assert (told.status, told.document["state"]) == (200, "replayed")
    assert told.document["replayedBy"]
    # There is no such reconciliation; that the host gives it up again after five tries takes half a minute.
    poison(Queue.RECONCILIATION, json.dumps(about))
    (again,) = eventually(lambda: [row for row in letters_about(operator, **about) if row["times"] == 2], "its second death")
    assert (again["letterId"], again["state"]) == (letter["letterId"], "waiting")


@pytest.mark.parametrize("queue", [queue for queue in Queue if queue not in (Queue.OUTBOX, Queue.MAIL_EVENTS)])
def test_every_queues_poison_is_seen_and_says_nothing_personal(operator: Caller, poison: Poison, queue: Queue) -> None:
    """R-303."""
    ids = {
        "importId": "x",
        "evaluationId": "x",
        "reconciliationId": "x",
        "partnerId": uuid4().hex,
        "batchId": "x",
        "bucket": "zz",
    }
    ids |= {"month": "2026-02", "currency": "EUR"}
    poison(queue, json.dumps({**ids, "name": "Ada Kowalski", "recipient": "ada@contoso.example"}))
    (letter,) = eventually(lambda: letters_about(operator, f"?queue={queue}", **ids), "the letter")
    assert "ada" not in json.dumps(letter).lower()


def test_a_delivery_reports_letter_keeps_no_address(running: Running, operator: Caller, poison: Poison) -> None:
    """R-303: what waits for a person is no place for somebody's address, and forgetting a person would not find it there."""
    told = {"messageId": str(uuid4()), "status": "Bounced", "recipient": f"ada-{uuid4().hex}@contoso.example"}
    event = {"eventType": "Microsoft.Communication.EmailDeliveryReportReceived", "subject": told["recipient"], "data": told}
    before = {row["letterId"] for row in listed(operator, "?queue=mail-events")}
    poison(Queue.MAIL_EVENTS, json.dumps([event]))
    (letter,) = eventually(
        lambda: [row for row in listed(operator, "?queue=mail-events") if row["letterId"] not in before], "the letter"
    )
    kept = stored_content(running, str(letter["letterId"]))
    assert told["messageId"] in kept
    assert "Bounced" in kept
    assert "@" not in kept


def test_what_is_none_of_ours_is_dropped(operator: Caller, poison: Poison) -> None:
    """R-303: it could neither be shown nor replayed."""
    before = len(listed(operator, "?queue=claim-batches"))
    for content in ("not ours", '"text"', '{"batchId": "x"}', "[]"):
        poison(Queue.CLAIM_BATCHES, content)
    ours = {"partnerId": uuid4().hex, "batchId": "x"}
    poison(Queue.CLAIM_BATCHES, json.dumps(ours))
    eventually(lambda: letters_about(operator, "?queue=claim-batches", **ours), "ours")
    assert len(listed(operator, "?queue=claim-batches")) == before + 1


def test_the_list_is_paged_and_filtered(running: Running, operator: Caller, poison: Poison) -> None:
    """R-303: each letter once, and none but those that were asked for."""
    about = [{"partnerId": uuid4().hex, "month": "2026-02", "currency": "EUR"} for _ in range(5)]
    started = running.system.clock.now().isoformat().replace("+00:00", "Z")
    for each in about:
        poison(Queue.PAYMENTS, json.dumps(each))
    query = f"?queue=payments&diedSince={started}&maxpagesize=2"
    eventually(lambda: len(listed(operator, query)) == 5, "the letters")
    rows = listed(operator, query)
    assert sorted(row["about"]["partnerId"] for row in rows) == sorted(each["partnerId"] for each in about)
    assert [row["letterId"] for row in rows] == sorted(row["letterId"] for row in rows)
    assert {row["queue"] for row in rows} == {"payments"}
    assert replay(operator, rows[0]).document["state"] == "replayed"
    assert rows[0]["letterId"] in {row["letterId"] for row in listed(operator, f"{query}&state=replayed")}
    assert rows[0]["letterId"] not in {row["letterId"] for row in listed(operator, f"{query}&state=moot")}
    assert listed(operator, "?diedSince=2999-01-01T00:00:00Z") == []


@pytest.mark.parametrize("query", ["queue=parcels", "state=dead", "diedSince=yesterday", "page=2", "cursor=MDA"])
def test_a_wrong_filter_is_refused(operator: Caller, query: str) -> None:
    assert operator.get(f"/v1/dead-letters?{query}").status == 400


def test_a_letter_that_there_is_not_is_not_found(operator: Caller) -> None:
    for answer in (operator.get(f"/v1/dead-letters/{'0' * 32}"), operator.post(f"/v1/dead-letters/{'0' * 32}/replay")):
        assert (answer.status, answer.code) == (404, "not_found")
    assert operator.post(f"/v1/dead-letters/{'0' * 32}/replay", {"times": 2}).code == "invalid_input"
