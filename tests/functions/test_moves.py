"""A partner's later moves over HTTP: an edit names its version, null clears what may be empty, and what is too late is told."""

from typing import Any
from uuid import uuid4

import pytest

from tests.functions.running import EXCHANGE, TEAMS, Answer, Caller, Running
from tests.functions.test_claims import version
from tests.local.hosted import eventually

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def partner(running: Running) -> Caller:
    return running.partner()


def patch(caller: Caller, claim_id: str, body: object, **headers: str) -> Answer:
    return caller.send("PATCH", f"/v1/claims/{claim_id}", body, headers)


def under_review(caller: Caller) -> str:
    """The id of a claim that waits for a reviewer."""
    claim_id = caller.complete_draft()
    assert caller.post(f"/v1/claims/{claim_id}/submit").status == 202
    path = f"/v1/claims/{claim_id}"
    eventually(lambda: caller.get(path).document["status"] == "under_review", "the end of the screening")
    return claim_id


@pytest.fixture(scope="module")
def reviewed(partner: Caller) -> str:
    """The id of a claim under review, which every test leaves as it is."""
    return under_review(partner)


CHANGES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"note": "Hello."}, {}),
    ({"externalReference": "OPP-2"}, {"externalReference": "OPP-2"}),
    ({"customer": {"name": "Fabrikam AG", "country": "AT"}}, {"customerName": "Fabrikam AG"}),
    ({"language": "de", "customer": {}}, {}),
]


@pytest.mark.parametrize(("body", "shown"), CHANGES)
def test_an_edit_answers_with_the_claim_as_it_is_now(partner: Caller, body: dict[str, Any], shown: dict[str, Any]) -> None:
    """R-09"""
    claim_id = partner.draft()
    before = partner.get(f"/v1/claims/{claim_id}").document
    edited = patch(partner, claim_id, body, If_Match='"1"')
    assert (edited.status, edited.headers["etag"]) == (200, '"2"')
    assert edited.content == partner.get(f"/v1/claims/{claim_id}").content
    assert edited.document == {**before, **shown, "updatedAt": edited.document["updatedAt"]}


def test_null_clears_a_reference_and_absence_keeps_it(partner: Caller) -> None:
    claim_id = partner.draft()
    patch(partner, claim_id, {"externalReference": "OPP-2"}, If_Match="*")
    assert patch(partner, claim_id, {"note": None}, If_Match="*").document["externalReference"] == "OPP-2"
    assert "externalReference" not in patch(partner, claim_id, {"externalReference": None}, If_Match="*").document


def test_other_scopes_replace_all_scopes(partner: Caller) -> None:
    claim_id = partner.draft()
    edited = patch(partner, claim_id, {"scopes": [EXCHANGE]}, If_Match="*")
    assert [scope["scope"] for scope in edited.document["scopes"]] == [EXCHANGE]


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "null for a language": ({"language": None}, "language"),
    "null for the customer": ({"customer": None}, "customer"),
    "null for a name": ({"customer": {"name": None}}, "customer.name"),
    "null for the contact": ({"contact": None}, "contact"),
    "null for the scopes": ({"scopes": None}, "scopes"),
    "half a contact": ({"contact": {"name": "Carl Dorn"}}, "contact.mail"),
    "another tenant": ({"customer": {"tenantId": str(uuid4())}}, "customer.tenantId"),
    "another programme": ({"programmeId": "fy2020"}, "programmeId"),
    "a status": ({"status": "active"}, "status"),
    "no scope": ({"scopes": []}, "scopes"),
    "a scope twice": ({"scopes": [TEAMS, TEAMS]}, "scopes"),
    "an unknown scope": ({"scopes": ["workload:minesweeper"]}, "scopes"),
    "no address": ({"contact": {"name": "Carl Dorn", "mail": "carl"}}, "contact.mail"),
    "nothing": ({}, ""),
}


