"""What a closed month left over is paid out: proposed, approved by a second operator, exported, and then paid or failed.

Safe to run twice, at once, and after a crash anywhere: whom a payout pays is fixed before anything is reserved, each amount
leaves its account once, in the batch that makes its transfer, and the export is created once under a name of its own. Whoever
calls again goes on where it ended.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import batched
from typing import Final

from shared.domain import payouts
from shared.domain.accounts import MonthOutOfTurn
from shared.domain.errors import BusyRecord, InvalidInput, NotFound
from shared.domain.month import Month
from shared.domain.payouts import MonthNotClosed, Payout, PayoutNotReady, PayoutState, Transfer, TransferState
from shared.ports.failures import StaleRecord, StoreUnavailable
from shared.ports.payouts import StoredPayout, StoredTransfer
from shared.ports.world import MoneyWorld
from shared.usecases.as_read import AsRead, whatever
from shared.usecases.postings import opened
from shared.usecases.together import together

CONTAINER: Final = "payouts"
MEDIA_TYPE: Final = "text/csv"
_ATTEMPTS: Final = 40
_TRANSFERS_A_BATCH: Final = 99
_AT_ONCE: Final = 16


@dataclass(frozen=True, slots=True)
class Shown:
    """A payout with its transfers."""

    payout: Payout
    transfers: tuple[Transfer, ...]


async def propose(world: MoneyWorld, month: Month, operator: str) -> Shown:
    """Proposes the payout of the month that was closed last; a payout that is proposed already is shown as it is.

    Raises MonthNotClosed, MonthOutOfTurn, BusyRecord, StoreUnavailable.
    """
    if await world.payouts.load(month) is None:
        await _may_be_proposed(world, month)
    stored = await world.payouts.begin(Payout(month, operator, world.clock.now()))
    for _ in range(_ATTEMPTS):
        try:
            if stored.payout.state is PayoutState.CHOOSING:
                stored = await _choose(world, stored)
            if stored.payout.state is PayoutState.RESERVING:
                stored = await _reserve(world, stored)
        except StaleRecord:
            stored = await _stored(world, month)
            continue
        return await _shown(world, stored.payout)
    raise BusyRecord


async def approve(world: MoneyWorld, month: Month, operator: str, as_read: AsRead[Shown] = whatever) -> Shown:
    """Approves a proposed payout and exports it; what is exported already is shown as it is.

    Partners that are suspended by now are not paid: their transfers are held back, and their amounts return (R-400).
    Raises NotFound, StaleVersion, SecondOperatorNeeded, PayoutNotReady, BusyRecord, StoreUnavailable.
    """
    payout = await _approved(world, month, operator, as_read)
    if payout.state is PayoutState.APPROVED:
        listed = await world.payouts.listed(month)
        kept = [each for each in listed if each.state is TransferState.HELD_BACK]
        await together(_AT_ONCE, (_settle(world, each, _held_back(world)) for each in kept))
        content = payouts.export_of(listed)
        await world.files.put(CONTAINER, file_name(month), content, MEDIA_TYPE)
        digest = sha256(content).hexdigest()
        payout = await _changed(world, month, lambda each: _exported(each, digest))
    return await _shown(world, payout)


async def export(world: MoneyWorld, month: Month) -> bytes:
    """The file as it was created. Raises NotFound before that."""
    return await world.files.get(CONTAINER, file_name(month))


async def mark_paid(world: MoneyWorld, month: Month, partners: Iterable[str] | None, as_read: AsRead[Shown] = whatever) -> Shown:
    """The bank has paid these partners, or everybody whose amount has not come back; each is told by mail.

    Raises NotFound, StaleVersion, PayoutNotReady, TransferSettled, BusyRecord, StoreUnavailable.
    """
    payout = await _exported_one(world, month)
    await _require_read(world, payout, as_read)
    listed = await world.payouts.listed(month)
    if partners is None:
        wanted = [each for each in listed if each.state not in payouts.RETURNED]
    else:
        wanted = _named(listed, set(partners))

    async def pay(listed: Transfer) -> None:
        await world.payouts.expect_letter(listed)
        transfer = await _settle(world, listed, lambda stored: payouts.paid(stored.transfer, world.clock.now()))
        place = {"month": transfer.payout_id, "partnerId": transfer.partner_id, "currency": transfer.currency}
        await world.payments.send(place)

    await together(_AT_ONCE, (pay(each) for each in wanted))
    return await _shown(world, payout)


async def mark_failed(
    world: MoneyWorld, month: Month, partner: str | None, reason: str, as_read: AsRead[Shown] = whatever
) -> Shown:
    """A partner's transfers failed at the bank, or, with nobody named, the payout is given up before it is approved.

    What failed is carried forward.

    Raises NotFound, StaleVersion, InvalidInput, PayoutNotReady, TransferSettled, BusyRecord, StoreUnavailable.
    """
    stored = await _stored(world, month)
    await _require_read(world, stored.payout, as_read)
    if stored.payout.state in (PayoutState.APPROVED, PayoutState.EXPORTED):
        if partner is None:
            raise InvalidInput("partnerId", "Name the partner whose transfer failed: this payout is approved.")
        payout = await _exported_one(world, month)
        wanted = _named(await world.payouts.listed(month), {partner})
    elif partner is not None:
        raise PayoutNotReady("settled", stored.payout.state)
    else:
        payout = await _changed(world, month, payouts.withdraw, as_read)
        wanted = list(await world.payouts.listed(month))
    for each in wanted:
        await _settle(world, each, lambda stored: payouts.failed(stored.transfer, world.clock.now(), reason))
    return await _shown(world, payout)


async def shown(world: MoneyWorld, month: Month) -> Shown:
    """Raises NotFound."""
    return await _shown(world, (await _stored(world, month)).payout)


async def all_payouts(world: MoneyWorld) -> tuple[Payout, ...]:
    """Every payout, the latest first."""
    return tuple(reversed(await world.payouts.all()))


def file_name(month: Month) -> str:
    """Under which the export is created, once."""
    return f"{month}.csv"


async def _may_be_proposed(world: MoneyWorld, month: Month) -> None:
    closings = await world.months.closings()
    closed = [each.month for each in closings if each.closed_at is not None]
    if month not in closed:
        raise MonthNotClosed(month)
    if month != closed[-1]:
        # What it left over was carried forward, and is in the closing of the later month.
        raise MonthOutOfTurn(month, closed[-1])


async def _choose(world: MoneyWorld, stored: StoredPayout) -> StoredPayout:
    """Fixes whom the payout pays, and how much: what the month's statements left over, of partners that are not suspended."""
    month, programmes = stored.payout.month, world.programmes.all()
    chosen: list[Transfer] = []
    async for partner_id, currency in world.accounts.every():
        statement = await world.accounts.statement(partner_id, currency, month)
        least = payouts.least_minor(programmes, currency)
        transfer = None if statement is None else payouts.transfer_of(statement, least, stored.payout.proposed_at)
        if transfer is not None and not (await world.partners.partner(partner_id)).suspended:
            chosen.append(transfer)
    for some in batched(chosen, _TRANSFERS_A_BATCH, strict=False):
        stored = await world.payouts.choose(stored, some)
    return await world.payouts.change(stored, replace(stored.payout, state=PayoutState.RESERVING))


