"""A calendar month in UTC: what the programme settles its money by."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Self

from shared.domain.errors import InvalidInput

_SPELT: Final = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_FIRST_YEAR: Final = 2000
_LAST_YEAR: Final = 9998
_DECEMBER: Final = 12


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """`2026-11`. Months are ordered by time."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"

    @classmethod
    def of(cls, day: date) -> Self:
        """The month that the day lies in; of a moment its UTC day counts, so give moments in UTC."""
        if isinstance(day, datetime) and day.utcoffset() != timedelta(0):
            raise ValueError("a month is one of UTC days")
        return cls(day.year, day.month)

    @classmethod
    def spelt(cls, text: str) -> Self:
        """The month that is written `2026-11`. Raises InvalidInput."""
        found = _SPELT.fullmatch(text)
        if not found or not 1 <= int(found[2]) <= _DECEMBER or not _FIRST_YEAR <= int(found[1]) <= _LAST_YEAR:
            raise InvalidInput("month", "Write a month like 2026-11.")
        return cls(int(found[1]), int(found[2]))

    @property
    def next(self) -> "Month":
        return Month(self.year + 1, 1) if self.number == _DECEMBER else Month(self.year, self.number + 1)

    @property
    def previous(self) -> "Month":
        return Month(self.year - 1, _DECEMBER) if self.number == 1 else Month(self.year, self.number - 1)

    @property
    def first_day(self) -> date:
        return date(self.year, self.number, 1)

    @property
    def last_day(self) -> date:
        return self.next.first_day - timedelta(days=1)

    def is_over(self, now: datetime) -> bool:
        """Whether its last moment has passed at this moment, in UTC."""
        return Month.of(now) > self
