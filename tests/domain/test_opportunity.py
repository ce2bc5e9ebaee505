"""What could still be earned, and what an association did to use: worked out from what its partner may see, and true."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.association import Association, Suspension
from shared.domain.earning import wanted
from shared.domain.opportunity import (
    Opportunity,
    by_value,
    expected_date,
    impact,
    next_opportunity,
    own_snapshots,
    usage_hundredths,
)
from shared.domain.programme_versions import only
from shared.domain.usage import Snapshot, UsageHistory
from tests.domain.earning_builders import ANNA, BERT, PROGRAMME, at, export, history, snapshot, tenure

RULES = only(PROGRAMME)
TODAY = date(2026, 4, 2)
BASELINE = snapshot("2026-01-31", 100)


def found(used: UsageHistory, *tenures: Association, today: date = TODAY, enrolled: set[str] | None = None) -> Opportunity | None:
    held = tenures or (tenure(),)
    return next_opportunity(RULES, used, held, held[0], today, enrolled)


def test_the_next_milestone_is_told_in_users_in_money_and_in_time() -> None:
    """R-194 R-195"""
    used = history(BASELINE, snapshot("2026-02-28", 200), snapshot("2026-03-30", 300))
    told = found(used)
    assert told is not None
    assert (told.milestone_id, told.users_missing, told.amount_minor, told.currency) == ("teams-40", 100, 4_000, "EUR")
    assert (told.size, told.baseline, told.latest.date) == ("M", 100, date(2026, 3, 30))
    # A hundred more in thirty days, and a hundred are missing.
    assert told.expected_on == date(2026, 4, 29)


@given(st.integers(0, 900), st.integers(150, 6_000), st.integers(0, 900))
def test_so_many_users_more_earn_it_and_one_fewer_do_not(mau: int, pau: int, baseline: int) -> None:
    """R-194 R-68"""
    used = history(snapshot("2026-01-31", baseline), snapshot("2026-02-28", mau, pau))
    told = found(used)
    if told is None:
        return
    for users, is_earned in ((told.users_missing, True), (told.users_missing - 1, False)):
        grown = history(*used.snapshots, snapshot("2026-03-31", mau + users, pau))
        earned = {each.milestone_id: each.amount_minor for each in wanted(RULES, grown, [tenure()])}
        assert (earned.get(told.milestone_id) == told.amount_minor) is is_earned


@pytest.mark.parametrize(
    "held",
    [
        (tenure(ended="2026-03-01"),),
        (tenure(active_from="2026-04-01"),),
        (replace(tenure(), partner_id=BERT),),
        (replace(tenure(), suspensions=(Suspension(at("2026-03-15")),)),),
    ],
    ids=["ended", "without usage yet", "not enrolled", "suspended"],
)
def test_whoever_cannot_earn_more_has_no_opportunity(held: tuple[Association, ...]) -> None:
    """R-194"""
    assert found(history(BASELINE, snapshot("2026-03-30", 300)), *held, enrolled={ANNA}) is None


def test_after_the_term_there_is_none() -> None:
    """R-194"""
    used = history(BASELINE, snapshot("2026-06-30", 300))
    assert found(used, today=PROGRAMME.last_day) is not None
    assert found(used, today=PROGRAMME.last_day + timedelta(days=1)) is None


def test_when_everything_is_earned_there_is_none() -> None:
    """R-194: a size without another milestone has none either."""
    assert found(history(BASELINE, snapshot("2026-03-30", 500))) is None
    assert found(history(BASELINE, snapshot("2026-03-30", 120, 100))) is None


def test_use_that_shrinks_or_comes_too_late_has_no_date() -> None:
    """R-195"""
    for last in (199, 200, 201):
        told = found(history(BASELINE, snapshot("2026-02-28", 200), snapshot("2026-03-30", last)))
        assert told is not None
        assert told.expected_on is None


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 3_000)), min_size=2, max_size=8), st.integers(1, 5_000))
def test_the_expected_date_is_the_first_day_on_which_the_line_is_there(counts: list[tuple[int, int]], missing: int) -> None:
    """R-195"""
    days = {date(2026, 1, 1) + timedelta(days=days): mau for days, mau in counts}
    line = [Snapshot(day, mau, 1_000, export("2026-01-01")) for day, mau in sorted(days.items())]
    expected = expected_date(line, missing, date.min)
    recent = [each for each in line if (line[-1].date - each.date).days <= 92]
    gained, span = recent[-1].mau - recent[0].mau, (recent[-1].date - recent[0].date).days
    if gained <= 0:
        assert expected is None
    else:
        assert expected is not None
        waited = (expected - line[-1].date).days
        assert Fraction(gained, span) * waited >= missing > Fraction(gained, span) * (waited - 1)
        assert expected_date(line, missing, expected + timedelta(days=9)) == expected + timedelta(days=9)


def test_opportunities_come_by_money_then_by_date() -> None:
    """R-196"""
    told = found(history(BASELINE, snapshot("2026-02-28", 200), snapshot("2026-03-30", 300)))
    assert told is not None
    less, later = replace(told, amount_minor=1), replace(told, expected_on=None)
    dollars = replace(told, currency="USD", amount_minor=10**6)
    assert sorted([dollars, less, later, told], key=by_value) == [told, later, less, dollars]


def test_a_partner_sees_the_days_of_its_own_tenure_only() -> None:
    """R-197 R-53"""
    annas, berts = tenure("2026-02-01", ended="2026-03-15"), tenure("2026-03-15", partner=BERT, claim="claim-b")
    used = history(*(snapshot(day, 100) for day in ("2026-01-31", "2026-02-01", "2026-03-15", "2026-03-16")))
    assert [str(each.date) for each in own_snapshots(used, [berts, annas], annas)] == ["2026-02-01", "2026-03-15"]
    assert [str(each.date) for each in own_snapshots(used, [berts, annas], berts)] == ["2026-03-16"]


def test_impact_is_counted_from_the_highest_use_before_the_claim() -> None:
    """R-198"""
    used = history(
        snapshot("2025-06-30", 150),
        BASELINE,
        snapshot("2026-02-28", 120),
        snapshot("2026-03-31", 400),
        snapshot("2026-04-30", 380),
    )
    told = impact(RULES, used, [tenure()], tenure())
    assert told is not None
    assert (told.baseline, told.first.mau, told.latest.mau, told.highest_mau, told.users_gained) == (150, 120, 380, 400, 230)
    assert impact(RULES, history(BASELINE), [tenure()], tenure()) is None


def test_without_a_baseline_the_first_snapshot_is_what_impact_counts_from() -> None:
    """R-198 R-55"""
    told = impact(RULES, history(snapshot("2026-02-28", 120), snapshot("2026-03-31", 90)), [tenure()], tenure())
    assert told is not None
    assert (told.baseline, told.users_gained) == (120, -30)


@given(st.integers(0, 10**7), st.integers(0, 10**7))
def test_usage_is_never_rounded_up(mau: int, pau: int) -> None:
    """R-47"""
    hundredths = usage_hundredths(Snapshot(TODAY, mau, pau, export("2026-01-01")))
    if pau == 0:
        assert hundredths is None
    else:
        assert hundredths is not None
        assert Fraction(hundredths, 10_000) <= Fraction(mau, pau) < Fraction(hundredths + 1, 10_000)
