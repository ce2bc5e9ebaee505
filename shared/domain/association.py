"""An association: this partner was partner of record for one scope of one customer, from a moment until a moment.

Guarantees that a tenure is closed, never reopened and never deleted, and says which days belong to it. That at most one tenure
stands per (customer, scope) is the hold's business, not this module's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

WORKLOAD_SCOPE = "workload:"


class EndReason(StrEnum):
    """Why a tenure ended."""

    ENDED_BY_CUSTOMER = "ended_by_customer"
    ENDED_BY_PARTNER = "ended_by_partner"
    CONTEST_LOST = "contest_lost"
    ENDED_BY_OPERATOR = "ended_by_operator"


@dataclass(frozen=True, slots=True)
class Suspension:
    """A time in which a tenure accrued nothing, because a bounce had taken back the silence it rests on; open while `until` is
    None."""

    since: datetime
    until: datetime | None = None

    def touches(self, day: date) -> bool:
        """Does any part of this UTC day lie within it?"""
        return self.since.date() <= day and (self.until is None or day <= self.until.date())


@dataclass(frozen=True, slots=True)
class Association:
    """One tenure. All moments are aware UTC.

    `submitted_at` is when the claim was submitted: the high-water mark is frozen there. `active_from` is the later of approval
    and consent. `ended_at` and `end_reason` are None while the tenure stands.
    """

    tenant_id: str
    scope: str
    claim_id: str
    partner_id: str
    submitted_at: datetime
    active_from: datetime
    ended_at: datetime | None = None
    end_reason: EndReason | None = None
    suspensions: tuple[Suspension, ...] = ()

    @property
    def workload(self) -> str:
        """The workload's id, `teams` for the scope `workload:teams`."""
        return self.scope.removeprefix(WORKLOAD_SCOPE)

    @property
    def association_id(self) -> str:
        return association_id(self.claim_id, self.workload)

    @property
    def is_standing(self) -> bool:
        return self.ended_at is None

    @property
    def is_suspended(self) -> bool:
        """Does it accrue nothing just now?"""
        return any(suspension.until is None for suspension in self.suspensions)

    def covers(self, day: date) -> bool:
        """Whether the tenure touched this UTC day; the first and the last day count whole."""
        return self.active_from.date() <= day and (self.ended_at is None or day <= self.ended_at.date())

    def accrues_on(self, day: date) -> bool:
        """Whether a snapshot of this UTC day can earn: the tenure covers it and no suspension touches it (R-221).

        A suspended day is still this tenure's: it belongs to nobody else either.
        """
        return self.covers(day) and not self.is_suspended_on(day)

    def is_suspended_on(self, day: date) -> bool:
        """Whether a suspension touches any part of this UTC day."""
        return bool(self.suspensions) and any(each.touches(day) for each in self.suspensions)


def association_id(claim_id: str, workload: str) -> str:
    """`<claimId>.<workload>`: it begins with the claim's bucket, so an association is one point read."""
    return f"{claim_id}.{workload}"


def close(association: Association, ended_at: datetime, reason: EndReason) -> Association:
    """The tenure, ended. Closing what is closed changes nothing: the first end is the one that happened.

    Raises ValueError for a moment that is not UTC or lies before the tenure began; an end is never dated back.
    """
    if ended_at.utcoffset() != timedelta(0):
        raise ValueError("ended_at must be aware UTC")
    if not association.is_standing:
        return association
    if ended_at < association.active_from:
        raise ValueError("a tenure cannot end before it began")
    return replace(association, ended_at=ended_at, end_reason=reason)


def holder_on(ordered: Sequence[Association], day: date) -> Association | None:
    """Whose day this is, of one scope's tenures in `tenure_order`.

    A day on which the scope changed hands belongs to whoever held it first: the day's counts look 28 days back and so tell of the
    outgoing partner's time, and a day with two owners could be paid twice.
    """
    for tenure in ordered:
        if tenure.covers(day):
            return tenure
    return None


def tenure_order(tenure: Association) -> tuple[datetime, str]:
    """The order in which tenures of one scope are told: by beginning, then by claim."""
    return tenure.active_from, tenure.claim_id
