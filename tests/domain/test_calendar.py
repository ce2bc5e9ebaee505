"""Days as the programme counts them."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.calendar import add_business_days, add_days, business_days_until

MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # The strategy adds the zone.


@pytest.mark.parametrize(
    ("moment", "days", "end"),
    [
        ("2026-03-02T00:00", 5, "2026-03-10"),
        ("2026-03-02T23:59", 5, "2026-03-10"),
        ("2026-03-06T12:00", 1, "2026-03-10"),
        ("2026-03-07T12:00", 1, "2026-03-10"),
        ("2026-03-06T12:00", 0, "2026-03-07"),
        ("2026-03-10T12:00", -3, "2026-03-06"),
    ],
    ids=["Monday morning", "Monday night", "over a weekend", "from a Saturday", "none", "back over a weekend"],
)
def test_business_days_count_whole_and_skip_weekends(moment: str, days: int, end: str) -> None:
    """R-16: the last day belongs to whoever has the time."""
    assert add_business_days(datetime.fromisoformat(moment).replace(tzinfo=UTC), days) == datetime.fromisoformat(end).replace(
        tzinfo=UTC
    )


def test_holidays_are_no_business_days() -> None:
    """R-16."""
    monday = datetime(2026, 3, 2, tzinfo=UTC)
    assert add_business_days(monday, 1, {date(2026, 3, 3)}) == add_business_days(monday, 2)


def test_the_day_is_that_of_utc() -> None:
    """R-16: one in the morning in Berlin is still yesterday."""
    berlin = datetime(2026, 3, 3, 0, 30, tzinfo=timezone(timedelta(hours=1)))
    assert add_days(berlin, 0) == datetime(2026, 3, 3, tzinfo=UTC)


def test_a_calendar_day_ends_at_midnight() -> None:
    """R-16."""
    assert add_days(datetime(2026, 3, 2, 9, tzinfo=UTC), 14) == datetime(2026, 3, 17, tzinfo=UTC)


@given(MOMENTS, st.integers(0, 30))
def test_what_is_added_is_what_is_left(moment: datetime, days: int) -> None:
    """R-16, R-23: so a clock that stops and goes on at once loses nothing."""
    assert business_days_until(moment, add_business_days(moment, days)) == days


@given(MOMENTS, st.integers(1, 30))
def test_a_deadline_never_falls_on_a_weekend_day(moment: datetime, days: int) -> None:
    """R-16: its last day is a business day."""
    assert (add_business_days(moment, days) - timedelta(seconds=1)).weekday() < 5


def test_nothing_is_left_of_a_deadline_that_has_passed() -> None:
    """R-23."""
    monday = datetime(2026, 3, 2, tzinfo=UTC)
    assert business_days_until(monday, monday - timedelta(days=3)) == 0
