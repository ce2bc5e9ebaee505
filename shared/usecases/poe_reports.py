"""The completeness report of every document of a claim, the same for its partner and for the reviewer.

Worked out anew from the stored bytes: a report that was kept would go on calling a claim matched after it was edited, and a date
recent while a draft waits. The day that counts is the day of submission, and today while there is none (R-86).
"""

import logging
from collections.abc import Mapping
from hashlib import sha256

from shared.domain.claim import Claim, Proof, Scan
from shared.domain.errors import NotFound
from shared.domain.poe_checks import Report, with_attestation
from shared.domain.proof_form import subject_of
from shared.domain.submission import NOTHING_NEW, Faults, may_have_aged
from shared.ports.world import World

log = logging.getLogger(__name__)


async def reports(world: World, claim: Claim) -> list[tuple[Proof, Report]]:
    """The claim's documents in the order they came, each with its report. Nobody opens an infected one: its report is empty."""
    users = await _attesters(world, claim)
    return [(proof, await _report(world, claim, proof, users.get(proof.document_id))) for proof in claim.proofs]


async def faults_now(world: World, claim: Claim) -> Faults:
    """The faults of a draft's documents as of now, by document id; none where nothing can have changed since they came (R-88)."""
    if not may_have_aged(claim, world.clock.now()):
        return NOTHING_NEW
    found = [(proof, await _report(world, claim, proof)) for proof in claim.proofs if proof.scan is not Scan.INFECTED]
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


async def _attesters(world: World, claim: Claim) -> Mapping[str, str]:
    """Whom its partner named as the person who attested, by document: it stands in the timeline only, where it can be erased."""
    attested = {p.attestation.seq: p.document_id for p in claim.proofs if p.attestation is not None}
    entries = await world.records.timeline(claim.claim_id) if attested else ()
    return {attested[each.seq]: each.act.actor.user for each in entries if each.seq in attested and each.act.actor.user}


async def _report(world: World, claim: Claim, proof: Proof, attester: str | None = None) -> Report:
    if proof.scan is Scan.INFECTED:
        return Report(())
    programme = world.programmes.programme(claim.programme_id)
    with world.room.hold(proof.size_bytes):
        report = await world.inspector.inspect(
            await content_of(world, claim, proof),
            now=world.clock.now() if claim.submitted_at is None else max(claim.submitted_at, proof.attached_at),
            subject=subject_of(claim, programme),
            max_bytes=programme.policy.poe_max_bytes,
        )
    return with_attestation(report, proof.attestation, attester)
