"""Every cent is the same everywhere: ledger, account, statements, closings, payouts, the bank's file, and what the partner reads.

One partner over nineteen months and two currencies, one of them without cents: the term's first and last second and the seconds
beside them, months of 28 to 31 days and a leap day, a correction that takes back what was paid, adjustments in the last and the
first second of a month, sums below the minimum, a debt, a transfer that fails. What must come out is written down by hand.
"""

import csv
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from io import StringIO

import pytest

from functions import csv_view
from functions.wire import payouts as payouts_wire
from functions.wire import postings as postings_wire
from functions.wire import statements as statements_wire
from functions.wire.money import MoneyOut
from infra.local.azurite import Azurite
from shared.bootstrap import create_stores
from shared.domain.accounts import Adjustment
from shared.domain.currency import minor_digits
from shared.domain.month import Month
from shared.domain.usage import Snapshot
from shared.domain.usage_row import DATE, MONTH, SEATS, TENANT, USERS, WORKLOAD, UsageRow, read_row
from shared.ports.accounts import PostingFilter
from shared.usecases import months, payouts, postings, statements
from shared.usecases.evaluation import evaluate_bucket
from tests.domain.earning_builders import ANNA, PROGRAMME, export, snapshot, tenure
from tests.money_books import BUCKET, tenants_of
from tests.money_crash import restore
from tests.money_site import Site

FIRST, LAST = date(2027, 1, 1), date(2028, 6, 30)
EUR = replace(
    PROGRAMME, first_day=FIRST, last_day=LAST, holding_days=1, minimum_payout_minor=1_000,
    rates=tuple(
        replace(each, amount_minor={("S", 15): 333, ("M", 15): 334, ("M", 40): 4_999}.get((each.size, each.threshold), 1))
        for each in PROGRAMME.rates
    ),
)  # fmt: skip
JPY = replace(
    EUR, programme_id="haru", currency="JPY", minimum_payout_minor=10,
    rates=tuple(
        replace(each, amount_minor={("S", 15): 7, ("M", 15): 8, ("M", 40): 99}.get((each.size, each.threshold), 1))
        for each in PROGRAMME.rates
    ),
)  # fmt: skip

BEFORE_TERM, AFTER_TERM = "2026-12-31T23:59:59+00:00", "2028-07-01T00:00:00+00:00"

# From when each customer is the partner's, and its counts: the month or the day, users, seats. The first is the baseline.
CUSTOMERS: tuple[tuple[str, tuple[tuple[str, int, int], ...]], ...] = (
    ("2027-01-01T00:00:00+00:00", (("2026-12", 100, 1_000), ("2027-01-01", 160, 1_000))),
    (BEFORE_TERM, (("2026-12-30", 100, 1_000), ("2026-12", 160, 1_000))),
    ("2027-02-10T12:00:00+00:00", (("2027-01", 100, 1_000), ("2027-02", 500, 1_000))),
    ("2027-11-05T12:00:00+00:00", (("2027-10", 100, 999), ("2027-11", 150, 999))),
    ("2028-02-05T12:00:00+00:00", (("2028-01", 100, 1_000), ("2028-02", 500, 1_000))),
    ("2028-02-05T12:00:00+00:00", (("2028-01", 100, 1_000), ("2028-02-27", 160, 1_000))),
    ("2028-06-30T23:59:59+00:00", (("2028-05", 100, 1_000), ("2028-06", 160, 1_000))),
    (AFTER_TERM, (("2028-06", 100, 1_000), ("2028-07-01", 160, 1_000))),
)
TENANTS = tenants_of(BUCKET, len(CUSTOMERS))

# What moves in each month: what was booked the day before counts, corrections at once.
EARNED = {"EUR": 334 + 334 + 4_999 + 333 + 334 + 5_333 + 334, "JPY": 8 + 8 + 99 + 7 + 8 + 107 + 8}
REVERSED = {"EUR": -4_999, "JPY": -99}
ADJUSTED = {"EUR": -1 + 2, "JPY": 0}
PAID = {"EUR": 5_666 + 1_003, "JPY": 115 + 23}

