"""Proofs of execution on the wire."""

from collections.abc import Iterable
from datetime import datetime
from typing import Self

from functions.wire import Wire
from shared.domain.claim import Proof, Scan
from shared.domain.poe_checks import Check, CheckCode, CheckResult, Report


class ProofOut(Wire):
    document_id: str
    name: str
    media_type: str
    size_bytes: int
    sha256: str
    attached_at: datetime
    scan: Scan
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
    """One question; `page`, from 1, is where its answer stands or is missing."""

    code: CheckCode
    result: CheckResult
    finding: str
    advice: str
    page: int | None

    @classmethod
    def of(cls, check: Check) -> Self:
        return cls(code=check.code, result=check.result, finding=check.finding, advice=check.advice, page=check.page)


class AttachedOut(Wire):
    """A document of a claim, and what a reviewer would say of it."""

    document: ProofOut
    checks: list[CheckOut]

    @classmethod
    def of(cls, proof: Proof, report: Report) -> Self:
        return cls(document=ProofOut.of(proof), checks=[CheckOut.of(check) for check in report.checks])


class ProofsOut(Wire):
    """All documents of a claim, in the order they came."""

    value: list[AttachedOut]

    @classmethod
    def of(cls, found: Iterable[tuple[Proof, Report]]) -> Self:
        return cls(value=[AttachedOut.of(proof, report) for proof, report in found])
