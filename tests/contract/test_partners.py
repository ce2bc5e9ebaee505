"""The store of partners keeps its port's promises on a real table: profiles, calls that keep their meaning, new projections."""

import asyncio
from dataclasses import replace
from datetime import UTC, timedelta
from secrets import token_hex
from typing import Any

import pytest

from shared.adapters import claim_index, names
from shared.domain.claim import Claim
from shared.domain.errors import KeyReused, NotFound
from shared.domain.partner import Partner, TokenClient
from shared.ports.partners import ClaimFilter, Partners
from shared.ports.records import Stored
from shared.usecases.projection import project
from tests.contract.record_builders import a_call, creation, screening_of, submission_of
from tests.faults import Fault, Faults
from tests.usecases.system import MONDAY, PARTNER, System


@pytest.fixture
def partners(system: System) -> Partners:
    return system.world.partners


def a_partner() -> Partner:
    """A partner that nobody else in this session has."""
    partner_id = str(int(token_hex(4), 16) + 10_000)
    return replace(PARTNER, partner_id=partner_id, clients=(TokenClient(token_hex(16), token_hex(16)),))


def versions(partner: Partner) -> list[Claim]:
    """One claim at three moments of its life, oldest first."""
    created = creation().after
    created = replace(created, partner_id=partner.partner_id)
    submitted = submission_of(stored(created)).after
    return [created, submitted, screening_of(stored(submitted)).after]


def stored(claim: Claim) -> Stored:
    return Stored(claim, "")


async def index(system: System, partner: Partner) -> dict[str, Any]:
    """The claims in the partner's index: id -> row."""
    found = await system.rows(names.PARTNERS, partner.partner_id)
    return {row["RowKey"].rpartition("!")[2]: row for row in found if row["RowKey"].startswith("index!")}


async def waiting(partners: Partners) -> dict[str, Any]:
    return {item.claim_id: item async for item in partners.waiting_reviews()}


# Profiles.


async def test_a_partner_is_found_as_it_was_enrolled_last(partners: Partners) -> None:
    partner = a_partner()
    with pytest.raises(NotFound):
        await partners.partner(partner.partner_id)
    await partners.enrol(partner)
    changed = replace(partner, name="Northwind Ltd", suspended=True, programmes=("demo", "fy2020"), language="de")
    await partners.enrol(changed)
    assert await partners.partner(partner.partner_id) == changed


@pytest.mark.parametrize("number", [1, 8, 9, 20], ids="{} partners".format)
async def test_enrolments_are_known_of_few_partners_and_of_many_alike(system: System, number: int) -> None:
    """R-59: also those that a profile has forgotten, and none of a partner between them."""
    wanted, other = sorted((a_partner() for _ in range(number)), key=lambda each: each.partner_id), a_partner()
    for n, partner in enumerate(wanted):
        await system.world.partners.enrol(replace(partner, programmes=("demo", "fy2020")[: n % 3]))
        await system.world.partners.enrol(replace(partner, programmes=()))
    await system.world.partners.enrol(replace(other, programmes=("demo",)))
    found = await system.world.enrolments.programmes_of({each.partner_id for each in wanted})
    assert found == {each.partner_id: frozenset(("demo", "fy2020")[: n % 3]) for n, each in enumerate(wanted)}


async def test_a_token_client_leads_to_its_partner(partners: Partners) -> None:
    partner = a_partner()
    assert await partners.partner_of_client(partner.clients[0]) is None
    await partners.enrol(partner)
    assert await partners.partner_of_client(partner.clients[0]) == partner.partner_id
    assert await partners.partner_of_client(TokenClient(partner.clients[0].app_id, partner.clients[0].directory_id)) is None


async def test_a_token_client_that_moves_leads_to_its_new_partner_only(partners: Partners) -> None:
    """Who still lists it is for the profile to say; the way leads to one partner."""
    old, new = a_partner(), a_partner()
    await partners.enrol(old)
    await partners.enrol(replace(new, clients=old.clients))
    assert await partners.partner_of_client(old.clients[0]) == new.partner_id


# Calls.


async def test_a_key_keeps_its_first_meaning(partners: Partners) -> None:
    partner, call = a_partner(), a_call()
    await partners.begin_call(partner.partner_id, call)
    await partners.begin_call(partner.partner_id, call)
    with pytest.raises(KeyReused):
        await partners.begin_call(partner.partner_id, replace(call, body_hash="another request"))
    await partners.begin_call(a_partner().partner_id, replace(call, body_hash="another partner's request"))


