"""Statements, months and adjustments over HTTP: what partners see of their money, and how operators settle it."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest

from infra.local.system import local_system
from shared.domain.month import Month
from tests.functions.running import TEAMS, Answer, Caller, Running
from tests.functions.test_money import Held, associated, evaluated, imported, row
from tests.local.hosted import eventually

pytestmark = pytest.mark.system


@dataclass(frozen=True)
class Scene:
    """A partner with earnings in two customers, whose holding period and month are over, and one without any."""

    running: Running
    operator: Caller
    held: Held
    idle: Caller
    month: Month

    def __post_init__(self) -> None:
        assert self.month.is_over(self.running.system.clock.now())


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """A system of its own: a run covers every customer, and a month closes for all partners."""
    with local_system() as system:
        yield Running(system)


@pytest.fixture(scope="module")
def scene(running: Running) -> Scene:
    operator, held = running.staff("Operator"), associated(running, TEAMS)
    imported(operator, row(held, "2026-07", 100), row(held, "2026-09", 200), row(held, "2026-10", 500))
    assert evaluated(operator)["earned"] == 2
    first = held.partner.get("/v1/earnings").document["value"][0]["earningId"]
    assert held.partner.post(f"/v1/earnings/{first}/query", {"words": "Why so little?"}).status == 201
    month = Month.of(running.system.clock.now().date() + timedelta(days=30))
    days = (month.next.first_day - running.system.clock.now().date()).days
    running.system.clock.advance(timedelta(days=days))
    return Scene(running, operator, held, running.partner(), month)


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(content.decode("utf-8-sig"))))


@pytest.fixture(scope="module")
def adjusted(scene: Scene) -> dict[str, Any]:
    """An adjustment of the month before it is closed, whose reason a spreadsheet would run."""
    asked = {"partnerId": scene.held.partner.partner_id, "amount": {"amountMinor": -2_550, "currency": "EUR"}}
    made = scene.operator.post("/v1/adjustments", {**asked, "reason": "=1+1"}, Idempotency_Key="first")
    assert made.status == 201, made.content
    return made.document


@pytest.fixture(scope="module")
def closed(scene: Scene, adjusted: dict[str, Any]) -> dict[str, Any]:
    """The month, closed."""
    assert adjusted["operator"]
    path = f"/v1/periods/{scene.month}"
    assert scene.operator.get(path).document == {"month": str(scene.month), "status": "open", "statements": 0, "leftOver": []}
    answer = scene.operator.post(f"{path}/close")
    assert answer.status == 200, answer.content
    assert scene.operator.post(f"{path}/close").content == answer.content == scene.operator.get(path).content
    return answer.document


def test_a_closed_month_tells_each_partner_what_is_left_over(scene: Scene, closed: dict[str, Any]) -> None:
    """R-165 R-167"""
    assert (closed["status"], closed["statements"]) == ("closed", 1)
    assert closed["leftOver"] == [{"amountMinor": 1_000_000, "currency": "EUR"}]
    statement, *earlier = scene.held.partner.get("/v1/statements").document["value"]
    assert all(each["closing"]["amountMinor"] == 0 for each in earlier), "what is held counts in no month before"
    sums = {name: statement[name]["amountMinor"] for name in ("opening", "earned", "reversed", "adjusted", "paid", "closing")}
    assert sums == {"opening": 0, "earned": 1_000_000, "reversed": 0, "adjusted": 0, "paid": 0, "closing": 1_000_000}
    assert (statement["month"], statement["status"], statement["postings"]) == (str(scene.month), "closed", 2)
    line, *_ = table(scene.held.partner.get("/v1/statements", Accept="text/csv").content)
    assert (line["month"], line["currency"], line["earned"], line["closing"]) == (str(scene.month), "EUR", "10000.00", "10000.00")


def test_what_was_adjusted_now_stands_in_the_open_month(scene: Scene, adjusted: dict[str, Any], closed: dict[str, Any]) -> None:
    """R-166 R-169"""
    assert closed["status"] == "closed"
    month = adjusted["month"]
    assert month == str(scene.month.next)
    shown = scene.held.partner.get(f"/v1/statements/{month}").document
    (statement,) = shown["statements"]
    assert (statement["status"], statement["opening"]["amountMinor"]) == ("open", 1_000_000)
    assert statement["closing"]["amountMinor"] == 997_450
    (line,) = shown["value"]
    assert (line["kind"], line["reason"], line["postingId"]) == ("adjustment", "=1+1", adjusted["adjustmentId"])


def test_a_statement_is_the_sum_of_its_lines_also_as_csv(scene: Scene, closed: dict[str, Any]) -> None:
    """R-167 R-168"""
    assert closed["status"] == "closed"
    path = f"/v1/statements/{scene.month}"
    shown = scene.held.partner.get(path).document
    assert [line["earning"]["milestone"] for line in shown["value"]] == ["teams-15", "teams-40"]
    assert {line["paymentStatus"] for line in shown["value"]} == {"carried_forward"}
    lines = table(scene.held.partner.get(path, Accept="text/csv").content)
    assert [line["earningAmount"] for line in lines] == ["4000.00", "6000.00"]
    assert sum(line["amount"]["amountMinor"] for line in shown["value"]) == shown["statements"][0]["closing"]["amountMinor"]
    assert lines[0] == {
        "claimId": scene.held.claim_id,
        "customerTenantId": scene.held.tenant,
        "workload": "teams",
        "milestone": "teams-15",
        "size": "M",
        "baseline": "100",
        "mau": "200",
        "seats": "1000",
        "earningAmount": "4000.00",
        "currency": "EUR",
        "earningDate": "2026-09-30",
        "paymentStatus": "carried_forward",
        "reasonCode": "",
        "kind": "earning",
        "id": f"{scene.held.claim_id}.demo.teams-15.1",
    }


def test_a_reason_that_a_spreadsheet_would_run_is_made_plain(scene: Scene, adjusted: dict[str, Any]) -> None:
    """R-190"""
    (line,) = table(scene.held.partner.get(f"/v1/statements/{adjusted['month']}", Accept="text/csv").content)
    assert (line["reasonCode"], line["earningAmount"]) == ("'=1+1", "-25.50")


def test_earnings_are_listed_page_by_page_and_filtered(scene: Scene) -> None:
    """R-110 R-168"""
    partner = scene.held.partner
    whole = partner.get("/v1/earnings").document["value"]
    assert [each["milestone"] for each in whole] == ["teams-15", "teams-40"]
    first = partner.get("/v1/earnings?maxpagesize=1")
    second = partner.get(first.document["nextLink"].removeprefix(scene.running.system.api))
    assert [*first.document["value"], *second.document["value"]] == whole
    assert "nextLink" not in second.document
    as_csv = partner.get("/v1/earnings?maxpagesize=1", Accept="text/csv")
    assert first.document["nextLink"] in as_csv.headers["link"]
    assert [line["milestone"] for line in table(as_csv.content)] == ["teams-15"]
    for query, number in {
        f"tenantId={scene.held.tenant.upper()}": 2,
        f"tenantId={uuid4()}": 0,
        "workload=teams": 2,
        "workload=exchange": 0,
        "programmeId=demo": 2,
        "programmeId=fy2020": 0,
        f"month={scene.month}": 2,
        f"month={scene.month.next}": 0,
    }.items():
        assert len(partner.get(f"/v1/earnings?{query}").document["value"]) == number, query


def test_nobody_sees_anothers_money(scene: Scene, closed: dict[str, Any]) -> None:
    assert closed["status"] == "closed"
    assert scene.idle.get("/v1/earnings").document == {"value": []}
    assert scene.idle.get("/v1/statements").document == {"value": []}
    assert scene.idle.get(f"/v1/statements/{scene.month}").code == "not_found"
    assert scene.operator.get("/v1/statements").code == "wrong_role"


def test_a_month_is_closed_in_its_turn_when_it_is_over(scene: Scene, closed: dict[str, Any]) -> None:
    """R-165"""
    assert closed["status"] == "closed"
    now = Month.of(scene.running.system.clock.now().date())
    refused = scene.operator.post(f"/v1/periods/{now}/close")
    assert (refused.status, refused.code) == (409, "month_not_over")
    assert now.next.first_day.isoformat() in refused.document["detail"]
    refused = scene.operator.post(f"/v1/periods/{scene.month.previous}/close")
    assert (refused.status, refused.code) == (409, "month_out_of_turn")
    assert scene.operator.post("/v1/periods/2026-13/close").code == "invalid_input"


def test_a_month_to_come_has_no_statement(scene: Scene) -> None:
    assert scene.held.partner.get("/v1/statements/2099-01").code == "not_found"


def test_an_adjustment_is_made_once(scene: Scene, adjusted: dict[str, Any]) -> None:
    """R-169"""
    asked = {"partnerId": scene.held.partner.partner_id, "amount": {"amountMinor": -2_550, "currency": "EUR"}, "reason": "=1+1"}
    again = scene.operator.post("/v1/adjustments", asked, Idempotency_Key="first")
    assert (again.status, again.document) == (201, adjusted)
    other = {**asked, "reason": "Another reason"}
    assert scene.operator.post("/v1/adjustments", other, Idempotency_Key="first").code == "idempotency_key_reused"
    assert scene.operator.post("/v1/adjustments", asked).code == "idempotency_key_missing"


@pytest.mark.parametrize(
    "change",
    [
        {"partnerId": "7"},
        {"amount": {"amountMinor": 0, "currency": "EUR"}},
        {"amount": {"amountMinor": 1.5, "currency": "EUR"}},
        {"amount": {"amountMinor": 10**13, "currency": "EUR"}},
        {"amount": {"amountMinor": 1, "currency": "XXX"}},
        {"reason": ""},
        {"month": "2026-10"},
    ],
)
def test_a_wrong_adjustment_is_refused(scene: Scene, change: dict[str, Any]) -> None:
    asked = {"partnerId": scene.idle.partner_id, "amount": {"amountMinor": 1, "currency": "EUR"}, "reason": "Why"}
    refused = scene.operator.post("/v1/adjustments", {**asked, **change}, Idempotency_Key=str(uuid4()))
    assert (refused.status, refused.code) == (400, "invalid_input")
    assert scene.idle.get("/v1/statements").document == {"value": []}


def test_the_timer_closes_what_is_over(scene: Scene, closed: dict[str, Any]) -> None:
    """R-165"""
    assert closed["status"] == "closed"
    scene.running.system.run_function("close_months")
    assert scene.operator.get(f"/v1/periods/{scene.month}").document == closed, "what is closed is left alone"


# Queries


@pytest.fixture(scope="module")
def queried(scene: Scene) -> str:
    """The entry that was asked about while there was time."""
    return str(scene.held.partner.get("/v1/earnings").document["value"][0]["earningId"])


def test_an_earning_is_queried_once_and_answered_once(scene: Scene, queried: str) -> None:
    """R-177 R-178"""
    partner, path = scene.held.partner, f"/v1/earnings/{queried}/query"
    asked = partner.post(path, {"words": "Why so little?"})
    assert (asked.status, asked.document["words"]) == (201, "Why so little?"), asked.content
    other = partner.get("/v1/earnings").document["value"][1]["earningId"]
    assert partner.post(f"/v1/earnings/{other}/query", {"words": "And this one?"}).code == "too_late"
    assert partner.post(path, {"words": "And now?"}).code == "query_exists"
    assert [each["earningId"] for each in scene.operator.get("/v1/earning-queries").document["value"]] == [queried]
    answer = f"/v1/earning-queries/{queried}/answer"
    told = scene.operator.post(answer, {"words": "The rate card says so."})
    assert (told.status, told.document["answer"]) == (200, "The rate card says so.")
    assert scene.operator.post(answer, {"words": "The rate card says so."}).content == told.content
    assert scene.operator.post(answer, {"words": "Something else."}).code == "query_answered"
    assert partner.get(path).document == told.document
    assert scene.operator.get("/v1/earning-queries").document == {"value": []}


def test_nobody_queries_anothers_earning(scene: Scene, queried: str) -> None:
    """R-177"""
    path = f"/v1/earnings/{queried}/query"
    assert scene.idle.post(path, {"words": "What is this?"}).code == "not_found"
    assert scene.idle.get(path).code == "not_found"
    assert scene.held.partner.post("/v1/earnings/none/query", {"words": "What?"}).code == "not_found"


# Payouts


@pytest.fixture(scope="module")
def second(running: Running) -> Caller:
    """Another operator."""
    return Caller(running, running.system.token("Operator", person="second operator"))


@pytest.fixture(scope="module")
def approved(scene: Scene, closed: dict[str, Any], second: Caller) -> dict[str, Any]:
    """What the month left over, proposed by one operator and approved by the other."""
    assert closed["status"] == "closed"
    proposed = scene.operator.post("/v1/payouts", {"month": str(scene.month)})
    assert (proposed.status, proposed.document["status"]) == (201, "proposed"), proposed.content
    path = f"/v1/payouts/{scene.month}"
    assert proposed.headers["location"].endswith(path)
    assert scene.operator.post("/v1/payouts", {"month": str(scene.month)}).content == proposed.content
    refused = scene.operator.post(f"{path}/approve")
    assert (refused.status, refused.code) == (409, "second_operator_needed")
    assert scene.operator.get(f"{path}/export").code == "not_found"
    assert second.post(f"{path}/paid").code == "payout_not_ready"
    answer = second.post(f"{path}/approve")
    assert answer.status == 200, answer.content
    return answer.document


def test_a_payout_is_approved_by_a_second_operator_and_exported_once(
    scene: Scene, approved: dict[str, Any], second: Caller
) -> None:
    """R-170 R-171 R-172"""
    assert (approved["status"], approved["sums"]) == ("exported", [{"amountMinor": 1_000_000, "currency": "EUR"}])
    assert approved["proposedBy"] != approved["approvedBy"]
    path = f"/v1/payouts/{scene.month}"
    export = scene.operator.get(f"{path}/export")
    assert export.headers["content-disposition"] == f'attachment; filename="payout-{scene.month}.csv"'
    assert sha256(export.content).hexdigest() == approved["contentHash"]
    (line,) = table(export.content)
    assert (line["partnerId"], line["amount"], line["currency"]) == (scene.held.partner.partner_id, "10000.00", "EUR")
    assert second.post(f"{path}/approve").content == scene.operator.get(path).content


def test_a_partner_that_is_paid_sees_it_everywhere_and_is_told(scene: Scene, approved: dict[str, Any]) -> None:
    """R-168 R-173 R-174"""
    partner, path = scene.held.partner, f"/v1/payouts/{scene.month}"
    assert approved["status"] == "exported"
    assert {each["paymentStatus"] for each in partner.get("/v1/earnings").document["value"]} == {"in_payment"}
    running = scene.running
    address = f"payments.{partner.partner_id}@northwind.example"
    running.enrol(partner.partner_id, mail=address)
    told = scene.operator.post(f"{path}/paid", {"partnerIds": [partner.partner_id]})
    assert (told.status, told.document["transfers"][0]["status"]) == (200, "paid")
    assert scene.operator.post(f"{path}/paid").content == told.content
    (transfer,) = partner.get("/v1/payouts").document["value"]
    assert (transfer["status"], transfer["amount"]["amountMinor"]) == ("paid", 1_000_000)
    (line,) = table(partner.get("/v1/payouts", Accept="text/csv").content)
    assert (line["payoutId"], line["amount"], line["paymentStatus"]) == (str(scene.month), "10000.00", "paid")
    assert {each["paymentStatus"] for each in partner.get("/v1/earnings").document["value"]} == {"paid"}
    month = partner.get(f"/v1/statements/{scene.month.next}").document
    assert month["statements"][0]["paid"]["amountMinor"] == -1_000_000
    mail = eventually(lambda: next(iter(running.system.mailbox.mails(address)), None), "the mail about the payment")
    assert "10,000.00 EUR" in mail.subject
    refused = scene.operator.post(f"{path}/failed", {"partnerId": partner.partner_id, "reason": "Too late."})
    assert (refused.status, refused.code) == (409, "transfer_settled")


def test_nobody_sees_anothers_payments(scene: Scene, approved: dict[str, Any]) -> None:
    assert approved["status"] == "exported"
    assert scene.idle.get("/v1/payouts").document == {"value": []}
    assert scene.idle.get(f"/v1/payouts/{scene.month}").code == "wrong_role"


@pytest.mark.parametrize("path", ["2026-13", "latest", "2026-11-01"])
def test_a_payout_that_is_none_is_refused(scene: Scene, path: str) -> None:
    assert scene.operator.get(f"/v1/payouts/{path}").code == "invalid_input"


def test_a_payout_needs_a_closed_month(scene: Scene) -> None:
    """R-170"""
    assert scene.operator.post("/v1/payouts", {"month": "2099-01"}).code == "month_not_closed"
    assert scene.operator.get("/v1/payouts/2099-01").code == "not_found"
    assert scene.operator.post("/v1/payouts", {"month": "January"}).code == "invalid_input"


# Reconciliation


def test_the_nights_reconciliation_finds_that_everything_agrees(scene: Scene, approved: dict[str, Any]) -> None:
    """R-175"""
    assert approved["status"] == "exported"
    scene.running.system.run_function("reconcile_nightly")
    path = f"/v1/reconciliations/nightly-{scene.running.system.clock.now().date().isoformat()}"

    def is_done() -> Answer | None:
        answer = scene.operator.get(path)
        return answer if answer.status == 200 and answer.document["status"] != "running" else None

    told = eventually(is_done, "the end of the reconciliation", 120).document
    assert (told["status"], told["found"], told["differences"]) == ("agreed", [], 0)
    assert (told["entries"], told["accounts"]) == (2, 1)
    assert scene.operator.get("/v1/reconciliations/none").code == "not_found"
