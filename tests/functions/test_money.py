"""Usage, evaluation and earnings over HTTP, in the running system: what operators send, and what partners see of it."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from functions.wire.earnings import REASONS
from infra.local.system import local_system
from shared.adapters import names
from shared.bootstrap import AzureWorld
from shared.domain import submission
from shared.domain.association import association_id
from shared.domain.claim import Claim, Consent, Hold, Review, ScopeClaim
from shared.domain.explain import Reason
from shared.domain.identity import new_claim_id
from shared.domain.lifecycle import ActorKind
from shared.domain.policy import Policy
from shared.domain.timeline import Act, Actor
from shared.domain.usage_file import SENTENCES, FileFormat, LineFault
from shared.domain.usage_import import UsageImport
from shared.domain.usage_row import RowFault
from shared.settings import read_settings
from tests.functions.running import CUSTOMER, DOMAIN, EXCHANGE, TEAMS, Answer, Caller, Running, partner_name

pytestmark = pytest.mark.system

PATIENCE_S = 60.0
TSV = {"Content_Type": "text/tab-separated-values"}
HEADER = "CustomerTenantId\tWorkloadName\tMonth\tPaidAvailableUnits\tMonthlyActiveUsers"


@dataclass(frozen=True)
class Held:
    """A customer of a partner, which is its partner of record since 15 August for what the claim names."""

    partner: Caller
    tenant: str
    claim_id: str


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """A system of its own: a run covers every customer, so another test's run would book what this one is to tell of."""
    with local_system() as system:
        yield Running(system)


@pytest.fixture(scope="module")
def operator(running: Running) -> Caller:
    return running.staff("Operator")


@pytest.fixture(scope="module")
def held(running: Running) -> Held:
    return associated(running, TEAMS)


@pytest.fixture(scope="module")
def earned(operator: Caller, held: Held) -> dict[str, Any]:
    """The finished run that booked the customer's first milestone."""
    imported(operator, row(held, "2026-07", 100), row(held, "2026-09", 200))
    return evaluated(operator)


def associated(
    running: Running, scope: str, programme: str = "demo", partner: Caller | None = None, *, waits_again: bool = False
) -> Held:
    """An association, written as the claim that led to it; how a claim gets there is proved elsewhere. One that waits again owes
    the customer's answer and an action of its partner."""
    partner, tenant = partner or running.partner(), str(uuid4())
    begun = datetime.fromisoformat("2026-08-15T10:00:00+00:00")
    claim = Claim(
        claim_id=new_claim_id(tenant, partner.partner_id, "key"),
        tenant_id=tenant,
        domain=DOMAIN,
        customer_name=CUSTOMER,
        country="DE",
        partner_id=partner.partner_id,
        partner_name=partner_name(partner.partner_id),
        programme_id=programme,
        language="en",
        contact_id="contact",
        contact_verified=True,
        created_at=begun,
        updated_at=begun,
        scopes=(ScopeClaim(scope),),
    )
    created = submission.create(claim, Act(Actor(ActorKind.PARTNER, partner.partner_id), begun, "id", "salt"), Policy(), "c")
    active = replace(
        created.after,
        scopes=(ScopeClaim(scope, Consent.PENDING if waits_again else Consent.GRANTED, Hold.HELD, begun),),
        review=Review.ACTION_REQUIRED if waits_again else Review.APPROVED,
        screened=True,
        submitted_at=begun,
        dues=(),
    )

    async def write() -> None:
        world = AzureWorld(read_settings(running.system.environment))
        await world.records.commit(None, replace(created, after=active))
        await world.close()

    asyncio.run(write())
    return Held(partner, tenant, claim.claim_id)


def row(held: Held, month: str, mau: object, pau: int = 1000, workload: str = "MSTeams") -> str:
    return f"{held.tenant}\t{workload}\t{month}\t{pau}\t{mau}"


def imported(operator: Caller, *rows: str, **headers: str) -> dict[str, Any]:
    """A file of these rows, worked off."""
    taken = operator.post("/v1/usage-imports", "\n".join((HEADER, *rows)).encode(), **{**TSV, **headers})
    assert taken.status == 202, taken.content
    return finished(operator, taken.headers["location"])


def evaluated(operator: Caller) -> dict[str, Any]:
    """A finished run over all customers."""
    started = operator.post("/v1/evaluations")
    assert started.status == 202, started.content
    return finished(operator, started.headers["location"])