async def test_of_two_requests_under_one_key_at_once_one_is_refused(partners: Partners) -> None:
    partner, call = a_partner(), a_call()
    calls = [replace(call, body_hash=f"request {n}") for n in range(10)]
    results = await asyncio.gather(*(partners.begin_call(partner.partner_id, c) for c in calls), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["KeyReused"] * 9 + ["NoneType"]


@pytest.mark.parametrize("fault", [Fault.LOSE_ANSWER, Fault.ANSWER_503_AFTER])
async def test_a_call_that_was_noted_is_noted_though_the_answer_was_lost(
    system: System, partners: Partners, fault: Fault
) -> None:
    partner, call = a_partner(), a_call()
    faults = Faults().inject(1, fault)
    await system.process(faults).partners.begin_call(partner.partner_id, call)
    assert faults.is_spent
    with pytest.raises(KeyReused):
        await partners.begin_call(partner.partner_id, replace(call, body_hash="another request"))


@pytest.mark.parametrize("fault", [Fault.LOSE_ANSWER, Fault.ANSWER_503_AFTER])
async def test_a_lost_answer_does_not_hide_that_a_key_was_reused(system: System, partners: Partners, fault: Fault) -> None:
    partner, call = a_partner(), a_call()
    await partners.begin_call(partner.partner_id, call)
    with pytest.raises(KeyReused):
        await system.process(Faults().inject(1, fault)).partners.begin_call(
            partner.partner_id, replace(call, body_hash="another")
        )


# Projections.


async def test_projections_in_any_order_show_the_newest_claim(system: System) -> None:
    """Messages come late, twice and out of order; an older claim never overwrites a newer one."""
    partner = a_partner()
    created, submitted, reviewed = versions(partner)
    for order in ([created, submitted, reviewed], [reviewed, submitted, created], [submitted, reviewed, submitted, created]):
        for claim in order:
            await project(system.world, claim)
        row = (await index(system, partner))[created.claim_id]
        assert (row["seq"], row["status"]) == (reviewed.seq, "under_review")
        await system.world.table(names.PARTNERS).delete_entity(partner.partner_id, claim_index.key_of(created))


async def test_the_reviewers_queue_shows_whom_a_review_is_with_and_that_it_is_with_nobody_again(
    system: System, partners: Partners
) -> None:
    """R-302."""
    reviewed = versions(a_partner())[2]
    shown = []
    for after, assignee in enumerate((None, "rita", None)):
        await project(system.world, replace(reviewed, seq=reviewed.seq + after, assignee=assignee))
        shown.append((await waiting(partners))[reviewed.claim_id].assignee)
    assert shown == [None, "rita", None]


async def test_projections_at_once_show_the_newest_claim(system: System) -> None:
    partner = a_partner()
    await asyncio.gather(*(project(system.world, claim) for claim in versions(partner)[::-1] * 3))
    (row,) = (await index(system, partner)).values()
    assert row["status"] == "under_review"


async def test_only_claims_that_wait_for_a_reviewer_are_in_the_reviewers_queue(system: System, partners: Partners) -> None:
    partner = a_partner()
    created, submitted, reviewed = versions(partner)
    for claim, is_waiting in ((created, False), (submitted, False), (reviewed, True)):
        await project(system.world, claim)
        assert (created.claim_id in await waiting(partners)) is is_waiting
    item = (await waiting(partners))[created.claim_id]
    assert (item.partner_id, item.tenant_id, item.status) == (partner.partner_id, created.tenant_id, "under_review")
    assert item.due_at is not None
    assert (item.due_at.astimezone(UTC) - reviewed.updated_at) > timedelta(days=5)
    assert item.as_of == reviewed.updated_at


# The index.


async def paged(system: System, partner: Partner, limit: int, **options: Any) -> list[list[str]]:
    """The ids on each page of the index, as a worker reads them whose store answers like that."""
    partners, found, after = system.process(**options).partners, [], None
    while True:
        page = await partners.claims_of(partner.partner_id, ClaimFilter(), limit, after)
        found.append([item.claim_id for item in page.items])
        if page.next is None:
            return found
        after = page.next


async def test_the_index_shows_the_newest_claim_first_and_each_once(system: System) -> None:
    """R-110: in pages of any size, the newest first, whatever was projected last."""
    partner = a_partner()
    made = [replace(versions(partner)[0], created_at=MONDAY + timedelta(microseconds=n)) for n in range(5)]
    for claim in made:
        await project(system.world, claim)
    wanted = [claim.claim_id for claim in reversed(made)]
    for limit in (1, 2, 5, 500):
        pages = await paged(system, partner, limit)
        assert [each for page in pages for each in page] == wanted
        assert max(len(page) for page in pages) <= limit


async def test_an_empty_page_in_between_ends_no_list(system: System) -> None:
    """R-110: the store may answer with nothing but where to go on, whenever it likes."""
    partner = a_partner()
    for claim in (versions(partner)[0] for _ in range(3)):
        await project(system.world, claim)
    pages = await paged(system, partner, 2, page_size=2, first_page_is_empty=True)
    assert pages[0] == []
    assert [each for page in pages for each in page] == (await paged(system, partner, 500))[0][2:]


async def test_a_page_of_the_index_is_one_request(system: System) -> None:
    partner, counter = a_partner(), Faults()
    await project(system.world, versions(partner)[0])
    page = await system.process(counter).partners.claims_of(partner.partner_id, ClaimFilter(), 50, None)
    assert (len(page.items), counter.total) == (1, 1)


async def test_the_index_shows_the_claim_as_it_was_projected(system: System, partners: Partners) -> None:
    partner = a_partner()
    claim = replace(versions(partner)[2], external_reference="OPP-1")
    await project(system.world, claim)
    (item,) = (await partners.claims_of(partner.partner_id, ClaimFilter(), 50, None)).items
    assert (item.claim_id, item.tenant_id, item.status) == (claim.claim_id, claim.tenant_id, "under_review")
    assert {(s.scope, s.consent, s.hold) for s in item.scopes} == {(s.scope, "pending", "held") for s in claim.scopes}
    assert (item.external_reference, item.created_at, item.as_of) == ("OPP-1", claim.created_at, claim.updated_at)
    assert item.due_at is not None
