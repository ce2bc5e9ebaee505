"""What a partner asked for on one day, counted off the events that it is told."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.domain import asked
from shared.domain.asked import Asked, domain_key
from shared.domain.limit import Limited, LimitReached, Rate, require_left
from shared.domain.telling import Telling

NOW = datetime(2026, 3, 2, 21, tzinfo=UTC)
ADA, EVE = domain_key("tenant-1", "ada.example"), domain_key("tenant-1", "eve.example")


def told(*kinds: str, at: datetime = NOW) -> list[Telling]:
    return [Telling(f"c.{n}", f"claim.{kind}", "/", "c", at, {"facts": {}}) for n, kind in enumerate(kinds)]


def test_each_move_that_asks_is_two_mails_and_everything_else_is_none() -> None:
    """R-310"""
    day = Asked().counting(told("created", "proof_attached", "submitted", "mail_accepted", "agreed", "consent_resent"), ADA)
    day = day.counting(told("created", "contested", "signature_requested", "withdrawn"), EVE)
    assert (day.day, day.claims, day.mails) == (NOW.date(), 2, 8)
    assert day.by_domain == {ADA: 4, EVE: 4}


def test_a_new_day_begins_anew_and_what_comes_late_counts_on_neither() -> None:
    """R-310: of a day that is over nobody is refused anything any more."""
    yesterday = Asked().counting(told("created", "submitted"), ADA)
    today = yesterday.counting(told("submitted", at=NOW + timedelta(hours=3)), EVE)
    assert today == Asked((NOW + timedelta(days=1)).date(), 0, 2, {EVE: 2})
    assert today.counting(told("created", "submitted"), ADA) == today
    assert yesterday.on(today.day) == Asked(today.day)
    assert yesterday.on(NOW.date()) == yesterday


def test_of_more_domains_than_fit_those_that_are_asked_most_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-310: however many customers a partner asks, who is asked again and again is counted."""
    monkeypatch.setattr(asked, "_MOST_DOMAINS", 3)
    day = Asked().counting(told("submitted", "consent_resent"), ADA)
    for number in range(9):
        day = day.counting(told("submitted"), str(number))
    assert day.counting(told("consent_resent"), ADA).by_domain == {"7": 2, "8": 2, ADA: 6}
    assert day.mails == 22


def test_a_domain_that_is_asked_now_is_kept_and_the_one_asked_longest_ago_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-310: else nobody could begin to be counted once the others were asked twice."""
    monkeypatch.setattr(asked, "_MOST_DOMAINS", 2)
    day = Asked().counting(told("submitted"), ADA).counting(told("submitted", "consent_resent"), EVE)
    day = day.counting(told("consent_resent"), ADA).counting(told("submitted"), "new")
    assert day.by_domain == {ADA: 4, "new": 2}


def test_what_was_asked_for_leaves_so_much_until_midnight() -> None:
    """R-310"""
    rate = Rate(10, timedelta(days=1))
    require_left(Limited.MAILS, rate, 8, NOW, 2)
    with pytest.raises(LimitReached) as refused:
        require_left(Limited.MAILS, rate, 9, NOW, 2)
    assert refused.value.retry_after_s == 3 * 3600