def finished(operator: Caller, address: str) -> dict[str, Any]:
    path = "/v1/" + address.partition("/v1/")[2]
    return eventually(lambda: operator.get(path), lambda answer: answer.document["status"] not in ("queued", "running"))


def eventually(ask: Callable[[], Answer], holds: Callable[[Answer], bool]) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE_S
    while not holds(answer := ask()):
        assert time.monotonic() < deadline, answer.content
        time.sleep(0.2)
    return answer.document


def earnings_of(held: Held) -> list[dict[str, Any]]:
    answer = held.partner.get(f"/v1/earnings?tenantId={held.tenant}")
    assert answer.status == 200, answer.content
    found = answer.document["value"]
    assert isinstance(found, list)
    return found


def explained(held: Held, workload: str = "teams") -> Answer:
    return held.partner.get(f"/v1/associations/{association_id(held.claim_id, workload)}/explain")


def test_a_run_covers_every_bucket_and_tells_what_it_booked(earned: dict[str, Any], held: Held) -> None:
    """R-96"""
    assert (earned["status"], earned["bucketsDone"], earned["bucketsTotal"], earned["bucketsFailed"]) == ("done", 256, 256, 0)
    assert earned["associations"] >= 1
    assert (earned["earned"], earned["reversed"]) == (1, 0)
    assert earned["amounts"] == [{"amountMinor": 400_000, "currency": "EUR"}]
    (entry,) = earnings_of(held)
    booked_on = datetime.fromisoformat(entry.pop("bookedAt")).date()
    assert entry == {
        "earningId": f"{held.claim_id}.demo.teams-15.1",
        "kind": "earning",
        "generation": 1,
        "claimId": held.claim_id,
        "associationId": f"{held.claim_id}.teams",
        "tenantId": held.tenant,
        "programmeId": "demo",
        "programmeVersion": 1,
        "workload": "teams",
        "milestone": "teams-15",
        "size": "M",
        "baseline": 100,
        "mau": 200,
        "seats": 1000,
        "amount": {"amountMinor": 400_000, "currency": "EUR"},
        "reachedOn": "2026-09-30",
        "payableFrom": (booked_on + timedelta(days=30)).isoformat(),
        "month": (booked_on + timedelta(days=30)).isoformat()[:7],
        "paymentStatus": "held",
    }


def test_an_explanation_says_what_was_earned_and_what_is_missing(earned: dict[str, Any], held: Held) -> None:
    """R-67 R-68 R-92"""
    assert earned["status"] == "done"
    answer = explained(held)
    assert answer.status == 200, answer.content
    (programme,) = answer.document["value"]
    assert programme["programmeId"] == "demo"
    reached, next_one, *_ = programme["milestones"]
    assert (reached["milestone"], reached["earned"], reached["amount"]["amountMinor"]) == ("teams-15", True, 400_000)
    assert next_one["milestone"] == "teams-40"
    assert (next_one["earned"], next_one["reasonCode"], next_one["usersMissing"]) == (False, "threshold_not_reached", 200)
    assert (reached.get("rule"), next_one["rule"]) == (None, "R-47")
    assert next_one["potential"] == {"amountMinor": 600_000, "currency": "EUR"}
    assert next_one["message"].endswith(".")


def test_another_partner_sees_none_of_it(running: Running, earned: dict[str, Any], held: Held) -> None:
    """R-69"""
    assert earned["earned"] == 1
    rival = replace(held, partner=running.partner())
    assert earnings_of(rival) == []
    assert (explained(rival).status, explained(rival).code) == (404, "not_found")


def test_a_correction_is_reversed_at_once(operator: Caller, earned: dict[str, Any], held: Held) -> None:
    """R-64 R-91"""
    assert earned["earned"] == 1
    imported(operator, row(held, "2026-09", 120))
    run = evaluated(operator)
    assert (run["earned"], run["reversed"], run["amounts"]) == (0, 1, [{"amountMinor": -400_000, "currency": "EUR"}])
    _, reversal = earnings_of(held)
    assert (reversal["kind"], reversal["amount"]["amountMinor"], reversal["reasonCode"]) == ("reversal", -400_000, "not_earned")
    assert reversal["earningId"] == f"{held.claim_id}.demo.teams-15.1.rev"
    assert reversal["payableFrom"] == reversal["bookedAt"][:10]


