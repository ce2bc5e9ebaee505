"""A distributor acts for partners that granted it: as far as the grant goes, and visibly in the timeline."""

import re
from typing import Any
from uuid import uuid4

import pytest

from tests.functions.running import Answer, Caller, Running, claim_for
from tests.local.hosted import eventually

pytestmark = pytest.mark.system

EVERYTHING = ("submit", "read", "earnings")


@pytest.fixture(scope="module")
def distributor(running: Running) -> Caller:
    return running.partner()


def granting(running: Running, distributor: Caller, *rights: str) -> Caller:
    """A new partner that lets the distributor do this much."""
    grants = [{"distributorId": distributor.partner_id, "rights": list(rights)}] if rights else []
    return running.partner(grants=grants)


def asked(distributor: Caller, principal: str, method: str, path: str, body: object = None, **headers: str) -> Answer:
    return distributor.send(method, path, body, {"Acting-For": principal, **headers})


def test_what_a_distributor_does_is_the_partners_and_the_timeline_says_who_did_it(running: Running, distributor: Caller) -> None:
    """R-290, R-291"""
    partner = granting(running, distributor, *EVERYTHING)
    acting = {"Acting_For": partner.partner_id, "Acting_User": "user-1147"}
    created = distributor.post("/v1/claims", claim_for(str(uuid4())), Idempotency_Key=str(uuid4()), **acting)
    assert created.status == 201, created.content
    claim_id = created.document["claimId"]
    assert partner.get(f"/v1/claims/{claim_id}").status == 200
    assert distributor.get(f"/v1/claims/{claim_id}").status == 404, "it is not the distributor's own"
    assert partner.post(f"/v1/claims/{claim_id}/withdraw", Acting_User="user-2").status == 200
    timeline = partner.get(f"/v1/claims/{claim_id}/timeline").document
    assert timeline["intact"] is True
    first, last = timeline["value"]
    assert (first["actorId"], first["actedBy"], first["actingUser"]) == (partner.partner_id, distributor.partner_id, "user-1147")
    assert (last["actorId"], last.get("actedBy"), last["actingUser"]) == (partner.partner_id, None, "user-2")


CALLS = {
    "read": ("GET", "/v1/claims"),
    "submit": ("POST", "/v1/claims/none/withdraw"),
    "earnings": ("GET", "/v1/earnings?tenantId=6f1d2c3b-4a59-4e68-8b7c-9d0e1f2a3b4c"),
}


@pytest.mark.parametrize("right", EVERYTHING)
def test_each_right_opens_what_it_says_and_nothing_else(running: Running, distributor: Caller, right: str) -> None:
    """R-290"""
    partner = granting(running, distributor, right)
    for needed, (method, path) in CALLS.items():
        answer = asked(distributor, partner.partner_id, method, path)
        assert (answer.status == 403) is (needed != right), (needed, answer.content)
        if answer.status == 403:
            assert answer.code == "grant_missing"


def test_whatever_shows_money_takes_the_right_to_it(running: Running, distributor: Caller) -> None:
    """R-290: read off the reference, so that no new list is forgotten. The published terms are everybody's."""
    partner = granting(running, distributor, "read", "submit")
    reference = distributor.get("/openapi.json").document
    shows_money = [
        path
        for path, operations in reference["paths"].items()
        if (operation := operations.get("get"))
        and operation["security"] == [{"bearer": ["Partner"]}]
        and "MoneyOut" in named_in(operation["responses"], reference["components"])
        and not path.startswith("/v1/programmes")
    ]
    assert len(shows_money) > 5
    for path in shows_money:
        answer = asked(distributor, partner.partner_id, "GET", re.sub("{.*?}", "none", path))
        assert (answer.status, answer.code) == (403, "grant_missing"), path


def named_in(part: object, components: dict[str, Any]) -> set[str]:
    """The names of all components that a part of the reference leads to."""
    found: set[str] = set()
    left = [part]
    while left:
        match left.pop():
            case {"$ref": str(reference)} if (place := reference.split("/")[-2:])[1] not in found:
                found.add(place[1])
                left.append(components[place[0]][place[1]])
            case dict(inner):
                left += inner.values()
            case list(inner):
                left += inner
    return found


