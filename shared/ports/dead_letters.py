"""Where dead letters are kept, and the way back of what they are about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from shared.domain.dead_letter import DeadLetter, LetterState, Queue


@dataclass(frozen=True, slots=True)
class StoredLetter:
    """A letter as it was read, with the version that a write must still find."""

    letter: DeadLetter
    etag: str


@dataclass(frozen=True, slots=True)
class LetterFilter:
    """Which letters a list is to show; what is None does not matter."""

    queue: Queue | None = None
    state: LetterState | None = None
    died_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class LetterPage:
    """A page of letters, by their id; it may be empty and still have a `next`: where to go on, None at the end."""

    items: tuple[DeadLetter, ...]
    next: str | None


class DeadLetters(Protocol):
    """Dead letters, one a piece of work."""

    async def note(self, letter: DeadLetter) -> None:
        """Keeps the letter, or that its work died again. Raises StoreUnavailable, BusyRecord."""
        ...

    async def letter(self, letter_id: str) -> StoredLetter:
        """Raises NotFound."""
        ...

    async def page(self, wanted: LetterFilter, limit: int, after: str | None) -> LetterPage:
        """At most `limit` letters, going on where a page ended."""
        ...

    async def update(self, etag: str, letter: DeadLetter) -> None:
        """Writes the letter over the version that was read. Raises StaleRecord, StoreUnavailable."""
        ...

    async def send_again(self, letter: DeadLetter) -> None:
        """Puts a message's content into the queue it came from. Raises StoreUnavailable."""
        ...
