"""Batches of claims: what was uploaded, how far it has come, and what came of each line."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol

from shared.domain.partner import Acting

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime


LINES_A_PIECE: Final = 25
"""So many lines are worked off and kept together: with all that may be wrong with them, they fit one row of 64 KB."""


class BatchStatus(StrEnum):
    """How far a batch has come."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ClaimBatch:
    """A file of claims, a line a claim. `lines` counts those that say something; `created` and `refused` are those done.

    `acting` is who sent it for the partner.
    """

    partner_id: str
    batch_id: str
    body_hash: str
    lines: int
    accepted_at: datetime
    acting: Acting = field(default=Acting())
    status: BatchStatus = BatchStatus.QUEUED
    created: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class LineResult:
    """What came of a line, by its number in the file, from 1: the claim it made, or the problem document that says why not."""

    line: int
    claim_id: str | None
    problem: Mapping[str, object] | None


class BatchBook(Protocol):
    """Notes of batches. The results of some lines that were worked off together are kept once and never changed."""

    async def begin(self, batch: ClaimBatch) -> ClaimBatch:
        """Notes the batch, or returns the one that stands under its id. Raises KeyReused when that one says something else."""
        ...

    async def load(self, partner_id: str, batch_id: str) -> ClaimBatch:
        """The partner's batch with its progress. Raises NotFound."""
        ...

    async def worked_off(self, batch: ClaimBatch) -> frozenset[int]:
        """The first lines of those pieces whose results are kept."""
        ...

    async def keep(self, batch: ClaimBatch, first: int, results: Sequence[LineResult]) -> None:
        """Keeps the results of the piece that begins with this line; a second time changes nothing."""
        ...

    async def mark(self, batch: ClaimBatch, status: BatchStatus) -> None:
        """Notes that the batch is done, has failed, or waits once more; what is done stays done."""
        ...

    async def results(self, batch: ClaimBatch, after: int, limit: int) -> tuple[LineResult, ...]:
        """At most `limit` results of lines behind that one, in their order."""
        ...
