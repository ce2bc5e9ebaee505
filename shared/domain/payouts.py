"""Payouts: what a closed month has left over is transferred, proposed by one operator and approved by another.

A payout has one transfer a partner and currency. Its money leaves the account when it is proposed, so it can be in no second one;
what failed comes back into the open month. Where runs and transfers are kept is an adapter's business.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from io import StringIO
from typing import Final

from shared.domain.accounts import PaymentStatus, Posting, PostingKind, Statement, posting_month
from shared.domain.currency import decimal_amount
from shared.domain.errors import DomainError
from shared.domain.month import Month
from shared.domain.programme import Programme


class PayoutState(StrEnum):
    """How far a payout is. While its members are chosen, and then taken out of their accounts, it waits for its proposer."""

    CHOOSING = "choosing"
    RESERVING = "reserving"
    PROPOSED = "proposed"
    APPROVED = "approved"
    EXPORTED = "exported"
    WITHDRAWN = "withdrawn"


class TransferState(StrEnum):
    """What became of one transfer. One that is held back never reaches the bank: its partner was suspended at the approval."""

    PROPOSED = "proposed"
    HELD_BACK = "held_back"
    PAID = "paid"
    FAILED = "failed"


RETURNED: Final = (TransferState.HELD_BACK, TransferState.FAILED)
"""What brings its amount back into the account."""

HELD_BACK: Final = "The partner was suspended when the payout was approved."


class LetterState(StrEnum):
    """How far the mail about a transfer is; whoever moved it to sending is the only one who sends."""

    NONE = "none"
    DUE = "due"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Payout:
    """A payout of one closed month; its id is the month's."""

    month: Month
    proposed_by: str
    proposed_at: datetime
    state: PayoutState = PayoutState.CHOOSING
    approved_by: str | None = None
    approved_at: datetime | None = None
    content_hash: str | None = None
    transfers: int = 0
    sums: tuple[tuple[str, int], ...] = ()

    @property
    def payout_id(self) -> str:
        return str(self.month)


@dataclass(frozen=True, slots=True)
class Transfer:
    """One transfer of a payout: to whom, how much, and what became of it. `reason` says why its amount came back."""

    month: Month
    partner_id: str
    currency: str
    amount_minor: int
    proposed_at: datetime
    state: TransferState = TransferState.PROPOSED
    settled_at: datetime | None = None
    reason: str | None = None
    letter: LetterState = LetterState.NONE
    letter_since: datetime | None = None
    letter_tries: int = 0

    @property
    def payout_id(self) -> str:
        return str(self.month)

    @property
    def transfer_id(self) -> str:
        """Under this id its amount leaves the account."""
        return f"payout-{self.month}-{self.currency}"


class MonthNotClosed(DomainError):
    """Only what a closed month has left over is paid out."""

    code = "month_not_closed"

    def __init__(self, month: Month) -> None:
        super().__init__(f"{month} is not closed; close it first.")


class SecondOperatorNeeded(DomainError):
    """Whoever proposed a payout does not approve it."""

    code = "second_operator_needed"

    def __init__(self) -> None:
        super().__init__("You proposed this payout: another operator has to approve it.")


class PayoutNotReady(DomainError):
    """The payout is not in the state that the move needs."""

    code = "payout_not_ready"

    def __init__(self, move: str, state: PayoutState) -> None:
        super().__init__(f"A payout that is {state} cannot be {move}.")


class TransferSettled(DomainError):
    """A transfer is paid or failed once."""

    code = "transfer_settled"

    def __init__(self, state: TransferState) -> None:
        super().__init__(f"This transfer is {state} already.")


def least_minor(programmes: Iterable[Programme], currency: str) -> int:
    """The least amount worth a transfer: the lowest minimum of the programmes that pay in this currency, and never nothing."""
    return max(1, min((each.minimum_payout_minor for each in programmes if each.currency == currency), default=1))


def transfer_of(statement: Statement, least: int, proposed_at: datetime) -> Transfer | None:
    """The transfer of what a closed month left over; None for less than is worth it, and for a debt (R-170)."""
    if statement.closing_minor < least:
        return None
    return Transfer(statement.month, statement.partner_id, statement.currency, statement.closing_minor, proposed_at)


def reserved(transfer: Transfer, open_month: Month) -> Posting:
    """The posting that takes the transfer's amount out of the account."""
    return _posting(transfer, transfer.transfer_id, PostingKind.PAYOUT, -transfer.amount_minor, transfer.proposed_at, open_month)


def returned(transfer: Transfer, now: datetime, open_month: Month) -> Posting:
    """The posting that brings it back (R-173)."""
    kind = PostingKind.PAYOUT_RETURNED
    return _posting(transfer, f"{transfer.transfer_id}.returned", kind, transfer.amount_minor, now, open_month)


