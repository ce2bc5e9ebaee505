"""NCRONTAB, the platform's schedule syntax: second, minute, hour, day, month, weekday (0 is Sunday), in UTC.

Five fields mean second zero. Day *and* weekday must both match, unlike in cron. Written out here because no package matches
it exactly.
"""

import re
from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
# name, lowest and highest value, names for values from the lowest on
FIELDS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("second", 0, 59, ()),
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day", 1, 31, ()),
    ("month", 1, 12, MONTHS),
    ("weekday", 0, 6, WEEKDAYS),
)
PART = re.compile(r"(?P<from>\*|\w+)(?:-(?P<to>\w+))?(?:/(?P<step>\d+))?")
# Every combination of day, month and weekday that exists at all comes round within 28 years, save where a century has no leap
# day: then within 40.
HORIZON = timedelta(days=366 * 40)


@dataclass(frozen=True)
class Schedule:
    """The values each field admits, in ascending order."""

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]

    def next_after(self, moment: datetime) -> datetime:
        """The first occurrence strictly after an aware moment, in UTC. ValueError: there is none, as on a 30 February."""
        start = moment.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
        midnight = start.replace(hour=0, minute=0, second=0)
        first = self._first_time((start.hour, start.minute, start.second))
        if self._has_day(midnight) and first:
            return midnight.replace(hour=first[0], minute=first[1], second=first[2])
        day = midnight + timedelta(days=1)
        while day - midnight < HORIZON:
            if self._has_day(day):
                return day.replace(hour=self.hours[0], minute=self.minutes[0], second=self.seconds[0])
            day += timedelta(days=1)
        raise ValueError("the schedule has no occurrence")

    def _has_day(self, day: datetime) -> bool:
        return day.month in self.months and day.day in self.days and day.isoweekday() % 7 in self.weekdays

    def _first_time(self, at_least: tuple[int, int, int]) -> tuple[int, int, int] | None:
        """The first admitted time of a day that is not before `at_least`."""
        hour, minute, second = at_least
        for candidate_hour in self.hours[bisect_left(self.hours, hour) :]:
            lowest_minute = minute if candidate_hour == hour else 0
            for candidate_minute in self.minutes[bisect_left(self.minutes, lowest_minute) :]:
                lowest_second = second if (candidate_hour, candidate_minute) == (hour, minute) else 0
                for candidate_second in self.seconds[bisect_left(self.seconds, lowest_second) :]:
                    return candidate_hour, candidate_minute, candidate_second
        return None


def parse(expression: str) -> Schedule:
    """Read an expression of five or six fields. ValueError: what is wrong with it."""
    fields = expression.split()
    if len(fields) == len(FIELDS) - 1:
        fields = ["0", *fields]
    if len(fields) != len(FIELDS):
        raise ValueError(f"{expression!r} has {len(fields)} fields, not five or six")
    return Schedule(*(_values(text, *field) for text, field in zip(fields, FIELDS, strict=True)))


def _values(text: str, name: str, lowest: int, highest: int, names: tuple[str, ...]) -> tuple[int, ...]:
    def number(token: str) -> int:
        value = names.index(token[:3].lower()) + lowest if token[:3].lower() in names else int(token)
        if not lowest <= value <= highest:
            raise ValueError(f"{value} is not between {lowest} and {highest}")
        return value

    def part(piece: str) -> range:
        found = PART.fullmatch(piece)
        if not found or (found["from"] == "*" and found["to"]) or found["step"] == "0":
            raise ValueError(f"{piece!r} is not understood")
        first = lowest if found["from"] == "*" else number(found["from"])
        is_single = found["from"] != "*" and not found["to"] and not found["step"]
        last = number(found["to"]) if found["to"] else first if is_single else highest
        if last < first:
            raise ValueError(f"{piece!r} runs backwards")
        return range(first, last + 1, int(found["step"] or 1))

    try:
        return tuple(sorted({value for piece in text.split(",") for value in part(piece)}))
    except ValueError as error:
        raise ValueError(f"the {name} field {text!r} cannot be used: {error}") from error
