"""The malware gate: documents that await a verdict are scanned, and the claim goes on or back.

Safe to run twice: only documents without a verdict are scanned, and the work is done once it is no longer due. A scanner that
fails leaves the work in the outbox, for no verdict is not clean.
"""

from shared.domain.claim import Change, Claim, Due, Scan
from shared.domain.lifecycle import ActorKind
from shared.domain.submission import screened
from shared.domain.timeline import Act, Actor
from shared.ports.world import World
from shared.usecases.moves import move
from shared.usecases.poe_reports import blob_name

SCREENER = Actor(ActorKind.SYSTEM, "screening")


async def screen(world: World, claim_id: str, due: Due) -> None:
    """Scans what awaits a verdict and records the verdicts."""
    stored = await world.records.claim(claim_id)
    if due not in stored.claim.dues:
        return
    verdicts: dict[str, Scan] = {}
    for proof in stored.claim.proofs:
        if proof.scan is Scan.AWAITED:
            content = await world.files.get("proofs", blob_name(claim_id, proof.sha256))
            verdicts[proof.document_id] = Scan(await world.scanner.scan(content))

    def decide(claim: Claim, act: Act) -> Change | None:
        if due not in claim.dues:
            return None
        return screened(claim, act, world.programmes.programme(claim.programme_id).policy, verdicts)

    await move(world, claim_id, SCREENER, decide, loaded=stored)
