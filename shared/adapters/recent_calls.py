"""Calls as one worker has seen them lately, in memory: so that to notice a key that is used for something else costs no request.

Where a call had its effect its key is stored for good (`records`); here is known what that place cannot know: that the key was
used for another customer.
"""

from typing import Final

from shared.domain.errors import KeyReused
from shared.ports.records import Call

_MOST_KEPT: Final = 20_000


class WorkerCalls:
    """`ports.Calls` of one worker. Of too many the oldest are forgotten."""

    def __init__(self) -> None:
        self._bodies: dict[str, str] = {}

    def require_same(self, call: Call) -> None:
        """Raises KeyReused."""
        if self._bodies.get(call.key_hash, call.body_hash) != call.body_hash:
            raise KeyReused

    def note(self, call: Call) -> None:
        """The first meaning stays."""
        self._bodies.setdefault(call.key_hash, call.body_hash)
        if len(self._bodies) > _MOST_KEPT:
            del self._bodies[next(iter(self._bodies))]
