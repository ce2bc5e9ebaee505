"""How fast this worker hands mails over, and when it leaves its provider alone: kept in memory, as each worker sees it.

A bucket of tokens keeps to the provider's quota. A provider that is down or asks for patience closes the gate; after a while that
grows with every failure one mail is let through to try, and the first that is taken opens it again.
"""

from datetime import datetime, timedelta
from typing import Final

from shared.domain.limit import Limited, LimitReached, Rate, spend

_FIRST_PAUSE: Final = timedelta(minutes=1)
_LONGEST_PAUSE: Final = timedelta(minutes=16)


class WorkersGate:
    """`ports.MailGate` of one worker. `per_minute` is the provider's quota, None for none."""

    def __init__(self, per_minute: int | None) -> None:
        self._rate = Rate(per_minute, timedelta(minutes=1)) if per_minute else None
        self._full_at: datetime | None = None
        self._failures = 0
        self._closed_until: datetime | None = None

    def is_closed(self, now: datetime) -> bool:
        """Is the provider left alone just now?"""
        return self._closed_until is not None and now < self._closed_until

    def may_pass(self, now: datetime) -> bool:
        """May one mail go now? The answer yes is for one mail."""
        if self.is_closed(now):
            return False
        if self._closed_until is not None:
            # One tries; until it is known how it fared, the others wait.
            self._closed_until = now + _LONGEST_PAUSE
        if self._rate is not None:
            try:
                self._full_at = spend(Limited.MAILS, self._rate, self._full_at, now)
            except LimitReached:
                return False
        return True

    def close(self, now: datetime, at_least: timedelta | None) -> datetime:
        """The provider cannot take mails; returns when the next one may try."""
        self._closed_until = now + max(self._pause(), at_least or timedelta(0))
        self._failures += 1
        return self._closed_until

    def open(self) -> None:
        """The provider took a mail."""
        self._failures, self._closed_until = 0, None

    def _pause(self) -> timedelta:
        return min(_FIRST_PAUSE * (1 << min(self._failures, 10)), _LONGEST_PAUSE)
