"""Statements, adjustments and closings of months on the wire."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Final, Literal, Self

from pydantic import Field, StringConstraints

from functions.csv_view import Cell
from functions.wire import Line as OneLine
from functions.wire import Wire
from functions.wire.money import MoneyOut
from functions.wire.postings import PostingOut
from shared.domain.accounts import MonthClosing, Posting, Statement
from shared.domain.currency import decimal_amount
from shared.usecases.statements import Lines

_MOST_MINOR = 10**12


class StatementOut(Wire):
    """A month of an account in one currency: opening and the sums make closing. Only a closed one never changes."""

    month: str
    status: Literal["open", "closed"]
    currency: str
    opening: MoneyOut
    earned: MoneyOut
    reversed: MoneyOut
    adjusted: MoneyOut
    paid: MoneyOut
    closing: MoneyOut
    postings: int
    closed_at: datetime | None

    @classmethod
    def of(cls, statement: Statement) -> Self:
        def money(minor: int) -> MoneyOut:
            return MoneyOut(amount_minor=minor, currency=statement.currency)

        return cls(
            month=str(statement.month),
            status="open" if statement.closed_at is None else "closed",
            currency=statement.currency,
            opening=money(statement.opening_minor),
            earned=money(statement.earned_minor),
            reversed=money(statement.reversed_minor),
            adjusted=money(statement.adjusted_minor),
            paid=money(statement.paid_minor),
            closing=money(statement.closing_minor),
            postings=statement.postings,
            closed_at=statement.closed_at,
        )


class StatementsOut(Wire):
    value: list[StatementOut]

    @classmethod
    def of(cls, statements: Iterable[Statement]) -> Self:
        return cls(value=[StatementOut.of(each) for each in statements])


COLUMNS: Final = ("month", "currency", "opening", "earned", "reversed", "adjusted", "paid", "closing", "closedAt")


def table(statements: Iterable[Statement]) -> Iterable[Sequence[Cell]]:
    """The statements as rows under `COLUMNS`."""
    for each in statements:
        moved = (each.earned_minor, each.reversed_minor, each.adjusted_minor, each.paid_minor)
        sums = (decimal_amount(minor, each.currency) for minor in (each.opening_minor, *moved, each.closing_minor))
        yield str(each.month), each.currency, *sums, each.closed_at


class MonthOut(Wire):
    """A partner's month: a statement a currency, and a page of its lines; without `nextLink` it is the last."""

    month: str
    statements: list[StatementOut]
    value: list[PostingOut]
    next_link: str | None

    @classmethod
    def of(cls, month: str, statements: Iterable[Statement], page: Lines, next_link: str | None) -> Self:
        return cls(
            month=month,
            statements=[StatementOut.of(each) for each in statements],
            value=[PostingOut.of(line) for line in page.items],
            next_link=next_link,
        )


class PeriodOut(Wire):
    """A month of all partners: `open`, `closing` while accounts are being closed, or `closed` with what is left over."""

    month: str
    status: Literal["open", "closing", "closed"]
    begun_at: datetime | None
    begun_by: str | None
    closed_at: datetime | None
    statements: int
    left_over: list[MoneyOut]

    @classmethod
    def open(cls, month: str) -> Self:
        return cls(month=month, status="open", begun_at=None, begun_by=None, closed_at=None, statements=0, left_over=[])

    @classmethod
    def of(cls, closing: MonthClosing) -> Self:
        return cls(
            month=str(closing.month),
            status="closing" if closing.closed_at is None else "closed",
            begun_at=closing.begun_at,
            begun_by=closing.begun_by,
            closed_at=closing.closed_at,
            statements=closing.statements,
            left_over=[MoneyOut(amount_minor=minor, currency=currency) for currency, minor in closing.left_over],
        )


class MoneyIn(Wire):
    amount_minor: Annotated[int, Field(strict=True, ge=-_MOST_MINOR, le=_MOST_MINOR)]
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class AdjustmentIn(Wire):
    """A correction of a partner's account; a negative amount takes back."""

    partner_id: Annotated[str, StringConstraints(pattern=r"^[0-9]{4,12}$")]
    amount: MoneyIn
    reason: OneLine


class AdjustmentOut(Wire):
    adjustment_id: str
    partner_id: str
    amount: MoneyOut
    reason: str
    operator: str
    made_at: datetime
    month: str

    @classmethod
    def of(cls, posting: Posting) -> Self:
        made = posting.adjustment
        if made is None:
            raise TypeError(f"{posting.kind} is no adjustment")
        return cls(
            adjustment_id=made.adjustment_id,
            partner_id=made.partner_id,
            amount=MoneyOut(amount_minor=made.amount_minor, currency=made.currency),
            reason=made.reason,
            operator=made.operator,
            made_at=made.made_at,
            month=str(posting.month),
        )
