"""A query about an entry: in time, once, and answered once."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from shared.domain import earning_query
from shared.domain.accounts import Posting, PostingKind
from shared.domain.booking import BookedEntry
from shared.domain.earning_query import EarningQuery, QueryAnswered
from shared.domain.errors import NotFound, TooLate
from shared.domain.ledger import BookedSummary, difference
from shared.domain.month import Month
from tests.domain.earning_builders import ANNA, TENANT
from tests.domain.test_ledger import EARNED

(ENTRY,) = difference("spring", [EARNED], BookedSummary())
BOOKED = BookedEntry(ENTRY, TENANT, "teams", 1, datetime(2028, 1, 31, 23, 59, 59, tzinfo=UTC), "run-1")
POSTING = Posting("p", PostingKind.EARNING, ANNA, "EUR", 2_000, date(2028, 3, 1), BOOKED.booked_at, Month(2028, 3), BOOKED)
NOW = datetime(2028, 2, 10, tzinfo=UTC)
QUERY = EarningQuery("p", ANNA, "Why so little?", NOW)


@pytest.mark.parametrize(
    ("now", "in_time"),
    [("2028-01-31T23:59:59+00:00", True), ("2028-03-01T23:59:59+00:00", True), ("2028-03-02T00:00:00+00:00", False)],
)
def test_an_entry_is_queried_within_thirty_days_of_its_booking(now: str, *, in_time: bool) -> None:
    """R-177: a leap year's February has 29 of them, and the last day belongs to the partner."""
    moment = datetime.fromisoformat(now)
    if in_time:
        assert earning_query.ask(POSTING, "Why?", moment) == EarningQuery("p", ANNA, "Why?", moment)
        return
    with pytest.raises(TooLate, match="2028-03-01"):
        earning_query.ask(POSTING, "Why?", moment)


def test_only_an_entry_of_the_ledger_is_queried() -> None:
    """R-177"""
    with pytest.raises(NotFound):
        earning_query.ask(replace(POSTING, booked=None, kind=PostingKind.PAYOUT), "Why?", NOW)


def test_a_query_is_answered_once() -> None:
    """R-178"""
    answered = earning_query.answer(QUERY, "The rate card says so.", "operator-1", NOW)
    assert (answered.answer, answered.answered_by, answered.answered_at) == ("The rate card says so.", "operator-1", NOW)
    assert earning_query.answer(answered, "The rate card says so.", "operator-2", NOW) == answered
    with pytest.raises(QueryAnswered):
        earning_query.answer(answered, "Something else.", "operator-1", NOW)
