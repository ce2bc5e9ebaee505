"""Reconciliations on the wire."""

from datetime import datetime
from typing import Literal, Self

from functions.wire import Wire
from shared.domain.reconciliation import DifferenceCode, Reconciliation


class FoundOut(Wire):
    """One difference: where, and what the two sides say, for a person."""

    code: DifferenceCode
    where: str
    one: str
    other: str


class ReconciliationOut(Wire):
    """A reconciliation: `running`, then `agreed` or `differs`. `pending` counts what the next evaluation is to book anyway.

    `found` has the first hundred of all `differences`.
    """

    reconciliation_id: str
    status: Literal["running", "agreed", "differs"]
    started_at: datetime
    done_at: datetime | None
    histories: int
    entries: int
    accounts: int
    pending: int
    differences: int
    found: list[FoundOut]

    @classmethod
    def of(cls, one: Reconciliation) -> Self:
        status: Literal["running", "agreed", "differs"] = "running"
        if one.done_at is not None:
            status = "differs" if one.differences else "agreed"
        return cls(
            reconciliation_id=one.reconciliation_id,
            status=status,
            started_at=one.started_at,
            done_at=one.done_at,
            histories=one.histories,
            entries=one.entries,
            accounts=one.accounts,
            pending=one.pending,
            differences=one.differences,
            found=[FoundOut(code=each.code, where=each.where, one=each.one, other=each.other) for each in one.found],
        )
