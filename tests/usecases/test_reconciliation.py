"""The reconciliation finds every difference: each book is broken on purpose, and nothing is reported that is whole."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import EdmType, EntityProperty

from infra.local.azurite import Azurite
from shared.adapters import names
from shared.bootstrap import create_stores
from shared.domain.accounts import Adjustment
from shared.domain.errors import NotFound
from shared.domain.evaluation import Tally
from shared.domain.month import Month
from shared.domain.reconciliation import DifferenceCode, Reconciliation
from shared.usecases import months, old_runs, payouts, postings, reconciliation
from shared.usecases.evaluation import evaluate_bucket
from tests.domain.earning_builders import ANNA, BERT, PROGRAMME, TENANT, snapshot, tenure
from tests.money_books import BUCKET, CARL, tenants_of
from tests.money_crash import Rows, restore, stored
from tests.money_site import Site

# The store stamps its rows by the real clock; these days lie well behind it, so what stands was there before "last night".
NIGHT = datetime(2031, 7, 1, 2, tzinfo=UTC)
JULY, AUGUST = Month(2031, 7), Month(2031, 8)
LONG = replace(PROGRAMME, last_day=date(2031, 12, 31))
LEDGER_AND_USAGE, LEDGER_AND_FUNCTION = DifferenceCode.LEDGER_AND_USAGE, DifferenceCode.LEDGER_AND_FUNCTION


def at(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T03:00:00+00:00")


async def everything(site: Site) -> None:
    """An earning and three adjustments, two closed months; a payout paid to Anna, failed for Bert and held back for Carl."""
    await site.enrol(ANNA, BERT, CARL)
    await site.hold(tenure())
    await site.bring(snapshot("2026-01-31", 100), snapshot("2026-02-28", 160))
    site.clock.time = NIGHT
    await evaluate_bucket(site.world, site.run(), BUCKET, None, postings.post_bucket)
    for partner, minor in ((ANNA, 30_000), (BERT, 20_000), (CARL, 15_000)):
        made = Adjustment(f"adjustment-{partner}", partner, "EUR", minor, "Why.", "operator-1", NIGHT)
        await postings.adjust(site.world, made)
    for month, day in ((JULY, "2031-08-01"), (AUGUST, "2031-09-01")):
        site.clock.time = at(day)
        await months.close_month(site.world, month, "operator-1")
        if month is JULY:
            await payouts.propose(site.world, month, "operator-1")
            carl = await site.world.partners.partner(CARL)
            await site.world.partners.enrol(replace(carl, suspended=True))
            await payouts.approve(site.world, month, "operator-2")
            await payouts.mark_paid(site.world, month, [ANNA])
            await payouts.mark_failed(site.world, month, BERT, "No such account.")


_whole: dict[str, tuple[Rows, bytes]] = {}
"""The whole books and the bank's file, made once for each emulator: making them is most of a test's time."""


@pytest.fixture
async def site(azurite: Azurite) -> AsyncIterator[Site]:
    made = Site(azurite, LONG)
    await create_stores(made.world)
    file = made.world.blob_service.get_blob_client(names.PAYOUTS, "2031-07.csv")
    if azurite.connection_string not in _whole:
        await restore(made, {})
        await everything(made)
        _whole[azurite.connection_string] = await stored(made), await payouts.export(made.world, JULY)
    rows, content = _whole[azurite.connection_string]
    await restore(made, rows)
    await file.upload_blob(content, overwrite=True)
    made.clock.time = at("2031-09-01")
    yield made
    await restore(made, {})
    with suppress(ResourceNotFoundError):
        await file.delete_blob()
    await made.close()


async def reconciled(site: Site, name: str = "r-1", days: int = 1) -> Reconciliation:
    site.clock.time += timedelta(days=days)
    await reconciliation.start(site.world, name, ())
    done = await reconciliation.reconcile_bucket(site.world, name, BUCKET, (BUCKET,))
    assert done is not None
    assert await site.world.audit.load(name) == done
    return done


async def test_whole_books_agree(site: Site) -> None:
    """R-175"""
    done = await reconciled(site)
    assert (done.found, done.differences, done.pending) == ((), 0, 0)
    assert (done.histories, done.entries, done.accounts) == (1, 1, 3)


type Break = Callable[[Site], Awaitable[None]]


def changed(table: str, partition: str, prefix: str, **columns: Any) -> Break:
    """The one row with this key is written over, as no code of ours ever does."""

    async def break_it(site: Site) -> None:
        (row,) = await site.rows(prefix, table, partition)
        await site.world.table(table).upsert_entity({**row, **columns}, mode="replace")

    return break_it


def gone(table: str, partition: str, prefix: str) -> Break:
    async def break_it(site: Site) -> None:
        (row,) = await site.rows(prefix, table, partition)
        await site.world.table(table).delete_entity(partition, row["RowKey"])

    return break_it


def minor(amount: int) -> EntityProperty:
    return EntityProperty(amount, EdmType.INT64)


async def another_file(site: Site) -> None:
    blob = site.world.blob_service.get_blob_client(names.PAYOUTS, "2031-07.csv")
    await blob.upload_blob(b"payoutId,partnerId,amount\n", overwrite=True)


async def no_file(site: Site) -> None:
    await site.world.blob_service.get_blob_client(names.PAYOUTS, "2031-07.csv").delete_blob()


BROKEN: dict[str, tuple[Break, set[DifferenceCode]]] = {
    "an entry's amount": (
        changed(names.RECORDS, BUCKET, "earned!", amountMinor=minor(2_001)),
        {LEDGER_AND_USAGE, DifferenceCode.LEDGER_AND_ACCOUNT},
    ),
    "an entry's partner": (
        changed(names.RECORDS, BUCKET, "earned!", partnerId=CARL),
        {LEDGER_AND_USAGE, DifferenceCode.LEDGER_AND_ACCOUNT},
    ),
    "an entry is gone": (gone(names.RECORDS, BUCKET, "earned!"), {LEDGER_AND_USAGE, DifferenceCode.LEDGER_AND_ACCOUNT}),
    "a usage row's history": (
        changed(names.RECORDS, BUCKET, "usage!", history=""),
        {DifferenceCode.LEDGER_AND_FUNCTION},
    ),
    "a usage row's summary": (changed(names.RECORDS, BUCKET, "usage!", booked=""), {LEDGER_AND_USAGE, LEDGER_AND_FUNCTION}),
    "a usage row is gone": (gone(names.RECORDS, BUCKET, "usage!"), {LEDGER_AND_USAGE}),
    "a tenure is gone": (gone(names.RECORDS, BUCKET, "assoc!"), {DifferenceCode.LEDGER_AND_FUNCTION}),
    "a posting is gone": (
        gone(names.PARTNERS, ANNA, "posted!claim-a"),
        {DifferenceCode.LEDGER_AND_ACCOUNT, DifferenceCode.ACCOUNT_AND_STATEMENT},
    ),
    "a posting's amount": (
        changed(names.PARTNERS, BERT, "posted!adjustment", amountMinor=minor(20_001)),
        {DifferenceCode.ACCOUNT_AND_STATEMENT},
    ),
    "a posting's month": (
        changed(names.PARTNERS, BERT, "posted!adjustment", month="2031-08"),
        {DifferenceCode.ACCOUNT_AND_STATEMENT},
    ),
    "a posting before all statements": (
        changed(names.PARTNERS, BERT, "posted!adjustment", month="2031-01"),
        {DifferenceCode.ACCOUNT_AND_STATEMENT},
    ),
    "a statement's sum": (
        changed(names.PARTNERS, BERT, "statement!2031-08", paidMinor=minor(1)),
        {DifferenceCode.ACCOUNT_AND_STATEMENT, DifferenceCode.MONTH_AND_STATEMENT},
    ),
    "a statement is gone": (
        gone(names.PARTNERS, BERT, "statement!2031-07"),
        {DifferenceCode.ACCOUNT_AND_STATEMENT, DifferenceCode.MONTH_AND_STATEMENT},
    ),
    "a balance": (
        changed(names.PARTNERS, BERT, "account!", balanceMinor=minor(1)),
        {DifferenceCode.ACCOUNT_AND_STATEMENT},
    ),
    "an account is gone": (gone(names.PARTNERS, ANNA, "account!"), {DifferenceCode.LEDGER_AND_ACCOUNT}),
    "an account is not listed": (
        gone(names.MONEY, "accounts", ANNA),
        {DifferenceCode.LEDGER_AND_ACCOUNT, DifferenceCode.MONTH_AND_STATEMENT},
    ),
    "a transfer's amount": (
        changed(names.PARTNERS, ANNA, "payout!", amountMinor=minor(31_999)),
        {DifferenceCode.ACCOUNT_AND_PAYOUT, DifferenceCode.PAYOUT_AND_LIST, DifferenceCode.PAYOUT_AND_FILE},
    ),
    "a transfer is gone": (
        gone(names.PARTNERS, ANNA, "payout!"),
        {DifferenceCode.ACCOUNT_AND_PAYOUT, DifferenceCode.PAYOUT_AND_LIST, DifferenceCode.PAYOUT_AND_FILE},
    ),
    "what failed is said to be paid": (
        changed(names.PARTNERS, BERT, "payout!", state="paid"),
        {DifferenceCode.ACCOUNT_AND_PAYOUT, DifferenceCode.PAYOUT_AND_LIST},
    ),
    "a transfer joins the list": (
        gone(names.MONEY, "payouts", f"2031-07!{ANNA}"),
        {DifferenceCode.PAYOUT_AND_LIST, DifferenceCode.PAYOUT_AND_FILE},
    ),
    "the file for the bank": (another_file, {DifferenceCode.PAYOUT_AND_FILE}),
    "the file for the bank is gone": (no_file, {DifferenceCode.PAYOUT_AND_FILE}),
    "a month's sum": (
        changed(names.MONEY, "months", "2031-07", leftOver='[["EUR", 1]]'),
        {DifferenceCode.MONTH_AND_STATEMENT},
    ),
}


@pytest.mark.parametrize("broken", BROKEN)
async def test_a_book_that_was_broken_is_found(site: Site, broken: str, caplog: pytest.LogCaptureFixture) -> None:
    """R-175 R-176"""
    break_it, codes = BROKEN[broken]
    await break_it(site)
    done = await reconciled(site)
    assert {each.code for each in done.found} == codes
    assert done.differences == len(done.found)
    alarms = [each for each in caplog.records if each.message == "the books do not agree"]
    assert [each.levelname for each in alarms] == ["ERROR"]
    assert TENANT not in str(alarms[0].__dict__), "an alarm names no customer"


async def test_what_is_new_is_the_next_evaluations_and_no_difference(site: Site) -> None:
    """R-175: usage that came after last night's evaluation is pending."""
    await changed(names.RECORDS, BUCKET, "usage!", history="")(site)
    await site.world.audit.begin(Reconciliation("r-2", site.clock.time, datetime(2020, 1, 1, tzinfo=UTC)))
    done = await reconciliation.reconcile_bucket(site.world, "r-2", BUCKET, (BUCKET,))
    assert done is not None
    assert (done.pending, done.found) == (1, ())


