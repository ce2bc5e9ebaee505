"""The completeness report of every document of a claim, the same for its partner and for the reviewer.

Worked out anew from the stored bytes: a report that was kept would go on calling a claim matched after it was edited, and a date
recent while a draft waits. The day that counts is the day of submission, and today while there is none (R-86).
"""

import logging
from hashlib import sha256

from shared.domain.claim import Claim, Proof, Scan
from shared.domain.errors import NotFound
from shared.domain.poe_checks import Report
from shared.domain.proof_form import subject_of
from shared.domain.submission import NOTHING_NEW, Faults, may_have_aged
from shared.ports.world import World

log = logging.getLogger(__name__)


async def reports(world: World, claim: Claim) -> list[tuple[Proof, Report]]:
    """The claim's documents in the order they came, each with its report. Nobody opens an infected one: its report is empty."""
    return [(proof, await _report(world, claim, proof)) for proof in claim.proofs]


async def faults_now(world: World, claim: Claim) -> Faults:
    """The faults of a draft's documents as of now, by document id; none where nothing can have changed since they came (R-88)."""
    if not may_have_aged(claim, world.clock.now()):
        return NOTHING_NEW
    found = [(proof, report) for proof, report in await reports(world, claim) if report.checks]
    return {proof.document_id: tuple(check.code for check in report.obstacles()) for proof, report in found}


def blob_name(claim_id: str, digest: str) -> str:
    """Where a document lies: named by claim and content, never by what somebody called it."""
    return f"{claim_id}/{digest}"


async def content_of(world: World, claim: Claim, proof: Proof) -> bytes:
    """The stored document, if it still is the one that was attached (R-144). Raises NotFound."""
    content = await world.files.get("proofs", blob_name(claim.claim_id, proof.sha256))
    if sha256(content).hexdigest() != proof.sha256:
        log.error("a stored proof is not what was attached", extra={"claim": claim.claim_id, "document": proof.document_id})
        raise NotFound
    return content


async def _report(world: World, claim: Claim, proof: Proof) -> Report:
    if proof.scan is Scan.INFECTED:
        return Report(())
    programme = world.programmes.programme(claim.programme_id)
    content = await content_of(world, claim, proof)
    return await world.inspector.inspect(
        content,
        now=world.clock.now() if claim.submitted_at is None else max(claim.submitted_at, proof.attached_at),
        subject=subject_of(claim, programme),
        max_bytes=programme.policy.poe_max_bytes,
    )
