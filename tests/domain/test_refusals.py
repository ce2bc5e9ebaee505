"""When refusals have piled up: so many, so large a share, within a month."""

from datetime import UTC, datetime, timedelta

from shared.domain.limit import Limits
from shared.domain.refusals import Days, counted, have_piled_up
from shared.domain.telling import Telling

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LIMITS = Limits(pause_after_refusals=3, pause_from_refusal_percent=50)


def answers(kind: str, times: int, at: datetime = NOW, **facts: bool) -> list[Telling]:
    return [Telling(f"c.{n}", f"claim.{kind}", "/", "c", at, {"facts": facts}) for n in range(times)]


def after(*told: list[Telling]) -> Days:
    days: Days = {}
    for each in told:
        days = counted(days, each)
    return days


def test_few_refusals_and_a_small_share_are_no_reason() -> None:
    """R-295"""
    assert not have_piled_up(after(answers("refused", 2)), LIMITS)
    assert not have_piled_up(after(answers("refused", 3), answers("agreed", 4)), LIMITS)
    assert not have_piled_up({}, LIMITS)


def test_many_refusals_that_are_a_large_share_are_one() -> None:
    """R-295: no objection within the time is an answer too."""
    assert have_piled_up(after(answers("refused", 3)), LIMITS)
    assert have_piled_up(after(answers("refused", 3), answers("agreed", 2), answers("window_ended", 1)), LIMITS)


def test_only_the_last_month_counts_and_only_what_had_an_effect() -> None:
    """R-295"""
    long_ago = NOW - timedelta(days=30)
    assert not have_piled_up(after(answers("refused", 2, long_ago), answers("refused", 1)), LIMITS)
    assert have_piled_up(after(answers("refused", 2, NOW - timedelta(days=29)), answers("refused", 1)), LIMITS)
    assert not have_piled_up(after(answers("refused", 9, noEffect=True)), LIMITS)
