"""Payouts on the table `money`, a partition each with its list; transfers on the table `partners`, beside their accounts."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from shared.adapters import account_rows
from shared.adapters.reading import is_conflict, row_or_none, rows_between
from shared.adapters.rows import SCHEMA, Operation, Row
from shared.adapters.storage import FAILURES, if_unchanged
from shared.domain.accounts import Posting
from shared.domain.month import Month
from shared.domain.payouts import LetterState, Payout, PayoutState, Transfer, TransferState
from shared.ports.accounts import StoredAccount
from shared.ports.failures import StaleRecord, StoreUnavailable
from shared.ports.payouts import StoredPayout, StoredTransfer

if TYPE_CHECKING:
    from azure.data.tables.aio import TableClient

_PAYOUTS: Final = "payouts"
_LETTERS: Final = "payout-letters"
_TRANSFER: Final = "payout!"


class TablePayouts:
    """`ports.Payouts`. `partners` and `money` are the tables of these names."""

    def __init__(self, partners: "TableClient", money: "TableClient") -> None:
        self._partners = partners
        self._money = money

    async def begin(self, payout: Payout) -> StoredPayout:
        """Insert-once: whoever comes later gets what was noted first."""
        await _create(self._money, _payout_row(payout))
        stored = await self.load(payout.month)
        if stored is None:
            raise StoreUnavailable
        return stored

    async def load(self, month: Month) -> StoredPayout | None:
        """One point read."""
        row = await row_or_none(self._money, _PAYOUTS, str(month))
        return None if row is None else StoredPayout(_payout_of(row), row.metadata["etag"])

    async def all(self) -> tuple[Payout, ...]:
        """One range; the lists are in it, and are passed over."""
        found = rows_between(self._money, _PAYOUTS, "", "~")
        return tuple([_payout_of(row) async for row in found if "!" not in row["RowKey"]])

    async def change(self, stored: StoredPayout, after: Payout) -> StoredPayout:
        """One conditional write."""
        await _commit(self._money, [_replaced(_payout_row(after), stored.etag)])
        return await self._again(after)

    async def choose(self, stored: StoredPayout, transfers: Sequence[Transfer]) -> StoredPayout:
        """One batch with the payout's own row, so that nothing joins the list once it is fixed."""
        batch = [_replaced(_payout_row(stored.payout), stored.etag)]
        await _commit(self._money, [*batch, *(("upsert", _listed_row(each), {"mode": "replace"}) for each in transfers)])
        return await self._again(stored.payout)

    async def listed(self, month: Month) -> tuple[Transfer, ...]:
        """One range."""
        found = rows_between(self._money, _PAYOUTS, f"{month}!", f"{month}!~")
        return tuple([_transfer_of(row, *row["RowKey"].split("!")) async for row in found])

    async def note(self, transfer: Transfer) -> None:
        """A whole value that the transfer itself says, so again is the same."""
        try:
            await self._money.upsert_entity(_listed_row(transfer), mode="replace")
        except FAILURES as error:
            raise StoreUnavailable from error

    async def transfer(self, month: Month, partner_id: str, currency: str) -> StoredTransfer | None:
        """One point read."""
        row = await row_or_none(self._partners, partner_id, f"{_TRANSFER}{month}!{currency}")
        return None if row is None else StoredTransfer(_own_transfer_of(row), row.metadata["etag"])

    async def transfers_of(self, partner_id: str) -> tuple[Transfer, ...]:
        """One range, twelve rows a year and currency."""
        found = rows_between(self._partners, partner_id, _TRANSFER, _TRANSFER + "~")
        return tuple([_own_transfer_of(row) async for row in found])

    async def reserve(self, account: StoredAccount, transfer: Transfer, posting: Posting) -> None:
        """One batch: the account as it was read, the posting and the transfer, both insert-only."""
        created: list[Operation] = [("create", account_rows.posting_row(posting)), ("create", _own_row(transfer))]
        await _commit(self._partners, [_touched(account), *created])

    async def settle(
        self, stored: StoredTransfer, after: Transfer, account: StoredAccount | None = None, posting: Posting | None = None
    ) -> None:
        """One batch; see `ports.Payouts.settle`."""
        batch = [_replaced(_own_row(after), stored.etag)]
        if account is not None and posting is not None:
            batch += [_touched(account), ("create", account_rows.posting_row(posting))]
        await _commit(self._partners, batch)

    async def expect_letter(self, transfer: Transfer) -> None:
        """Insert-once."""
        await _create(self._money, {"PartitionKey": _LETTERS, "RowKey": _place(transfer)})

    async def letters(self) -> tuple[tuple[Month, str, str], ...]:
        """One range, empty most of the time."""
        keys = [row["RowKey"].split("!") async for row in rows_between(self._money, _LETTERS, "", "~")]
        return tuple((Month.spelt(month), partner_id, currency) for month, partner_id, currency in keys)

    async def letter_settled(self, transfer: Transfer) -> None:
        """What is gone is gone."""
        try:
            # Nothing in the row ever changes, so there is no version to lose.
            await self._money.delete_entity(_LETTERS, _place(transfer))
        except FAILURES as error:
            raise StoreUnavailable from error

    async def _again(self, payout: Payout) -> StoredPayout:
        stored = await self.load(payout.month)
        if stored is None:
            raise StoreUnavailable
        return stored