def test_an_explanation_covers_the_claims_own_programme_too(running: Running) -> None:
    """R-92"""
    late = associated(running, EXCHANGE, "fy2020")
    told = explained(late, "exchange").document["value"]
    assert {each["programmeId"]: each["milestones"][0]["reasonCode"] for each in told} == {
        "demo": "no_usage",
        "fy2020": "not_enrolled",
    }


@pytest.mark.parametrize("wanted", ["nonsense", "a76f0cb6-00000000000000000000.teams", "a76f0cb6-00000000000000000000"])
def test_an_association_that_is_none_is_not_found(held: Held, wanted: str) -> None:
    answer = held.partner.get(f"/v1/associations/{wanted}/explain")
    assert (answer.status, answer.code) == (404, "not_found")
    assert explained(held, "exchange").status == 404


def test_an_import_tells_what_came_of_each_row(operator: Caller, held: Held) -> None:
    """R-97"""
    done = imported(operator, row(held, "2026-06", 90), row(held, "2026-06", -1), row(held, "soon", 90))
    counts = {name: done[name] for name in ("status", "format", "rows", "merged", "unchanged", "late", "refused")}
    assert counts == {"status": "done", "format": "tsv", "rows": 3, "merged": 1, "unchanged": 0, "late": 0, "refused": 2}
    errors = operator.get(f"/v1/usage-imports/{done['importId']}/errors")
    assert [(each["line"], each["code"], each["column"]) for each in errors.document["value"]] == [
        (3, "negative_count", "MonthlyActiveUsers"),
        (4, "malformed_date", "Month"),
    ]
    assert all(each["message"].endswith(".") for each in errors.document["value"])


def test_the_same_file_exported_at_the_same_time_is_one_import(operator: Caller, held: Held) -> None:
    """R-78"""
    content = "\n".join((HEADER, row(held, "2026-05", 80))).encode()
    exported = {"Export_Time": "2026-06-02T03:00:00+02:00"}
    first = operator.post("/v1/usage-imports", content, **TSV, **exported)
    again = operator.post("/v1/usage-imports", content, **TSV, Export_Time="2026-06-02T01:00:00Z")
    assert first.document["importId"] == again.document["importId"]
    assert first.document["exportedAt"] == "2026-06-02T01:00:00Z"
    other = operator.post("/v1/usage-imports", content, **TSV, Export_Time="2026-06-02T01:00:01Z")
    assert other.document["importId"] != first.document["importId"]


@pytest.mark.parametrize(
    ("headers", "content", "status", "code"),
    [
        ({"Content_Type": "application/json"}, b"{}", 415, "unsupported_media_type"),
        ({}, HEADER.encode(), 415, "unsupported_media_type"),
        (TSV, b"a\tb\n1\t2", 400, "invalid_input"),
        (TSV, b"", 400, "invalid_input"),
        ({**TSV, "Export_Time": "yesterday"}, HEADER.encode(), 400, "invalid_input"),
        ({**TSV, "Export_Time": "2026-06-02T01:00:00"}, HEADER.encode(), 400, "invalid_input"),
        ({**TSV, "Export_Time": "2999-06-02T01:00:00Z"}, HEADER.encode(), 400, "invalid_input"),
    ],
)
def test_what_is_no_usage_file_is_refused(
    operator: Caller, headers: dict[str, str], content: bytes, status: int, code: str
) -> None:
    answer = operator.post("/v1/usage-imports", content, **headers)
    assert (answer.status, answer.code) == (status, code)


def test_the_form_of_a_file_is_what_its_type_says(operator: Caller, held: Held) -> None:
    content = "\n".join((HEADER, row(held, "2026-04", 70))).replace("\t", ",").encode()
    taken = operator.post("/v1/usage-imports", content, Content_Type="text/csv; charset=utf-8")
    assert finished(operator, taken.headers["location"])["merged"] == 1


@pytest.mark.parametrize("path", ["usage-imports/feed", "usage-imports/feed/errors", "usage-imports/a'b", "evaluations/feed"])
def test_a_job_that_is_none_is_not_found(operator: Caller, path: str) -> None:
    answer = operator.get(f"/v1/{path}")
    assert (answer.status, answer.code) == (404, "not_found")


@pytest.mark.parametrize("query", ["tenantId=contoso", "month=2026-13", "status=paid", "maxpagesize=x"])
def test_a_wrong_filter_of_earnings_is_refused(held: Held, query: str) -> None:
    assert held.partner.get(f"/v1/earnings?{query}").code == "invalid_input"