def sums_of(transfers: Iterable[Transfer]) -> tuple[tuple[str, int], ...]:
    """What goes to the bank, by currency."""
    sums: dict[str, int] = {}
    for each in transfers:
        if each.state is not TransferState.HELD_BACK:
            sums[each.currency] = sums.get(each.currency, 0) + each.amount_minor
    return tuple(sorted(sums.items()))


def held_back(transfer: Transfer, now: datetime) -> Transfer:
    """Its partner is suspended: what is approved now does not pay it, and its amount goes back (R-400)."""
    if transfer.state is not TransferState.PROPOSED:
        return transfer
    return replace(transfer, state=TransferState.HELD_BACK, settled_at=now, reason=HELD_BACK)


def approve(payout: Payout, operator: str, now: datetime) -> Payout:
    """Raises SecondOperatorNeeded, PayoutNotReady. What is approved already stays as it was approved (R-171)."""
    if operator == payout.proposed_by:
        raise SecondOperatorNeeded
    if payout.state in (PayoutState.APPROVED, PayoutState.EXPORTED):
        return payout
    if payout.state is not PayoutState.PROPOSED:
        raise PayoutNotReady("approved", payout.state)
    return replace(payout, state=PayoutState.APPROVED, approved_by=operator, approved_at=now)


def withdraw(payout: Payout) -> Payout:
    """Given up before anybody approved it. Raises PayoutNotReady."""
    if payout.state is PayoutState.WITHDRAWN:
        return payout
    if payout.state is not PayoutState.PROPOSED:
        raise PayoutNotReady("withdrawn", payout.state)
    return replace(payout, state=PayoutState.WITHDRAWN)


def paid(transfer: Transfer, now: datetime) -> Transfer:
    """The bank has it; its partner is to be told. Raises TransferSettled for one whose amount went back (R-173)."""
    if transfer.state is TransferState.PAID:
        return transfer
    if transfer.state in RETURNED:
        raise TransferSettled(transfer.state)
    return replace(transfer, state=TransferState.PAID, settled_at=now, letter=LetterState.DUE)


def failed(transfer: Transfer, now: datetime, reason: str) -> Transfer:
    """The bank does not have it. Raises TransferSettled for one that is paid, or was held back (R-173)."""
    if transfer.state is TransferState.FAILED:
        return transfer
    if transfer.state in (TransferState.PAID, TransferState.HELD_BACK):
        raise TransferSettled(transfer.state)
    return replace(transfer, state=TransferState.FAILED, settled_at=now, reason=reason)


_HOW_FAR: Final = {TransferState.PROPOSED: PaymentStatus.IN_PAYMENT, TransferState.PAID: PaymentStatus.PAID}


def payment_status(posting: Posting, open_month: Month, today: date, transfers: Iterable[Transfer]) -> PaymentStatus:
    """Held until the holding period is over, open until its month is closed, then carried forward until a payout takes it.

    The first of the account's `transfers` from the posting's month on has its amount; one that failed or was held back brought it
    back, and then the first from that month on has it (R-168).
    """
    if posting.month >= open_month:
        return PaymentStatus.HELD if posting.counts_on > today else PaymentStatus.OPEN
    since = posting.month
    for transfer in sorted(transfers, key=lambda each: each.month):
        if transfer.month < since or transfer.currency != posting.currency:
            continue
        if transfer.state in _HOW_FAR:
            return _HOW_FAR[transfer.state]
        if transfer.settled_at is not None:
            since = Month.of(transfer.settled_at.date())
    return PaymentStatus.CARRIED_FORWARD


_COLUMNS: Final = ("payoutId", "partnerId", "amount", "currency", "reference")


def export_of(transfers: Iterable[Transfer]) -> bytes:
    """The transfers for the bank, by partner and currency: ids and numbers only, so no cell is anybody's words (R-172).

    What is held back is not among them; what failed is: the file says what was asked of the bank.
    """
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for each in sorted(transfers, key=lambda one: (one.partner_id, one.currency)):
        if each.state is TransferState.HELD_BACK:
            continue
        reference = f"{each.partner_id} {each.transfer_id}"
        amount = decimal_amount(each.amount_minor, each.currency)
        writer.writerow((each.payout_id, each.partner_id, amount, each.currency, reference))
    return text.getvalue().encode()


def _posting(
    transfer: Transfer, posting_id: str, kind: PostingKind, amount_minor: int, at: datetime, open_month: Month
) -> Posting:
    return Posting(
        posting_id=posting_id,
        kind=kind,
        partner_id=transfer.partner_id,
        currency=transfer.currency,
        amount_minor=amount_minor,
        counts_on=at.date(),
        posted_at=at,
        month=posting_month(at.date(), open_month),
    )
