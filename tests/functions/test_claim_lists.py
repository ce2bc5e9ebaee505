"""Lists of claims over HTTP: one's own only, filtered, in pages whose links nobody can bend."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic, sleep
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit
from uuid import uuid4

import pytest

from tests.functions.running import EXCHANGE, PATIENCE_S, TEAMS, Caller, Running, claim_for

pytestmark = pytest.mark.system


def listed(caller: Caller, query: str = "") -> list[dict[str, Any]]:
    """All rows of a list, page after page as the links lead."""
    rows: list[dict[str, Any]] = []
    path: str | None = f"/v1/claims{query}"
    while path is not None:
        page = caller.get(path)
        assert page.status == 200, page.content
        rows += page.document["value"]
        path = path_of(caller, page.document.get("nextLink"))
    return rows


def path_of(caller: Caller, link: str | None) -> str | None:
    """The link without the host, which it must name."""
    if link is None:
        return None
    assert link.startswith(f"{caller.running.system.api}/v1/")
    return link.removeprefix(caller.running.system.api)


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["claimId"] for row in rows]


def created(caller: Caller, tenant: str, *scopes: str, reference: str) -> str:
    made = caller.create_claim({**claim_for(tenant, *scopes), "externalReference": reference})
    assert made.status == 201, made.content
    return str(made.document["claimId"])


def until(holds: Callable[[], bool]) -> None:
    """Waits for what follows by itself: lists follow the claims within seconds."""
    patience = monotonic() + PATIENCE_S
    while not holds():
        assert monotonic() < patience, "the lists do not follow"
        sleep(0.1)


TENANT = "9b1f6d1e-5f0c-4a8e-9d0b-2f6a1c0e7d11"
REFERENCE = "O'Brien & Søn/#?100%"


@pytest.fixture(scope="module")
def partner(running: Running) -> Caller:
    return running.partner()


@pytest.fixture(scope="module")
def five(partner: Caller) -> list[str]:
    """Ids of five claims, the newest first: four drafts, and one that was withdrawn."""
    found = [
        created(partner, TENANT, TEAMS, reference="a"),
        created(partner, str(uuid4()), TEAMS, EXCHANGE, reference="b"),
        created(partner, str(uuid4()), EXCHANGE, reference="c"),
        created(partner, TENANT, EXCHANGE, reference=REFERENCE),
        created(partner, str(uuid4()), TEAMS, reference="e"),
    ]
    assert partner.post(f"/v1/claims/{found[0]}/withdraw").status == 200
    until(lambda: ids(listed(partner, "?status=withdrawn")) == found[:1] and len(listed(partner)) == 5)
    return found[::-1]


def test_the_newest_claim_comes_first(partner: Caller, five: list[str]) -> None:
    """R-110"""
    assert ids(listed(partner)) == five


def test_a_row_shows_what_matters_and_as_of_when(partner: Caller, five: list[str]) -> None:
    (row,) = listed(partner, f"?externalReference={quote(REFERENCE, safe='')}")
    claim = partner.get(f"/v1/claims/{five[1]}").document
    same = ("claimId", "status", "nextActor", "waitingFor", "dueAt", "tenantId", "customerName", "programmeId", "createdAt")
    assert {name: row[name] for name in same} == {name: claim[name] for name in same}
    assert row["scopes"] == [{"scope": EXCHANGE, "consent": "not_asked", "hold": "none"}]
    assert (row["externalReference"], row["asOf"]) == (REFERENCE, claim["updatedAt"])


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("?status=draft", [0, 1, 2, 3]),
        ("?status=withdrawn", [4]),
        ("?status=active", []),
        (f"?tenantId={TENANT}", [1, 4]),
        (f"?tenantId={TENANT.upper()}", [1, 4]),
        (f"?scope={EXCHANGE}", [1, 2, 3]),
        ("?scope=workload:none", []),
        ("?externalReference=b", [3]),
        ("?externalReference=B", []),
        ("?nextActor=partner", [0, 1, 2, 3]),
        ("?nextActor=nobody", [4]),
        ("?dueBefore=9999-01-01T00:00:00Z", [0, 1, 2, 3]),
        ("?dueBefore=2020-01-01T00:00:00Z", []),
        ("?updatedSince=2020-01-01T00:00:00%2B02:00", [0, 1, 2, 3, 4]),
        ("?updatedSince=9998-01-01T00:00:00Z", []),
        (f"?status=draft&scope={TEAMS}&nextActor=partner", [0, 3]),
    ],
)
@pytest.mark.parametrize("size", ["", "&maxpagesize=2"])
def test_a_filter_shows_exactly_what_fits(partner: Caller, five: list[str], query: str, places: list[int], size: str) -> None:
    """R-110: whatever the size of the pages, of which some are empty."""
    assert ids(listed(partner, query + size)) == [five[place] for place in places]


def test_updated_since_finds_what_changed_later(partner: Caller, five: list[str]) -> None:
    rows = {row["claimId"]: row for row in listed(partner)}
    last = max(row["asOf"] for row in rows.values())
    assert rows[five[4]]["asOf"] == last, "it was withdrawn after all others were made"
    assert ids(listed(partner, f"?updatedSince={last}")) == [five[4]]
    later = datetime.fromisoformat(last) + timedelta(seconds=1)
    assert listed(partner, f"?updatedSince={quote(later.isoformat())}") == []


def test_nobody_sees_anothers_claims(five: list[str], running: Running) -> None:
    rival = running.partner()
    assert five
    assert listed(rival) == []
    assert listed(rival, f"?tenantId={TENANT}") == []


def test_pages_have_at_most_what_was_asked_for_and_the_last_has_no_link(partner: Caller, five: list[str]) -> None:
    first = partner.get("/v1/claims?maxpagesize=3").document
    assert ids(first["value"]) == five[:3]
    second = partner.get(str(path_of(partner, first["nextLink"]))).document
    assert ids(second["value"]) == five[3:]
    assert "nextLink" not in second


@pytest.mark.parametrize("size", ["1000000000", "9" * 5000, "500", "501", "5"])
def test_a_page_size_that_is_too_large_is_clamped(partner: Caller, five: list[str], size: str) -> None:
    page = partner.get(f"/v1/claims?maxpagesize={size}")
    assert (page.status, ids(page.document["value"])) == (200, five)


def test_no_page_is_smaller_than_one_row(partner: Caller, five: list[str]) -> None:
    assert ids(partner.get("/v1/claims?maxpagesize=0").document["value"]) == five[:1]


@pytest.mark.parametrize("size", ["-1", "ten", "1e3", "²", "٣", "5.0"])
def test_a_page_size_that_is_no_number_is_refused(partner: Caller, size: str) -> None:
    page = partner.get(f"/v1/claims?maxpagesize={quote(size)}")
    assert (page.status, page.code) == (400, "invalid_input")
    assert [error["field"] for error in page.document["errors"]] == ["maxpagesize"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "Draft"),
        ("status", "draft,withdrawn"),
        ("nextActor", "me"),
        ("tenantId", "fabrikam"),
        ("externalReference", "a" * 201),
        ("externalReference", "a\x00b"),
        ("dueBefore", "tomorrow"),
        ("dueBefore", "2026-03-02T09:00:00"),
        ("dueBefore", "0001-01-01T00:00:00+14:00"),
        ("updatedSince", "1600-12-31T00:00:00Z"),
        ("updatedSince", "2026-03-02"),
        ("Status", "draft"),
        ("$filter", "status eq 'draft'"),
    ],
)
def test_a_wrong_parameter_is_refused_and_named(partner: Caller, name: str, value: str) -> None:
    page = partner.get(f"/v1/claims?{urlencode({name: value})}")
    assert (page.status, page.code) == (400, "invalid_input")
    assert [error["field"] for error in page.document["errors"]] == [name]


# Cursors


def linked(partner: Caller, query: str = "?maxpagesize=1&status=draft") -> dict[str, str]:
    """The parameters of a link to a second page."""
    return dict(parse_qsl(urlsplit(partner.get(f"/v1/claims{query}").document["nextLink"]).query))


@pytest.mark.usefixtures("five")
def test_every_bit_of_a_cursor_counts(partner: Caller) -> None:
    params = linked(partner)
    cursor = params["cursor"]
    content = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    assert partner.get(f"/v1/claims?{urlencode(params)}").status == 200
    flipped = [content[:n] + bytes([content[n] ^ 1]) + content[n + 1 :] for n in range(0, len(content), 7)]
    bent = [urlsafe_b64encode(each).decode().rstrip("=") for each in flipped]
    bent += [cursor[:-1], cursor + "A", cursor + "=", cursor[4:], "A", "ü", cursor + "\n", "A" * 5000]
    for each in bent:
        page = partner.get(f"/v1/claims?{urlencode({**params, 'cursor': each})}")
        assert (page.status, page.code) == (400, "invalid_cursor"), each


@pytest.mark.usefixtures("five")
@pytest.mark.parametrize("change", [{"status": "withdrawn"}, {"scope": TEAMS}, {"status": None}])
def test_a_cursor_is_good_for_its_own_filters_only(partner: Caller, change: dict[str, str | None]) -> None:
    changed = {name: value for name, value in {**linked(partner), **change}.items() if value is not None}
    page = partner.get(f"/v1/claims?{urlencode(changed)}")
    assert (page.status, page.code) == (400, "invalid_cursor")


@pytest.mark.usefixtures("five")
def test_a_cursor_is_good_for_its_own_caller_only(running: Running, partner: Caller) -> None:
    page = running.partner().get(f"/v1/claims?{urlencode(linked(partner))}")
    assert (page.status, page.code) == (400, "invalid_cursor")


def test_the_size_of_pages_may_change_on_the_way(partner: Caller, five: list[str]) -> None:
    page = partner.get(f"/v1/claims?{urlencode({**linked(partner), 'maxpagesize': '2'})}")
    assert ids(page.document["value"]) == five[1:3]


def test_claims_that_come_meanwhile_move_no_page(running: Running) -> None:
    """R-110: a claim made while somebody pages neither repeats nor hides another."""
    partner = running.partner()
    old = [created(partner, str(uuid4()), TEAMS, reference=str(n)) for n in range(3)][::-1]
    until(lambda: len(listed(partner)) == 3)
    first = partner.get("/v1/claims?maxpagesize=1").document
    created(partner, str(uuid4()), TEAMS, reference="new")
    until(lambda: len(listed(partner)) == 4)
    rest = listed(partner, str(path_of(partner, first["nextLink"])).removeprefix("/v1/claims"))
    assert ids(first["value"] + rest) == old