def _place(transfer: Transfer) -> str:
    return f"{transfer.month}!{transfer.partner_id}!{transfer.currency}"


def _payout_row(payout: Payout) -> Row:
    return {
        "PartitionKey": _PAYOUTS,
        "RowKey": str(payout.month),
        "v": SCHEMA,
        "proposedBy": payout.proposed_by,
        "proposedAt": payout.proposed_at.isoformat(),
        "state": str(payout.state),
        "approvedBy": payout.approved_by or "",
        "approvedAt": "" if payout.approved_at is None else payout.approved_at.isoformat(),
        "contentHash": payout.content_hash or "",
        "transfers": payout.transfers,
        "sums": json.dumps(payout.sums),
    }


def _payout_of(row: Any) -> Payout:
    return Payout(
        month=Month.spelt(row["RowKey"]),
        proposed_by=row["proposedBy"],
        proposed_at=datetime.fromisoformat(row["proposedAt"]),
        state=PayoutState(row["state"]),
        approved_by=row["approvedBy"] or None,
        approved_at=datetime.fromisoformat(row["approvedAt"]) if row["approvedAt"] else None,
        content_hash=row["contentHash"] or None,
        transfers=row["transfers"],
        sums=tuple((currency, minor) for currency, minor in json.loads(row["sums"])),
    )


def _columns(transfer: Transfer) -> Row:
    return {
        "v": SCHEMA,
        "amountMinor": account_rows.minor(transfer.amount_minor),
        "proposedAt": transfer.proposed_at.isoformat(),
        "state": str(transfer.state),
        "settledAt": "" if transfer.settled_at is None else transfer.settled_at.isoformat(),
        "reason": transfer.reason or "",
        "letter": str(transfer.letter),
        "letterSince": "" if transfer.letter_since is None else transfer.letter_since.isoformat(),
        "letterTries": transfer.letter_tries,
    }


def _listed_row(transfer: Transfer) -> Row:
    return {"PartitionKey": _PAYOUTS, "RowKey": _place(transfer), **_columns(transfer)}


def _own_row(transfer: Transfer) -> Row:
    key = f"{_TRANSFER}{transfer.month}!{transfer.currency}"
    return {"PartitionKey": transfer.partner_id, "RowKey": key, **_columns(transfer)}


def _own_transfer_of(row: Any) -> Transfer:
    _, month, currency = row["RowKey"].split("!")
    return _transfer_of(row, month, row["PartitionKey"], currency)


def _transfer_of(row: Any, month: str, partner_id: str, currency: str) -> Transfer:
    return Transfer(
        month=Month.spelt(month),
        partner_id=partner_id,
        currency=currency,
        amount_minor=row["amountMinor"].value,
        proposed_at=datetime.fromisoformat(row["proposedAt"]),
        state=TransferState(row["state"]),
        settled_at=datetime.fromisoformat(row["settledAt"]) if row["settledAt"] else None,
        reason=row["reason"] or None,
        letter=LetterState(row["letter"]),
        letter_since=datetime.fromisoformat(row["letterSince"]) if row["letterSince"] else None,
        letter_tries=row["letterTries"],
    )


def _touched(stored: StoredAccount) -> Operation:
    """The account as it is, under the version that was read: nothing else may have happened to it."""
    return _replaced(account_rows.account_row(stored.account), stored.etag)


def _replaced(row: Row, etag: str) -> Operation:
    return ("update", row, {"mode": "replace", **if_unchanged(etag)})


async def _create(table: "TableClient", row: Row) -> None:
    try:
        await table.create_entity(row)
    except FAILURES as error:
        if not is_conflict(error):
            raise StoreUnavailable from error


async def _commit(table: "TableClient", batch: Sequence[Operation]) -> None:
    try:
        await table.submit_transaction(batch)
    except FAILURES as error:
        if is_conflict(error):
            raise StaleRecord from error
        raise StoreUnavailable from error
