"""Days as the programme counts them, in UTC: business days skip weekends and the holidays that the caller names."""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

_SATURDAY: Final = 5


def add_business_days(moment: datetime, days: int, holidays: Collection[date] = ()) -> datetime:
    """The end of the `days`-th business day after `moment` (aware UTC); negative days count back. R-16."""
    step = 1 if days >= 0 else -1
    day, left = moment.astimezone(UTC).date(), abs(days)
    while left:
        day += timedelta(days=step)
        left -= day.weekday() < _SATURDAY and day not in holidays
    return end_of(day)


def business_days_until(moment: datetime, until: datetime, holidays: Collection[date] = ()) -> int:
    """How many business days begin after the day of `moment` and end by `until`: what `add_business_days` would have to add."""
    day, left = moment.astimezone(UTC).date() + timedelta(days=1), 0
    while end_of(day) <= until:
        left += day.weekday() < _SATURDAY and day not in holidays
        day += timedelta(days=1)
    return left


def add_days(moment: datetime, days: int) -> datetime:
    """The end of the `days`-th calendar day after `moment`."""
    return end_of(moment.astimezone(UTC).date() + timedelta(days=days))


def end_of(day: date) -> datetime:
    """The first moment after `day`, so that the whole day is still in time."""
    return datetime.combine(day + timedelta(days=1), time.min, UTC)
