"""The development clock runs on from where it was moved to, and never back."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from infra.local.clock import DevelopmentClock

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_without_a_file_it_shows_real_time(tmp_path: Path) -> None:
    with time_machine.travel(NOON, tick=False):
        assert DevelopmentClock(tmp_path / "clock").now() == NOON


def test_steps_add_up_and_time_goes_on(tmp_path: Path) -> None:
    clock = DevelopmentClock(tmp_path / "clock")
    clock.advance(timedelta(days=10))
    clock.advance(timedelta(hours=1))
    with time_machine.travel(NOON, tick=False) as real:
        assert clock.now() == NOON + timedelta(days=10, hours=1)
        real.shift(timedelta(minutes=1))
        assert clock.now() == NOON + timedelta(days=10, hours=1, minutes=1)


def test_a_step_back_is_refused(tmp_path: Path) -> None:
    clock = DevelopmentClock(tmp_path / "clock")
    clock.advance(timedelta(days=1))
    with pytest.raises(ValueError, match="only goes forward"):
        clock.advance(timedelta(seconds=-1))
    assert clock.offset() == timedelta(days=1)
