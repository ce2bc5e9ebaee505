"""Events over HTTP: everything that happened to one's own claims, once and in order, from wherever one stopped reading."""

from typing import Any
from uuid import uuid4

import pytest

from tests.functions.running import Caller, Running
from tests.functions.test_claim_lists import path_of, until

pytestmark = pytest.mark.system


def events_of(caller: Caller, query: str = "") -> tuple[list[dict[str, Any]], str]:
    """All events, page after page as the links lead, and where to go on."""
    found: list[dict[str, Any]] = []
    path: str | None = f"/v1/events{query}"
    after = ""
    while path is not None:
        page = caller.get(path)
        assert page.status == 200, page.content
        found += page.document["value"]
        after, path = str(page.document["after"]), path_of(caller, page.document.get("nextLink"))
    return found, after


@pytest.fixture(scope="module")
def partner(running: Running) -> Caller:
    return running.partner()


@pytest.fixture(scope="module")
def claim_id(partner: Caller) -> str:
    """A claim that was created, got its proof and was submitted, and for which all that follows has happened."""
    claim_id = partner.complete_draft()
    assert partner.post(f"/v1/claims/{claim_id}/submit").status == 202
    until(lambda: "claim.scan_clean" in [event["type"] for event in events_of(partner)[0]])
    return claim_id


def test_everything_that_happened_is_told_as_its_timeline_has_it(partner: Caller, claim_id: str) -> None:
    """R-282"""
    events, _ = events_of(partner)
    timeline = partner.get(f"/v1/claims/{claim_id}/timeline").document["value"]
    told = [(event["id"], event["type"], event["time"], event["data"]["actorKind"]) for event in events]
    happened = [(f"{claim_id}.{e['seq']}", f"claim.{e['event']}", e["at"], e["actorKind"]) for e in timeline]
    assert told == happened[: len(told)]
    assert [each["type"] for each in events[:4]] == [
        "claim.created", "claim.proof_attached", "claim.submitted", "claim.scan_clean",
    ]  # fmt: skip
    assert {(event["specversion"], event["subject"], event["source"]) for event in events} == {
        ("1.0", claim_id, f"/v1/claims/{claim_id}")
    }


def test_nothing_personal_is_told(partner: Caller, claim_id: str) -> None:
    """R-282"""
    assert partner.post(f"/v1/claims/{claim_id}/comments", {"words": "Mr Miller knows."}).status == 200
    until(lambda: "claim.commented" in [event["type"] for event in events_of(partner)[0]])
    content = partner.get("/v1/events").content
    for personal in (b"Miller", b"Anna", b"anna.berg", b"ommitment", b".contact"):
        assert personal not in content


def test_whoever_goes_on_where_it_stopped_gets_what_came_since_and_nothing_twice(partner: Caller, claim_id: str) -> None:
    """R-284"""
    before, after = events_of(partner)
    other = partner.draft()
    # What the system does for the first claim may be told in between.
    until(lambda: other in {event["subject"] for event in events_of(partner, f"?after={after}")[0]})
    since, there = events_of(partner, f"?after={after}")
    assert {event["id"] for event in before}.isdisjoint(event["id"] for event in since)
    assert [event["type"] for event in since if event["subject"] == other] == ["claim.created"]
    assert claim_id in {event["subject"] for event in before}
    assert {event["id"] for event in since}.isdisjoint(event["id"] for event in events_of(partner, f"?after={there}")[0])


def test_pages_of_any_size_show_the_same(partner: Caller, claim_id: str) -> None:
    """R-284"""
    assert claim_id
    until(lambda: events_of(partner)[0] == events_of(partner, "?maxpagesize=1")[0])


def test_another_partner_is_told_nothing_and_cannot_use_the_place(running: Running, partner: Caller, claim_id: str) -> None:
    """R-284: what is another's cannot be addressed."""
    assert claim_id
    other = running.partner()
    events, after = events_of(other)
    assert events == []
    mine = events_of(partner)[1]
    refused = [other.get(f"/v1/events?after={place}") for place in (mine, after[:-1] + "A", str(uuid4()))]
    assert [(answer.status, answer.code) for answer in refused] == [(400, "invalid_cursor")] * 3


def test_a_slip_in_the_address_is_refused(partner: Caller) -> None:
    assert partner.get("/v1/events?cursor=x").code == "invalid_input"
    assert partner.get("/v1/events?maxpagesize=x").code == "invalid_input"
