"""What the ledger and the usage store promise: all or nothing, once, and only on what was read.

The clients, their retries and the server are real; only the wire fails.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from infra.local.azurite import Azurite
from shared.bootstrap import AzureWorld, create_stores
from shared.domain.association import Suspension
from shared.domain.booking import BookedEntry
from shared.domain.evaluation import tally_of
from shared.domain.ledger import book, difference
from shared.domain.usage import UsageHistory
from shared.ports.failures import StaleRecord, StoreUnavailable
from shared.ports.money import Account, Booking
from tests.domain.earning_builders import BERT, PROGRAMME, TENANT, history, snapshot, tenure
from tests.domain.test_ledger import EARNED
from tests.faults import Fault, Faults
from tests.memory_store import MemorySite
from tests.money_books import BUCKET, NIGHT, Books, tenants_of
from tests.money_site import Site


async def with_a_customer(made: Books[Any]) -> None:
    await made.hold(tenure(), tenure("2026-01-01", ended="2026-01-15", partner=BERT, claim="claim-b"))
    await made.bring(snapshot("2026-01-31", 100), snapshot("2026-02-28", 160))


@pytest.fixture
async def site(azurite: Azurite) -> AsyncIterator[Site]:
    async with a_site(azurite) as made:
        yield made


@pytest.fixture(params=["on Azure Storage", "in memory"])
async def books(request: pytest.FixtureRequest, azurite: Azurite) -> AsyncIterator[Books[Any]]:
    """The adapters, and the store in memory that stands in for them where thousands of lives are lived."""
    if request.param == "on Azure Storage":
        async with a_site(azurite) as made:
            yield made
    else:
        in_memory = MemorySite()
        await with_a_customer(in_memory)
        yield in_memory


@asynccontextmanager
async def a_site(azurite: Azurite) -> AsyncIterator[Site]:
    made = Site(azurite)
    await create_stores(made.world)
    await made.forget()
    await with_a_customer(made)
    yield made
    await made.close()


async def read(site: Books[Any]) -> Account:
    account: Account = await site.world.ledger.account(TENANT, "teams")
    return account


def booking(account: Account, write_id: str = "write-1", amount_minor: int = 2_000) -> Booking:
    """The first earning of the account, on everything that was read."""
    assert account.usage is not None
    entries = difference(PROGRAMME.programme_id, [EARNED._replace(amount_minor=amount_minor)], account.usage.booked)
    return Booking(
        usage=account.usage,
        rests_on=account.tenures,
        entries=tuple(BookedEntry(each, TENANT, "teams", 1, NIGHT, "run-1") for each in entries),
        booked=book(account.usage.booked, entries),
        tally=tally_of(entries),
        evaluation_id="run-1",
        booked_at=NIGHT,
        write_id=write_id,
    )


async def test_an_account_has_the_tenures_of_its_workload_by_beginning_and_its_usage(books: Books[Any]) -> None:
    """R-75"""
    await books.hold(replace(tenure(), scope="workload:teams-phone"), replace(tenure(), tenant_id=tenants_of(BUCKET, 1)[0]))
    account = await read(books)
    assert [each.tenure for each in account.tenures] == [
        tenure("2026-01-01", ended="2026-01-15", partner=BERT, claim="claim-b"),
        tenure(),
    ]
    assert account.usage is not None
    assert account.usage.history == history(snapshot("2026-01-31", 100), snapshot("2026-02-28", 160))
    assert (await books.world.ledger.account(TENANT, "exchange")) == Account(TENANT, "exchange", (), None)


async def test_a_tenure_is_read_with_its_suspensions(books: Books[Any]) -> None:
    """R-221"""
    suspended = replace(tenure(), suspensions=(Suspension(NIGHT, NIGHT), Suspension(NIGHT)))
    await books.hold(suspended)
    assert suspended in [each.tenure for each in (await read(books)).tenures]


async def test_what_was_booked_is_read_back_as_it_was_written(books: Books[Any]) -> None:
    """R-62 R-64: amounts may exceed 32 bits."""
    first = booking(await read(books), amount_minor=3_000_000_000)
    await books.world.ledger.book(first)
    account = await read(books)
    assert account.usage is not None
    assert (account.usage.booked, account.usage.tally, account.usage.tallied_for) == (first.booked, first.tally, "run-1")
    second = booking(account, "write-2", amount_minor=2_000)
    await books.world.ledger.book(second)
    assert await books.ledger() == [first.entries[0], second.entries[0], second.entries[1]]


async def test_a_booking_is_booked_once(books: Books[Any]) -> None:
    """R-62 R-93"""
    account = await read(books)
    await books.world.ledger.book(booking(account))
    with pytest.raises(StaleRecord):
        await books.world.ledger.book(booking(account, "write-2"))
    assert len(await books.ledger()) == 1


async def test_of_many_bookings_at_once_one_lands(site: Site) -> None:
    """R-62 R-93"""
    account = await read(site)
    worlds = [site.process() for _ in range(8)]
    results = await asyncio.gather(
        *(world.ledger.book(booking(account, f"write-{n}")) for n, world in enumerate(worlds)), return_exceptions=True
    )
    assert sum(result is None for result in results) == 1
    assert {type(result) for result in results if result is not None} == {StaleRecord}
    assert len(await site.ledger()) == 1


@pytest.mark.parametrize("changed", ["usage", "standing tenure", "closed tenure"])
async def test_nothing_is_booked_when_what_it_rests_on_has_changed(books: Books[Any], changed: str) -> None:
    """R-93"""
    account = await read(books)
    if changed == "usage":
        await books.bring(snapshot("2026-03-31", 1))
    elif changed == "standing tenure":
        await books.end(tenure(), "2026-03-01")
    else:
        await books.hold(account.tenures[0].tenure)
    stored = await books.stored()
    with pytest.raises(StaleRecord):
        await books.world.ledger.book(booking(account))
    assert await books.stored() == stored


@pytest.mark.parametrize("fault", [Fault.LOSE_ANSWER, Fault.ANSWER_503_AFTER])
async def test_a_booking_whose_answer_was_lost_is_success_and_booked_once(site: Site, fault: Fault) -> None:
    """R-93"""
    faults = Faults().inject(1, fault)
    await site.process(faults).ledger.book(booking(await read(site)))
    assert faults.is_spent
    assert len(await site.ledger()) == 1


async def test_another_s_booking_is_not_taken_for_one_s_own(site: Site) -> None:
    """R-93: even when one's own answer was lost."""
    account = await read(site)
    faults = Faults().before(1, lambda: site.world.ledger.book(booking(account, "theirs"))).inject(1, Fault.LOSE_ANSWER)
    with pytest.raises((StaleRecord, StoreUnavailable)):
        await site.process(faults).ledger.book(booking(account, "mine"))
    assert len(await site.ledger()) == 1


