"""Whatever can be read has a version, and whoever has it already is not sent it again."""

from uuid import uuid4

import pytest

from tests.functions.conformity import operations
from tests.functions.running import Caller, Running, claim_for

pytestmark = pytest.mark.system

# Where a reading needs parameters of its own.
NEEDS = {"getAvailability": "?tenantId={tenant}&domain=x.example&scope=workload:teams"}
READINGS = {
    name: (operation["security"][0]["bearer"][0], path)
    for name, (method, path, operation) in operations().items()
    if method == "GET" and operation["security"] and "{" not in path and name not in NEEDS
}


@pytest.mark.parametrize("name", READINGS)
def test_a_reading_has_a_version_and_is_not_sent_twice(running: Running, name: str) -> None:
    """R-373"""
    role, path = READINGS[name]
    caller = running.partner() if role == "Partner" else running.staff(role)
    # Others may change what staff sees in between, so one of a few readings has to find it as it was.
    for _ in range(5):
        first = caller.get(path)
        assert first.status == 200, first.content
        again = caller.get(path, If_None_Match=f'"other", W/{first.headers["etag"]}')
        if again.status == 304:
            assert (again.content, again.headers["etag"]) == (b"", first.headers["etag"])
            return
    pytest.fail("never found unchanged")


@pytest.fixture(scope="module")
def partner(running: Running) -> Caller:
    return running.partner()


def test_a_claim_that_changed_is_sent_anew_and_its_version_is_the_one_that_it_is_changed_by(partner: Caller) -> None:
    """R-373"""
    created = partner.post("/v1/claims", claim_for(str(uuid4())), Idempotency_Key=str(uuid4()))
    path, tag = f"/v1/claims/{created.document['claimId']}", created.headers["etag"]
    assert partner.get(path, If_None_Match=tag).status == 304
    changed = partner.send("PATCH", path, {"note": "Sorry for the delay."}, {"If-Match": tag})
    assert (changed.status, changed.headers["etag"] != tag) == (200, True)
    assert partner.get(path, If_None_Match=tag).status == 200
    assert partner.get(path, If_None_Match="*").status == 304


def test_a_timeline_has_the_version_of_its_content(partner: Caller) -> None:
    """R-373"""
    created = partner.post("/v1/claims", claim_for(str(uuid4())), Idempotency_Key=str(uuid4()))
    path = f"/v1/claims/{created.document['claimId']}"
    before = partner.get(f"{path}/timeline").headers["etag"]
    assert partner.get(f"{path}/timeline", If_None_Match=before).status == 304
    partner.send("PATCH", path, {"note": "Sorry for the delay."}, {"If-Match": created.headers["etag"]})
    after = partner.get(f"{path}/timeline", If_None_Match=before)
    assert (after.status, after.headers["etag"] != before) == (200, True)


def test_what_is_refused_has_no_version(partner: Caller) -> None:
    """R-373"""
    missing = partner.get("/v1/claims/none", If_None_Match="*")
    assert (missing.status, "etag" in missing.headers) == (404, False)