async def _reserve(world: MoneyWorld, stored: StoredPayout) -> StoredPayout:
    listed = await world.payouts.listed(stored.payout.month)
    await together(_AT_ONCE, (_reserve_one(world, each) for each in listed))
    done = replace(stored.payout, state=PayoutState.PROPOSED, transfers=len(listed), sums=payouts.sums_of(listed))
    return await world.payouts.change(stored, done)


async def _reserve_one(world: MoneyWorld, transfer: Transfer) -> None:
    for _ in range(_ATTEMPTS):
        if await world.payouts.transfer(transfer.month, transfer.partner_id, transfer.currency) is not None:
            return
        account = await opened(world, transfer.partner_id, transfer.currency)
        try:
            await world.payouts.reserve(account, transfer, payouts.reserved(transfer, account.account.open_month))
        except (StaleRecord, StoreUnavailable):
            continue
    raise BusyRecord


async def _approved(world: MoneyWorld, month: Month, operator: str, as_read: AsRead[Shown]) -> Payout:
    """The payout, approved over the list as it was read.

    The list says first who is held back, while nobody has approved: so whoever approves, and whoever goes on after a crash, makes
    the same file, and no amount goes back that the bank was asked to pay.
    """
    for _ in range(_ATTEMPTS):
        stored = await _stored(world, month)
        await _require_read(world, stored.payout, as_read)
        after = payouts.approve(stored.payout, operator, world.clock.now())
        if after == stored.payout:
            return after
        listed = await _looked_at_again(world, month)
        kept = [each for each in listed if each.state is TransferState.HELD_BACK]
        try:
            for some in batched(kept, _TRANSFERS_A_BATCH, strict=False):
                stored = await world.payouts.choose(stored, some)
            return (await world.payouts.change(stored, replace(after, sums=payouts.sums_of(listed)))).payout
        except (StaleRecord, StoreUnavailable):
            continue
    raise BusyRecord


