"""What a night passes over: whatever cannot be due is not asked about, and nothing that is due is ever passed over."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.evaluation import entries_due, least_of, may_be_due
from shared.domain.ledger import BookedSummary, book
from shared.domain.programme import Milestone
from shared.domain.programme_versions import Version, Versions, only
from shared.domain.usage import UsageHistory
from tests.domain.earning_builders import ANNA, PROGRAMME, history, snapshot, tenure

NOTHING = BookedSummary()
# The next version asks less of everybody, and an older programme knows nothing of it.
GENEROUS = replace(
    PROGRAMME,
    version=2,
    minimum_seats=20,
    milestones=(*PROGRAMME.milestones, Milestone("teams-5", "teams", 5)),
    sizes=tuple(replace(each, thresholds=(5, *each.thresholds)) for each in PROGRAMME.sizes),
    rates=(*PROGRAMME.rates, *(replace(each, threshold=5) for each in PROGRAMME.rates if each.threshold == 15)),
)
STRICT = only(PROGRAMME)
BOTH = Versions((Version(PROGRAMME), Version(GENEROUS, date(2026, 3, 1))))
ENROLMENTS = {ANNA: frozenset({PROGRAMME.programme_id})}
counts = st.tuples(st.integers(0, 60), st.sampled_from([0, 19, 20, 149, 150, 300]))


@pytest.mark.parametrize(
    ("mau", "pau", "workload", "strict", "generous"),
    [
        (150, 1000, "teams", True, True),
        (149, 1000, "teams", False, True),
        (49, 1000, "teams", False, False),
        (150, 150, "teams", True, True),
        (149, 149, "teams", False, True),
        (19, 19, "teams", False, False),
        (0, 0, "teams", False, False),
        (150, 1000, "yammer", False, False),
    ],
)
def test_a_day_needs_the_lowest_threshold_and_the_fewest_seats_of_any_version(
    mau: int, pau: int, workload: str, strict: bool, generous: bool
) -> None:
    """R-350"""
    used = history(snapshot("2026-02-28", mau, pau), workload=workload)
    assert may_be_due(least_of([STRICT]), used, NOTHING) is strict
    assert may_be_due(least_of([BOTH]), used, NOTHING) is generous
    assert may_be_due(least_of([STRICT, BOTH]), used, NOTHING) is generous


def test_what_is_booked_is_always_looked_at() -> None:
    """R-350: it may have to be reversed, whatever little is left of the use."""
    rising = history(snapshot("2026-01-31", 100), snapshot("2026-02-28", 160))
    booked = book(NOTHING, entries_due([STRICT], rising, [tenure()], NOTHING, ENROLMENTS))
    assert may_be_due(least_of([STRICT]), UsageHistory(rising.tenant_id, "teams"), booked)


@given(st.lists(counts, min_size=1, max_size=5))
def test_nothing_that_is_due_is_passed_over(said: list[tuple[int, int]]) -> None:
    """R-350"""
    days = ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]
    used = history(*(snapshot(day, *each) for day, each in zip(days, said, strict=False)))
    for programmes in ([STRICT], [BOTH], [STRICT, BOTH]):
        if entries_due(programmes, used, [tenure()], NOTHING, ENROLMENTS):
            assert may_be_due(least_of(programmes), used, NOTHING)
