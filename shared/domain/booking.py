"""What has been booked, with the circumstances of the booking: an entry of the ledger as it is stored and shown.

When it may be paid is derived from its dates and never stored.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shared.domain.association import association_id
from shared.domain.ledger import Entry, EntryKind
from shared.domain.programme import Programme


@dataclass(frozen=True, slots=True)
class BookedEntry:
    """One immutable row of the ledger: whose, by which run and programme version, and when (aware UTC)."""

    entry: Entry
    tenant_id: str
    workload: str
    programme_version: int
    booked_at: datetime
    evaluation_id: str

    @property
    def earning_id(self) -> str:
        """Begins with the claim's id, and so with the customer's bucket; a reversal has its earning's id and `.rev`."""
        entry = self.entry
        suffix = ".rev" if entry.kind is EntryKind.REVERSAL else ""
        return f"{entry.claim_id}.{entry.programme_id}.{entry.milestone_id}.{entry.generation}{suffix}"

    @property
    def association_id(self) -> str:
        return association_id(self.entry.claim_id, self.workload)


def payable_from(booked: BookedEntry, programme: Programme) -> date:
    """The first day on which the entry counts for a payout (R-91).

    An earning waits for the programme's holding period after it was booked. A reversal counts at once: otherwise the earning
    could be paid while its reversal still waits.
    """
    booked_on = booked.booked_at.date()
    if booked.entry.kind is EntryKind.REVERSAL:
        return booked_on
    return booked_on + timedelta(days=programme.holding_days)
