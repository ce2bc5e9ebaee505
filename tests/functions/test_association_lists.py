"""Lists of associations, whether a scope is free, and the list of partners: one's own, page by page, and nothing of others."""

from typing import Any
from uuid import uuid4

import pytest

from tests.functions.running import CUSTOMER, DOMAIN, EXCHANGE, TEAMS, Answer, Caller, Running
from tests.functions.test_associations import active, association
from tests.local.hosted import eventually

pytestmark = pytest.mark.system
TENANT = "0d1b8c0e-7c1e-4a57-9d5e-6a0f0c8b1f20"


@pytest.fixture(scope="module")
def partner(running: Running) -> Caller:
    return running.partner()


@pytest.fixture(scope="module")
def rival(running: Running) -> Caller:
    return running.partner()


@pytest.fixture(scope="module")
def claim(partner: Caller) -> dict[str, Any]:
    """An active claim for both workloads, one of whose associations has ended; both stand in the list."""
    found = active(partner, TENANT, TEAMS, EXCHANGE)
    ended = partner.post(f"/v1/associations/{association(found, EXCHANGE)}/end", {"reasonCode": "contract_ended"})
    assert ended.status == 200

    def is_listed() -> bool:
        rows = partner.get("/v1/associations").document["value"]
        return [row for row in rows if row.get("endedAt")] != []

    eventually(is_listed, "the end in the list")
    return found


def listed(caller: Caller, query: str = "") -> list[str]:
    answer = caller.get(f"/v1/associations{query}")
    assert answer.status == 200, answer.content
    return [row["associationId"] for row in answer.document["value"]]


def available(caller: Caller, scope: str, tenant: str = TENANT, domain: str = DOMAIN) -> Answer:
    return caller.get(f"/v1/availability?tenantId={tenant}&domain={domain}&scope={scope}")


def test_ones_own_associations_are_listed_and_no_others(partner: Caller, rival: Caller, claim: dict[str, Any]) -> None:
    assert set(listed(partner)) == {association(claim, TEAMS), association(claim, EXCHANGE)}
    assert listed(rival) == []
    (row,) = (row for row in partner.get("/v1/associations").document["value"] if row["scope"] == EXCHANGE)
    shown = partner.get(f"/v1/associations/{association(claim, EXCHANGE)}").document
    assert {name: row[name] for name in shown} == shown
    assert row["customerName"] == CUSTOMER


@pytest.mark.parametrize(
    ("query", "scopes"),
    [
        ("?status=standing", {TEAMS}),
        ("?status=ended", {EXCHANGE}),
        (f"?scope={TEAMS}", {TEAMS}),
        (f"?tenantId={TENANT.upper()}", {TEAMS, EXCHANGE}),
        ("?tenantId=f41389ee-43e8-435b-82cd-a74a896e484a", set()),
        (f"?scope={TEAMS}&status=ended", set()),
    ],
)
def test_filters_narrow_the_list_down(partner: Caller, claim: dict[str, Any], query: str, scopes: set[str]) -> None:
    assert set(listed(partner, query)) == {association(claim, scope) for scope in scopes}


def test_pages_lead_through_the_whole_list_once(running: Running, partner: Caller, claim: dict[str, Any]) -> None:
    first = partner.get("/v1/associations?maxpagesize=1").document
    second = partner.get(first["nextLink"].removeprefix(running.system.api)).document
    found = [row["associationId"] for row in (*first["value"], *second["value"])]
    assert sorted(found) == sorted([association(claim, TEAMS), association(claim, EXCHANGE)])


def test_a_cursor_of_one_caller_or_list_is_none_of_another(
    running: Running, partner: Caller, rival: Caller, claim: dict[str, Any]
) -> None:
    assert claim
    link = partner.get("/v1/associations?maxpagesize=1").document["nextLink"].removeprefix(running.system.api)
    for path, caller in ((link, rival), (link.replace("associations", "claims"), partner), (link[:-1], partner)):
        answer = caller.get(path)
        assert (answer.status, answer.code) == (400, "invalid_cursor")


@pytest.mark.parametrize("wrong", ["tenantId=fabrikam", "status=over", "scope=", "maxpagesize=-1", "maxpagesize=all"])
def test_a_wrong_filter_is_refused(partner: Caller, wrong: str) -> None:
    answer = partner.get(f"/v1/associations?{wrong}")
    # The platform leaves a parameter without a value out.
    assert answer.status == 200 if wrong.endswith("=") else (answer.status, answer.code) == (400, "invalid_input")


# Availability


def test_a_scope_is_free_yours_or_taken_and_never_by_whom(partner: Caller, rival: Caller, claim: dict[str, Any]) -> None:
    """R-257, R-04"""
    mine, theirs, free = available(partner, TEAMS), available(rival, TEAMS), available(rival, EXCHANGE)
    assert [each.document["availability"] for each in (mine, theirs, free)] == ["yours", "taken", "free"]
    assert theirs.document.keys() == {"tenantId", "scope", "availability", "since"}
    assert theirs.document["since"] == claim["submittedAt"]
    assert "since" not in free.document


def test_whoever_does_not_know_the_customer_learns_nothing(rival: Caller, claim: dict[str, Any]) -> None:
    """R-257: this system's directory takes every domain for its tenant's own; what is none is refused."""
    assert claim
    assert available(rival, TEAMS, domain="fab%20rikam").code == "invalid_input"
    assert available(rival, TEAMS, tenant="fabrikam").code == "invalid_input"
    assert available(rival, "workload:minesweeper").code == "invalid_input"
    assert rival.get(f"/v1/availability?tenantId={TENANT}&scope={TEAMS}").code == "invalid_input"


def test_asking_is_limited(running: Running) -> None:
    """R-257"""
    curious = running.partner()
    answers = [available(curious, TEAMS, str(uuid4())) for _ in range(70)]
    refused = [answer for answer in answers if answer.status == 429]
    assert refused
    assert refused[0].code == "limit_reached"
    assert int(refused[0].headers["retry-after"]) >= 1


# Partners


def test_an_operator_sees_every_partner_once(running: Running, partner: Caller, rival: Caller) -> None:
    operator = running.staff("Operator")
    running.enrol(rival.partner_id, suspended=True)
    path, found = "/v1/partners?maxpagesize=2", dict[str, Any]()
    while path:
        page = operator.get(path).document
        assert len(page["value"]) <= 2
        assert not found.keys() & {row["partnerId"] for row in page["value"]}
        found |= {row["partnerId"]: row for row in page["value"]}
        path = page.get("nextLink", "").removeprefix(running.system.api)
    assert found[partner.partner_id]["suspended"] is False
    assert found[rival.partner_id]["suspended"] is True
    assert found[partner.partner_id]["clients"]
