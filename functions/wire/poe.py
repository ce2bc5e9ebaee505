"""Proofs of execution on the wire."""

from datetime import datetime
from typing import Self

from functions.wire import Wire
from shared.domain.claim import Proof
from shared.domain.poe import Report


class ProofOut(Wire):
    document_id: str
    name: str
    media_type: str
    size_bytes: int
    sha256: str
    attached_at: datetime
    scan: str
    faults: list[str]

    @classmethod
    def of(cls, proof: Proof) -> Self:
        return cls(
            document_id=proof.document_id,
            name=proof.name,
            media_type=proof.media_type,
            size_bytes=proof.size_bytes,
            sha256=proof.sha256,
            attached_at=proof.attached_at,
            scan=proof.scan,
            faults=list(proof.faults),
        )


class CheckOut(Wire):
    code: str
    result: str
    finding: str
    advice: str


class AttachedOut(Wire):
    """The document that was attached, and what a reviewer would say of it."""

    document: ProofOut
    checks: list[CheckOut]

    @classmethod
    def of(cls, proof: Proof, report: Report) -> Self:
        checks = [CheckOut(code=c.code, result=c.result, finding=c.finding, advice=c.advice) for c in report.checks]
        return cls(document=ProofOut.of(proof), checks=checks)