async def test_a_history_whose_summary_hides_what_was_earned_is_found(site: Site) -> None:
    """R-175 R-351: a night believes the summary, the reconciliation does not."""
    other = next(each for each in tenants_of(BUCKET, 2) if each != TENANT)
    await site.hold(replace(tenure(claim="claim-o"), tenant_id=other))
    await site.bring(snapshot("2026-01-31", 100), snapshot("2026-02-28", 160), tenant=other)
    (row,) = await site.rows(f"usage!{other}")
    await changed(names.RECORDS, BUCKET, f"usage!{other}", history="0,0|" + row["history"].partition("|")[2])(site)
    assert (await site.evaluate(evaluation_id="night")).tally == Tally()
    done = await reconciled(site)
    assert [(each.code, each.where) for each in done.found] == [(LEDGER_AND_FUNCTION, f"{other} teams")]


async def test_what_was_booked_a_moment_ago_may_still_be_on_its_way(site: Site) -> None:
    """R-175"""
    (entry,) = await site.ledger()
    further = replace(entry, booked_at=site.clock.time, entry=entry.entry._replace(generation=2))
    await postings.post_entries(site.world, [further])
    site.clock.time += timedelta(minutes=50)
    assert (await reconciled(site, days=0)).found == ()
    assert {each.code for each in (await reconciled(site, "r-2")).found} == {DifferenceCode.LEDGER_AND_ACCOUNT}


