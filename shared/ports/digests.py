"""How far the reviewers' mail of a day is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import date, datetime

    from shared.domain.payouts import LetterState


@dataclass(frozen=True, slots=True)
class Digest:
    """The mail of one day to one address, which is known by its hash; `since` is when it came into its state."""

    day: date
    recipient: str
    state: LetterState
    since: datetime
    tries: int


@dataclass(frozen=True, slots=True)
class StoredDigest:
    """A digest as it was read, with the version that a write must still find."""

    digest: Digest
    etag: str


class Digests(Protocol):
    """The store of digests, one a day and address."""

    async def digest(self, day: date, recipient: str) -> StoredDigest | None:
        """None for one that nobody has begun."""
        ...

    async def save(self, digest: Digest, etag: str | None) -> None:
        """Writes the digest, one without version for the first time. Raises StaleRecord when somebody else was first."""
        ...
