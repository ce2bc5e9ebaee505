"""A draft waits, and its proof grows too old meanwhile: what counts is the day of submission."""

from datetime import date, timedelta

import pytest

from shared.domain.claim import Claim
from shared.domain.errors import ClaimIncomplete
from shared.usecases import claims
from tests.faults import Faults
from tests.usecases.system import CLAIM_ID, MONDAY, PARTNER, System, call, current, draft, poe

SIGNED = date(2025, 3, 10)
"""Eight days before it is too old on that Monday."""


async def with_an_old_proof(system: System) -> Claim:
    await draft(system)
    content = poe(signed_on=SIGNED)
    claim, proof, _ = await claims.attach_proof(system.world, PARTNER, CLAIM_ID, content, "poe.pdf", call("attach"))
    assert proof.faults == ()
    return claim


def reads(counter: Faults) -> list[str]:
    """What was asked of the documents' store."""
    return [sent.method for sent in counter.trail if sent.operation.startswith("blob ")]


async def test_a_proof_that_grew_too_old_carries_no_submission(system: System) -> None:
    """R-88"""
    await with_an_old_proof(system)
    system.clock.advance(timedelta(days=10))
    (obstacle,) = await claims.obstacles_to(system.world, PARTNER, CLAIM_ID)
    assert (obstacle.code, "poe_signature_date" in obstacle.sentence) == ("poe_faulty", True)
    with pytest.raises(ClaimIncomplete):
        await claims.submit_claim(system.world, PARTNER, CLAIM_ID, call("submit"))
    assert (await current(system)).submitted_at is None


async def test_a_proof_that_is_still_in_time_does(system: System) -> None:
    """R-88"""
    await with_an_old_proof(system)
    system.clock.advance(timedelta(days=5))
    assert await claims.obstacles_to(system.world, PARTNER, CLAIM_ID) == ()
    submitted = await claims.submit_claim(system.world, PARTNER, CLAIM_ID, call("submit"))
    assert submitted.submitted_at == MONDAY + timedelta(days=5)
    assert [proof.faults for proof in submitted.proofs] == [()]


async def test_nobody_reads_a_proof_again_on_the_day_it_came(system: System) -> None:
    await with_an_old_proof(system)
    counter = Faults()
    await claims.obstacles_to(system.process(counter), PARTNER, CLAIM_ID)
    assert reads(counter) == []


async def test_a_claim_that_changed_after_its_proof_has_it_read_again(system: System) -> None:
    """Its faults were found against another claim."""
    claim = await with_an_old_proof(system)
    await claims.attach_proof(system.world, PARTNER, CLAIM_ID, poe(signed_on=SIGNED), "again.pdf", call("again"))
    assert (await current(system)).seq > claim.seq
    counter = Faults()
    await claims.obstacles_to(system.process(counter), PARTNER, CLAIM_ID)
    assert reads(counter) == [], "at the same moment nothing can have changed"
    system.clock.advance(timedelta(minutes=1))
    await claims.attach_proof(system.world, PARTNER, CLAIM_ID, poe(signed_on=SIGNED), "once more.pdf", call("once more"))
    await claims.obstacles_to(system.process(counter), PARTNER, CLAIM_ID)
    assert reads(counter) == ["GET"]
