"""Reaching a threshold is integer arithmetic, and how many thresholds count depends on size."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.milestone import eligible_milestones, is_reached, size_of, users_at, users_missing
from tests.domain.earning_builders import PROGRAMME

thresholds = st.integers(1, 100)
counts = st.integers(0, 200_000)


@pytest.mark.parametrize(
    ("threshold", "mau", "pau", "reached"),
    [
        (15, 150, 1000, True),
        (15, 149, 1000, False),
        (15, 1499, 10_000, False),
        (15, 24, 159, True),
        (15, 24, 161, False),
        (40, 61, 151, True),
        (40, 60, 151, False),
        (15, 1200, 1000, True),
        (100, 1000, 1000, True),
        (100, 999, 1000, False),
        (15, 0, 0, False),
        (15, 10, 0, False),
        (15, 0, 1, False),
    ],
    ids=[
        "exactly at it", "one below", "14.99 is not 15", "odd seats above", "odd seats below", "40 above", "40 below",
        "more users than seats", "everybody", "almost everybody", "no seats", "users without seats", "nobody",
    ],
)  # fmt: skip
def test_a_threshold_is_reached_exactly_and_never_rounded_up(threshold: int, mau: int, pau: int, reached: bool) -> None:
    """R-47"""
    assert is_reached(threshold, mau, pau) is reached


@given(thresholds, counts, st.integers(1, 200_000))
def test_reaching_agrees_with_exact_fractions(threshold: int, mau: int, pau: int) -> None:
    """R-47"""
    assert is_reached(threshold, mau, pau) == (Fraction(mau, pau) >= Fraction(threshold, 100))


@given(thresholds, st.integers(1, 200_000))
def test_the_users_a_threshold_needs_reach_it_and_one_fewer_do_not(threshold: int, pau: int) -> None:
    """R-47"""
    needed = users_at(threshold, pau)
    assert is_reached(threshold, needed, pau)
    assert not is_reached(threshold, needed - 1, pau)


@pytest.mark.parametrize(
    ("mau", "pau", "mark", "missing"),
    [
        (100, 1000, None, 50),
        (149, 1000, None, 1),
        (150, 1000, None, 0),
        (900, 1000, None, 0),
        (149, 1001, None, 2),
        (150, 1000, 150, 1),
        (100, 1000, 300, 201),
        (100, 1000, 20, 50),
    ],
)
def test_missing_users_must_reach_the_threshold_and_rise_above_the_mark(
    mau: int, pau: int, mark: int | None, missing: int
) -> None:
    """R-68"""
    assert users_missing(15, mau, pau, mark) == missing


@pytest.mark.parametrize(
    ("seats", "name"),
    [(0, None), (9, None), (10, "XS"), (149, "XS"), (150, "S"), (999, "S"), (1000, "M"), (4999, "M"), (5000, "L"), (10**7, "L")],
)
def test_both_ends_of_a_size_belong_to_it(seats: int, name: str | None) -> None:
    """R-48"""
    size = size_of(PROGRAMME, seats)
    assert (size.name if size else None) == name


@pytest.mark.parametrize(
    ("workload", "seats", "milestones"),
    [
        ("teams", 9, []),
        ("teams", 500, ["teams-15"]),
        ("teams", 1000, ["teams-15", "teams-40"]),
        ("teams", 5000, ["teams-15", "teams-40", "teams-60"]),
        ("exchange", 5000, ["exchange-15"]),
        ("yammer", 5000, []),
    ],
)
def test_a_milestone_is_eligible_where_size_and_workload_both_allow_it(workload: str, seats: int, milestones: list[str]) -> None:
    """R-49"""
    eligible = eligible_milestones(PROGRAMME, workload, size_of(PROGRAMME, seats))
    assert [each.milestone_id for each in eligible] == milestones
