"""Limits as token buckets: so many at once, as many again within the time, and whoever is refused learns from when."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.limit import Limited, LimitReached, Limits, Rate, spend, widest

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
THREE_A_MINUTE = Rate(3, timedelta(minutes=1))


def spent(times: int, full_at: datetime | None = None, now: datetime = NOW) -> datetime | None:
    for _ in range(times):
        full_at = spend(Limited.CLAIMS, THREE_A_MINUTE, full_at, now)
    return full_at


def test_as_many_as_the_rate_says_fit_at_once_and_one_more_waits_for_its_share() -> None:
    """R-280"""
    full_at = spent(3)
    with pytest.raises(LimitReached) as refused:
        spend(Limited.CLAIMS, THREE_A_MINUTE, full_at, NOW)
    assert refused.value.retry_after_s == 20
    after_that = NOW + timedelta(seconds=20)
    full_at = spend(Limited.CLAIMS, THREE_A_MINUTE, full_at, after_that)
    with pytest.raises(LimitReached):
        spend(Limited.CLAIMS, THREE_A_MINUTE, full_at, after_that)


def test_after_the_whole_time_the_whole_rate_fits_again_and_never_more() -> None:
    """R-280"""
    full_at = spent(3, spent(3), NOW + timedelta(minutes=1))
    later = NOW + timedelta(days=1)
    full_at = spent(3, full_at, later)
    with pytest.raises(LimitReached):
        spend(Limited.CLAIMS, THREE_A_MINUTE, full_at, later)


def test_several_are_taken_together_or_not_at_all() -> None:
    """R-280"""
    full_at = spend(Limited.MAILS, THREE_A_MINUTE, None, NOW, 2)
    with pytest.raises(LimitReached):
        spend(Limited.MAILS, THREE_A_MINUTE, full_at, NOW, 2)
    spend(Limited.MAILS, THREE_A_MINUTE, full_at, NOW, 1)


def test_whoever_is_refused_is_never_told_to_try_again_at_once() -> None:
    """R-280"""
    full_at = spent(3)
    with pytest.raises(LimitReached) as refused:
        spend(Limited.CLAIMS, THREE_A_MINUTE, full_at, NOW + timedelta(seconds=19.999))
    assert refused.value.retry_after_s == 1


def test_a_partner_of_two_programmes_has_the_widest_limits_of_both() -> None:
    """R-281"""
    one, other = Limits(claims_per_minute=5, availability_per_minute=9), Limits(claims_per_minute=7, availability_per_minute=2)
    assert widest((one, other)) == Limits(claims_per_minute=7, availability_per_minute=9)
    assert widest(()) == Limits()
