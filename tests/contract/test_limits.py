"""A worker's limits: counted by partner and key, without a store, and within a bounded memory."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.adapters import worker_limits
from shared.adapters.worker_limits import WorkerLimits
from shared.domain.limit import Limited, LimitReached, Rate
from shared.usecases import limits
from tests.faults import Faults
from tests.usecases.system import MONDAY, PARTNER, System

ONCE = Rate(1, timedelta(minutes=1))


def test_each_key_and_each_thing_has_a_bucket_of_its_own() -> None:
    """R-280"""
    limiter = WorkerLimits()
    limiter.take(Limited.CLAIMS, "a", ONCE, MONDAY)
    limiter.take(Limited.CLAIMS, "b", ONCE, MONDAY)
    limiter.take(Limited.MAILS, "a", ONCE, MONDAY)
    with pytest.raises(LimitReached):
        limiter.take(Limited.CLAIMS, "a", ONCE, MONDAY)


def test_memory_is_bounded_and_whoever_is_at_the_limit_is_not_forgotten_for_others_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-280"""
    monkeypatch.setattr(worker_limits, "_MOST_KEPT", 10)
    limiter = WorkerLimits()
    later = MONDAY + timedelta(seconds=30)
    for n in range(50):
        limiter.take(Limited.CLAIMS, f"past {n}", ONCE, MONDAY - timedelta(hours=1))
    limiter.take(Limited.CLAIMS, "busy", ONCE, MONDAY)
    for n in range(9):
        limiter.take(Limited.CLAIMS, f"past {n}", ONCE, MONDAY - timedelta(hours=1))
    assert len(limiter._full_at) <= 11
    with pytest.raises(LimitReached):
        limiter.take(Limited.CLAIMS, "busy", ONCE, later)


async def test_a_limit_is_held_without_a_request(system: System) -> None:
    """R-280: limits add nothing to the path of a submission."""
    counter = Faults()
    world = system.process(counter)
    most = limits.limits_of(world, PARTNER).availability_per_minute
    for _ in range(most):
        limits.require(world, PARTNER, Limited.AVAILABILITY)
    with pytest.raises(LimitReached):
        limits.require(world, PARTNER, Limited.AVAILABILITY)
    limits.require(world, replace(PARTNER, partner_id="4711002"), Limited.AVAILABILITY)
    assert counter.total == 0
