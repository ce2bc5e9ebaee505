"""Limits as one worker knows them: in memory, so that holding them costs no request, and soft, because each worker counts alone.

What must be exact over all workers is counted where it is written down (`partners`).
"""

from datetime import datetime
from typing import Final

from shared.domain.limit import Limited, Rate, spend

_MOST_KEPT: Final = 20_000


class WorkerLimits:
    """`ports.Limiter` of one worker. It forgets buckets that are full: they limit nobody."""

    def __init__(self) -> None:
        self._full_at: dict[tuple[Limited, str], datetime] = {}

    def take(self, what: Limited, key: str, rate: Rate, now: datetime, amount: int = 1) -> None:
        """Raises LimitReached; what is refused is not counted."""
        self._full_at[what, key] = spend(what, rate, self._full_at.get((what, key)), now, amount)
        if len(self._full_at) > _MOST_KEPT:
            self._forget(now)

    def check(self, what: Limited, key: str, rate: Rate, now: datetime, amount: int = 1) -> None:
        """Raises LimitReached when `take` would; counts nothing."""
        spend(what, rate, self._full_at.get((what, key)), now, amount)

    def _forget(self, now: datetime) -> None:
        emptied = {key: full_at for key, full_at in self._full_at.items() if full_at > now}
        # Whoever fills the memory with names of its own must not end the service: the oldest are forgotten all the same.
        newest = sorted(emptied.items(), key=lambda item: item[1])[-_MOST_KEPT // 2 :]
        self._full_at = dict(newest)
