"""Dead letters: one a piece of work, naming ids and nobody."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.adapters import names
from shared.domain.dead_letter import LetterState, Queue, died_again, of_message, of_row, replayed
from shared.domain.timeline import Json

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
MESSAGE = of_message(Queue.IMPORTS, '{"importId": "a1"}', {"importId": "a1"}, NOW)
ROW = of_row("a7", "out!20260302!a7-1.4.approved", "a7-1", "approved", NOW)


def test_every_queue_of_ours_can_have_dead_letters() -> None:
    """R-303."""
    assert set(Queue) == set(names.QUEUES)


def test_the_same_work_has_the_same_letter_and_other_work_another() -> None:
    """R-304."""
    later = NOW + timedelta(days=1)
    assert of_message(Queue.IMPORTS, '{"importId": "a1"}', {"importId": "a1"}, later).letter_id == MESSAGE.letter_id
    others = [
        replace(MESSAGE, queue=Queue.EVALUATION),
        replace(MESSAGE, content='{"importId": "a2"}'),
        ROW,
        replace(ROW, row_key="out!20260302!a7-1.4.rejected"),
        replace(ROW, bucket="a8"),
    ]
    ids = {letter.letter_id for letter in (MESSAGE, *others)}
    assert len(ids) == 6
    assert all(len(each) == 32 and each.isalnum() for each in ids)


@pytest.mark.parametrize(
    ("said", "about"),
    [
        (
            {"partnerId": "4711001", "month": "2026-02", "currency": "EUR"},
            {"partnerId": "4711001", "month": "2026-02", "currency": "EUR"},
        ),
        ({"importId": "a1", "recipient": "ada@contoso.example", "note": "Call Ada."}, {"importId": "a1"}),
        ({"importId": {"name": "Ada"}, "bucket": 7}, {}),
        ([{"importId": "a1"}], {}),
        ("ada@contoso.example", {}),
    ],
)
def test_a_letter_is_about_ids_of_ours_and_nothing_else(said: Json, about: dict[str, str]) -> None:
    """R-303: what a message says beside them is told to nobody."""
    assert of_message(Queue.IMPORTS, "content", said, NOW).about == about


def test_work_that_dies_again_waits_again_under_the_same_letter() -> None:
    """R-304."""
    once = replayed(MESSAGE, "olga", NOW + timedelta(hours=1), was_moot=False)
    twice = died_again(once, replace(MESSAGE, died_at=NOW + timedelta(hours=2)))
    assert (once.state, once.replayed_by, twice.letter_id) == (LetterState.REPLAYED, "olga", MESSAGE.letter_id)
    assert (twice.state, twice.times, twice.first_died_at, twice.died_at) == (
        LetterState.WAITING, 2, NOW, NOW + timedelta(hours=2)
    )  # fmt: skip


def test_a_late_repetition_does_not_turn_the_time_of_death_back() -> None:
    later = replace(MESSAGE, died_at=NOW + timedelta(hours=2))
    assert died_again(later, MESSAGE).died_at == later.died_at
