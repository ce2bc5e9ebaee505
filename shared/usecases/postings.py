"""What is booked in the ledger enters the partners' accounts, each entry once.

Safe to run twice, at once, and after a crash anywhere: a posting is inserted under its entry's id, in a batch that finds the
account as it was read; what is posted already is left out. What is still to be posted stands on the usage rows, in the booking's
own batch, until it is found posted.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import batched
from typing import Final

from shared.domain.accounts import Adjustment, PartnerAccount, Posting, posting_of, posting_of_adjustment
from shared.domain.booking import BookedEntry, payable_from
from shared.domain.errors import BusyRecord, InvalidInput, KeyReused
from shared.domain.identity import partner_id
from shared.domain.month import Month
from shared.ports.accounts import StoredAccount
from shared.ports.failures import StaleRecord, StoreUnavailable
from shared.ports.world import MoneyWorld

# Buckets post to the same account at once; each loser reads it anew.
_ATTEMPTS: Final = 40
_POSTINGS_A_BATCH: Final = 99


async def post_entries(world: MoneyWorld, entries: Iterable[BookedEntry]) -> None:
    """Posts them all. Raises BusyRecord, StoreUnavailable; what was posted by then stays, and is left out the next time."""
    by_account: dict[tuple[str, str], list[BookedEntry]] = defaultdict(list)
    for booked in entries:
        by_account[booked.entry.partner_id, booked.entry.currency].append(booked)
    for (partner, currency), booked_of_account in by_account.items():
        for some in batched(booked_of_account, _POSTINGS_A_BATCH, strict=False):
            await _post_some(world, partner, currency, [_Wanted(world, booked) for booked in some])


async def post_bucket(world: MoneyWorld, bucket: str) -> None:
    """Posts what is booked in the bucket and still to be posted. Raises BusyRecord, StoreUnavailable."""
    waiting = [each async for each in world.backlog.waiting(bucket)]
    if waiting:
        await post_entries(world, [booked for each in waiting for booked in each.entries])
        await world.backlog.settled(bucket, waiting)


async def adjust(world: MoneyWorld, adjustment: Adjustment) -> Posting:
    """Posts an operator's adjustment to the open month. The same again is what stands.

    Raises NotFound for a partner that nobody enrolled, InvalidInput, and KeyReused when its id stands for another one.
    """
    await world.partners.partner(partner_id(adjustment.partner_id))
    if adjustment.currency not in {programme.currency for programme in world.programmes.all()}:
        raise InvalidInput("amount.currency", "No programme pays in this currency.")
    if adjustment.amount_minor == 0:
        raise InvalidInput("amount.amountMinor", "An adjustment changes something.")
    wanted = _WantedAdjustment(adjustment)
    await _post_some(world, adjustment.partner_id, adjustment.currency, [wanted])
    posting = await world.accounts.posting(adjustment.partner_id, adjustment.adjustment_id)
    if posting is None:
        raise StoreUnavailable
    stands = posting.adjustment
    if stands is None or (stands.currency, stands.amount_minor, stands.reason) != (
        adjustment.currency,
        adjustment.amount_minor,
        adjustment.reason,
    ):
        raise KeyReused
    return posting


async def opened(world: MoneyWorld, partner: str, currency: str) -> StoredAccount:
    """The account, opened now if nothing was posted to it before.

    It is announced before the closings are read: so either whoever closes a month finds it, or it opens with the month after.
    """
    stored = await world.accounts.account(partner, currency)
    if stored is not None:
        return stored
    await world.accounts.announce(partner, currency)
    begun = [closing.month.next for closing in await world.months.closings()]
    open_month = max(begun, default=Month.of(world.clock.now().date()))
    return await world.accounts.open(PartnerAccount(partner, currency, open_month))


@dataclass(frozen=True)
class _Wanted:
    """An entry of the ledger that is to be posted."""

    world: MoneyWorld
    booked: BookedEntry

    @property
    def posting_id(self) -> str:
        return self.booked.earning_id

    def posting(self, open_month: Month) -> Posting:
        return posting_of(self.booked, self._counts_on(), self.world.clock.now(), open_month)

    def _counts_on(self) -> date:
        versions = self.world.programmes.versions(self.booked.entry.programme_id)
        return payable_from(self.booked, versions.numbered(self.booked.programme_version))


@dataclass(frozen=True)
class _WantedAdjustment:
    adjustment: Adjustment

    @property
    def posting_id(self) -> str:
        return self.adjustment.adjustment_id

    def posting(self, open_month: Month) -> Posting:
        return posting_of_adjustment(self.adjustment, open_month)


async def _post_some(world: MoneyWorld, partner: str, currency: str, wanted: Sequence[_Wanted | _WantedAdjustment]) -> None:
    missing = list(wanted)
    for _ in range(_ATTEMPTS):
        stored = await opened(world, partner, currency)
        try:
            await world.accounts.post(stored, [each.posting(stored.account.open_month) for each in missing])
        except (StaleRecord, StoreUnavailable):
            # Another batch on this account, or our own whose answer was lost: what stands is found by its id.
            posted = await world.accounts.posted(partner, {each.posting_id for each in missing})
            missing = [each for each in missing if each.posting_id not in posted]
            if not missing:
                return
            continue
        return
    raise BusyRecord
