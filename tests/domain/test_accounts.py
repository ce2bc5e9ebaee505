"""The account guarantee: every cent that was posted is in exactly one statement, and a closed statement never changes."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.accounts import (
    MonthClosing,
    MonthNotOver,
    MonthOutOfTurn,
    PartnerAccount,
    Posting,
    PostingKind,
    Statement,
    close,
    month_to_close,
    posting_month,
    posting_of,
    statement_of,
)
from shared.domain.booking import BookedEntry, payable_from
from shared.domain.errors import InvalidInput
from shared.domain.ledger import BookedSummary, difference
from shared.domain.month import Month
from tests.domain.earning_builders import ANNA, PROGRAMME, TENANT
from tests.domain.test_ledger import EARNED

NOVEMBER, DECEMBER = Month(2026, 11), Month(2026, 12)
LATER = datetime(2030, 1, 1, tzinfo=UTC)
ACCOUNT = PartnerAccount(ANNA, "EUR", NOVEMBER, 500)


def posting(amount: int, month: Month = NOVEMBER, kind: PostingKind = PostingKind.EARNING, number: int = 1) -> Posting:
    return Posting(f"p{number}", kind, ANNA, "EUR", amount, month.first_day, LATER, month)


def booked(at: str) -> BookedEntry:
    (entry,) = difference("spring", [EARNED], BookedSummary())
    return BookedEntry(entry, TENANT, "teams", 1, datetime.fromisoformat(at), "run-1")


@pytest.mark.parametrize(
    ("month", "last_day"),
    [("2026-01", 31), ("2026-02", 28), ("2028-02", 29), ("2100-02", 28), ("2000-02", 29), ("2026-04", 30), ("2026-12", 31)],
)
def test_a_month_has_its_days(month: str, last_day: int) -> None:
    spelt = Month.spelt(month)
    assert (str(spelt), spelt.last_day.day) == (month, last_day)
    assert spelt.next.previous == spelt
    assert spelt.last_day + timedelta(days=1) == spelt.next.first_day
    assert Month.of(spelt.first_day) == Month.of(spelt.last_day) == spelt < spelt.next


@pytest.mark.parametrize("text", ["2026-13", "2026-00", "2026-1", "202611", "2026-11-01", "1999-12", "٢٠٢٦-11", "", "9999-12"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        Month.spelt(text)


@pytest.mark.parametrize(
    ("now", "over"),
    [
        ("2026-11-30T23:59:59.999999+00:00", False),
        ("2026-12-01T00:00:00+00:00", True),
        ("2026-11-01T00:00:00+00:00", False),
        ("2026-10-31T23:59:59+00:00", False),
    ],
)
def test_a_month_is_over_with_its_last_moment(now: str, *, over: bool) -> None:
    """R-165"""
    assert NOVEMBER.is_over(datetime.fromisoformat(now)) is over


def test_a_month_is_one_of_utc_days() -> None:
    """R-165: it is still November in Berlin's night of the first of December, and the other way round nobody may say so."""
    with pytest.raises(ValueError, match="UTC"):
        Month.of(datetime.fromisoformat("2026-12-01T00:30:00+01:00"))


@pytest.mark.parametrize(
    ("booked_at", "month"),
    [
        ("2026-01-29T02:00:00+00:00", "2026-02"),  # The twenty-eighth of February.
        ("2026-01-30T02:00:00+00:00", "2026-03"),  # February ends before the thirty days do.
        ("2028-01-30T02:00:00+00:00", "2028-02"),  # A leap day is a day.
        ("2026-03-01T23:59:59.999999+00:00", "2026-03"),  # The clocks of Europe lose an hour in between, no day.
        ("2026-10-01T00:00:00+00:00", "2026-10"),
        ("2026-10-02T00:00:00+00:00", "2026-11"),
    ],
)
def test_an_earning_counts_in_the_month_in_which_its_holding_period_ends(booked_at: str, month: str) -> None:
    """R-166 R-91"""
    entry = booked(booked_at)
    made = posting_of(entry, payable_from(entry, PROGRAMME), LATER, Month(2020, 1))
    assert (str(made.month), made.posting_id, made.amount_minor) == (month, entry.earning_id, 2_000)


