"""Queries about earnings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from shared.domain.earning_query import EarningQuery


@dataclass(frozen=True, slots=True)
class StoredQuery:
    """A query as it was read, with the version that a write must still find."""

    query: EarningQuery
    etag: str


class EarningQueries(Protocol):
    """Queries about entries of the ledger, one an entry."""

    async def ask(self, query: EarningQuery) -> EarningQuery:
        """The query, noted now or found as it was noted before."""
        ...

    async def load(self, earning_id: str) -> StoredQuery | None:
        """The query about this entry."""
        ...

    async def answer(self, stored: StoredQuery, answered: EarningQuery) -> None:
        """Raises StaleRecord, StoreUnavailable."""
        ...

    async def all(self) -> tuple[EarningQuery, ...]:
        """Every query that was ever asked."""
        ...
