"""What is booked enters the accounts once, months close once, and no crash at any request loses or doubles a cent."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from infra.local.azurite import Azurite
from shared.adapters import names
from shared.bootstrap import create_stores
from shared.domain.accounts import Adjustment, MonthOutOfTurn, Posting, PostingKind, Statement
from shared.domain.errors import InvalidInput, KeyReused, NotFound
from shared.domain.evaluation import Part
from shared.domain.identity import bucket_of
from shared.domain.month import Month
from shared.ports.accounts import PostingFilter
from shared.ports.world import MoneyWorld
from shared.usecases import months, postings
from shared.usecases.evaluation import evaluate_bucket
from tests.domain.earning_builders import ANNA, BERT, TENANT, snapshot, tenure
from tests.faults import Fault, Faults
from tests.money_books import BUCKET, CARL, NIGHT, tenants_of
from tests.money_crash import restore, stored, survives
from tests.money_site import Site

ALL = PostingFilter()
JULY, AUGUST = Month(2026, 7), Month(2026, 8)
ADJUSTED = Adjustment("adjustment-1", ANNA, "EUR", -1_500, "Agreed by mail.", "operator-1", NIGHT)


@pytest.fixture
async def site(azurite: Azurite) -> AsyncIterator[Site]:
    """Anna's tenure, whose usage has reached a milestone; her account is not opened yet."""
    made = Site(azurite)
    await create_stores(made.world)
    await restore(made, {})
    await made.enrol(ANNA, BERT, CARL)
    await made.hold(tenure())
    await made.bring(snapshot("2026-01-31", 100), snapshot("2026-02-28", 160))
    yield made
    await restore(made, {})
    await made.close()


def evaluated(site: Site, run: str = "run-1"):  # type: ignore[no-untyped-def]
    async def step(world: MoneyWorld) -> Part:
        return await evaluate_bucket(world, site.run(run), BUCKET, None, postings.post_bucket)

    return step


async def posted(site: Site, partner: str = ANNA) -> list[Posting]:
    return [each async for each in site.world.accounts.postings(partner, ALL)]


