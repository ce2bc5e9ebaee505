"""The ledger of earnings: immutable entries, and the difference between what is earned and what stands booked.

An earning is booked as generation 1, reversed, booked again as generation 2, and so on; each entry exists once. An entry is never
changed. Booking a difference leaves none, so evaluation may run twice, crash half way, or see corrections in any order.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from shared.domain.earning import Wanted


class EntryKind(StrEnum):
    """An earning or its reversal."""

    EARNING = "earning"
    REVERSAL = "reversal"


class ReversalReason(StrEnum):
    """Why an earning no longer stands."""

    NOT_EARNED = "not_earned"
    EARNED_BY_ANOTHER = "earned_by_another"
    AMOUNT_CORRECTED = "amount_corrected"


@dataclass(frozen=True, slots=True)
class Booked:
    """The last generation of one milestone and whether it stands: what the next difference needs to know, and no more."""

    programme_id: str
    milestone_id: str
    generation: int
    stands: bool
    claim_id: str
    partner_id: str
    amount_minor: int
    currency: str
    snapshot_date: date


@dataclass(frozen=True, slots=True)
class BookedSummary:
    """What is booked for one (customer, workload) over all programmes, by (programme, milestone)."""

    lines: tuple[Booked, ...] = field(default=())

    def of(self, programme_id: str) -> dict[str, Booked]:
        """The programme's lines by milestone id."""
        return {line.milestone_id: line for line in self.lines if line.programme_id == programme_id} if self.lines else {}


class Entry(NamedTuple):
    """One immutable line of the ledger. A reversal's amount is negative, so that the sum of all entries is the net.

    `evidence` is what an earning rests on; a reversal has a `reason` instead, and the earning's date.
    """

    kind: EntryKind
    programme_id: str
    milestone_id: str
    generation: int
    claim_id: str
    partner_id: str
    amount_minor: int
    currency: str
    snapshot_date: date
    evidence: Wanted | None = None
    reason: ReversalReason | None = None


def difference(programme_id: str, wanted: Iterable[Wanted], summary: BookedSummary) -> tuple[Entry, ...]:
    """The entries that make what stands booked for this programme what is wanted; reversals come before what replaces them.

    An earning stays booked as long as it pays the same amount, in the same currency, for the same claim of the same partner. If
    corrected data only move the day or the counts, the entry keeps the evidence it was booked with.
    """
    earned = {each.milestone_id: each for each in wanted}
    booked = summary.of(programme_id)
    entries = []
    for milestone_id in sorted({*earned, *booked}):
        want, line = earned.get(milestone_id), booked.get(milestone_id)
        stands = line is not None and line.stands
        if line is not None and stands and (want is None or not _pays_alike(want, line)):
            entries.append(_reversal(line, _why(want, line)))
            stands = False
        if want is not None and not stands:
            entries.append(_earning(want, line.generation + 1 if line is not None else 1))
    return tuple(entries)


def book(summary: BookedSummary, entries: Iterable[Entry]) -> BookedSummary:
    """The summary with these entries booked. Raises ValueError for an entry that does not follow what is booked."""
    lines = {(line.programme_id, line.milestone_id): line for line in summary.lines}
    for entry in entries:
        key = entry.programme_id, entry.milestone_id
        line = lines.get(key)
        if not _follows(entry, line):
            raise ValueError(f"{entry.kind} {entry.generation} of {entry.milestone_id} does not follow what is booked")
        is_earning = entry.kind is EntryKind.EARNING
        lines[key] = Booked(
            programme_id=entry.programme_id,
            milestone_id=entry.milestone_id,
            generation=entry.generation,
            stands=is_earning,
            claim_id=entry.claim_id,
            partner_id=entry.partner_id,
            amount_minor=entry.amount_minor if is_earning else -entry.amount_minor,
            currency=entry.currency,
            snapshot_date=entry.snapshot_date,
        )
    return BookedSummary(tuple(lines[key] for key in sorted(lines)))


def pack_booked(summary: BookedSummary) -> str:
    """The summary as text, about 130 characters a milestone; the empty summary is the empty text."""
    if not summary.lines:
        return ""
    rows = [
        [
            line.programme_id,
            line.milestone_id,
            line.generation,
            int(line.stands),
            line.claim_id,
            line.partner_id,
            line.amount_minor,
            line.currency,
            line.snapshot_date.isoformat(),
        ]
        for line in summary.lines
    ]
    return json.dumps(rows, separators=(",", ":"))


def unpack_booked(text: str) -> BookedSummary:
    """The summary that was packed. Raises ValueError for text that `pack_booked` did not write."""
    if not text:
        return BookedSummary()
    return BookedSummary(
        tuple(
            Booked(programme, milestone, generation, bool(stands), claim, partner, amount, currency, date.fromisoformat(day))
            for programme, milestone, generation, stands, claim, partner, amount, currency, day in json.loads(text)
        )
    )


def _pays_alike(want: Wanted, line: Booked) -> bool:
    return (want.claim_id, want.partner_id, want.amount_minor, want.currency) == (
        line.claim_id,
        line.partner_id,
        line.amount_minor,
        line.currency,
    )


def _why(want: Wanted | None, line: Booked) -> ReversalReason:
    if want is None:
        return ReversalReason.NOT_EARNED
    if want.claim_id != line.claim_id or want.partner_id != line.partner_id:
        return ReversalReason.EARNED_BY_ANOTHER
    return ReversalReason.AMOUNT_CORRECTED


def _follows(entry: Entry, line: Booked | None) -> bool:
    if entry.kind is EntryKind.REVERSAL:
        return line is not None and line.stands and line.generation == entry.generation
    if line is None:
        return entry.generation == 1
    return not line.stands and entry.generation == line.generation + 1


def _earning(want: Wanted, generation: int) -> Entry:
    return Entry(
        kind=EntryKind.EARNING,
        programme_id=want.programme_id,
        milestone_id=want.milestone_id,
        generation=generation,
        claim_id=want.claim_id,
        partner_id=want.partner_id,
        amount_minor=want.amount_minor,
        currency=want.currency,
        snapshot_date=want.snapshot_date,
        evidence=want,
    )


def _reversal(line: Booked, reason: ReversalReason) -> Entry:
    return Entry(
        kind=EntryKind.REVERSAL,
        programme_id=line.programme_id,
        milestone_id=line.milestone_id,
        generation=line.generation,
        claim_id=line.claim_id,
        partner_id=line.partner_id,
        amount_minor=-line.amount_minor,
        currency=line.currency,
        snapshot_date=line.snapshot_date,
        reason=reason,
    )
