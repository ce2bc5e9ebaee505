"""Whatever is not earned has a reason a person understands, and says nothing of anybody else."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.association import Association, Suspension
from shared.domain.earning import wanted
from shared.domain.explain import Explanation, Reason, explain
from shared.domain.usage import Snapshot
from tests.domain.earning_builders import ANNA, BERT, PROGRAMME, at, history, snapshot, tenure

BASELINE = snapshot("2026-01-20", 100)
MINE = tenure()


def why(
    *snapshots: Snapshot, mine: Association = MINE, others: tuple[Association, ...] = (), milestone: str = "teams-15"
) -> Explanation:
    explanations = explain(PROGRAMME, history(*snapshots), [mine, *others], mine)
    (found,) = [each for each in explanations if each.milestone_id == milestone]
    return found


def test_every_milestone_of_the_workload_is_explained_lowest_first() -> None:
    """R-67"""
    explanations = explain(PROGRAMME, history(BASELINE, snapshot("2026-02-28", 450)), [MINE], MINE)
    assert [(each.milestone_id, each.earned is not None, each.reason) for each in explanations] == [
        ("teams-15", True, None),
        ("teams-40", True, None),
        ("teams-60", False, Reason.NOT_FOR_THIS_SIZE),
    ]


def test_an_earned_milestone_shows_its_evidence() -> None:
    """R-67"""
    days = history(BASELINE, snapshot("2026-02-28", 160))
    assert why(*days.snapshots).earned == wanted(PROGRAMME, days, [MINE])[0]


ENDED = tenure(ended="2026-03-10")
CASES: dict[str, tuple[list[Snapshot], Association, str, Reason]] = {
    "reached while consent was suspended": (
        [BASELINE, snapshot("2026-02-28", 160)],
        replace(MINE, suspensions=(Suspension(at("2026-02-20"), at("2026-03-10")),)),
        "teams-15",
        Reason.CONSENT_SUSPENDED,
    ),
    "missed, and suspended now": (
        [BASELINE, snapshot("2026-02-28", 120)],
        replace(MINE, suspensions=(Suspension(at("2026-03-20")),)),
        "teams-15",
        Reason.CONSENT_SUSPENDED,
    ),
    "missed, and suspended once": (
        [BASELINE, snapshot("2026-02-28", 120)],
        replace(MINE, suspensions=(Suspension(at("2026-02-20"), at("2026-03-10")),)),
        "teams-15",
        Reason.THRESHOLD_NOT_REACHED,
    ),
    "nothing was ever counted": ([], MINE, "teams-15", Reason.NO_USAGE),
    "nothing was counted in the tenure": ([BASELINE], MINE, "teams-15", Reason.NO_USAGE),
    "reached before": ([BASELINE, snapshot("2026-01-31", 160)], MINE, "teams-15", Reason.BEFORE_ASSOCIATION),
    "reached after the term": ([BASELINE, snapshot("2026-07-01", 160)], MINE, "teams-15", Reason.OUTSIDE_TERM),
    "reached after the term, missed in it": (
        [BASELINE, snapshot("2026-06-30", 120), snapshot("2026-07-01", 160)],
        MINE,
        "teams-15",
        Reason.OUTSIDE_TERM,
    ),
    "reached before the term, missed in it": (
        [snapshot("2025-10-15", 100), snapshot("2025-12-31", 160), snapshot("2026-02-28", 120)],
        tenure("2025-11-01"),
        "teams-15",
        Reason.THRESHOLD_NOT_REACHED,
    ),
    "too few seats": ([BASELINE, snapshot("2026-02-28", 140, 149)], MINE, "teams-15", Reason.BELOW_MINIMUM_SEATS),
    "no size at all": ([BASELINE, snapshot("2026-02-28", 140, 9)], MINE, "teams-15", Reason.BELOW_MINIMUM_SEATS),
    "no seats at all": ([BASELINE, snapshot("2026-02-28", 140, 0)], MINE, "teams-15", Reason.BELOW_MINIMUM_SEATS),
    "size too small for it": ([BASELINE, snapshot("2026-02-28", 500, 999)], MINE, "teams-40", Reason.NOT_FOR_THIS_SIZE),
    "only the baseline reached": ([snapshot("2026-02-28", 160)], MINE, "teams-15", Reason.BASELINE_ONLY),
    "no growth": ([snapshot("2026-01-20", 200), snapshot("2026-02-28", 200)], MINE, "teams-15", Reason.NO_GROWTH),
    "seats were cut": ([BASELINE, snapshot("2026-02-28", 100, 200)], MINE, "teams-15", Reason.NO_GROWTH),
    "reached without growth, then lost": (
        [snapshot("2026-01-20", 200), snapshot("2026-02-28", 200), snapshot("2026-03-31", 90)],
        MINE,
        "teams-15",
        Reason.NO_GROWTH,
    ),
    "reached with too few seats, then without growth": (
        [BASELINE, snapshot("2026-02-28", 140, 149), snapshot("2026-03-31", 100, 600)],
        MINE,
        "teams-15",
        Reason.NO_GROWTH,
    ),
    "reached only after the tenure, never counted in it": (
        [BASELINE, snapshot("2026-03-31", 160)],
        ENDED,
        "teams-15",
        Reason.NO_USAGE,
    ),
    "not reached": ([BASELINE, snapshot("2026-02-28", 149)], MINE, "teams-15", Reason.THRESHOLD_NOT_REACHED),
    "reached only after the tenure": (
        [BASELINE, snapshot("2026-02-28", 120), snapshot("2026-03-31", 160)],
        ENDED,
        "teams-15",
        Reason.THRESHOLD_NOT_REACHED,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_not_earned_has_its_reason(case: str) -> None:
    """R-67"""
    snapshots, mine, milestone, reason = CASES[case]
    found = why(*snapshots, mine=mine, milestone=milestone)
    assert (found.earned, found.reason) == (None, reason)


def test_the_reason_speaks_of_the_newest_day_that_reached_it() -> None:
    """R-67"""
    found = why(snapshot("2026-01-20", 200), snapshot("2026-02-28", 200), snapshot("2026-03-31", 90))
    assert (found.snapshot_date, found.users_missing) == (date(2026, 2, 28), 111)


def test_seats_below_the_smallest_size_are_too_few_even_without_a_minimum() -> None:
    """R-67"""
    lenient = replace(PROGRAMME, minimum_seats=0)
    found = explain(lenient, history(BASELINE, snapshot("2026-02-28", 140, 9)), [MINE], MINE)
    assert found[0].reason is Reason.BELOW_MINIMUM_SEATS


def test_the_day_of_a_handover_is_not_the_new_partners() -> None:
    """R-53 R-67"""
    old, new = tenure(ended="2026-03-15", claim="old"), tenure("2026-03-15", claim="new", partner=BERT)
    assert why(BASELINE, snapshot("2026-03-15", 120), mine=new, others=(old,)).reason is Reason.NO_USAGE


def test_the_distance_is_that_of_the_newest_snapshot() -> None:
    """R-68"""
    found = why(BASELINE, snapshot("2026-02-28", 120), snapshot("2026-03-31", 130, 999))
    assert (found.users_missing, found.potential_minor, found.snapshot_date) == (20, 1_000, date(2026, 3, 31))


def test_a_partner_that_never_enrolled_is_told_so() -> None:
    """R-59 R-67"""
    days = history(BASELINE, snapshot("2026-02-28", 160))
    assert {each.reason for each in explain(PROGRAMME, days, [MINE], MINE, enrolled={BERT})} == {Reason.NOT_ENROLLED}
    assert explain(PROGRAMME, days, [MINE], MINE, enrolled={ANNA})[0].earned is not None


@pytest.mark.parametrize(
    ("before", "latest", "missing", "potential"),
    [
        (100, snapshot("2026-02-28", 149), 1, 2_000),
        (100, snapshot("2026-02-28", 30), 120, 2_000),
        (400, snapshot("2026-02-28", 30), 371, 2_000),
        (100, snapshot("2026-02-28", 10, 999), 140, 1_000),
        (200, snapshot("2026-02-28", 200), 1, 2_000),
    ],
)
def test_the_distance_counts_users_to_threshold_and_mark_and_what_they_would_bring(
    before: int, latest: Snapshot, missing: int, potential: int
) -> None:
    """R-68"""
    found = why(snapshot("2026-01-20", before), latest)
    assert (found.users_missing, found.potential_minor) == (missing, potential)


@given(st.integers(0, 400), st.integers(0, 700), st.integers(150, 999))
def test_with_the_missing_users_it_is_earned_and_with_one_fewer_it_is_not(before: int, mau: int, seats: int) -> None:
    """R-68"""
    base, latest = snapshot("2026-01-20", before), snapshot("2026-02-28", mau, seats)
    found = why(base, latest)
    if found.users_missing is None:
        assert found.earned is not None
        return
    enough = snapshot("2026-03-31", mau + found.users_missing, seats)
    assert why(base, latest, enough).earned is not None
    assert why(base, latest, enough._replace(mau=enough.mau - 1)).earned is None


@pytest.mark.parametrize(
    ("earlier", "suspensions", "reason"),
    [
        (snapshot("2026-02-15", 140, 149), (), Reason.BELOW_MINIMUM_SEATS),
        (snapshot("2026-02-15", 160), (Suspension(at("2026-02-10"), at("2026-02-20")),), Reason.CONSENT_SUSPENDED),
    ],
    ids=["too few seats then", "suspended then"],
)
def test_what_was_in_the_way_once_hides_no_users_that_are_missing_now(
    earlier: Snapshot, suspensions: tuple[Suspension, ...], reason: Reason
) -> None:
    """R-67 R-68"""
    found = why(BASELINE, earlier, snapshot("2026-02-28", 120), mine=replace(MINE, suspensions=suspensions))
    assert (found.reason, found.users_missing, found.potential_minor) == (reason, 30, 2_000)


def test_a_size_that_was_too_small_once_hides_no_users_that_are_missing_now() -> None:
    """R-67 R-68"""
    found = why(BASELINE, snapshot("2026-02-15", 500, 999), snapshot("2026-02-28", 350), milestone="teams-40")
    assert (found.reason, found.users_missing, found.potential_minor) == (Reason.NOT_FOR_THIS_SIZE, 50, 4_000)


def test_too_few_seats_now_promise_nothing_though_there_were_enough_once() -> None:
    """R-58 R-68"""
    found = why(snapshot("2026-01-20", 200), snapshot("2026-02-15", 200), snapshot("2026-02-28", 20, 149))
    assert (found.reason, found.users_missing, found.potential_minor) == (Reason.NO_GROWTH, None, None)


SEATS = st.sampled_from([0, 9, 10, 149, 150, 999, 1000, 4999, 5000])
SUSPENDED = st.sampled_from(
    [(), (Suspension(at("2026-02-10"), at("2026-02-20")),), (Suspension(at("2026-02-20"), at("2026-02-28")),)]
)


@given(
    before=st.integers(0, 300),
    first=st.tuples(st.integers(0, 700), SEATS),
    latest=st.tuples(st.integers(0, 700), SEATS),
    suspensions=SUSPENDED,
    milestone=st.sampled_from(["teams-15", "teams-40", "teams-60"]),
)
def test_missing_users_are_told_exactly_where_some_number_of_users_would_earn_it(
    before: int, first: tuple[int, int], latest: tuple[int, int], suspensions: tuple[Suspension, ...], milestone: str
) -> None:
    """R-68: whatever the reason speaks of, and no milestone is promised that cannot be earned."""
    mine = replace(MINE, suspensions=suspensions)
    days = [snapshot("2026-01-20", before), snapshot("2026-02-15", *first), snapshot("2026-02-28", *latest)]

    def next_day(mau: int) -> Explanation:
        return why(*days, snapshot("2026-03-01", mau, latest[1]), mine=mine, milestone=milestone)

    found = why(*days, mine=mine, milestone=milestone)
    if found.earned is not None:
        return
    if found.users_missing is None:
        assert next_day(10_000).earned is None
        return
    want = next_day(latest[0] + found.users_missing).earned
    assert want is not None
    assert want.amount_minor == found.potential_minor
    if found.users_missing:
        assert next_day(latest[0] + found.users_missing - 1).earned is None


def test_what_another_partner_earned_is_said_without_who_when_or_how_much() -> None:
    """R-67 R-69"""
    old, new = tenure(ended="2026-03-15", claim="old"), tenure("2026-03-15", claim="new", partner=BERT)
    found = why(BASELINE, snapshot("2026-02-28", 160), snapshot("2026-03-31", 170), mine=new, others=(old,))
    assert found == Explanation("teams-15", 15, reason=Reason.EARNED_BY_HOLDER_OF_THAT_TIME)


def test_what_was_reached_before_the_association_is_not_dated() -> None:
    """R-69"""
    found = why(BASELINE, snapshot("2026-01-31", 160))
    assert found == Explanation("teams-15", 15, reason=Reason.BEFORE_ASSOCIATION)


def test_the_distance_rests_on_counts_of_the_own_tenure_only() -> None:
    """R-69"""
    old, new = tenure(ended="2026-03-15", claim="old"), tenure("2026-03-15", submitted="2026-02-01", claim="new", partner=BERT)
    counts = [BASELINE, snapshot("2026-04-30", 120)]
    alone = why(*counts, mine=new, others=(old,))
    assert why(*counts, snapshot("2026-02-28", 149), mine=new, others=(old,)) == alone


def test_a_workload_the_programme_does_not_know_has_nothing_to_explain() -> None:
    """R-67"""
    assert explain(PROGRAMME, replace(history(BASELINE), workload="yammer"), [MINE], MINE) == ()
