"""How much of documents one worker holds at a time, so that however many come at once it stays within its memory.

A body is in memory before anybody can refuse it; what can be refused is that it stays there, waiting its turn.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from shared.ports.failures import InspectionUnavailable

MOST_HELD_BYTES: Final = 200_000_000
"""Eight documents of the largest kind. An instance has 2 GB, of which 600 MB are for the two documents that are open."""


class DocumentRoom:
    """`ports.Room` of one worker."""

    def __init__(self) -> None:
        self._held = 0

    @contextmanager
    def hold(self, size_bytes: int) -> Iterator[None]:
        """Raises InspectionUnavailable where so much does not fit beside what is held already."""
        if self._held + size_bytes > MOST_HELD_BYTES:
            raise InspectionUnavailable
        self._held += size_bytes
        try:
            yield
        finally:
            self._held -= size_bytes