def test_who_granted_nothing_and_who_does_not_exist_look_alike(running: Running, distributor: Caller) -> None:
    """R-290: partners cannot be enumerated."""
    silent, other = granting(running, distributor), running.partner()
    ungranted = granting(running, other, *EVERYTHING)
    named = (silent.partner_id, ungranted.partner_id, "999999999999", "none", "../x", "4711!told")
    refused = [asked(distributor, each, "GET", "/v1/claims") for each in named]
    assert {(answer.status, answer.code, answer.document["detail"]) for answer in refused} == {
        (403, "grant_missing", "The partner named in Acting-For has not granted you this.")
    }


def test_a_grant_that_was_taken_back_counts_no_more(running: Running, distributor: Caller) -> None:
    """R-290: the profile is written as a whole, so what it does not say is taken back."""
    partner = granting(running, distributor, *EVERYTHING)
    running.enrol(partner.partner_id, grants=[])
    assert asked(distributor, partner.partner_id, "GET", "/v1/claims").code == "grant_missing"


def test_nobody_acts_for_another_where_it_is_its_own_business(running: Running, distributor: Caller) -> None:
    """R-290: whom a partner is called by, and with which secrets."""
    partner = granting(running, distributor, *EVERYTHING)
    for method, path in (("GET", "/v1/webhooks"), ("PUT", "/v1/webhooks/x"), ("POST", "/v1/webhooks/x/test")):
        assert asked(distributor, partner.partner_id, method, path, {}).code == "grant_missing"


def test_a_suspended_distributor_reads_and_does_not_act(running: Running) -> None:
    """R-290"""
    distributor = running.partner(suspended=True)
    partner = granting(running, distributor, *EVERYTHING)
    assert asked(distributor, partner.partner_id, "GET", "/v1/claims").status == 200
    assert asked(distributor, partner.partner_id, "POST", "/v1/claims/none/withdraw").code == "partner_suspended"


def test_me_shows_grants_limits_and_who_acts(running: Running, distributor: Caller) -> None:
    partner = granting(running, distributor, "read")
    me = asked(distributor, partner.partner_id, "GET", "/v1/me").document
    assert (me["partnerId"], me["actedBy"], me["programmes"]) == (partner.partner_id, distributor.partner_id, ["demo"])
    assert me["grants"] == [{"distributorId": distributor.partner_id, "rights": ["read"]}]
    assert me["limits"]["claimsPerMinute"] == 3000
    assert "actedBy" not in partner.get("/v1/me").document


@pytest.mark.parametrize("user", ["x" * 101, "Jürgen"])
def test_an_acting_user_that_cannot_be_recorded_is_refused(distributor: Caller, user: str) -> None:
    answer = distributor.send("GET", "/v1/me", None, {"Acting-User": user})
    assert (answer.status, answer.code) == (400, "invalid_input")


def test_a_partner_needs_no_grant_for_itself(running: Running, distributor: Caller) -> None:
    grants = [{"distributorId": distributor.partner_id, "rights": ["read"]}]
    profile = {"name": "a", "mail": "a@b.example", "programmes": [], "clients": [], "grants": grants}
    refused = running.staff("Operator").put(f"/v1/partners/{distributor.partner_id}", profile)
    assert (refused.status, refused.code) == (400, "invalid_input")


def test_who_reads_the_profile_anew_learns_what_was_asked_for_today(running: Running, distributor: Caller) -> None:
    """R-310: the partner's own profile is kept for a minute, and as it was then."""
    partner = granting(running, distributor, "read")
    before = partner.get("/v1/me").document["usedToday"]
    assert (before["claims"], before["mails"], before["mailsToOneDomain"]) == (0, 0, 0)
    assert partner.submit_at_once(str(uuid4())).status == 202
    partner.draft()

    eventually(lambda: len(partner.get("/v1/claims").document["value"]) == 2, "the projection of both")
    used = asked(distributor, partner.partner_id, "GET", "/v1/me").document["usedToday"]
    assert (used["claims"], used["mails"], used["mailsToOneDomain"]) == (2, 2, 2)
