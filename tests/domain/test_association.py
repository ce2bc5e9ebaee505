"""A tenure is closed once, never dated back, and each day belongs to one holder."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from shared.domain.association import EndReason, close, holder_on, tenure_order
from tests.domain.earning_builders import BERT, at, tenure


def test_an_association_is_named_by_claim_and_workload() -> None:
    """R-74"""
    assert tenure(claim="5f5f5f5f-00").association_id == "5f5f5f5f-00.teams"


def test_closing_keeps_everything_but_the_end() -> None:
    """R-73"""
    begun = tenure("2026-02-01")
    ended = close(begun, at("2026-03-05"), EndReason.ENDED_BY_PARTNER)
    assert (ended.ended_at, ended.end_reason, ended.is_standing) == (at("2026-03-05"), EndReason.ENDED_BY_PARTNER, False)
    assert (ended.claim_id, ended.active_from, begun.is_standing) == (begun.claim_id, begun.active_from, True)


def test_closing_twice_keeps_the_first_end() -> None:
    """R-73"""
    ended = close(tenure(), at("2026-03-05"), EndReason.ENDED_BY_CUSTOMER)
    assert close(ended, at("2026-04-05"), EndReason.CONTEST_LOST) is ended


def test_a_tenure_may_end_in_the_moment_it_began() -> None:
    """R-73"""
    begun = tenure()
    assert close(begun, begun.active_from, EndReason.ENDED_BY_CUSTOMER).ended_at == begun.active_from


@pytest.mark.parametrize(
    "moment",
    [
        at("2026-02-01") - timedelta(seconds=1),
        datetime(2026, 3, 1),  # noqa: DTZ001 - a naive moment is what is refused here.
        datetime(2026, 3, 1, tzinfo=timezone(timedelta(hours=1))),
    ],
    ids=["before it began", "naive", "not UTC"],
)
def test_an_impossible_end_is_refused(moment: datetime) -> None:
    """R-73"""
    with pytest.raises(ValueError, match=r"UTC|before it began"):
        close(tenure("2026-02-01"), moment, EndReason.ENDED_BY_CUSTOMER)


@pytest.mark.parametrize(
    ("day", "covered"),
    [("2026-01-31", False), ("2026-02-01", True), ("2026-02-15", True), ("2026-02-28", True), ("2026-03-01", False)],
)
def test_the_first_and_the_last_day_count_whole(day: str, covered: bool) -> None:
    """R-52"""
    assert tenure("2026-02-01", ended="2026-02-28").covers(date.fromisoformat(day)) is covered


def test_a_standing_tenure_has_no_last_day() -> None:
    """R-52"""
    assert tenure("2026-02-01").covers(date(2099, 12, 31))


@pytest.mark.parametrize(
    ("day", "claim"),
    [("2026-01-31", None), ("2026-03-14", "old"), ("2026-03-15", "old"), ("2026-03-16", "new")],
)
def test_the_day_of_a_handover_belongs_to_whoever_held_first(day: str, claim: str | None) -> None:
    """R-53"""
    tenures = [tenure("2026-03-15", claim="new", partner=BERT), tenure("2026-02-01", ended="2026-03-15", claim="old")]
    holder = holder_on(sorted(tenures, key=tenure_order), date.fromisoformat(day))
    assert (holder.claim_id if holder else None) == claim


def test_days_are_utc_days() -> None:
    """R-52"""
    last_second = datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC)
    assert not close(tenure("2026-02-01"), last_second, EndReason.ENDED_BY_CUSTOMER).covers(date(2026, 3, 1))
