"""Postings on the wire: earnings, and whatever else a statement adds up."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Final, Self

from functions.csv_view import Cell
from functions.wire import Wire
from functions.wire.money import MoneyOut
from shared.domain.accounts import PaymentStatus, PostingKind
from shared.domain.currency import decimal_amount
from shared.usecases.statements import Line, Lines


class EarningOut(Wire):
    """An entry of the ledger. A reversal's amount is negative; it has a reason code instead of evidence.

    It counts in the statement of `month`; `paymentStatus` says how far it is on its way.
    """

    earning_id: str
    kind: str
    generation: int
    claim_id: str
    association_id: str
    tenant_id: str
    programme_id: str
    programme_version: int
    workload: str
    milestone: str
    size: str | None
    baseline: int | None
    mau: int | None
    seats: int | None
    amount: MoneyOut
    reached_on: date
    booked_at: datetime
    payable_from: date
    reason_code: str | None
    month: str
    payment_status: PaymentStatus

    @classmethod
    def of(cls, line: Line) -> Self:
        posting = line.posting
        booked = posting.booked
        if booked is None:
            raise TypeError(f"{posting.kind} is no entry of the ledger")
        entry, evidence = booked.entry, booked.entry.evidence
        return cls(
            earning_id=booked.earning_id,
            kind=entry.kind,
            generation=entry.generation,
            claim_id=entry.claim_id,
            association_id=booked.association_id,
            tenant_id=booked.tenant_id,
            programme_id=entry.programme_id,
            programme_version=booked.programme_version,
            workload=booked.workload,
            milestone=entry.milestone_id,
            size=evidence.size if evidence else None,
            baseline=evidence.baseline if evidence else None,
            mau=evidence.mau if evidence else None,
            seats=evidence.seats if evidence else None,
            amount=MoneyOut(amount_minor=entry.amount_minor, currency=entry.currency),
            reached_on=entry.snapshot_date,
            booked_at=booked.booked_at,
            payable_from=posting.counts_on,
            reason_code=entry.reason,
            month=str(posting.month),
            payment_status=line.status,
        )


class EarningsOut(Wire):
    """A page of earnings and reversals; without `nextLink` it is the last."""

    value: list[EarningOut]
    next_link: str | None

    @classmethod
    def of(cls, page: Lines, next_link: str | None) -> Self:
        return cls(value=[EarningOut.of(line) for line in page.items], next_link=next_link)


class PostingOut(Wire):
    """A line of a statement. `earning` is the ledger's entry behind an earning or a reversal, `reason` an operator's words."""

    posting_id: str
    kind: PostingKind
    amount: MoneyOut
    counts_on: date
    posted_at: datetime
    payment_status: PaymentStatus
    earning: EarningOut | None
    reason: str | None

    @classmethod
    def of(cls, line: Line) -> Self:
        posting = line.posting
        return cls(
            posting_id=posting.posting_id,
            kind=posting.kind,
            amount=MoneyOut(amount_minor=posting.amount_minor, currency=posting.currency),
            counts_on=posting.counts_on,
            posted_at=posting.posted_at,
            payment_status=line.status,
            earning=EarningOut.of(line) if posting.booked is not None else None,
            reason=posting.adjustment.reason if posting.adjustment is not None else None,
        )


COLUMNS: Final = (
    "claimId",
    "customerTenantId",
    "workload",
    "milestone",
    "size",
    "baseline",
    "mau",
    "seats",
    "earningAmount",
    "currency",
    "earningDate",
    "paymentStatus",
    "reasonCode",
    "kind",
    "id",
)
"""The field's columns; its quantity is two numbers, `mau` and `seats`. The last two tell the lines of a statement apart."""


def table(lines: Iterable[Line]) -> Iterable[Sequence[Cell]]:
    """The lines as rows under `COLUMNS`."""
    for line in lines:
        posting, booked = line.posting, line.posting.booked
        entry = booked.entry if booked is not None else None
        evidence = entry.evidence if entry is not None else None
        reason = posting.adjustment.reason if posting.adjustment is not None else None
        yield (
            entry.claim_id if entry else None,
            booked.tenant_id if booked else None,
            booked.workload if booked else None,
            entry.milestone_id if entry else None,
            evidence.size if evidence else None,
            evidence.baseline if evidence else None,
            evidence.mau if evidence else None,
            evidence.seats if evidence else None,
            decimal_amount(posting.amount_minor, posting.currency),
            posting.currency,
            entry.snapshot_date if entry else posting.counts_on,
            str(line.status),
            str(entry.reason) if entry and entry.reason else reason,
            str(posting.kind),
            posting.posting_id,
        )
