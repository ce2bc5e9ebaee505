"""Payouts and their transfers on the wire."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Final, Self

from pydantic import Field, StringConstraints

from functions.csv_view import Cell
from functions.wire import Line, Wire
from functions.wire.money import MoneyOut
from shared.domain.currency import decimal_amount
from shared.domain.payouts import PayoutState, Transfer, TransferState
from shared.usecases.payouts import Shown

PartnerId = Annotated[str, StringConstraints(pattern=r"^[0-9]{4,12}$")]


class PayoutIn(Wire):
    """Which closed month to pay out."""

    month: Annotated[str, StringConstraints(pattern=r"^2[0-9]{3}-(0[1-9]|1[0-2])$")]


class PaidIn(Wire):
    """Whom the bank has paid; without `partnerIds` everybody whose transfer neither failed nor was held back."""

    partner_ids: Annotated[list[PartnerId], Field(min_length=1, max_length=500)] | None = None


class FailedIn(Wire):
    """Whose transfer failed, and why; nobody, to give up a payout that is not approved yet."""

    partner_id: PartnerId | None = None
    reason: Line


class TransferOut(Wire):
    """One transfer. `reason` is told of one that failed, or was held back because its partner was suspended when the payout was
    approved; its amount is carried forward."""

    payout_id: str
    partner_id: str
    amount: MoneyOut
    status: TransferState
    proposed_at: datetime
    settled_at: datetime | None
    reason: str | None

    @classmethod
    def of(cls, transfer: Transfer) -> Self:
        return cls(
            payout_id=transfer.payout_id,
            partner_id=transfer.partner_id,
            amount=MoneyOut(amount_minor=transfer.amount_minor, currency=transfer.currency),
            status=transfer.state,
            proposed_at=transfer.proposed_at,
            settled_at=transfer.settled_at,
            reason=transfer.reason,
        )


class TransfersOut(Wire):
    value: list[TransferOut]

    @classmethod
    def of(cls, transfers: Iterable[Transfer]) -> Self:
        return cls(value=[TransferOut.of(each) for each in transfers])


class PayoutOut(Wire):
    """A payout: who proposed and approved it, and its transfers by partner.

    `sums` are without what is held back, `contentHash` is the exported file's SHA-256.
    """

    payout_id: str
    status: PayoutState
    proposed_by: str
    proposed_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    content_hash: str | None
    sums: list[MoneyOut]
    transfers: list[TransferOut]

    @classmethod
    def of(cls, shown: Shown) -> Self:
        payout = shown.payout
        return cls(
            payout_id=payout.payout_id,
            status=payout.state,
            proposed_by=payout.proposed_by,
            proposed_at=payout.proposed_at,
            approved_by=payout.approved_by,
            approved_at=payout.approved_at,
            content_hash=payout.content_hash,
            sums=[MoneyOut(amount_minor=minor, currency=currency) for currency, minor in payout.sums],
            transfers=[TransferOut.of(each) for each in shown.transfers],
        )


COLUMNS: Final = ("payoutId", "amount", "currency", "paymentStatus", "proposedAt", "settledAt", "reasonCode")


def table(transfers: Iterable[Transfer]) -> Iterable[Sequence[Cell]]:
    """The transfers as rows under `COLUMNS`."""
    for each in transfers:
        amount = decimal_amount(each.amount_minor, each.currency)
        yield each.payout_id, amount, each.currency, str(each.state), each.proposed_at, each.settled_at, each.reason