def at(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T03:00:00+00:00")


async def test_what_is_booked_is_posted_by_the_same_run(site: Site) -> None:
    """R-166"""
    await evaluated(site)(site.world)
    (entry,) = await site.ledger()
    (posting,) = await posted(site)
    assert posting.booked == entry
    assert (posting.amount_minor, posting.month, posting.counts_on) == (2_000, JULY, (NIGHT + timedelta(days=30)).date())
    assert [row.get("unposted") for row in await site.rows("usage!")] == [""]
    assert [each async for each in site.world.accounts.every()] == [(ANNA, "EUR")]


async def test_a_crash_at_any_request_of_a_run_posts_everything_once(site: Site) -> None:
    """R-166 R-93"""
    assert await survives(site, evaluated(site)) >= 40


async def test_a_reversal_is_posted_behind_its_earning(site: Site) -> None:
    """R-166 R-91"""
    await evaluated(site)(site.world)
    await site.bring(snapshot("2026-02-28", 90, exported="2026-03-05"))
    await evaluated(site, "run-2")(site.world)
    assert [(each.kind, each.amount_minor, str(each.month)) for each in await posted(site)] == [
        (PostingKind.EARNING, 2_000, "2026-07"),
        (PostingKind.REVERSAL, -2_000, "2026-07"),
    ]


async def test_many_buckets_post_to_one_account_at_once(site: Site) -> None:
    """R-166: whoever loses the account reads it anew; nobody's posting is lost."""
    others = tenants_of("77", 5)
    for tenant in others:
        await site.hold(replace(tenure(), tenant_id=tenant, claim_id=f"77{tenant[:6]}"))
        await site.bring(snapshot("2026-01-31", 100), snapshot("2026-02-28", 160), tenant=tenant)
    run = site.run()
    await evaluate_bucket(site.world, run, BUCKET)
    await evaluate_bucket(site.world, run, "77")
    workers = [site.process() for _ in range(4)]
    await asyncio.gather(*(postings.post_bucket(each, bucket) for each in workers for bucket in (BUCKET, "77")))
    assert len(await posted(site)) == 6
    assert bucket_of(others[0]) == "77"


async def test_a_month_that_is_closed_takes_no_more(site: Site) -> None:
    """R-165 R-166"""
    await evaluated(site)(site.world)
    site.clock.time = at("2026-08-01")
    closing = await months.close_month(site.world, JULY, "operator-1")
    assert (closing.statements, closing.left_over) == (1, (("EUR", 2_000),))
    statement = await site.world.accounts.statement(ANNA, "EUR", JULY)
    assert statement is not None
    await site.bring(snapshot("2026-02-28", 90, exported="2026-03-05"))
    await evaluated(site, "run-2")(site.world)
    await postings.adjust(site.world, replace(ADJUSTED, made_at=at("2026-07-31")))
    late = [(str(each.month), each.amount_minor) for each in await posted(site) if each.kind is not PostingKind.EARNING]
    assert sorted(late) == [("2026-08", -2_000), ("2026-08", -1_500)]
    site.clock.time = at("2026-09-01")
    await months.close_month(site.world, AUGUST, "operator-1")
    assert await site.world.accounts.statement(ANNA, "EUR", JULY) == statement
    after = await site.world.accounts.statement(ANNA, "EUR", AUGUST)
    assert after is not None
    assert (after.opening_minor, after.reversed_minor, after.adjusted_minor, after.closing_minor) == (
        2_000,
        -2_000,
        -1_500,
        -1_500,
    )


async def test_a_crash_at_any_request_of_a_closing_closes_once(site: Site) -> None:
    """R-165 R-167"""
    await evaluated(site)(site.world)
    await postings.adjust(site.world, replace(ADJUSTED, partner_id=BERT))
    await site.world.accounts.announce(CARL, "EUR")
    site.clock.time = at("2026-08-01")
    assert await survives(site, lambda world: months.close_month(world, JULY, "operator-1")) >= 40


async def test_a_crash_at_any_request_of_an_adjustment_makes_it_once(site: Site) -> None:
    """R-169"""
    assert await survives(site, lambda world: postings.adjust(world, ADJUSTED)) >= 20


@pytest.mark.parametrize("number", range(1, 13))
async def test_a_posting_and_a_closing_that_cross_leave_every_cent_in_one_statement(site: Site, number: int) -> None:
    """R-165 R-166: whichever request of the closing the adjustment comes before."""
    await evaluated(site)(site.world)
    site.clock.time = at("2026-08-01")
    late = replace(ADJUSTED, made_at=at("2026-07-31"))
    faults = Faults().before(number, lambda: postings.adjust(site.process(), late))
    await months.close_month(site.process(faults), JULY, "operator-1")
    await postings.adjust(site.world, late)
    site.clock.time = at("2026-09-01")
    await months.close_month(site.world, AUGUST, "operator-1")
    found = await site.world.accounts.statements(ANNA)
    assert [each.closing_minor for each in found][-1] == 500
    await adds_up(site, ANNA)


@pytest.mark.parametrize("number", range(1, 9))
async def test_an_account_that_opens_while_its_month_is_closed_belongs_to_one_side(site: Site, number: int) -> None:
    """R-165: the closing finds it, or it opens with the month after; its statements have no gap."""
    site.clock.time = at("2026-08-01")
    late = replace(ADJUSTED, made_at=at("2026-07-31"))
    faults = Faults().before(number, lambda: months.close_month(site.process(), JULY, "operator-1"))
    await postings.adjust(site.process(faults), late)
    closed = (await months.closing_of(site.world, JULY)).left_over
    site.clock.time = at("2026-09-01")
    await months.close_month(site.world, AUGUST, "operator-1")
    found = {str(each.month): each for each in await site.world.accounts.statements(ANNA)}
    assert found["2026-08"].closing_minor == -1_500
    assert closed == tuple(("EUR", each.closing_minor) for month, each in found.items() if month == "2026-07")


async def adds_up(site: Site, partner: str) -> None:
    """Asserts that each statement is the sum of its month's postings and follows the one before."""
    everything = await posted(site, partner)
    opening = 0
    for statement in await site.world.accounts.statements(partner):
        of_month = [each.amount_minor for each in everything if each.month == statement.month]
        assert (statement.opening_minor, statement.closing_minor) == (opening, opening + sum(of_month))
        opening = statement.closing_minor


async def test_months_are_closed_in_turn_and_by_the_timer(site: Site) -> None:
    """R-165"""
    await evaluated(site)(site.world)
    site.clock.time = at("2026-08-04")
    assert [str(each.month) for each in await months.close_due(site.world)] == ["2026-06"]
    with pytest.raises(MonthOutOfTurn):
        await months.close_month(site.world, Month(2026, 5), "operator-1")
    site.clock.time = at("2026-08-05")
    assert [str(each.month) for each in await months.close_due(site.world)] == ["2026-07"]
    assert await months.close_due(site.world) == ()
    site.clock.time = at("2026-11-05")
    assert [str(each.month) for each in await months.close_due(site.world)] == ["2026-08", "2026-09", "2026-10"]
    found: list[Statement] = list(await site.world.accounts.statements(ANNA))
    assert [(str(each.month), each.closing_minor) for each in found] == [
        ("2026-07", 2_000),
        ("2026-08", 2_000),
        ("2026-09", 2_000),
        ("2026-10", 2_000),
    ]


async def test_an_adjustment_is_what_its_first_call_said(site: Site) -> None:
    """R-169"""
    first = await postings.adjust(site.world, ADJUSTED)
    assert await postings.adjust(site.world, replace(ADJUSTED, made_at=at("2026-07-09"))) == first
    for other in (replace(ADJUSTED, amount_minor=1), replace(ADJUSTED, reason="Something else.")):
        with pytest.raises(KeyReused):
            await postings.adjust(site.world, other)


async def test_an_adjustment_names_a_partner_a_currency_and_an_amount(site: Site) -> None:
    """R-169"""
    with pytest.raises(NotFound):
        await postings.adjust(site.world, replace(ADJUSTED, partner_id="9999999"))
    for wrong in (replace(ADJUSTED, currency="XXX"), replace(ADJUSTED, amount_minor=0)):
        with pytest.raises(InvalidInput):
            await postings.adjust(site.world, wrong)
    assert [row async for row in site.world.table(names.MONEY).list_entities()] == []


async def test_a_batch_of_postings_has_room_for_the_account(site: Site) -> None:
    """R-166: a hundred rows are a batch; the rest goes into the next."""
    (entry,) = (await evaluated(site)(site.world), await site.ledger())[1]
    many = [replace(entry, entry=entry.entry._replace(generation=n)) for n in range(2, 152)]
    counter = Faults()
    await postings.post_entries(site.process(counter), many)
    assert len(await posted(site)) == 151
    assert counter.counts["table batch"] == 2
    await postings.post_entries(site.world, many)
    assert len(await posted(site)) == 151


async def test_a_lost_answer_among_others_postings_is_found_out(site: Site) -> None:
    """R-166: what stands is known by its id, whoever wrote to the account in between."""
    (entry,) = (await evaluated(site)(site.world), await site.ledger())[1]
    further = [replace(entry, entry=entry.entry._replace(generation=n)) for n in (2, 3)]
    counter = Faults()
    await postings.post_entries(site.process(counter), further[:1])
    (number,) = (sent.number for sent in counter.trail if sent.operation == "table batch")
    for fault in (Fault.LOSE_ANSWER, Fault.ANSWER_503_AFTER):
        before = await stored(site)
        faults = Faults().inject(number, fault).after(number, lambda: postings.adjust(site.process(), ADJUSTED))
        await postings.post_entries(site.process(faults), further[1:])
        assert len(await posted(site)) == 4
        await restore(site, before)


def test_the_scene_is_as_the_tests_say() -> None:
    assert bucket_of(TENANT) == BUCKET
    assert datetime(2026, 7, 1, 2, tzinfo=UTC) == NIGHT
