"""NCRONTAB schedules: against worked examples, and against croniter where the two agree by design."""

from datetime import UTC, datetime, timedelta

import pytest
from croniter import croniter  # type: ignore[import-untyped]
from hypothesis import assume, given
from hypothesis import strategies as st

from infra.local.host.ncrontab import parse


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("* * * * * *", "2026-01-01T00:00:00.5", "2026-01-01T00:00:01"),
        ("0 */5 * * * *", "2026-01-01T00:04:59", "2026-01-01T00:05:00"),
        ("0 */5 * * * *", "2026-01-01T00:05:00", "2026-01-01T00:10:00"),
        ("*/5 * * * *", "2026-01-01T00:05:00", "2026-01-01T00:10:00"),
        ("0 0 2 * * *", "2026-12-31T02:00:00", "2027-01-01T02:00:00"),
        ("0 30 9 * * Mon-Fri", "2026-11-20T10:00:00", "2026-11-23T09:30:00"),
        ("0 0 0 * * 0", "2026-11-20T00:00:00", "2026-11-22T00:00:00"),
        ("0 0 0 * Jan,jul *", "2026-02-01T00:00:00", "2026-07-01T00:00:00"),
        ("5/20 0 0 1 1 *", "2026-01-01T00:00:05", "2026-01-01T00:00:25"),
        ("0 0 0 29 2 *", "2026-01-01T00:00:00", "2028-02-29T00:00:00"),
        # Day and weekday must both match: the next Friday the 13th, where cron would take every Friday and every 13th.
        ("0 0 0 13 * 5", "2026-01-01T00:00:00", "2026-02-13T00:00:00"),
        # The rarest date there is, across a century without a leap day.
        ("0 0 0 29 2 3", "2080-03-01T00:00:00", "2096-02-29T00:00:00"),
        ("0 0 0 29 2 0", "2088-03-01T00:00:00", "2128-02-29T00:00:00"),
    ],
)
def test_the_next_occurrence_is_strictly_after(expression: str, after: str, expected: str) -> None:
    moment = datetime.fromisoformat(after).replace(tzinfo=UTC)
    assert parse(expression).next_after(moment) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "* * * *",
        "* * * * * * *",
        "60 * * * * *",
        "* * 24 * * *",
        "* * * 0 * *",
        "* * * * 13 *",
        "* * * * * 7",
        "*/0 * * * * *",
        "5-1 * * * * *",
        "a * * * * *",
        "* * * * * L",
        "* * * ? * *",
        "@daily",
        "*-5 * * * * *",
        "1,,2 * * * * *",
        "-1 * * * * *",
    ],
)
def test_what_the_platform_does_not_know_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match="field"):
        parse(expression)


def test_a_date_that_never_comes_is_refused() -> None:
    with pytest.raises(ValueError, match="no occurrence"):
        parse("0 0 0 30 2 *").next_after(datetime(2026, 1, 1, tzinfo=UTC))


def field(lowest: int, highest: int) -> st.SearchStrategy[str]:
    """A field: everything, steps, single values, ranges and lists."""
    number = st.integers(lowest, highest)
    # croniter takes a weekday range of one day, 0-0, for the whole week.
    ranges = st.lists(number, min_size=2, max_size=2, unique=True).map(lambda pair: f"{min(pair)}-{max(pair)}")
    steps = st.integers(1, highest).map(lambda step: f"*/{step}")
    several = st.lists(number, min_size=1, max_size=3).map(lambda values: ",".join(str(value) for value in values))
    return st.one_of(st.just("*"), steps, ranges, several)


@given(
    st.tuples(field(0, 59), field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 6)),
    st.integers(0, 90 * 365 * 86400).map(lambda seconds: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)),
)
def test_it_agrees_with_croniter(fields: tuple[str, ...], moment: datetime) -> None:
    expression = " ".join(fields)
    # croniter gives up where a combination is rarer than its horizon; ours must still be near.
    found = parse(expression).next_after(moment)
    assume(found - moment < timedelta(days=365))
    reference = croniter(expression, moment, second_at_beginning=True, day_or=False)
    assert found == reference.get_next(datetime)