async def test_a_reconciliation_waits_for_all_its_buckets_and_is_told_once(site: Site) -> None:
    """R-175"""
    site.clock.time += timedelta(days=1)
    begun = await reconciliation.start(site.world, "r-3", ())
    buckets = (BUCKET, "77")
    assert await reconciliation.reconcile_bucket(site.world, "r-3", BUCKET, buckets) is None
    assert (await site.world.audit.load("r-3")) == begun
    done = await reconciliation.reconcile_bucket(site.world, "r-3", "77", buckets)
    assert done is not None
    assert (done.differences, done.entries) == (0, 1)
    assert await reconciliation.reconcile_bucket(site.world, "r-3", "77", buckets) is None
    assert await reconciliation.start(site.world, "r-3", ()) == done


async def test_what_a_reconciliation_told_is_forgotten_after_a_quarter(site: Site) -> None:
    """R-362: what was booked stays, and a younger one, too."""
    booked = await site.rows("earned!")
    assert booked
    done = await reconciled(site, "r-old")
    began = site.clock.time
    await reconciled(site, "r-new")
    site.clock.time = began + old_runs.KEPT_FOR
    assert await old_runs.forget_old_runs(site.world) == 0
    assert await site.world.audit.load("r-old") == done
    site.clock.time += timedelta(seconds=1)
    assert await old_runs.forget_old_runs(site.world) == 1
    assert await site.world.audit.results("r-old") == ()
    with pytest.raises(NotFound):
        await site.world.audit.load("r-old")
    assert len(await site.world.audit.results("r-new")) == 1
    assert await site.rows("earned!") == booked
