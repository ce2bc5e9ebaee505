"""Versions of a programme: each day is judged by the version of that day, and no version says anew what another has said."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from shared.domain.earning import wanted
from shared.domain.evaluation import edition_of, entries_due, evaluated_on
from shared.domain.explain import Reason, explain
from shared.domain.ledger import BookedSummary, book
from shared.domain.programme import Milestone, Rate, Size, Workload
from shared.domain.programme_check import Fault, FaultCode
from shared.domain.programme_versions import (
    Difference,
    Version,
    Versions,
    differences,
    earliest_effect,
    faults_of_next,
    only,
)
from shared.domain.usage_file import correction_days
from tests.domain.earning_builders import ANNA, PROGRAMME, history, snapshot, tenure

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
APRIL = date(2026, 4, 1)
DEARER = replace(
    PROGRAMME,
    version=2,
    minimum_seats=100,
    baseline_window_days=10,
    rates=tuple(replace(rate, amount_minor=rate.amount_minor * 10) for rate in PROGRAMME.rates),
)
BOTH = Versions((Version(PROGRAMME), Version(DEARER, APRIL, NOW, "anna")))


@pytest.mark.parametrize(("day", "number"), [("2025-01-01", 1), ("2026-03-31", 1), ("2026-04-01", 2), ("2030-01-01", 2)])
def test_a_day_is_judged_by_the_version_in_effect_on_it(day: str, number: int) -> None:
    """R-161"""
    assert BOTH.on(date.fromisoformat(day)).version == number


def test_of_two_versions_in_effect_the_higher_number_counts() -> None:
    """R-161: a version that was published by mistake and is not in effect yet is overtaken by the next."""
    overtaking = Versions((*BOTH.all, Version(replace(DEARER, version=3), date(2026, 3, 20))))
    assert [overtaking.on(day).version for day in (date(2026, 3, 19), date(2026, 3, 20), APRIL)] == [1, 3, 3]


@pytest.mark.parametrize(("reached", "amount"), [("2026-03-31", 2_000), ("2026-04-01", 20_000)])
def test_an_earning_is_paid_by_the_version_of_the_day_it_was_reached(reached: str, amount: int) -> None:
    """R-161"""
    used = history(snapshot("2026-01-31", 100), snapshot(reached, 160))
    (earned,) = wanted(BOTH, used, [tenure()])
    assert earned.amount_minor == amount


def test_what_was_earned_before_a_version_stays_as_it_was_booked() -> None:
    """R-161 R-63: publishing books nothing."""
    used = history(snapshot("2026-01-31", 100), snapshot("2026-02-28", 160))
    enrolments = {ANNA: {PROGRAMME.programme_id}}
    booked = book(BookedSummary(), entries_due([only(PROGRAMME)], used, [tenure()], BookedSummary(), enrolments))
    assert len(booked.lines) == 1
    later = history(*used.snapshots, snapshot("2026-04-30", 170))
    assert entries_due([BOTH], later, [tenure()], booked, enrolments) == ()


def test_a_milestone_that_a_version_leaves_out_is_earned_until_then_only() -> None:
    """R-161"""
    without = replace(PROGRAMME, version=2, milestones=tuple(m for m in PROGRAMME.milestones if m.milestone_id != "teams-15"))
    versions = Versions((Version(PROGRAMME), Version(without, APRIL)))
    before = history(snapshot("2026-01-31", 100), snapshot("2026-03-31", 160))
    after = history(snapshot("2026-01-31", 100), snapshot("2026-04-01", 160))
    assert [each.milestone_id for each in wanted(versions, before, [tenure()])] == ["teams-15"]
    assert wanted(versions, after, [tenure()]) == ()


def test_seats_and_size_are_held_against_the_version_of_the_day() -> None:
    """R-161"""
    few = [snapshot("2026-01-31", 10, 120), snapshot("2026-03-31", 60, 120)]
    assert wanted(BOTH, history(*few), [tenure()]) == ()
    (earned,) = wanted(BOTH, history(*few, snapshot("2026-04-01", 61, 120)), [tenure()])
    assert (earned.snapshot_date, earned.size) == (APRIL, "XS")


def test_the_mark_rests_on_the_window_of_the_day_of_submission() -> None:
    """R-161: a later version does not move a mark that is frozen."""
    used = history(snapshot("2026-01-31", 100), snapshot("2026-04-05", 160))
    (earned,) = wanted(BOTH, used, [tenure(submitted="2026-03-01", active_from="2026-03-01")])
    assert earned.baseline == 100
    assert wanted(BOTH, used, [tenure(submitted="2026-04-02", active_from="2026-04-02")]) == ()


def test_an_explanation_reckons_with_the_version_of_the_day_it_speaks_of() -> None:
    """R-161"""
    standing = tenure()
    told = {each.milestone_id: each for each in explain(BOTH, history(snapshot("2026-04-30", 10, 1000)), [standing], standing)}
    assert told["teams-15"].potential_minor == 20_000
    told = {each.milestone_id: each for each in explain(BOTH, history(snapshot("2026-03-30", 10, 120)), [standing], standing)}
    assert told["teams-15"].reason is Reason.BELOW_MINIMUM_SEATS


def test_exports_are_late_by_the_version_of_their_own_date() -> None:
    """R-161 R-77"""
    short = Versions((Version(PROGRAMME), Version(replace(PROGRAMME, version=2, correction_window_days=5), APRIL)))
    assert [correction_days([short], date(2026, 3, 31)), correction_days([short], APRIL)] == [90, 5]


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-03-10T09:00:00+00:00", "2026-03-12"),
        ("2026-03-10T00:00:00+00:00", "2026-03-11"),
        ("2026-03-10T00:00:00.000001+00:00", "2026-03-12"),
        ("2026-03-09T23:59:59+00:00", "2026-03-11"),
        ("2026-03-28T23:30:00+01:00", "2026-03-30"),  # The night in which Europe's clocks change has 24 UTC hours like any other.
        ("2028-02-28T12:00:00+00:00", "2028-03-01"),
        ("2027-02-28T12:00:00+00:00", "2027-03-02"),
    ],
)
def test_a_version_takes_effect_with_a_day_that_begins_a_full_day_later(now: str, day: str) -> None:
    """R-160"""
    assert earliest_effect(datetime.fromisoformat(now)) == date.fromisoformat(day)


def test_a_version_that_keeps_its_notice_and_every_meaning_may_follow() -> None:
    """R-160 R-162"""
    assert faults_of_next(only(PROGRAMME), DEARER, date(2026, 3, 12), NOW) == ()
    assert faults_of_next(only(PROGRAMME), DEARER, date(2026, 3, 11), NOW) == (Fault(FaultCode.TOO_SOON, "inEffectFrom"),)


TEAMS, EXCHANGE = PROGRAMME.workloads
OTHERS = tuple(m for m in PROGRAMME.milestones if m.milestone_id != "teams-15")


@pytest.mark.parametrize(
    ("next_one", "fault"),
    [
        (replace(DEARER, version=1), Fault(FaultCode.OUT_OF_RANGE, "version")),
        (replace(DEARER, version=3), Fault(FaultCode.OUT_OF_RANGE, "version")),
        (replace(DEARER, currency="USD"), Fault(FaultCode.CHANGED, "currency")),
        (
            replace(DEARER, milestones=(*OTHERS, Milestone("teams-15", "teams", 20))),
            Fault(FaultCode.CHANGED, "milestones.teams-15"),
        ),
        (
            replace(DEARER, milestones=(*OTHERS, Milestone("teams-first", "teams", 15))),
            Fault(FaultCode.CHANGED, "milestones.teams-first"),
        ),
        (replace(DEARER, workloads=(TEAMS,)), Fault(FaultCode.REMOVED, f"workloads.{EXCHANGE.workload_id}")),
    ],
    ids=["number stands", "number leaps", "currency", "id with a new meaning", "meaning with a new id", "workload is gone"],
)
def test_what_was_published_keeps_its_meaning(next_one: object, fault: Fault) -> None:
    """R-162"""
    assert fault in faults_of_next(only(PROGRAMME), next_one, APRIL, NOW)  # type: ignore[arg-type]


def test_a_milestone_of_any_earlier_version_keeps_its_meaning() -> None:
    """R-162: leaving it out for a while does not free its id."""
    without = Version(replace(DEARER, milestones=OTHERS), APRIL)
    back = replace(PROGRAMME, version=3, milestones=(*OTHERS, Milestone("teams-15", "teams", 20)))
    standing = Versions((Version(PROGRAMME), without))
    assert Fault(FaultCode.CHANGED, "milestones.teams-15") in faults_of_next(standing, back, APRIL, NOW)


def test_a_first_version_judges_no_day_before_it_was_known() -> None:
    """R-160"""
    begun = replace(PROGRAMME, first_day=date(2026, 3, 11))
    to_come = replace(PROGRAMME, first_day=APRIL)
    assert faults_of_next(None, begun, date(2026, 3, 12), NOW) == (Fault(FaultCode.TOO_SOON, "firstDay"),)
    assert faults_of_next(None, to_come, date(2026, 3, 12), NOW) == ()
    assert faults_of_next(None, replace(to_come, version=2), APRIL, NOW) == (Fault(FaultCode.OUT_OF_RANGE, "version"),)


def test_a_run_is_named_for_the_versions_that_its_days_can_meet() -> None:
    """R-94 R-160: a worker that has not read tomorrow's version yet takes part in today's run."""
    march = date(2026, 3, 31)
    assert edition_of([BOTH], march) == edition_of([only(PROGRAMME)], march)
    assert edition_of([BOTH], APRIL) != edition_of([only(PROGRAMME)], APRIL)


def test_a_programme_is_evaluated_for_the_longest_term_that_a_version_gives_it() -> None:
    """R-90"""
    longer = Versions((Version(PROGRAMME), Version(replace(PROGRAMME, version=2, last_day=date(2027, 6, 30)), APRIL)))
    last = date(2027, 7, 1)
    assert evaluated_on([only(PROGRAMME)], last) == ()
    assert evaluated_on([longer], last) == (longer,)


def test_everything_that_a_version_says_differently_is_listed() -> None:
    """R-163"""
    small, *larger = PROGRAMME.sizes
    changed = replace(
        PROGRAMME,
        version=2,
        name="Spring again",
        sizes=(Size(small.name, small.min_seats, 99, small.thresholds), *larger),
        workloads=(Workload("teams", "Microsoft Teams", TEAMS.thresholds, ("Crew",)), EXCHANGE),
        rates=(*PROGRAMME.rates[1:], Rate("XS", "teams", 15, 111)),
        minimum_seats=10,
        policy=replace(PROGRAMME.policy, review_business_days=6),
    )
    told = {each.where: each for each in differences(PROGRAMME, changed)}
    assert told.keys() == {
        "name",
        "sizes.XS",
        "workloads.teams",
        "rates.XS.teams.15",
        "minimumSeats",
        "policy.reviewBusinessDays",
    }
    assert told["rates.XS.teams.15"] == Difference("rates.XS.teams.15", "100", "111")
    assert differences(PROGRAMME, replace(PROGRAMME, version=2)) == ()
    assert all(each.before is None for each in differences(None, PROGRAMME))
