"""Exports arrive late, twice, corrected and in any order; the history they make is one and the same."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from functools import reduce
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.milestone import is_reached
from shared.domain.usage import (
    LARGEST_COUNT,
    PACKED_LIMIT,
    HistoryTooLong,
    Rank,
    Snapshot,
    UsageHistory,
    is_late,
    merge,
    pack,
    rank_of,
    unpack,
    unpacked,
)
from tests.domain.earning_builders import TENANT, history, snapshot

EMPTY = UsageHistory(TENANT, "teams")
DAYS = st.dates(date(2025, 12, 1), date(2026, 4, 30))
ranks = st.builds(
    lambda second, digit: Rank(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=second), digit * 12),
    st.integers(0, 200 * 86_400),
    st.sampled_from("0af"),
)
snapshots = st.builds(Snapshot, DAYS, st.integers(0, 3000), st.integers(0, 3000), ranks)


def merged(*exports: Snapshot, into: UsageHistory = EMPTY, correction_days: int = 90) -> UsageHistory:
    return merge(into, exports, correction_days=correction_days).history


def test_the_later_export_of_a_date_wins_whichever_arrives_first() -> None:
    """R-44"""
    first, corrected = snapshot("2026-01-31", 100, exported="2026-02-01"), snapshot("2026-01-31", 90, exported="2026-02-02")
    assert merged(corrected, into=merged(first)) == history(corrected)
    assert merged(first, into=merged(corrected)) == history(corrected)


def test_of_two_exports_in_one_second_the_higher_hash_wins() -> None:
    """R-44"""
    low = snapshot("2026-01-31", 100)
    high = low._replace(mau=5, rank=replace(low.rank, file_hash="f" * 12))
    assert merged(high, low) == merged(low, high) == history(high)


def test_an_export_read_twice_changes_nothing() -> None:
    """R-44"""
    once = merged(snapshot("2026-01-31", 100), snapshot("2026-02-28", 120))
    assert merge(once, once.snapshots, correction_days=90).history is once


def test_january_may_come_after_february() -> None:
    """R-44"""
    january, february = snapshot("2026-01-31", 100, exported="2026-03-03"), snapshot("2026-02-28", 120)
    assert merged(january, into=merged(february)).snapshots == (january, february)


@pytest.mark.parametrize("flip", [False, True])
def test_should_one_export_contradict_itself_the_cautious_reading_counts(flip: bool) -> None:
    """R-46"""
    rows = [snapshot("2026-01-31", 90, 1000), snapshot("2026-01-31", 100, 1000), snapshot("2026-01-31", 90, 900)]
    assert merged(*(reversed(rows) if flip else rows)) == history(rows[0])


@pytest.mark.parametrize(("exported", "late"), [("2026-01-31", False), ("2026-05-01", False), ("2026-05-02", True)])
def test_the_correction_window_ends_with_its_last_day(exported: str, late: bool) -> None:
    """R-45"""
    assert is_late(snapshot("2026-01-31", 100, exported=exported), 90) is late


def test_what_is_exported_after_the_window_changes_nothing_and_is_reported() -> None:
    """R-45"""
    known = history(snapshot("2026-01-31", 100, exported="2026-02-01"))
    late = snapshot("2026-01-31", 900, exported="2026-05-02")
    result = merge(known, [late], correction_days=90)
    assert result.history is known
    assert result.late == (late,)


@given(st.lists(snapshots, max_size=25), st.randoms(use_true_random=False), st.integers(0, 25))
def test_neither_order_nor_batches_nor_repetition_matter(rows: list[Snapshot], dice: Random, cut: int) -> None:
    """R-44 R-45"""
    shuffled = rows + rows[:cut]
    dice.shuffle(shuffled)
    batches = [shuffled[:cut], shuffled[cut:]]
    by_batches = reduce(lambda done, batch: merge(done, batch, correction_days=90).history, batches, EMPTY)
    assert by_batches == merged(*rows)


@given(st.lists(snapshots, max_size=25))
def test_a_history_has_one_snapshot_a_date_by_date_and_none_that_is_late(rows: list[Snapshot]) -> None:
    """R-44 R-45"""
    days = [each.date for each in merged(*rows).snapshots]
    assert days == sorted(set(days))
    assert set(days) == {each.date for each in rows if not is_late(each, 90)}


@given(st.lists(snapshots, max_size=40))
def test_what_is_packed_is_unpacked(rows: list[Snapshot]) -> None:
    """R-44"""
    packed = merged(*rows)
    assert unpack(TENANT, "teams", pack(packed)) == packed


def daily(days: int, count: int) -> UsageHistory:
    """The worst case: the largest counts, and each day from an export of its own."""
    first = datetime(2026, 1, 1, 3, tzinfo=UTC)
    rows = tuple(
        Snapshot((first + timedelta(days=n)).date(), count, count, rank_of(first + timedelta(days=n, seconds=n), f"{n:012x}"))
        for n in range(days)
    )
    return UsageHistory(TENANT, "teams", rows)


def test_two_years_of_daily_exports_with_the_largest_counts_fit_one_row() -> None:
    """R-44"""
    longest = daily(731, LARGEST_COUNT)
    assert len(pack(longest)) < PACKED_LIMIT
    assert unpack(TENANT, "teams", pack(longest)) == longest


def test_a_history_that_does_not_fit_is_refused_instead_of_cut() -> None:
    """R-44"""
    with pytest.raises(HistoryTooLong):
        pack(daily(1000, LARGEST_COUNT))


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "x,1|b1c2a|68a5f7c0000000000000|0,1,1,0",
        "b1c2a|68a5f7c0000000000000|0,1,1,0",
        "64,1|b1c2a|00",
        "64,1|b1c2a||0,1,1,0",
        "64,1|b1c2a|68a5f7c0000000000000|0,1,1,9",
        "64,1|b1c2a|zz|0,1,1,0",
    ],
)
def test_text_that_was_not_packed_is_refused(text: str) -> None:
    """R-44"""
    with pytest.raises((ValueError, IndexError)):
        list(unpack(TENANT, "teams", text).snapshots)


@given(st.lists(snapshots, max_size=40))
def test_the_summary_that_is_stored_is_the_one_that_the_snapshots_have(rows: list[Snapshot]) -> None:
    """R-351"""
    written = merged(*rows)
    read = unpack(TENANT, "teams", pack(written))
    assert (read.peak, read.most_seats) == (written.peak, written.most_seats)
    assert written.most_seats == max((each.pau for each in written.snapshots), default=0)
    for threshold in (1, 15, 40, 100):
        is_reached_ever = any(is_reached(threshold, each.mau, each.pau) for each in written.snapshots)
        assert (written.peak >= threshold) is is_reached_ever


def test_reading_the_summary_unpacks_nothing() -> None:
    """R-351: what follows it may be anything."""
    read = unpack(TENANT, "teams", "10,3e8|and never read")
    assert (read.tenant_id, read.workload, read.peak, read.most_seats) == (TENANT, "teams", 16, 1000)


def test_what_is_unpacked_again_has_the_summary_of_its_snapshots_whatever_was_stored() -> None:
    """R-351: reconciliation trusts no summary."""
    text = pack(history(snapshot("2026-02-28", 160)))
    assert unpacked(unpack(TENANT, "teams", "0,0|" + text.partition("|")[2])).peak == 16


def test_a_rank_counts_whole_utc_seconds_and_twelve_digits() -> None:
    """R-44"""
    local = datetime(2026, 1, 31, 1, 2, 3, 999, tzinfo=timezone(timedelta(hours=1)))
    assert rank_of(local, "ABCDEF0123456789") == Rank(datetime(2026, 1, 31, 0, 2, 3, tzinfo=UTC), "abcdef012345")


@pytest.mark.parametrize(
    "make",
    [
        lambda: rank_of(datetime(2026, 1, 1), "0" * 64),  # noqa: DTZ001 - a naive moment is what is refused here.
        lambda: rank_of(datetime(2026, 1, 1, tzinfo=UTC), "0" * 11),
        lambda: rank_of(datetime(2026, 1, 1, tzinfo=UTC), "not a digest"),
    ],
    ids=["naive", "short", "not hexadecimal"],
)
def test_a_rank_that_could_not_be_compared_is_refused(make: Callable[[], Rank]) -> None:
    """R-44"""
    with pytest.raises(ValueError, match=r"aware|digest"):
        make()
