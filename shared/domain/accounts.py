"""A partner's account in one currency: what was posted to it, month by month, and the statement that closes each month.

Posting is to the account what booking is to the ledger: an entry enters once, into the month in which it counts or, if that is
closed, into the open one. So a closed month never changes, whatever is found out later. All sums are whole minor units.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from shared.domain.booking import BookedEntry
from shared.domain.errors import DomainError
from shared.domain.ledger import EntryKind
from shared.domain.month import Month


class PostingKind(StrEnum):
    """What enters an account. A payout takes money out; one that failed brings it back."""

    EARNING = "earning"
    REVERSAL = "reversal"
    ADJUSTMENT = "adjustment"
    PAYOUT = "payout"
    PAYOUT_RETURNED = "payout_returned"


@dataclass(frozen=True, slots=True)
class Adjustment:
    """An operator's correction of an account: why, by whom and when. It is made once and never changed."""

    adjustment_id: str
    partner_id: str
    currency: str
    amount_minor: int
    reason: str
    operator: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Posting:
    """One immutable line of an account. `booked` is the ledger's entry behind an earning or a reversal, `adjustment` the
    operator's behind an adjustment; `counts_on` is the day from which the amount may be paid.
    """

    posting_id: str
    kind: PostingKind
    partner_id: str
    currency: str
    amount_minor: int
    counts_on: date
    posted_at: datetime
    month: Month
    booked: BookedEntry | None = None
    adjustment: Adjustment | None = None


@dataclass(frozen=True, slots=True)
class PartnerAccount:
    """Where an account stands: `balance_minor` is what the months before `open_month` left over."""

    partner_id: str
    currency: str
    open_month: Month
    balance_minor: int = 0


@dataclass(frozen=True, slots=True)
class Statement:
    """An account's month. It is closed, and then never changes, when `closed_at` is told; paid is net of what came back."""

    partner_id: str
    currency: str
    month: Month
    opening_minor: int
    earned_minor: int
    reversed_minor: int
    adjusted_minor: int
    paid_minor: int
    postings: int
    closed_at: datetime | None = None

    @property
    def closing_minor(self) -> int:
        """What is left over and carried forward (R-167)."""
        return self.opening_minor + self.earned_minor + self.reversed_minor + self.adjusted_minor + self.paid_minor


class MonthNotOver(DomainError):
    """A month is closed when its last day has passed."""

    code = "month_not_over"

    def __init__(self, month: Month) -> None:
        super().__init__(f"{month} is not over: it can be closed from {month.next.first_day.isoformat()} (UTC) on.")


class MonthOutOfTurn(DomainError):
    """Months are closed one after the other."""

    code = "month_out_of_turn"

    def __init__(self, wanted: Month, turn: Month) -> None:
        super().__init__(f"{wanted} cannot be closed now: it is the turn of {turn}.")


def posting_of(booked: BookedEntry, counts_on: date, posted_at: datetime, open_month: Month) -> Posting:
    """The posting of an entry of the ledger, under the entry's own id."""
    entry = booked.entry
    kind = PostingKind.EARNING if entry.kind is EntryKind.EARNING else PostingKind.REVERSAL
    return Posting(
        posting_id=booked.earning_id,
        kind=kind,
        partner_id=entry.partner_id,
        currency=entry.currency,
        amount_minor=entry.amount_minor,
        counts_on=counts_on,
        posted_at=posted_at,
        month=posting_month(counts_on, open_month),
        booked=booked,
    )


def posting_of_adjustment(adjustment: Adjustment, open_month: Month) -> Posting:
    """The posting of an operator's adjustment: it counts from its own day."""
    made_on = adjustment.made_at.date()
    return Posting(
        posting_id=adjustment.adjustment_id,
        kind=PostingKind.ADJUSTMENT,
        partner_id=adjustment.partner_id,
        currency=adjustment.currency,
        amount_minor=adjustment.amount_minor,
        counts_on=made_on,
        posted_at=adjustment.made_at,
        month=posting_month(made_on, open_month),
        adjustment=adjustment,
    )


def posting_month(counts_on: date, open_month: Month) -> Month:
    """The month of the day on which it counts, or the open one if that is closed already (R-166)."""
    return max(Month.of(counts_on), open_month)


def statement_of(account: PartnerAccount, month: Month, postings: Iterable[Posting]) -> Statement:
    """The month's sums so far; for the open month and later ones `opening` is what closed months left over."""
    sums = dict.fromkeys(PostingKind, 0)
    number = 0
    for posting in postings:
        sums[posting.kind] += posting.amount_minor
        number += 1
    return Statement(
        partner_id=account.partner_id,
        currency=account.currency,
        month=month,
        opening_minor=account.balance_minor,
        earned_minor=sums[PostingKind.EARNING],
        reversed_minor=sums[PostingKind.REVERSAL],
        adjusted_minor=sums[PostingKind.ADJUSTMENT],
        paid_minor=sums[PostingKind.PAYOUT] + sums[PostingKind.PAYOUT_RETURNED],
        postings=number,
    )


def close(account: PartnerAccount, postings: Iterable[Posting], now: datetime) -> tuple[PartnerAccount, Statement]:
    """The open month's statement, closed, and the account with the next month open. Raises MonthNotOver."""
    if not account.open_month.is_over(now):
        raise MonthNotOver(account.open_month)
    statement = replace(statement_of(account, account.open_month, postings), closed_at=now)
    return replace(account, open_month=account.open_month.next, balance_minor=statement.closing_minor), statement


class PaymentStatus(StrEnum):
    """How far the amount of a posting is on its way to the partner's bank."""

    HELD = "held"
    OPEN = "open"
    CARRIED_FORWARD = "carried_forward"
    IN_PAYMENT = "in_payment"
    PAID = "paid"


@dataclass(frozen=True, slots=True)
class MonthClosing:
    """The closing of a month over all accounts: begun, and then done with the sums by currency that are left over."""

    month: Month
    begun_at: datetime
    begun_by: str
    closed_at: datetime | None = None
    statements: int = 0
    left_over: tuple[tuple[str, int], ...] = ()


def month_to_close(wanted: Month, known: Iterable[MonthClosing], now: datetime) -> None:
    """Raises MonthNotOver, or MonthOutOfTurn unless every closing before is done and this is the next (R-165)."""
    if not wanted.is_over(now):
        raise MonthNotOver(wanted)
    by_month = {each.month: each for each in known}
    if not by_month or wanted in by_month:
        return
    last = by_month[max(by_month)]
    turn = last.month if last.closed_at is None else last.month.next
    if wanted != turn:
        raise MonthOutOfTurn(wanted, turn)