@pytest.mark.parametrize(("body", "field"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_edit_is_refused_and_the_field_is_named(partner: Caller, complete: str, body: dict[str, Any], field: str) -> None:
    answer = patch(partner, complete, body, If_Match="*")
    assert (answer.status, answer.code) == (400, "invalid_input")
    assert [error["field"] for error in answer.document["errors"]] == [field]
    assert version(partner, complete) == '"2"'


@pytest.fixture(scope="module")
def complete(partner: Caller) -> str:
    """The id of a draft in good order, which every test leaves as it is."""
    return partner.complete_draft()


def test_an_edit_without_a_version_is_refused(partner: Caller, complete: str) -> None:
    answer = patch(partner, complete, {"note": "Hello."})
    assert (answer.status, answer.code) == (428, "precondition_required")
    assert version(partner, complete) == '"2"'


@pytest.mark.parametrize("tag", ['"1"', '"9"', "x", '"1", "3"'])
def test_a_stale_version_changes_nothing(partner: Caller, complete: str, tag: str) -> None:
    document = partner.get(f"/v1/claims/{complete}").document["documents"][0]["documentId"]
    for answer in (
        patch(partner, complete, {"note": "Hello."}, If_Match=tag),
        partner.send("DELETE", f"/v1/claims/{complete}/poe/{document}", None, {"If_Match": tag}),
    ):
        assert (answer.status, answer.code) == (412, "stale_version")
    assert version(partner, complete) == '"2"'


def test_a_document_goes_from_a_draft(partner: Caller) -> None:
    """R-111"""
    claim_id = partner.complete_draft()
    document = partner.get(f"/v1/claims/{claim_id}").document["documents"][0]["documentId"]
    path = f"/v1/claims/{claim_id}/poe/{document}"
    removed = partner.send("DELETE", path, None, {"If_Match": '"2"'})
    assert (removed.status, removed.document["documents"], removed.headers["etag"]) == (200, [], '"3"')
    again = partner.send("DELETE", path, None, {})
    assert (again.status, again.code) == (404, "not_found")
    assert partner.post(f"/v1/claims/{claim_id}/submit").code == "claim_incomplete"


@pytest.mark.parametrize(
    ("move", "body"),
    [("resend-consent", None), ("reopen", None), ("dispute", {"words": "Hello."}), ("comments", {"words": "Hello."})],
)
def test_what_a_draft_does_not_admit_is_refused(partner: Caller, complete: str, move: str, body: object) -> None:
    answer = partner.post(f"/v1/claims/{complete}/{move}", body)
    assert (answer.status, answer.code) == (409, "action_not_allowed")
    assert version(partner, complete) == '"2"'


def test_a_claim_under_review_keeps_its_content(partner: Caller, reviewed: str) -> None:
    """R-09"""
    before = version(partner, reviewed)
    answer = patch(partner, reviewed, {"note": "Hello."}, If_Match="*")
    assert (answer.status, answer.code) == (409, "action_not_allowed")
    assert version(partner, reviewed) == before


def test_a_remark_stands_in_the_timeline_once(partner: Caller) -> None:
    claim_id, key = under_review(partner), str(uuid4())
    first = partner.post(f"/v1/claims/{claim_id}/comments", {"words": "Carl knows more."}, Idempotency_Key=key)
    again = partner.post(f"/v1/claims/{claim_id}/comments", {"words": "Carl knows more."}, Idempotency_Key=key)
    assert (first.status, again.content) == (200, first.content)
    said = [e for e in partner.get(f"/v1/claims/{claim_id}/timeline").document["value"] if e["event"] == "commented"]
    assert [(entry["actorKind"], entry["words"]) for entry in said] == [("partner", "Carl knows more.")]


def test_a_rejection_is_disputed_once_and_decided_by_somebody_else(running: Running, partner: Caller) -> None:
    """R-18"""
    claim_id, reviewer = under_review(partner), running.staff("Reviewer")
    refusal = {"reasonCode": "proof_insufficient", "words": "No activity."}
    assert reviewer.post(f"/v1/reviews/{claim_id}/reject", refusal).status == 200
    disputed = partner.post(f"/v1/claims/{claim_id}/dispute", {"words": "Page 2 has them."})
    assert (disputed.status, disputed.document["status"]) == (200, "screening")
    path = f"/v1/claims/{claim_id}"
    eventually(lambda: partner.get(path).document["status"] == "under_review", "the end of the screening")
    assert reviewer.post(f"/v1/reviews/{claim_id}/reject", refusal).code == "other_reviewer_needed"


def test_a_claim_that_did_not_lapse_is_not_reopened(partner: Caller) -> None:
    """R-17: what ended otherwise is claimed anew."""
    claim_id = partner.draft()
    partner.post(f"/v1/claims/{claim_id}/withdraw")
    answer = partner.post(f"/v1/claims/{claim_id}/reopen")
    assert (answer.status, answer.code) == (409, "action_not_allowed")


def test_asking_again_makes_the_old_link_a_page_that_leads_nowhere(running: Running) -> None:
    """R-07"""
    partner, tenant = running.partner(), str(uuid4())
    claim_id = partner.complete_draft(tenant)
    patch(partner, claim_id, {"contact": {"name": "Dora Ek", "mail": f"{claim_id}@fabrikam.example"}}, If_Match="*")
    partner.post(f"/v1/claims/{claim_id}/submit")

    def pages() -> list[str]:
        mails = running.system.mailbox.mails(f"{claim_id}@fabrikam.example")
        return [link.removeprefix(running.system.api) for mail in mails for link in mail.links if "/consent/" in link]

    (old,) = set(eventually(pages, "the consent request"))
    assert running.send("GET", old).status == 200
    assert partner.post(f"/v1/claims/{claim_id}/resend-consent").status == 200
    assert running.send("GET", old).status == 404
    fresh = eventually(lambda: set(pages()) - {old}, "the second consent request")
    assert [running.send("GET", page).status for page in fresh] == [200]


@pytest.mark.parametrize("move", ["resend-consent", "reopen", "dispute", "comments", "poe/none", ""])
def test_a_parameter_that_a_move_does_not_have_is_refused(partner: Caller, complete: str, move: str) -> None:
    method = {"poe/none": "DELETE", "": "PATCH"}.get(move, "POST")
    path = f"/v1/claims/{complete}/{move}".rstrip("/")
    answer = partner.send(method, f"{path}?validateOnly=true", None, {"If_Match": "*"})
    assert (answer.status, answer.code) == (400, "invalid_input")
    assert [error["field"] for error in answer.document["errors"]] == ["validateOnly"]
    assert version(partner, complete) == '"2"'
