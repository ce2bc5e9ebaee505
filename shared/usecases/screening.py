"""The malware gate: documents that await a verdict get it, and the claim goes on or back.

Safe to run twice: only documents without a verdict are asked for, and the work is done once it is no longer due. A scanner that
fails, or has not said anything yet, leaves the work in the outbox, for no verdict is not clean.
"""

import logging
from datetime import timedelta
from typing import Final

from shared import telemetry
from shared.domain.claim import SCREENING_WORK, Change, Claim, Due, Scan
from shared.domain.errors import NotFound
from shared.domain.lifecycle import ActorKind
from shared.domain.submission import scan_is_late, scan_late, screened
from shared.domain.timeline import Act, Actor
from shared.ports.world import World
from shared.usecases.moves import move
from shared.usecases.poe_reports import blob_name

log = logging.getLogger(__name__)

SCREENER: Final = Actor(ActorKind.SYSTEM, "screening")
ASKED_AGAIN_AFTER: Final = timedelta(minutes=15)
"""For a verdict whose message was lost; one that is told is acted on at once."""


async def screen(world: World, claim_id: str, due: Due) -> bool:
    """Records the verdicts, as soon as there is one on every document or one is infected; False while some are to come.

    Once they are late the claim says so (R-143).
    """
    stored = await world.records.claim(claim_id)
    if due not in stored.claim.dues:
        return True
    awaited = [proof for proof in stored.claim.proofs if proof.scan is Scan.AWAITED]
    found = {proof.document_id: await world.scanner.verdict(blob_name(claim_id, proof.sha256)) for proof in awaited}
    verdicts = {document_id: Scan(verdict) for document_id, verdict in found.items() if verdict is not None}
    is_waiting = len(verdicts) < len(found) and Scan.INFECTED not in verdicts.values()
    if is_waiting and not scan_is_late(due, world.clock.now()):
        return False

    def decide(claim: Claim, act: Act) -> Change | None:
        if due not in claim.dues:
            return None
        if is_waiting:
            return scan_late(claim, act, due)
        return screened(claim, act, world.programmes.programme(claim.programme_id).policy_for(claim.country), verdicts)

    await move(world, claim_id, SCREENER, decide, loaded=stored)
    if is_waiting:
        telemetry.count("cpor.scans.late")
        log.error("the malware scanner has not said anything in time", extra={"claim": claim_id})
    return True


async def take_result(world: World, message: bytes) -> None:
    """Keeps what the scanner tells, and goes on with the claim if it waits for that.

    The result is kept first: a claim that is submitted at the same moment finds it when its own screening looks.
    """
    name = await world.scan_results.note(message)
    if name is None:
        return
    claim_id = name.partition("/")[0]
    try:
        claim = (await world.records.claim(claim_id)).claim
    except NotFound:
        return
    for due in claim.dues:
        if due.kind in SCREENING_WORK:
            await screen(world, claim_id, due)
