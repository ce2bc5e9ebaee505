"""Assigning reviews over HTTP: seen in the review, in the queue and in the timeline, and the filter finds it."""

import pytest

from infra.local.issuer import person_id
from tests.functions.running import Answer, Caller, Running
from tests.functions.test_moves import under_review
from tests.local.hosted import eventually

pytestmark = pytest.mark.system

NAMES = ("rita", "otto")


@pytest.fixture(scope="module")
def partner(running: Running) -> Caller:
    return running.partner()


@pytest.fixture(scope="module")
def reviewers(running: Running) -> tuple[Caller, Caller]:
    rita, otto = (Caller(running, running.system.token("Reviewer", person=name)) for name in NAMES)
    return rita, otto


RITA, OTTO = (str(person_id(name)) for name in NAMES)


def assign(caller: Caller, claim_id: str, assignee: str, **said: bool) -> Answer:
    return caller.post(f"/v1/reviews/{claim_id}/assign", {"assignee": assignee, **said})


def queue(caller: Caller, query: str = "") -> dict[str, str | None]:
    """Of each waiting claim, who has it."""
    return {row["claimId"]: row.get("assignee") for row in caller.get(f"/v1/reviews{query}").document["value"]}


def test_a_review_that_is_taken_is_found_where_reviewers_look(partner: Caller, reviewers: tuple[Caller, Caller]) -> None:
    """R-300, R-302."""
    (rita, otto), claim_id = reviewers, under_review(partner)
    eventually(lambda: claim_id in queue(rita, "?assignee=nobody"), "the claim in the queue")
    taken = assign(rita, claim_id, "me")
    assert (taken.status, taken.document["assignee"]) == (200, RITA)
    assert otto.get(f"/v1/reviews/{claim_id}").document["assignee"] == RITA
    eventually(lambda: queue(rita).get(claim_id) == RITA, "the assignee in the queue")
    found = {query: claim_id in queue(rita, query) for query in ("?assignee=me", f"?assignee={RITA}", f"?assignee={OTTO}")}
    assert found == {"?assignee=me": True, f"?assignee={RITA}": True, f"?assignee={OTTO}": False}
    assert claim_id not in queue(rita, "?assignee=nobody")
    assert claim_id not in queue(otto, "?assignee=me")
    assert set(queue(rita, "?assignee=me").values()) == {RITA}


def test_a_decision_waits_for_whoever_has_the_review(partner: Caller, reviewers: tuple[Caller, Caller]) -> None:
    """R-301."""
    (rita, otto), claim_id = reviewers, under_review(partner)
    assert assign(rita, claim_id, RITA).status == 200
    refused = [otto.post(f"/v1/reviews/{claim_id}/approve", {}), assign(otto, claim_id, "me"), assign(otto, claim_id, "nobody")]
    assert [(answer.status, answer.code) for answer in refused] == [(409, "review_assigned")] * 3
    assert otto.post(f"/v1/reviews/{claim_id}/comments", {"words": "I know this customer."}).document["assignee"] == RITA
    assert assign(otto, claim_id, "me", takeOver=True).document["assignee"] == OTTO
    assert otto.post(f"/v1/reviews/{claim_id}/approve", {}).document["status"] == "awaiting_consent"


def test_a_partner_sees_that_a_review_moved_and_nothing_of_the_queue(partner: Caller, reviewers: tuple[Caller, Caller]) -> None:
    """R-300: what it is shown of its claim is what it was before; its events name no reviewer (R-282)."""
    (rita, _), claim_id = reviewers, under_review(partner)
    assert assign(rita, claim_id, "me").status == 200
    assert "assignee" not in partner.get(f"/v1/claims/{claim_id}").document
    (entry,) = [e for e in partner.get(f"/v1/claims/{claim_id}/timeline").document["value"] if e["event"] == "assigned"]
    assert (entry["actorKind"], entry["data"]) == ("reviewer", {"assignee": RITA, "before": None})

    def told() -> list[dict[str, object]]:
        events = partner.get("/v1/events?maxpagesize=500").document["value"]
        return [e["data"]["facts"] for e in events if e["type"] == "claim.assigned" and e["subject"] == claim_id]

    assert eventually(told, "the event") == [{}]


@pytest.mark.parametrize("named", ["", "Me", "rita", "everybody", RITA.upper(), f"{RITA}\n"])
def test_whom_no_token_can_name_has_no_review(partner: Caller, reviewers: tuple[Caller, Caller], named: str) -> None:
    claim_id = partner.draft()
    answer = assign(reviewers[0], claim_id, named)
    assert (answer.status, answer.code, answer.document["errors"][0]["field"]) == (400, "invalid_input", "assignee")
    filtered = reviewers[0].get(f"/v1/reviews?assignee={named.replace('\n', '%0A') or '%20'}")
    assert (filtered.status, filtered.code, filtered.document["errors"][0]["field"]) == (400, "invalid_input", "assignee")