def test_a_customer_of_no_earnings_has_none(held: Held) -> None:
    assert held.partner.get(f"/v1/earnings?tenantId={uuid4()}").document == {"value": []}


def test_with_a_key_the_same_call_is_the_same_run(operator: Caller) -> None:
    """R-96"""
    started = [operator.post("/v1/evaluations", Idempotency_Key="night") for _ in range(2)]
    assert started[0].document == started[1].document
    run = finished(operator, started[0].headers["location"])
    assert (run["bucketsDone"], run["bucketsTotal"]) == (256, 256)


def test_the_nightly_timer_starts_the_run_of_its_day(running: Running, operator: Caller) -> None:
    """R-96"""
    running.system.run_function("evaluate_nightly")
    today = running.system.clock.now().date()
    path = f"/v1/evaluations/nightly-{today.isoformat()}"
    eventually(lambda: operator.get(path), lambda answer: answer.status == 200)
    assert date.fromisoformat(finished(operator, path)["runDate"]) == today


def test_an_import_that_failed_every_try_is_told(running: Running, operator: Caller, poison: Callable[[str, str], None]) -> None:
    """R-78"""
    now = running.system.clock.now()
    job = UsageImport(uuid4().hex[:24], "0" * 64, FileFormat.TSV, 1, now, now)

    async def note() -> None:
        world = AzureWorld(read_settings(running.system.environment))
        await world.import_book.begin(job)
        await world.close()

    asyncio.run(note())
    poison(names.IMPORTS, "not ours")
    poison(names.IMPORTS, json.dumps({"importId": job.import_id}))
    told = finished(operator, f"/v1/usage-imports/{job.import_id}")
    assert told["status"] == "failed"
    assert told["failure"]


def test_a_bucket_that_failed_every_try_is_told(operator: Caller, poison: Callable[[str, str], None]) -> None:
    """R-96"""
    started = operator.post("/v1/evaluations").document["evaluationId"]
    finished(operator, f"/v1/evaluations/{started}")
    poison(names.EVALUATION, "not ours")
    poison(names.EVALUATION, json.dumps({"evaluationId": started, "bucket": "zz"}))
    path = f"/v1/evaluations/{started}"
    told = eventually(lambda: operator.get(path), lambda answer: answer.document["bucketsFailed"] == 1)
    assert told["status"] == "failed"


@pytest.mark.usefixtures("earned")
def test_a_dry_run_reckons_with_the_associations_that_stand(
    operator: Caller, held: Held, poison: Callable[[str, str], None]
) -> None:
    """R-360 R-361: Teams' second milestone is open for the customer, and no more where a programme asks for 2,000 seats."""
    versions = operator.get("/v1/programmes/demo/versions").document["value"]
    definition = {**versions[-1]["definition"], "version": len(versions) + 1, "minimumSeats": 2_000}
    told = [operator.put("/v1/programmes/demo?dryRun=true", definition) for _ in range(2)]
    assert (told[0].status, told[0].document["published"]) == (200, False)
    assert told[0].document == told[1].document
    path = f"/v1/programmes/demo/trials/{told[0].document['trialId']}"
    trial = finished(operator, path)
    assert (trial["status"], trial["version"], trial["bucketsDone"]) == ("done", len(versions) + 1, 256)
    assert trial["associations"] >= 1
    closed = next(each for each in trial["changes"] if each["change"] == "no_longer_reachable")
    assert closed["milestones"] >= 1
    assert closed["before"]["amountMinor"] > closed["after"]["amountMinor"] == 0
    assert closed["usersMissing"] >= 200
    assert operator.get("/v1/programmes/demo/versions").document["value"] == versions
    assert operator.get(f"/v1/programmes/fy2020/trials/{trial['trialId']}").code == "not_found"
    assert held.partner.get(path).code == "wrong_role"
    poison(names.EVALUATION, json.dumps({"trialId": trial["trialId"], "bucket": "zz"}))
    assert eventually(lambda: operator.get(path), lambda answer: answer.document["bucketsFailed"] == 1)["status"] == "failed"


def test_every_code_has_a_sentence() -> None:
    """R-67 R-97"""
    assert set(REASONS) == set(Reason)
    assert set(SENTENCES) == {*RowFault, *LineFault}
