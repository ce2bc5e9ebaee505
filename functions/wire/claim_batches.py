"""Batches of claims on the wire."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self

from functions.wire import Wire
from shared.ports.batches import BatchStatus, ClaimBatch, LineResult


class LineOut(Wire):
    """What came of a line, by its number in the file, from 1: a claim, or the problem that a single call would have had."""

    line: int
    claim_id: str | None
    problem: dict[str, object] | None

    @classmethod
    def of(cls, result: LineResult) -> Self:
        return cls(line=result.line, claim_id=result.claim_id, problem=None if result.problem is None else dict(result.problem))


class BatchOut(Wire):
    """A batch as it was accepted, and how far it has come."""

    batch_id: str
    status: BatchStatus
    lines: int
    created: int
    refused: int
    accepted_at: datetime

    @classmethod
    def of(cls, batch: ClaimBatch) -> Self:
        return cls(
            batch_id=batch.batch_id,
            status=batch.status,
            lines=batch.lines,
            created=batch.created,
            refused=batch.refused,
            accepted_at=batch.accepted_at,
        )


class BatchResultsOut(BatchOut):
    """How far a batch has come, and a page of what came of its lines. While it runs a page without `nextLink` may be short."""

    value: list[LineOut]
    next_link: str | None

    @classmethod
    def page(cls, batch: ClaimBatch, results: Sequence[LineResult], next_link: str | None) -> Self:
        known = BatchOut.of(batch).model_dump()
        return cls(**known, value=[LineOut.of(result) for result in results], next_link=next_link)
