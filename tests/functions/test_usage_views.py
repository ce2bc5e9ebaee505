"""What partners see of use, over HTTP: their own, for the time of their associations, as JSON and as the same rows in CSV."""

import asyncio
import csv
from io import StringIO
from typing import Any

import pytest

from shared.bootstrap import AzureWorld
from shared.settings import read_settings
from shared.usecases.projection import project
from tests.functions.running import EXCHANGE, TEAMS, Answer, Caller, Running
from tests.functions.test_money import Held, associated, imported, row

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def held(running: Running) -> Held:
    """A partner of record since 15 August, for Teams; use grew before and since."""
    made = listed(running, associated(running, TEAMS))
    counts = {"2026-06": 80, "2026-07": 100, "2026-08": 150, "2026-09": 200, "2026-10": 260}
    imported(running.staff("Operator"), *(row(made, month, mau) for month, mau in counts.items()))
    return made


def listed(running: Running, made: Held) -> Held:
    """The association, once its partner's list shows its claim."""

    async def write() -> None:
        world = AzureWorld(read_settings(running.system.environment))
        await project(world, (await world.records.claim(made.claim_id)).claim)
        await world.close()

    asyncio.run(write())
    return made


def shown(caller: Caller, path: str) -> list[dict[str, Any]]:
    answer = caller.get(path)
    assert answer.status == 200, answer.content
    value = answer.document["value"]
    assert isinstance(value, list)
    return value


def as_table(caller: Caller, path: str) -> list[dict[str, str]]:
    answer = caller.get(path, Accept="text/csv")
    assert (answer.status, answer.headers["content-type"].partition(";")[0]) == (200, "text/csv"), answer.content
    return list(csv.DictReader(StringIO(answer.content.decode(), newline="")))


def test_counts_are_shown_for_the_time_of_the_association(held: Held) -> None:
    """R-197"""
    lines = shown(held.partner, "/v1/usage")
    assert [(line["date"], line["mau"], line["seats"], line["usagePercent"]) for line in lines] == [
        ("2026-08-31", 150, 1000, 15.0),
        ("2026-09-30", 200, 1000, 20.0),
        ("2026-10-31", 260, 1000, 26.0),
    ]
    assert {(line["associationId"], line["tenantId"]) for line in lines} == {(f"{held.claim_id}.teams", held.tenant)}


def test_an_association_whose_claim_waits_again_is_shown_all_the_same(running: Running) -> None:
    """R-197 R-198: a bounce may take its consent back, and a reviewer ask its partner for action, while it stands."""
    made = listed(running, associated(running, TEAMS, waits_again=True))
    imported(running.staff("Operator"), row(made, "2026-07", 100), row(made, "2026-09", 140))
    assert made.partner.get(f"/v1/claims/{made.claim_id}").document["status"] == "action_required"
    assert [line["mau"] for line in shown(made.partner, "/v1/usage")] == [140]
    assert [line["claimId"] for line in shown(made.partner, "/v1/impact")] == [made.claim_id]
    assert [line["usersMissing"] for line in shown(made.partner, "/v1/opportunities")] == [10]


def test_the_table_of_counts_has_the_same_rows(held: Held) -> None:
    """R-190 R-197"""
    rows = as_table(held.partner, f"/v1/usage?tenantId={held.tenant}")
    assert [(r["claimId"], r["customerTenantId"], r["workload"], r["date"], r["mau"]) for r in rows] == [
        (held.claim_id, held.tenant, "teams", line["date"], str(line["mau"])) for line in shown(held.partner, "/v1/usage")
    ]


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ("?from=2026-09-30", ["2026-09-30", "2026-10-31"]),
        ("?until=2026-09-30&workload=teams", ["2026-08-31", "2026-09-30"]),
        ("?from=2026-09-01&until=2026-09-29", []),
        ("?workload=exchange", []),
        ("?tenantId=9b1f6d1e-5f0c-4a8e-9d0b-2f6a1c0e7d12", []),
    ],
)
def test_filters_narrow_counts_down(held: Held, query: str, days: list[str]) -> None:
    """R-197"""
    assert [line["date"] for line in shown(held.partner, f"/v1/usage{query}")] == days


def test_what_an_association_did_is_told_from_the_mark_of_its_claim(held: Held) -> None:
    """R-198"""
    (line,) = shown(held.partner, "/v1/impact")
    assert (line["baseline"], line["usersGained"], line["highestMau"]) == (100, 160, 260)
    assert (line["first"]["date"], line["latest"]["date"], line["earned"]) == ("2026-08-31", "2026-10-31", [])
    (table,) = as_table(held.partner, "/v1/impact")
    assert (table["baseline"], table["usersGained"], table["latestMau"], table["earningAmount"]) == ("100", "160", "260", "")


def test_opportunities_are_told_with_what_is_missing_and_come_by_money(running: Running) -> None:
    """R-194 R-196"""
    first = listed(running, associated(running, TEAMS))
    second = listed(running, another_of(running, first))
    operator = running.staff("Operator")
    imported(operator, row(first, "2026-07", 100), row(first, "2026-09", 140))
    imported(operator, row(second, "2026-07", 100), row(second, "2026-08", 200), row(second, "2026-09", 300))
    lines = shown(first.partner, "/v1/opportunities")
    assert [(line["tenantId"], line["milestone"], line["usersMissing"], line["potential"]["amountMinor"]) for line in lines] == [
        (second.tenant, "teams-40", 100, 600_000),
        (first.tenant, "teams-15", 10, 400_000),
    ]
    assert lines[0]["message"].endswith(".")
    rows = as_table(first.partner, "/v1/opportunities")
    assert [(r["customerTenantId"], r["usersMissing"], r["earningAmount"], r["currency"]) for r in rows] == [
        (second.tenant, "100", "6000.00", "EUR"),
        (first.tenant, "10", "4000.00", "EUR"),
    ]
    assert shown(first.partner, f"/v1/opportunities?tenantId={first.tenant}") == lines[1:]


def another_of(running: Running, held: Held) -> Held:
    """Another association of the same partner."""
    return associated(running, TEAMS, partner=held.partner)


@pytest.mark.parametrize("path", ["usage", "impact", "opportunities"])
def test_another_partner_sees_none_of_it(running: Running, held: Held, path: str) -> None:
    """R-197: not even by naming the customer."""
    assert shown(running.partner(), f"/v1/{path}?tenantId={held.tenant}") == []


@pytest.mark.parametrize(
    "asked",
    ["usage?from=yesterday", "usage?tenant=x", "usage?tenantId=contoso", "impact?from=2026-01-01", "opportunities?maxpagesize=5"],
)
def test_a_wrong_parameter_is_refused(held: Held, asked: str) -> None:
    answer = held.partner.get(f"/v1/{asked}")
    assert (answer.status, answer.code) == (400, "invalid_input")


def test_pages_hold_each_association_once(running: Running) -> None:
    """R-110 R-197"""
    first = listed(running, associated(running, EXCHANGE))
    others = [listed(running, associated(running, EXCHANGE, partner=first.partner)) for _ in range(2)]
    found: list[str] = []
    path: str | None = "/v1/impact?maxpagesize=1"
    while path is not None:
        page: Answer = first.partner.get(path)
        found += [line["claimId"] for line in page.document["value"]]
        path = page.document.get("nextLink", "").removeprefix(running.system.api) or None
    assert sorted(found) == sorted(each.claim_id for each in (first, *others))
    table = first.partner.get("/v1/impact?maxpagesize=1", Accept="text/csv")
    assert table.headers["link"].endswith('; rel="next"')