async def _looked_at_again(world: MoneyWorld, month: Month) -> list[Transfer]:
    """The payout's list, with the transfers of partners that were suspended meanwhile held back."""
    listed = {(each.partner_id, each.currency): each for each in await world.payouts.listed(month)}

    async def look(key: tuple[str, str]) -> None:
        if (await world.partners.partner(key[0])).suspended:
            listed[key] = payouts.held_back(listed[key], world.clock.now())

    await together(_AT_ONCE, (look(key) for key in listed))
    return list(listed.values())


def _held_back(world: MoneyWorld) -> Callable[[StoredTransfer], Transfer]:
    return lambda stored: payouts.held_back(stored.transfer, world.clock.now())


async def _settle(world: MoneyWorld, listed: Transfer, decide: Callable[[StoredTransfer], Transfer]) -> Transfer:
    """Changes the transfer as decided, returns what failed or is held back, and copies what it says into the list."""
    for _ in range(_ATTEMPTS):
        stored = await world.payouts.transfer(listed.month, listed.partner_id, listed.currency)
        if stored is None:
            raise NotFound
        after = decide(stored)
        try:
            if after != stored.transfer:
                await _write(world, stored, after)
        except (StaleRecord, StoreUnavailable):
            continue
        await world.payouts.note(after)
        return after
    raise BusyRecord


async def _write(world: MoneyWorld, stored: StoredTransfer, after: Transfer) -> None:
    if after.state not in payouts.RETURNED:
        await world.payouts.settle(stored, after)
        return
    account = await opened(world, after.partner_id, after.currency)
    back = payouts.returned(after, world.clock.now(), account.account.open_month)
    await world.payouts.settle(stored, after, account, back)


async def _changed(
    world: MoneyWorld, month: Month, decide: Callable[[Payout], Payout], as_read: AsRead[Shown] = whatever
) -> Payout:
    for _ in range(_ATTEMPTS):
        stored = await _stored(world, month)
        await _require_read(world, stored.payout, as_read)
        after = decide(stored.payout)
        if after == stored.payout:
            return after
        try:
            return (await world.payouts.change(stored, after)).payout
        except (StaleRecord, StoreUnavailable):
            continue
    raise BusyRecord


async def _require_read(world: MoneyWorld, payout: Payout, as_read: AsRead[Shown]) -> None:
    """Asks for the transfers only where somebody says to have read them."""
    if as_read is not whatever:
        as_read(await _shown(world, payout))


async def _stored(world: MoneyWorld, month: Month) -> StoredPayout:
    stored = await world.payouts.load(month)
    if stored is None:
        raise NotFound
    return stored


async def _exported_one(world: MoneyWorld, month: Month) -> Payout:
    payout = (await _stored(world, month)).payout
    if payout.state is not PayoutState.EXPORTED:
        raise PayoutNotReady("settled", payout.state)
    return payout


async def _shown(world: MoneyWorld, payout: Payout) -> Shown:
    return Shown(payout, await world.payouts.listed(payout.month))


def _exported(payout: Payout, digest: str) -> Payout:
    if payout.state is PayoutState.EXPORTED:
        return payout
    return replace(payout, state=PayoutState.EXPORTED, content_hash=digest)


def _named(listed: Iterable[Transfer], partners: set[str]) -> list[Transfer]:
    found = [each for each in listed if each.partner_id in partners]
    if {each.partner_id for each in found} != partners:
        raise NotFound
    return found
