"""A milestone is paid once, to the partner whose day it was, for growth in that partner's time. Each rule at its boundary."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from shared.domain.association import Association
from shared.domain.earning import Mark, Wanted, high_water_mark, wanted
from shared.domain.programme import Programme
from shared.domain.usage import Snapshot
from tests.domain.earning_builders import ANNA, BERT, PROGRAMME, at, history, snapshot, tenure

BASELINE = snapshot("2026-01-20", 100)
"""Ten percent of a thousand seats, twelve days before the ordinary submission: the mark is 100 unless a test says otherwise."""


def earned(
    *snapshots: Snapshot, tenures: list[Association] | None = None, programme: Programme = PROGRAMME
) -> list[tuple[str, str, str]]:
    """Milestone, claim and day of whatever is earned."""
    found = wanted(programme, history(*snapshots), tenures if tenures is not None else [tenure()])
    return [(each.milestone_id, each.claim_id, each.snapshot_date.isoformat()) for each in found]


def test_an_earning_carries_the_evidence_it_rests_on() -> None:
    """R-50"""
    (only,) = wanted(PROGRAMME, history(BASELINE, snapshot("2026-02-28", 160)), [tenure()])
    assert only == Wanted(
        programme_id="spring",
        milestone_id="teams-15",
        threshold=15,
        claim_id="claim-a",
        partner_id=ANNA,
        amount_minor=2_000,
        currency="EUR",
        snapshot_date=date(2026, 2, 28),
        mau=160,
        seats=1000,
        size="M",
        baseline=100,
    )


def test_the_first_snapshot_that_reaches_earns_and_later_ones_do_not_earn_again() -> None:
    """R-50"""
    days = [snapshot("2026-02-28", 160), snapshot("2026-03-31", 170), snapshot("2026-04-30", 180)]
    assert earned(BASELINE, *days) == [("teams-15", "claim-a", "2026-02-28")]


def test_one_snapshot_can_reach_several_milestones() -> None:
    """R-50"""
    assert earned(BASELINE, snapshot("2026-02-28", 450)) == [
        ("teams-15", "claim-a", "2026-02-28"),
        ("teams-40", "claim-a", "2026-02-28"),
    ]


@pytest.mark.parametrize(("mau", "earns"), [(149, False), (150, True), (1100, True)])
def test_the_threshold_must_be_reached_exactly(mau: int, earns: bool) -> None:
    """R-47"""
    assert bool(earned(BASELINE, snapshot("2026-02-28", mau))) is earns


@pytest.mark.parametrize(
    ("day", "earns"),
    [("2025-12-31", False), ("2026-01-01", True), ("2026-06-30", True), ("2026-07-01", False)],
)
def test_the_terms_first_and_last_day_are_in_it(day: str, earns: bool) -> None:
    """R-51"""
    early = [tenure("2025-11-01")]
    assert bool(earned(snapshot("2025-10-15", 100), snapshot(day, 160), tenures=early)) is earns


def test_the_leap_day_is_a_day_like_any_other() -> None:
    """R-51"""
    leap = replace(PROGRAMME, first_day=date(2024, 2, 29), last_day=date(2024, 2, 29))
    days = [snapshot("2024-01-31", 100), snapshot("2024-02-28", 500), snapshot("2024-02-29", 160), snapshot("2024-03-01", 500)]
    assert earned(*days, tenures=[tenure("2024-02-01")], programme=leap) == [("teams-15", "claim-a", "2024-02-29")]


@pytest.mark.parametrize(
    ("day", "earns"),
    [("2026-01-31", False), ("2026-02-01", True), ("2026-03-10", True), ("2026-03-11", False)],
)
def test_a_day_must_lie_in_the_tenure_whose_first_and_last_day_count(day: str, earns: bool) -> None:
    """R-52"""
    short = [tenure("2026-02-01", submitted="2026-01-25", ended="2026-03-10")]
    assert bool(earned(BASELINE, snapshot(day, 160), tenures=short)) is earns


def test_a_tenure_that_ended_before_the_evaluation_is_still_paid() -> None:
    """R-60"""
    ended = [tenure("2026-02-01", ended="2026-03-01")]
    assert earned(BASELINE, snapshot("2026-02-28", 160), tenures=ended) == [("teams-15", "claim-a", "2026-02-28")]


def test_without_a_tenure_nothing_is_earned() -> None:
    """R-52"""
    assert earned(BASELINE, snapshot("2026-02-28", 160), tenures=[]) == []


HANDOVER = [
    tenure("2026-02-01", ended="2026-03-15", claim="old"),
    tenure("2026-03-15", claim="new", partner=BERT),
]


@pytest.mark.parametrize(
    ("day", "claim"),
    [("2026-03-14", "old"), ("2026-03-15", "old"), ("2026-03-16", "new")],
)
def test_after_a_handover_the_day_decides_who_is_paid(day: str, claim: str) -> None:
    """R-53"""
    for order in (HANDOVER, HANDOVER[::-1]):
        assert earned(BASELINE, snapshot(day, 160), tenures=order) == [("teams-15", claim, day)]


def test_what_the_old_partner_reached_the_new_one_cannot_reach_again() -> None:
    """R-50"""
    days = [snapshot("2026-03-10", 160), snapshot("2026-03-31", 300), snapshot("2026-04-30", 400)]
    assert earned(BASELINE, *days, tenures=HANDOVER) == [("teams-15", "old", "2026-03-10"), ("teams-40", "new", "2026-04-30")]


def test_a_partner_that_claims_again_needs_growth_above_its_own_past() -> None:
    """R-61"""
    again = [tenure("2026-02-01", ended="2026-03-15", claim="first"), tenure("2026-04-01", claim="second")]
    lost = [snapshot("2026-03-10", 410, 1030), snapshot("2026-03-31", 300, 1000), snapshot("2026-04-30", 410, 1000)]
    assert earned(BASELINE, *lost, tenures=again) == [("teams-15", "first", "2026-03-10")]
    assert earned(BASELINE, *lost, snapshot("2026-05-31", 411), tenures=again) == [
        ("teams-15", "first", "2026-03-10"),
        ("teams-40", "second", "2026-05-31"),
    ]


@pytest.mark.parametrize(("mau", "earns"), [(199, False), (200, False), (201, True)])
def test_only_growth_strictly_above_the_mark_counts(mau: int, earns: bool) -> None:
    """R-54"""
    assert bool(earned(snapshot("2026-01-20", 200), snapshot("2026-02-28", mau))) is earns


def test_seats_that_are_cut_push_the_ratio_and_earn_nothing() -> None:
    """R-54"""
    assert earned(BASELINE, snapshot("2026-02-28", 100, 500), snapshot("2026-03-31", 99, 200)) == []


@pytest.mark.parametrize(
    ("submitted", "mark"),
    [("2026-01-31", Mark(300, None)), ("2026-02-01", Mark(500, None))],
)
def test_the_mark_is_the_highest_use_before_the_day_of_submission(submitted: str, mark: Mark) -> None:
    """R-54"""
    days = history(snapshot("2025-12-31", 300), snapshot("2026-01-15", 200), snapshot("2026-01-31", 500))
    assert high_water_mark(PROGRAMME, days, at(submitted)) == mark


def test_the_mark_does_not_rise_after_submission() -> None:
    """R-54"""
    waiting = [tenure("2026-03-01", submitted="2026-01-25")]
    between = snapshot("2026-02-15", 400)
    assert earned(BASELINE, between, snapshot("2026-03-31", 160), tenures=waiting) == [("teams-15", "claim-a", "2026-03-31")]


@pytest.mark.parametrize(("baseline", "mark"), [("2026-02-01", Mark(100, None)), ("2026-01-31", Mark(150, date(2026, 4, 30)))])
def test_a_baseline_is_at_most_sixty_days_older_than_the_submission(baseline: str, mark: Mark) -> None:
    """R-55"""
    days = history(snapshot(baseline, 100), snapshot("2026-04-30", 150))
    assert high_water_mark(PROGRAMME, days, at("2026-04-02")) == mark


def test_without_a_baseline_the_first_snapshot_is_the_baseline_and_earns_nothing() -> None:
    """R-55"""
    assert earned(snapshot("2026-02-28", 160)) == []
    assert earned(snapshot("2026-02-28", 160), snapshot("2026-03-31", 160)) == []
    assert earned(snapshot("2026-02-28", 160), snapshot("2026-03-31", 161)) == [("teams-15", "claim-a", "2026-03-31")]


def test_a_snapshot_of_the_day_of_submission_is_the_first_after_it() -> None:
    """R-55"""
    assert high_water_mark(PROGRAMME, history(snapshot("2026-02-01", 160)), at("2026-02-01")) == Mark(160, date(2026, 2, 1))


def test_the_baseline_may_lie_before_the_term_and_before_the_association() -> None:
    """R-55"""
    waiting = [tenure("2026-02-01", submitted="2025-12-15")]
    assert earned(snapshot("2025-12-31", 100), snapshot("2026-02-28", 160), tenures=waiting) == [
        ("teams-15", "claim-a", "2026-02-28")
    ]


def test_without_any_snapshot_the_mark_is_unknown_and_not_zero() -> None:
    """R-55"""
    assert high_water_mark(PROGRAMME, history(), at("2026-02-01")) is None
    assert high_water_mark(PROGRAMME, history(snapshot("2025-10-31", 10)), at("2026-02-01")) is None


def test_use_known_from_long_before_is_not_growth_when_it_comes_back() -> None:
    """R-56"""
    days = [snapshot("2025-10-31", 300), snapshot("2026-02-28", 20), snapshot("2026-03-31", 300)]
    assert earned(*days) == []
    assert earned(*days, snapshot("2026-04-30", 301)) == [("teams-15", "claim-a", "2026-04-30")]


@pytest.mark.parametrize(("seats", "earns"), [(0, False), (149, False), (150, True)])
def test_below_the_minimum_of_seats_nothing_is_earned(seats: int, earns: bool) -> None:
    """R-58"""
    assert bool(earned(BASELINE, snapshot("2026-02-28", 140, seats))) is earns


def test_size_is_that_of_the_snapshot_that_reaches() -> None:
    """R-57"""
    grown = history(
        BASELINE, snapshot("2026-02-28", 140, 1000), snapshot("2026-03-31", 160, 999), snapshot("2026-04-30", 900, 6000)
    )
    assert [(each.milestone_id, each.size, each.amount_minor) for each in wanted(PROGRAMME, grown, [tenure()])] == [
        ("teams-15", "S", 1_000)
    ]


def test_what_a_small_customer_reached_counts_once_it_is_large_enough() -> None:
    """R-57"""
    days = [snapshot("2026-02-28", 600, 999), snapshot("2026-03-31", 600, 1000)]
    assert earned(BASELINE, *days) == [("teams-15", "claim-a", "2026-02-28"), ("teams-40", "claim-a", "2026-03-31")]


def test_a_workload_the_programme_does_not_know_earns_nothing() -> None:
    """R-49"""
    assert wanted(PROGRAMME, replace(history(BASELINE, snapshot("2026-02-28", 900)), workload="yammer"), [tenure()]) == ()


def test_a_partner_that_never_enrolled_earns_nothing_and_takes_nothing_from_the_next() -> None:
    """R-59"""
    days = history(BASELINE, snapshot("2026-03-10", 160), snapshot("2026-03-31", 170))
    assert [each.claim_id for each in wanted(PROGRAMME, days, HANDOVER, enrolled={BERT})] == ["new"]
    assert [each.claim_id for each in wanted(PROGRAMME, days, HANDOVER, enrolled={ANNA, BERT})] == ["old"]


def test_the_hour_of_activation_does_not_matter_its_day_does() -> None:
    """R-52"""
    late = replace(tenure(), active_from=datetime(2026, 2, 28, 23, 59, tzinfo=UTC))
    assert earned(BASELINE, snapshot("2026-02-28", 160), tenures=[late]) == [("teams-15", "claim-a", "2026-02-28")]
