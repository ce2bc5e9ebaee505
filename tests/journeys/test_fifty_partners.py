"""Fifty partners submit for one scope of one customer at the same moment, half of them at each of two hosts over one store.

One wins. The others learn which scope is taken and since when, never by whom, and leave no hold behind.
"""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest

from infra.local.sample_poe import sample_poe
from infra.local.system import System, local_system
from shared.adapters import names, rows
from shared.bootstrap import AzureWorld
from shared.domain.identity import bucket_of
from shared.settings import read_settings
from tests.functions.running import CUSTOMER, DOMAIN, Answer, Caller, Running

pytestmark = pytest.mark.system

PARTNERS = 50
COMPANY = "Northwind Cloud"
TEAMS = "workload:teams"
OTHERS = ("workload:exchange", "workload:sharepoint", "workload:yammer", "workload:intune")


@pytest.fixture(scope="module")
def hosts() -> Iterator[tuple[Running, Running]]:
    """Two hosts on two ports over one store."""
    with local_system() as system:
        second = system.start_host()
        yield Running(system), Running(replace(system, hosts=[second]))


def drafted(caller: Caller, tenant: str, proof: bytes, *scopes: str) -> str:
    """The id of the caller's complete draft."""
    claim_id = caller.draft(tenant, *scopes)
    attached = caller.post(f"/v1/claims/{claim_id}/poe", proof)
    assert attached.status == 201, attached.content
    return claim_id


def submit(caller: Caller, claim_id: str) -> Answer:
    return caller.post(f"/v1/claims/{claim_id}/submit", Idempotency_Key=f"submit-{claim_id}")


def stored(system: System, tenant: str) -> list[dict[str, Any]]:
    """Every row of the customer's bucket, read past the hosts."""

    async def read() -> list[dict[str, Any]]:
        world = AzureWorld(read_settings(system.environment))
        try:
            found = world.table(names.RECORDS).query_entities("PartitionKey eq @b", parameters={"b": bucket_of(tenant)})
            return [row async for row in found]
        finally:
            await world.close()

    return asyncio.run(read())


def test_of_fifty_partners_who_submit_at_once_one_wins(hosts: tuple[Running, Running]) -> None:
    """R-03, R-22: a claim takes every scope or none, and at most one holds a scope, whichever host was asked."""
    first, second = hosts
    assert first.system.api != second.system.api
    tenant = str(uuid4())
    proof = sample_poe(
        tenant_id=tenant,
        domain=DOMAIN,
        customer_name=CUSTOMER,
        partner_name=COMPANY,
        partner_id="4711001",
        workloads=["Microsoft Teams"],
        signer_name="Anna Berg",
        signer_title="Head of IT",
        signed_on=first.system.clock.now().date() - timedelta(days=1),
    )
    # Each asks for the one scope that all want, and for another, which a loser must not be left holding.
    wanted = [(TEAMS, OTHERS[n % len(OTHERS)]) for n in range(PARTNERS)]
    callers = [replace(first.partner(name=COMPANY), running=(first, second)[n % 2]) for n in range(PARTNERS)]
    outsider = first.partner(name=COMPANY)
    with ThreadPoolExecutor(PARTNERS) as threads:
        claim_ids = list(threads.map(lambda n: drafted(callers[n], tenant, proof, *wanted[n]), range(PARTNERS)))
        start = Barrier(PARTNERS)

        def race(number: int) -> Answer:
            start.wait()
            return submit(callers[number], claim_ids[number])

        answers = list(threads.map(race, range(PARTNERS)))
    winners = [n for n, answer in enumerate(answers) if answer.status == 202]
    losers = [n for n in range(PARTNERS) if n not in winners]
    assert len(winners) == 1, [answer.status for answer in answers]
    (winner,) = winners

    held = {row["RowKey"]: row for row in stored(first.system, tenant) if row["RowKey"].startswith("hold!")}
    assert held.keys() == {rows.hold_key(tenant, scope) for scope in wanted[winner]}
    assert {row["claimId"] for row in held.values()} == {claim_ids[winner]}

    secrets = (claim_ids[winner], callers[winner].partner_id)
    for number in losers:
        assert_clean_conflict(answers[number], *secrets)
    moments = {entry["since"] for n in losers for entry in answers[n].document["taken"] if entry["scope"] == TEAMS}
    since = datetime.fromisoformat(held[rows.hold_key(tenant, TEAMS)]["since"])
    assert {datetime.fromisoformat(moment) for moment in moments} == {since}

    for number in (losers[0], losers[-1]):
        shown = callers[number].get(f"/v1/claims/{claim_ids[number]}").document
        assert shown["status"] == "draft"
        told = callers[number].get(f"/v1/claims/{claim_ids[number]}/timeline").document
        assert "submitted" not in str(told)
        assert_clean_conflict(submit(callers[number], claim_ids[number]), *secrets)
    assert submit(callers[winner], claim_ids[winner]).content == answers[winner].content, (
        "the winner's repetition is answered alike"
    )

    free = tuple(scope for scope in OTHERS if scope not in wanted[winner])
    later = drafted(outsider, tenant, proof, *free)
    assert submit(outsider, later).status == 202, "what losers asked for beside it is free"


def assert_clean_conflict(answer: Answer, *secrets: str) -> None:
    """409, which scope and since when, and nothing about whose it is."""
    assert answer.status == 409, answer.content
    assert answer.code == "scope_taken"
    taken = answer.document["taken"]
    assert TEAMS in {entry["scope"] for entry in taken}
    for entry in taken:
        assert entry.keys() == {"scope", "since"}
        assert datetime.fromisoformat(entry["since"]).tzinfo is not None
    text = answer.content.decode() + str(answer.headers)
    assert not any(secret in text for secret in secrets), text
    assert COMPANY not in text
