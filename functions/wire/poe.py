"""Proofs of execution on the wire."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Self

from functions.wire import Wire
from shared.domain.attestation import Attestation, Statement
from shared.domain.claim import Proof, Scan
from shared.domain.lifecycle import ActorKind
from shared.domain.poe_checks import Check, CheckCode, CheckResult, Report


class PartnerStatement(StrEnum):
    """What a partner can attest. `partner-1`: "I have compared this file with the document that the customer signed: it shows
    that document whole and unchanged." """

    PARTNER_1 = Statement.PARTNER_1.value


class AttestIn(Wire):
    """Somebody has compared the document with what the customer signed; `Acting-User` names who."""

    attestation: PartnerStatement


class AttestationOut(Wire):
    """That somebody attested that the document shows what was signed: which sentence, on whose side, when, and the number of the
    timeline's entry that says who."""

    statement: Statement
    sentence: str
    by: ActorKind
    at: datetime
    seq: int

    @classmethod
    def of(cls, attestation: Attestation) -> Self:
        return cls(
            statement=attestation.statement,
            sentence=attestation.sentence,
            by=attestation.by,
            at=attestation.at,
            seq=attestation.seq,
        )


class ProofOut(Wire):
    document_id: str
    name: str
    media_type: str
    size_bytes: int
    sha256: str
    attached_at: datetime
    scan: Scan
    faults: list[str]
    is_scan: bool
    attestation: AttestationOut | None

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
            is_scan=proof.is_scan,
            attestation=None if proof.attestation is None else AttestationOut.of(proof.attestation),
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
