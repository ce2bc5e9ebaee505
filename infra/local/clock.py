"""The development clock: real time plus an offset in a file, so that a demo can let a month pass.

The app only reads the file. An offset rather than a time, so that the clock goes on running.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path


@dataclass(frozen=True)
class DevelopmentClock:
    """The clock whose offset, in whole seconds, is in `file`; without a file it shows real time."""

    file: Path

    def offset(self) -> timedelta:
        """How far it is ahead of real time."""
        try:
            return timedelta(seconds=int(self.file.read_text(encoding="ascii")))
        except FileNotFoundError:
            return timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset()

    def advance(self, step: timedelta) -> None:
        """Let time pass. Raises ValueError for a step back, which nothing in the system is made for."""
        if step < timedelta():
            raise ValueError("the development clock only goes forward")
        # Replaced in one move: a reader sees the old offset or the new one, never half a number.
        fresh = self.file.with_suffix(".new")
        fresh.write_text(str(int((self.offset() + step).total_seconds())), encoding="ascii")
        fresh.replace(self.file)
