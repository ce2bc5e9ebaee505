"""Associations, customers and programmes over HTTP: one's own only, ended once and for a reason."""

from typing import Any
from uuid import uuid4

import pytest

from tests.functions.running import EXCHANGE, TEAMS, Caller, Running
from tests.functions.test_claims import MISSING, without_length, without_trace
from tests.local.hosted import eventually

pytestmark = pytest.mark.system
WHY = {"reasonCode": "contract_ended", "words": "We part as friends."}


@pytest.fixture(scope="module")
def partner(running: Running) -> Caller:
    return running.partner()


@pytest.fixture(scope="module")
def rival(running: Running) -> Caller:
    return running.partner()


def active(partner: Caller, tenant: str, *scopes: str) -> dict[str, Any]:
    """A claim that its customer has agreed to and a reviewer approved."""
    running, claim_id = partner.running, partner.complete_draft(tenant, *scopes)
    path, mail = f"/v1/claims/{claim_id}", f"{claim_id}@fabrikam.example"
    contact = {"contact": {"name": "Anna Berg", "mail": mail}}
    assert partner.send("PATCH", path, contact, {"If_Match": "*"}).status == 200
    assert partner.post(f"{path}/submit").status == 202

    def link() -> str | None:
        links = [link for each in running.system.mailbox.mails(mail) for link in each.links if "/consent/" in link]
        return links[0].removeprefix(running.system.api) if links else None

    page = eventually(link, "the consent request")
    running.agree(page)
    assert running.staff("Reviewer").post(f"/v1/reviews/{claim_id}/approve").status == 200
    return partner.get(path).document


TENANT = "5b0a5f0e-63c1-4f0a-9a56-7d7f1d1c2b3a"


@pytest.fixture(scope="module")
def claim(partner: Caller) -> dict[str, Any]:
    """An active claim for both workloads, whose Teams association one test ends."""
    return active(partner, TENANT, TEAMS, EXCHANGE)


def association(claim: dict[str, Any], scope: str) -> str:
    return f"{claim['claimId']}.{scope.removeprefix('workload:')}"


def test_an_association_shows_since_when_it_stands(partner: Caller, claim: dict[str, Any]) -> None:
    shown = partner.get(f"/v1/associations/{association(claim, EXCHANGE)}")
    (scope,) = (each for each in claim["scopes"] if each["scope"] == EXCHANGE)
    assert shown.status == 200
    assert (shown.document["associationId"], shown.document["activeFrom"]) == (scope["associationId"], scope["activeFrom"])
    assert (shown.document["tenantId"], shown.document["scope"]) == (TENANT, EXCHANGE)
    assert "endedAt" not in shown.document
    assert shown.headers["etag"]


def test_an_association_ends_once_and_its_scope_is_free_at_once(partner: Caller, claim: dict[str, Any], rival: Caller) -> None:
    """R-37"""
    path, key = f"/v1/associations/{association(claim, TEAMS)}", str(uuid4())
    ended = partner.post(f"{path}/end", WHY, Idempotency_Key=key)
    assert (ended.status, ended.document["endReason"]) == (200, "ended_by_partner")
    assert partner.post(f"{path}/end", WHY, Idempotency_Key=key).content == ended.content
    assert partner.get(path).document["endedAt"] == ended.document["endedAt"]
    again = partner.post(f"{path}/end", WHY)
    assert (again.status, again.code) == (400, "invalid_input")
    assert "endedAt" not in partner.get(f"/v1/associations/{association(claim, EXCHANGE)}").document
    assert rival.post(f"/v1/claims/{rival.complete_draft(TENANT, TEAMS)}/submit").status == 202


@pytest.mark.parametrize("body", [None, {}, {"words": "Goodbye."}, {"reasonCode": ""}, {"reasonCode": "Contract ended"}])
def test_nothing_ends_without_a_reason(partner: Caller, claim: dict[str, Any], body: object) -> None:
    """R-37"""
    path = f"/v1/associations/{association(claim, EXCHANGE)}"
    refused = partner.post(f"{path}/end", body)
    assert (refused.status, refused.code) == (400, "invalid_input")
    assert "endedAt" not in partner.get(path).document


