"""Months are closed: every account gets its statement, and the next month opens.

Safe to run twice, at once, and after a crash anywhere: a month's closing is noted first, each account is closed under its version
together with its statement, and an account that is closed already is passed over. Whoever calls again goes on where it ended.
"""

from collections import defaultdict
from datetime import datetime
from typing import Final

from shared.domain.accounts import MonthClosing, Statement, close, month_to_close
from shared.domain.errors import BusyRecord, NotFound
from shared.domain.month import Month
from shared.ports.accounts import PostingFilter, StoredAccount
from shared.ports.failures import StaleRecord, StoreUnavailable
from shared.ports.world import MoneyWorld
from shared.usecases.as_read import AsRead, whatever
from shared.usecases.postings import opened
from shared.usecases.together import together

CLOSED_ON_DAY: Final = 5
"""The timer closes a month on this day of the next one; until then an operator may look and adjust, or close it by hand."""

_ATTEMPTS: Final = 40
_ACCOUNTS_AT_ONCE: Final = 16


async def close_month(
    world: MoneyWorld, month: Month, operator: str, as_read: AsRead[MonthClosing | None] = whatever
) -> MonthClosing:
    """Closes the month for every account; a month that is closed already is shown as it was closed.

    Raises StaleVersion, MonthNotOver, MonthOutOfTurn, BusyRecord, StoreUnavailable.
    """
    now = world.clock.now()
    known = await world.months.closings()
    as_read(next((each for each in known if each.month == month), None))
    month_to_close(month, known, now)
    begun = await world.months.begin(MonthClosing(month, now, operator))
    if begun.closed_at is not None:
        return begun
    statements: list[Statement] = []
    accounts = [each async for each in world.accounts.every()]

    async def close_one(partner: str, currency: str) -> None:
        statement = await _close_account(world, partner, currency, month)
        if statement is not None:
            statements.append(statement)

    await together(_ACCOUNTS_AT_ONCE, (close_one(partner, currency) for partner, currency in accounts))
    sums: dict[str, int] = defaultdict(int)
    for statement in statements:
        sums[statement.currency] += statement.closing_minor
    done = MonthClosing(month, begun.begun_at, begun.begun_by, world.clock.now(), len(statements), tuple(sorted(sums.items())))
    await world.months.finish(done)
    return await closing_of(world, month)


async def close_due(world: MoneyWorld) -> tuple[MonthClosing, ...]:
    """What the timer does: closes every month whose time has come, the earliest first."""
    now = world.clock.now()
    current = Month.of(now.date())
    last = current.previous if now.day >= CLOSED_ON_DAY else current.previous.previous
    known = await world.months.closings()
    open_ones = [each.month for each in known if each.closed_at is None]
    month = min(open_ones) if open_ones else known[-1].month.next if known else last
    closed = []
    while month <= last:
        closed.append(await close_month(world, month, "timer"))
        month = month.next
    return tuple(closed)


async def closing_of(world: MoneyWorld, month: Month) -> MonthClosing:
    """Raises NotFound for a month whose closing nobody began."""
    for closing in await world.months.closings():
        if closing.month == month:
            return closing
    raise NotFound


async def _close_account(world: MoneyWorld, partner: str, currency: str, month: Month) -> Statement | None:
    """The account's statement of the month, closed now or before; None for an account that was opened after the month."""
    for _ in range(_ATTEMPTS):
        stored = await opened(world, partner, currency)
        if stored.account.open_month > month:
            return await world.accounts.statement(partner, currency, month)
        try:
            await _close_open_month(world, stored, world.clock.now())
        except (StaleRecord, StoreUnavailable):
            # Somebody posted meanwhile, or closed it, or our answer was lost: the account says which.
            continue
    raise BusyRecord


async def _close_open_month(world: MoneyWorld, stored: StoredAccount, now: datetime) -> None:
    account = stored.account
    wanted = PostingFilter(currency=account.currency, month=account.open_month)
    postings = [posting async for posting in world.accounts.postings(account.partner_id, wanted)]
    after, statement = close(account, postings, now)
    await world.accounts.close(stored, after, statement)