def test_what_is_found_out_after_its_month_was_closed_enters_the_open_one() -> None:
    """R-166"""
    assert posting_month(date(2026, 10, 31), NOVEMBER) == NOVEMBER
    assert posting_month(date(2026, 11, 30), NOVEMBER) == NOVEMBER
    assert posting_month(date(2026, 12, 1), NOVEMBER) == DECEMBER


def test_a_statement_adds_up_by_kind_to_what_is_left_over() -> None:
    """R-167"""
    postings = [posting(n, kind=kind, number=n) for n, kind in zip((1, -2, 4, -8, 16), PostingKind, strict=True)]
    found = statement_of(ACCOUNT, NOVEMBER, postings)
    assert found == Statement(ANNA, "EUR", NOVEMBER, 500, 1, -2, 4, 8, 5)
    assert found.closing_minor == 511


def test_closing_opens_the_next_month_with_what_is_left_over() -> None:
    """R-165 R-167: also a debt is carried forward."""
    after, statement = close(ACCOUNT, [posting(-700, kind=PostingKind.REVERSAL)], LATER)
    assert after == replace(ACCOUNT, open_month=DECEMBER, balance_minor=-200)
    assert (statement.month, statement.closed_at, statement.closing_minor) == (NOVEMBER, LATER, -200)


def test_no_month_is_closed_before_it_is_over() -> None:
    """R-165"""
    with pytest.raises(MonthNotOver):
        close(ACCOUNT, [], datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC))


CLOSED = MonthClosing(NOVEMBER, LATER, "anna", LATER)


@pytest.mark.parametrize(
    ("wanted", "known", "turn"),
    [
        (NOVEMBER, [], None),
        (NOVEMBER, [CLOSED], None),
        (DECEMBER, [CLOSED], None),
        (DECEMBER, [replace(CLOSED, closed_at=None)], "2026-11"),
        (NOVEMBER, [replace(CLOSED, closed_at=None)], None),
        (DECEMBER.next, [CLOSED], "2026-12"),
        (NOVEMBER.previous, [CLOSED], "2026-12"),
    ],
)
def test_months_are_closed_one_after_the_other(wanted: Month, known: list[MonthClosing], turn: str | None) -> None:
    """R-165"""
    if turn is None:
        month_to_close(wanted, known, LATER)
        return
    with pytest.raises(MonthOutOfTurn, match=turn):
        month_to_close(wanted, known, LATER)


@given(
    st.lists(st.tuples(st.integers(-(10**12), 10**12), st.integers(0, 400), st.sampled_from(PostingKind)), max_size=40),
    st.lists(st.integers(0, 3), min_size=40, max_size=40),
)
def test_every_cent_is_in_exactly_one_statement(facts: list[tuple[int, int, PostingKind]], closings: list[int]) -> None:
    """R-166 R-167: in whatever order facts come and months are closed, the last balance is the sum of everything that counts."""
    account, posted, statements = PartnerAccount(ANNA, "EUR", Month(2026, 1)), list[Posting](), list[Statement]()
    for (amount, day, kind), months in zip(facts, closings, strict=False):
        counts_on = date(2026, 1, 1) + timedelta(days=day)
        posted.append(posting(amount, posting_month(counts_on, account.open_month), kind))
        for _ in range(months):
            account, closed = close(account, [p for p in posted if p.month == account.open_month], LATER + timedelta(days=9_999))
            statements.append(closed)
    assert account.balance_minor == sum(p.amount_minor for p in posted if p.month < account.open_month)
    for statement, following in pairwise(statements):
        assert following.opening_minor == statement.closing_minor
    for closed in statements:
        as_it_was = replace(account, balance_minor=closed.opening_minor)
        again = statement_of(as_it_was, closed.month, [p for p in posted if p.month == closed.month])
        assert again == replace(closed, closed_at=None), "a closed statement would be added up differently now"
