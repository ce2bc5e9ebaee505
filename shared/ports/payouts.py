"""Payouts and their transfers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.domain.accounts import Posting
    from shared.domain.month import Month
    from shared.domain.payouts import Payout, Transfer
    from shared.ports.accounts import StoredAccount


@dataclass(frozen=True, slots=True)
class StoredPayout:
    """A payout as it was read, with the version that a write must still find."""

    payout: Payout
    etag: str


@dataclass(frozen=True, slots=True)
class StoredTransfer:
    """A transfer as it was read, with the version that a write must still find."""

    transfer: Transfer
    etag: str


class Payouts(Protocol):
    """Payouts, the lists of their transfers, and each transfer in its partner's own partition, beside the account it empties.

    The list says what a payout consists of and is fixed before anything is reserved; what became of a transfer is said by the
    transfer itself, and copied into the list afterwards.
    """

    async def begin(self, payout: Payout) -> StoredPayout:
        """The payout, noted now or found as it was noted before."""
        ...

    async def load(self, month: Month) -> StoredPayout | None:
        """The payout of the month."""
        ...

    async def all(self) -> tuple[Payout, ...]:
        """Every payout, by month."""
        ...

    async def change(self, stored: StoredPayout, after: Payout) -> StoredPayout:
        """Raises StaleRecord, StoreUnavailable."""
        ...

    async def choose(self, stored: StoredPayout, transfers: Sequence[Transfer]) -> StoredPayout:
        """Adds at most 99 transfers to the list, while the payout is as it was read. Raises StaleRecord, StoreUnavailable."""
        ...

    async def listed(self, month: Month) -> tuple[Transfer, ...]:
        """The payout's list, by partner and currency."""
        ...

    async def note(self, transfer: Transfer) -> None:
        """Copies a transfer's state into the list."""
        ...

    async def transfer(self, month: Month, partner_id: str, currency: str) -> StoredTransfer | None:
        """The transfer itself."""
        ...

    async def transfers_of(self, partner_id: str) -> tuple[Transfer, ...]:
        """The partner's transfers, by month and currency."""
        ...

    async def reserve(self, account: StoredAccount, transfer: Transfer, posting: Posting) -> None:
        """Makes the transfer and takes its amount out of the account, both once. Raises StaleRecord, StoreUnavailable."""
        ...

    async def settle(
        self, stored: StoredTransfer, after: Transfer, account: StoredAccount | None = None, posting: Posting | None = None
    ) -> None:
        """Changes the transfer; with a posting, brings its amount back to the account. Raises StaleRecord, StoreUnavailable."""
        ...

    async def expect_letter(self, transfer: Transfer) -> None:
        """Notes that a mail about this transfer is, or will be, due: the sweep finds it from now on."""
        ...

    async def letters(self) -> tuple[tuple[Month, str, str], ...]:
        """Month, partner and currency of every mail that is expected."""
        ...

    async def letter_settled(self, transfer: Transfer) -> None:
        """Nothing is expected any more."""
        ...
