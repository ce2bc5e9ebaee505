"""Partners' accounts: postings, statements, and the closings of months."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Sequence

    from shared.domain.accounts import MonthClosing, PartnerAccount, Posting, Statement
    from shared.domain.booking import BookedEntry
    from shared.domain.month import Month


@dataclass(frozen=True, slots=True)
class StoredAccount:
    """An account as it was read, with the version that a write must still find."""

    account: PartnerAccount
    etag: str


@dataclass(frozen=True, slots=True)
class PostingFilter:
    """Which of a partner's postings a list is to show; what is None does not matter. `earned` are entries of the ledger only."""

    earned: bool = False
    currency: str | None = None
    month: Month | None = None
    tenant_id: str | None = None
    workload: str | None = None
    programme_id: str | None = None


@dataclass(frozen=True, slots=True)
class PostingPage:
    """A page of postings by id; `next` is where to go on, None at the end."""

    items: tuple[Posting, ...]
    next: str | None


class Accounts(Protocol):
    """Partners' accounts, one a currency. Every write is one batch, conditional on the account as it was read."""

    async def account(self, partner_id: str, currency: str) -> StoredAccount | None:
        """The account, None where nothing was ever posted."""
        ...

    async def announce(self, partner_id: str, currency: str) -> None:
        """Notes that there is, or is about to be, such an account: whoever closes a month finds it from now on."""
        ...

    async def open(self, account: PartnerAccount) -> StoredAccount:
        """Opens the account, or finds it as it was opened before."""
        ...

    def every(self) -> AsyncIterator[tuple[str, str]]:
        """Partner and currency of every account that was ever announced, in order."""
        ...

    async def accounts_of(self, partner_id: str) -> tuple[PartnerAccount, ...]:
        """The partner's accounts, by currency."""
        ...

    async def post(self, stored: StoredAccount, postings: Sequence[Posting]) -> None:
        """Posts them all, at most 99, or none. Raises StaleRecord when the account has changed or one is posted already."""
        ...

    async def posting(self, partner_id: str, posting_id: str) -> Posting | None:
        """What was posted under this id, by one point read."""
        ...

    async def posted(self, partner_id: str, posting_ids: Collection[str]) -> frozenset[str]:
        """Which of these are posted already, by one range as wide as their ids are apart."""
        ...

    def postings(self, partner_id: str, wanted: PostingFilter) -> AsyncIterator[Posting]:
        """The partner's postings, by id."""
        ...

    async def page(self, partner_id: str, wanted: PostingFilter, limit: int, after: str | None) -> PostingPage:
        """At most `limit` of them, going on where a page ended."""
        ...

    async def close(self, stored: StoredAccount, after: PartnerAccount, statement: Statement) -> None:
        """Writes the closed statement and opens the next month, both or none. Raises StaleRecord, StoreUnavailable."""
        ...

    async def statement(self, partner_id: str, currency: str, month: Month) -> Statement | None:
        """A closed statement."""
        ...

    async def statements(self, partner_id: str) -> tuple[Statement, ...]:
        """The partner's closed statements, by month and currency."""
        ...


@dataclass(frozen=True, slots=True)
class Unposted:
    """Entries of one usage row that were booked and not yet found in their partners' accounts; `note` is the row's version."""

    entries: tuple[BookedEntry, ...]
    note: tuple[str, str]


class Backlog(Protocol):
    """What is booked and still to be posted: noted in the booking's own batch, so that no crash loses it."""

    def waiting(self, bucket: str) -> AsyncIterator[Unposted]:
        """What waits in the bucket."""
        ...

    async def settled(self, bucket: str, done: Sequence[Unposted]) -> None:
        """Strikes off what is posted by now. Where a row has changed since, it stays noted, and posting it again does nothing."""
        ...


class MonthBook(Protocol):
    """The closings of months."""

    async def begin(self, closing: MonthClosing) -> MonthClosing:
        """The closing, noted now or found as it was noted before."""
        ...

    async def finish(self, done: MonthClosing) -> None:
        """Notes that every account is closed. One that is done stays as it is."""
        ...

    async def closings(self) -> tuple[MonthClosing, ...]:
        """Every closing that was ever begun, by month."""
        ...