# What each month leaves over, from January 2027 to July 2028.
DEBT = 7
CLOSINGS = {
    "EUR": [0, 334, 5_667, 5_666, *[-4_997] * DEBT, -4_664, -4_664, -4_330, 1_003, 0, 0, 0, 334],
    "JPY": [0, 8, 115, 115, *[-99] * DEBT, -92, -92, -84, 23, 0, 0, 0, 8],
}
# What the payouts of these months ask of the bank; the first has nothing that is worth a transfer, the third from the end a debt.
ASKED = {
    "2027-02": {},
    "2027-03": {"EUR": 5_667, "JPY": 115},
    "2027-04": {"EUR": 5_666, "JPY": 115},
    "2027-12": {},
    "2028-03": {"EUR": 1_003, "JPY": 23},
    "2028-07": {},
}
MONTHS = [Month(2027 + n // 12, n % 12 + 1) for n in range(19)]


def at(moment: str) -> datetime:
    return datetime.fromisoformat(moment)


def counted(when: str, users: int, seats: int) -> Snapshot:
    """A row of the vendor's export: a month's is dated by its last day."""
    column = MONTH if len(when) == len("2027-01") else DATE
    cells = {TENANT: TENANTS[0], WORKLOAD: "teams", column: when, USERS: str(users), SEATS: str(seats)}
    row = read_row(cells, aliases={"teams": "teams"}, rank=export("2026-01-01"), today=date.max)
    assert isinstance(row, UsageRow)
    return snapshot(row.snapshot.date.isoformat(), row.snapshot.mau, row.snapshot.pau)


class Story:
    """What happens, in order of time: whatever month is over by then is closed before, and paid out where `ASKED` says so."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.open_months = list(MONTHS)

    async def until(self, moment: str) -> None:
        while self.open_months and self.open_months[0].is_over(at(moment)):
            month = self.open_months.pop(0)
            self.site.clock.time = at(f"{month.next.first_day}T00:00:00+00:00")
            await months.close_month(self.site.world, month, "operator-1")
            if str(month) in ASKED:
                await payouts.propose(self.site.world, month, "operator-1")
                await payouts.approve(self.site.world, month, "operator-2")
        self.site.clock.time = at(moment)

    async def night(self, moment: str) -> None:
        """A run in the last second of a day: everything that there is by then is counted and posted."""
        await self.until(moment)
        for n, (_, counts) in enumerate(CUSTOMERS):
            known = [each for each in (counted(*said) for said in counts) if each.date <= at(moment).date()]
            if known:
                await self.site.bring(*known, tenant=TENANTS[n])
        await evaluate_bucket(self.site.world, self.site.run(f"run-{moment[:10]}"), BUCKET, None, postings.post_bucket)

    async def adjust(self, moment: str, minor: int) -> None:
        await self.until(moment)
        made = Adjustment(f"adjustment-{minor}", ANNA, "EUR", minor, "Why.", "operator-1", self.site.clock.now())
        await postings.adjust(self.site.world, made)

    async def settle(self, moment: str, settling: Callable[[], Awaitable[object]]) -> None:
        await self.until(moment)
        await settling()


@pytest.fixture
async def site(azurite: Azurite) -> AsyncIterator[Site]:
    made = Site(azurite, EUR, JPY)
    await create_stores(made.world)
    await restore(made, {})
    await made.enrol(ANNA)
    for n, (active_from, _) in enumerate(CUSTOMERS):
        begun = at(active_from)
        await made.hold(replace(tenure(claim=f"claim-{n}"), tenant_id=TENANTS[n], submitted_at=begun, active_from=begun))
    yield made
    await restore(made, {})
    await made.close()


async def happens(site: Site) -> None:
    """All of it."""
    story, world = Story(site), site.world
    await story.night("2027-01-31T23:59:59+00:00")
    await story.night("2027-02-28T23:59:59+00:00")
    bank = lambda: payouts.mark_failed(world, Month(2027, 3), ANNA, "No such account.")  # noqa: E731
    await story.settle("2027-04-10T12:00:00+00:00", bank)
    await story.adjust("2027-04-30T23:59:59+00:00", -1)
    await story.adjust("2027-05-01T00:00:00+00:00", 2)
    await story.settle("2027-05-10T12:00:00+00:00", lambda: payouts.mark_paid(world, Month(2027, 4), None))
    await site.bring(snapshot("2027-02-28", 200, exported="2027-05-20"), tenant=TENANTS[2])
    await story.night("2027-05-31T23:59:59+00:00")
    await story.night("2027-11-30T23:59:59+00:00")
    await story.night("2028-02-28T23:59:59+00:00")
    await story.night("2028-02-29T23:59:59+00:00")
    await story.settle("2028-04-10T12:00:00+00:00", lambda: payouts.mark_paid(world, Month(2028, 3), None))
    await story.night("2028-06-30T23:59:59+00:00")
    await story.night("2028-07-31T23:59:59+00:00")
    await story.until("2028-08-01T00:00:00+00:00")


def summed(amounts: Iterable[tuple[str, int]]) -> dict[str, int]:
    sums: dict[str, int] = defaultdict(int)
    for currency, minor in amounts:
        sums[currency] += minor
    return dict(sums)


def money(*amounts: MoneyOut) -> list[tuple[str, int]]:
    return [(each.currency, each.amount_minor) for each in amounts]


def read(content: bytes, amount: str) -> list[tuple[str, int]]:
    """The amounts of a table in whole minor units; a fraction of one would be no integer."""
    found = []
    for row in csv.DictReader(StringIO(content.decode("utf-8-sig"))):
        minor = Decimal(row[amount]) * 10 ** minor_digits(row["currency"])
        assert minor == int(minor)
        found.append((row["currency"], int(minor)))
    return found


def table(columns: Sequence[str], rows: Iterable[Sequence[csv_view.Cell]]) -> bytes:
    return csv_view.csv_answer(columns, rows).get_body()


async def lines(site: Site, wanted: PostingFilter) -> list[statements.Line]:
    """All pages of a list, two lines each."""
    partner, found, after = await site.world.partners.partner(ANNA), list[statements.Line](), None
    while True:
        page = await statements.lines(site.world, partner, wanted, 2, after)
        found += page.items
        if (after := page.next) is None:
            return found


async def test_every_cent_is_the_same_everywhere(site: Site) -> None:
    """R-51 R-91 R-165 R-166 R-167 R-170 R-172 R-173 R-190"""
    await happens(site)
    partner = await site.world.partners.partner(ANNA)

    ledger = [booked for tenant in TENANTS for booked in await site.ledger(tenant)]
    earned = {each: EARNED[each] + REVERSED[each] for each in EARNED}
    assert summed((each.entry.currency, each.entry.amount_minor) for each in ledger) == earned

    shown = await lines(site, PostingFilter(earned=True))
    page = postings_wire.EarningsOut.of(statements.Lines(tuple(shown), None), None)
    assert sorted(each.earning_id for each in page.value) == sorted(each.earning_id for each in ledger)
    assert summed(money(*(each.amount for each in page.value))) == earned
    assert summed(read(table(postings_wire.COLUMNS, postings_wire.table(shown)), "earningAmount")) == earned

    for currency, closings in CLOSINGS.items():
        closed = [each for each in await statements.closed_statements(site.world, partner) if each.currency == currency][::-1]
        assert [each.month for each in closed] == MONTHS
        assert [each.closing_minor for each in closed] == closings
        assert [each.opening_minor for each in closed] == [0, *closings[:-1]]
        assert sum(each.earned_minor for each in closed) == EARNED[currency]
        assert sum(each.reversed_minor for each in closed) == REVERSED[currency]
        assert sum(each.adjusted_minor for each in closed) == ADJUSTED[currency]
        assert sum(each.paid_minor for each in closed) == -PAID[currency]
        for column, sums in (("opening", [0, *closings[:-1]]), ("closing", closings)):
            tabled = read(table(statements_wire.COLUMNS, statements_wire.table(closed)), column)
            assert tabled == [(currency, minor) for minor in sums]
        told = [statements_wire.StatementOut.of(each) for each in closed]
        assert [money(each.opening, each.closing) for each in told] == [
            [(currency, before), (currency, after)] for before, after in zip([0, *closings[:-1]], closings, strict=True)
        ]
        account = await site.world.accounts.account(ANNA, currency)
        assert account is not None
        assert (account.account.open_month, account.account.balance_minor) == (Month(2028, 8), closings[-1])
        moved = [after - before for before, after in zip([0, *closings[:-1]], closings, strict=True)]
        for month, minor in zip(MONTHS, moved, strict=True):
            of_month = await lines(site, PostingFilter(currency=currency, month=month))
            assert sum(postings_wire.PostingOut.of(each).amount.amount_minor for each in of_month) == minor, month
            tabled = read(table(postings_wire.COLUMNS, postings_wire.table(of_month)), "earningAmount")
            assert sum(each for _, each in tabled) == minor, month

    for closing, *left_over in zip(await site.world.months.closings(), CLOSINGS["EUR"], CLOSINGS["JPY"], strict=True):
        assert closing.left_over == (("EUR", left_over[0]), ("JPY", left_over[1]))

    for spelt, asked in ASKED.items():
        payout = await payouts.shown(site.world, Month.spelt(spelt))
        assert dict(payout.payout.sums) == asked
        assert summed(money(*(each.amount for each in payouts_wire.PayoutOut.of(payout).transfers))) == asked
        assert summed(money(*payouts_wire.PayoutOut.of(payout).sums)) == asked
        assert summed(read(await payouts.export(site.world, Month.spelt(spelt)), "amount")) == asked
    paid = await statements.payments(site.world, partner)
    assert summed((each.currency, each.amount_minor) for each in paid if each.state == "paid") == PAID
    tabled = read(table(payouts_wire.COLUMNS, payouts_wire.table(paid)), "amount")
    assert summed(tabled) == summed(pair for asked in ASKED.values() for pair in asked.items())
    assert {each: earned[each] + ADJUSTED[each] - PAID[each] for each in earned} == {"EUR": 334, "JPY": 8}