@pytest.mark.parametrize(("method", "what"), [("GET", ""), ("POST", "/end"), ("GET", "/explain")])
def test_another_partners_association_looks_like_none(rival: Caller, claim: dict[str, Any], method: str, what: str) -> None:
    theirs, none = (
        rival.send(method, f"/v1/associations/{each}{what}", WHY if method == "POST" else None, {})
        for each in (association(claim, EXCHANGE), f"{MISSING}.exchange")
    )
    assert (theirs.status, theirs.code) == (404, "not_found")
    assert without_trace(theirs) == without_trace(none)
    assert without_length(theirs) == without_length(none)


@pytest.mark.parametrize("wrong", ["teams", "a.b", "{claim}", "{claim}.", "{claim}.yammer", "{claim}.teams.x", "{claim}%2Fteams"])
def test_what_never_began_is_not_found(partner: Caller, claim: dict[str, Any], wrong: str) -> None:
    shown = partner.get(f"/v1/associations/{wrong.replace('{claim}', claim['claimId'])}")
    assert shown.status == 404


def test_a_draft_has_no_association(partner: Caller) -> None:
    assert partner.get(f"/v1/associations/{partner.draft()}.teams").status == 404


def test_a_customer_shows_all_of_ones_own_and_nothing_of_others(partner: Caller, rival: Caller, claim: dict[str, Any]) -> None:
    """R-112"""
    further, foreign = partner.draft(TENANT, TEAMS), rival.draft(TENANT, TEAMS)
    shown = partner.get(f"/v1/customers/{TENANT.upper()}")
    assert shown.status == 200
    assert [each["claimId"] for each in shown.document["claims"]] == [claim["claimId"], further]
    assert shown.document["claims"][1] == partner.get(f"/v1/claims/{further}").document
    assert {each["associationId"] for each in shown.document["associations"]} == {
        association(claim, TEAMS),
        association(claim, EXCHANGE),
    }
    assert foreign.encode() not in shown.content
    earnings = shown.document["earnings"].removeprefix(partner.running.system.api)
    assert partner.get(earnings).status == 200


def test_a_customer_of_others_looks_like_none(running: Running, claim: dict[str, Any]) -> None:
    """R-112"""
    stranger = running.partner()
    assert claim["tenantId"] == TENANT
    theirs, none = stranger.get(f"/v1/customers/{TENANT}"), stranger.get(f"/v1/customers/{uuid4()}")
    assert (theirs.status, theirs.code) == (404, "not_found")
    assert without_trace(theirs) == without_trace(none)
    assert without_length(theirs) == without_length(none)


def test_a_tenant_that_is_no_guid_is_refused(partner: Caller) -> None:
    shown = partner.get("/v1/customers/fabrikam")
    assert (shown.status, shown.code) == (400, "invalid_input")


# Programmes


def test_programmes_say_what_can_be_claimed_and_what_is_paid(partner: Caller) -> None:
    listed = {each["programmeId"]: each for each in partner.get("/v1/programmes").document["value"]}
    assert listed.keys() == {"demo", "fy2020"}
    one = partner.get("/v1/programmes/fy2020").document
    assert one == listed["fy2020"]
    teams = next(each for each in one["workloads"] if each["scope"] == TEAMS)
    assert [each["threshold"] for each in teams["milestones"]] == [15, 40]
    assert one["demo"], "amounts that were never published are marked"


@pytest.mark.parametrize(
    ("day", "names"), [("2019-09-30", []), ("2019-10-01", ["fy2020"]), ("2020-09-30", ["fy2020"]), ("2020-10-01", [])]
)
def test_a_term_is_active_from_its_first_to_its_last_day(partner: Caller, day: str, names: list[str]) -> None:
    """R-76"""
    shown = partner.get(f"/v1/programmes?activeOn={day}").document["value"]
    assert [each["programmeId"] for each in shown if each["programmeId"] == "fy2020"] == names


@pytest.mark.parametrize("query", ["activeOn=today", "activeOn=2026-02-30", "activeOn=20260302", "activeon=2026-03-02", "x=1"])
def test_a_wrong_day_or_parameter_is_refused(partner: Caller, query: str) -> None:
    shown = partner.get(f"/v1/programmes?{query}")
    assert (shown.status, shown.code) == (400, "invalid_input")


def test_an_unknown_programme_is_not_found(partner: Caller) -> None:
    assert (partner.get("/v1/programmes/none").status, partner.get("/v1/programmes/none").code) == (404, "not_found")
