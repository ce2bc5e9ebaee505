"""What a partner sees of its accounts: statements month by month, and the postings behind them. Reads only.

A closed statement is shown as it was closed. What is still open is added up when it is asked for.
"""

from dataclasses import dataclass, replace

from shared.domain.accounts import PartnerAccount, PaymentStatus, Posting, Statement, statement_of
from shared.domain.errors import NotFound
from shared.domain.month import Month
from shared.domain.partner import Partner
from shared.domain.payouts import Transfer, payment_status
from shared.ports.accounts import PostingFilter
from shared.ports.world import MoneyWorld


@dataclass(frozen=True, slots=True)
class Line:
    """A posting, and how far it is on its way to the partner's bank."""

    posting: Posting
    status: PaymentStatus


@dataclass(frozen=True, slots=True)
class Lines:
    """A page of lines; `next` is where to go on, None at the end."""

    items: tuple[Line, ...]
    next: str | None


async def lines(world: MoneyWorld, partner: Partner, wanted: PostingFilter, limit: int, after: str | None) -> Lines:
    """A page of the partner's postings."""
    page = await world.accounts.page(partner.partner_id, wanted, limit, after)
    if not page.items:
        return Lines((), page.next)
    open_months = {each.currency: each.open_month for each in await world.accounts.accounts_of(partner.partner_id)}
    transfers = await world.payouts.transfers_of(partner.partner_id)
    today = world.clock.now().date()

    return Lines(
        tuple(Line(each, payment_status(each, open_months[each.currency], today, transfers)) for each in page.items), page.next
    )


async def payments(world: MoneyWorld, partner: Partner) -> tuple[Transfer, ...]:
    """The partner's transfers, the latest first."""
    return tuple(reversed(await world.payouts.transfers_of(partner.partner_id)))


async def closed_statements(world: MoneyWorld, partner: Partner) -> tuple[Statement, ...]:
    """Every closed month, the latest first."""
    found = await world.accounts.statements(partner.partner_id)
    return tuple(sorted(found, key=lambda each: (each.month, each.currency), reverse=True))


async def statement(world: MoneyWorld, partner: Partner, month: Month) -> tuple[Statement, ...]:
    """The partner's month, a statement a currency; added up so far where it is not closed.

    Raises NotFound for a month to come, and for one in which there was no account.
    """
    if month > Month.of(world.clock.now().date()):
        raise NotFound
    found = [await _statement(world, account, month) for account in await world.accounts.accounts_of(partner.partner_id)]
    statements = tuple(each for each in found if each is not None)
    if not statements:
        raise NotFound
    return statements


async def _statement(world: MoneyWorld, account: PartnerAccount, month: Month) -> Statement | None:
    if month < account.open_month:
        return await world.accounts.statement(account.partner_id, account.currency, month)
    while True:
        so_far = await _added_up(world, account)
        if account.open_month == month:
            return so_far
        # The months between are over and not closed yet: what they leave over as it looks now is where this one begins.
        account = replace(account, open_month=account.open_month.next, balance_minor=so_far.closing_minor)


async def _added_up(world: MoneyWorld, account: PartnerAccount) -> Statement:
    wanted = PostingFilter(currency=account.currency, month=account.open_month)
    postings = [each async for each in world.accounts.postings(account.partner_id, wanted)]
    return statement_of(account, account.open_month, postings)