async def test_a_store_that_does_not_answer_is_told_as_such(site: Site) -> None:
    """R-93"""
    account = await read(site)
    nowhere = AzureWorld(replace(site.settings, storage=_on_a_closed_port(site.settings.storage)), {"retry_total": 0})
    with pytest.raises(StoreUnavailable):
        await nowhere.ledger.book(booking(account))
    with pytest.raises(StoreUnavailable):
        await anext(nowhere.ledger.tenures(BUCKET))
    with pytest.raises(StoreUnavailable):
        await nowhere.usage.save([(UsageHistory(TENANT, "exchange"), None)])
    await nowhere.close()


def _on_a_closed_port(storage: str) -> str:
    head, _, tail = storage.partition("TableEndpoint=http://127.0.0.1:")
    return f"{head}TableEndpoint=http://127.0.0.1:1/{tail.partition('/')[2]}"


async def test_histories_are_saved_all_or_none(books: Books[Any]) -> None:
    """R-98"""
    tenants = tenants_of(BUCKET, 3)
    fresh = [replace(history(snapshot("2026-01-31", 1)), tenant_id=tenant) for tenant in tenants]
    await books.world.usage.save([(fresh[2], None)])
    stored = await books.stored()
    with pytest.raises(StaleRecord):
        await books.world.usage.save([(each, None) for each in fresh])
    assert await books.stored() == stored


async def test_a_history_is_saved_only_as_it_was_read(books: Books[Any]) -> None:
    """R-98"""
    read_before = (await books.world.usage.histories(BUCKET, {TENANT}))[TENANT, "teams"]
    await books.bring(snapshot("2026-03-31", 170))
    with pytest.raises(StaleRecord):
        await books.world.usage.save([read_before])


@pytest.mark.parametrize("number", [1, 16, 17, 40])
async def test_few_and_many_customers_are_found_alike(books: Books[Any], number: int) -> None:
    """R-98"""
    tenants = tenants_of(BUCKET, 41)
    await books.world.usage.save([(replace(history(snapshot("2026-01-31", 1)), tenant_id=tenant), None) for tenant in tenants])
    found = await books.world.usage.histories(BUCKET, tenants[:number])
    assert sorted(tenant for tenant, _ in found) == tenants[:number]
    sorted_ones = [each async for each in books.world.usage.sorted_histories(BUCKET, set(tenants[:number]))]
    assert sorted_ones == [found[key] for key in sorted(found)]
