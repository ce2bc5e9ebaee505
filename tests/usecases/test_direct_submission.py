"""A claim and its proof in one request: all of it, or nothing."""

from dataclasses import replace

import pytest

from shared.adapters import names
from shared.domain.claim import status
from shared.domain.errors import AskedTooSoon, ClaimIncomplete, InvalidInput, KeyReused, NotFound, ScopeTaken
from shared.domain.identity import bucket_of
from shared.domain.lifecycle import Status
from shared.domain.timeline import is_intact
from shared.usecases import claims
from shared.usecases.claims import NewClaim
from shared.usecases.direct_submission import submit_new_claim
from shared.usecases.poe_forms import make_form
from tests.usecases.steps import clicks
from tests.usecases.system import (
    CLAIM_ID,
    EXCHANGE,
    PARTNER,
    RIVAL,
    TEAMS,
    TENANT,
    System,
    call,
    complete_draft,
    current,
    draft,
    poe,
    under_review,
    wanted,
)


async def at_once(system: System, asked: NewClaim | None = None, content: bytes = b"", key: str = "create") -> object:
    return await submit_new_claim(system.world, PARTNER, asked or wanted(), content or poe(), "poe.pdf", key, call(key))


async def keys(system: System) -> set[str]:
    return {row["RowKey"] for row in await system.rows(names.RECORDS, bucket_of(TENANT))}


async def taken_by_a_rival(system: System) -> None:
    await system.world.partners.enrol(RIVAL)
    rivals = await claims.create_claim(system.world, RIVAL, wanted(TEAMS), "rival", call("rival"))
    await claims.attach_proof(system.world, RIVAL, rivals.claim_id, poe(), "poe.pdf", None)
    await claims.submit_claim(system.world, RIVAL, rivals.claim_id, None)


async def test_the_claim_is_screened_and_reviewed_like_any_other(system: System) -> None:
    """R-251, R-22"""
    claim = await submit_new_claim(system.world, PARTNER, wanted(), poe(), "poe.pdf", "create", call("create"))
    assert (status(claim), claim.claim_id, claim.seq) == (Status.SCREENING, CLAIM_ID, 3)
    timeline = await system.world.records.timeline(CLAIM_ID)
    assert [str(entry.event) for entry in timeline] == ["created", "proof_attached", "submitted"]
    assert is_intact(timeline, claim.head)
    await system.settle()
    assert status(await current(system)) is Status.UNDER_REVIEW


async def test_the_same_again_is_the_first_answer_although_the_claim_went_on(system: System) -> None:
    """R-251"""
    first = await at_once(system)
    await system.settle()
    assert await at_once(system) == first


async def test_a_proof_that_will_not_do_leaves_nothing(system: System) -> None:
    """R-251, R-21"""
    await draft(system)
    _, unsigned = await make_form(system.world, PARTNER, CLAIM_ID)
    before = await keys(system)
    with pytest.raises(ClaimIncomplete):
        await at_once(system, content=unsigned, key="another")
    assert await keys(system) == before


async def test_a_taken_scope_leaves_nothing_and_the_key_free(system: System) -> None:
    """R-251, R-03: a refusal does not use the key up, whatever the corrected request says."""
    await taken_by_a_rival(system)
    before = await keys(system)
    with pytest.raises(ScopeTaken):
        await at_once(system)
    assert await keys(system) == before
    corrected = replace(call("create"), body_hash="without the taken scope")
    claim = await submit_new_claim(system.world, PARTNER, wanted(EXCHANGE), poe(), "poe.pdf", "create", corrected)
    assert status(claim) is Status.SCREENING


async def test_what_the_customer_refused_lately_is_not_asked_again(system: System) -> None:
    """R-251, R-05"""
    await under_review(system)
    await clicks(system, {TEAMS: False, EXCHANGE: False})(system.world)
    await system.settle()
    before = await keys(system)
    with pytest.raises(AskedTooSoon):
        await at_once(system, key="another")
    assert await keys(system) == before


async def test_a_claim_that_may_submit_itself_later_is_kept_and_says_why_it_waits(system: System) -> None:
    """R-251, R-250"""
    await taken_by_a_rival(system)
    await at_once(system, replace(wanted(), submit_when_ready=True))
    await system.settle()
    claim = await current(system)
    assert (status(claim), [o.code for o in claim.held_up_by]) == (Status.DRAFT, ["scope_taken"])
    assert len(claim.proofs) == 1


async def test_a_wrong_claim_is_refused_before_anything_is_stored(system: System) -> None:
    """R-251"""
    with pytest.raises(InvalidInput):
        await at_once(system, wanted("workload:minesweeper"))
    with pytest.raises(NotFound):
        await system.world.records.claim(CLAIM_ID)


async def test_one_key_is_for_one_request(system: System) -> None:
    """R-251: neither another body nor another customer."""
    await at_once(system)
    other = replace(call("create"), body_hash="another")
    for tenant in (TENANT, "11111111-2222-4333-8444-555555555555"):
        with pytest.raises(KeyReused):
            await submit_new_claim(system.world, PARTNER, wanted(tenant=tenant), poe(tenant), "poe.pdf", "create", other)


async def test_a_key_that_made_a_draft_is_used(system: System) -> None:
    await complete_draft(system)
    other = replace(call("create"), body_hash="in parts")
    with pytest.raises(KeyReused):
        await submit_new_claim(system.world, PARTNER, wanted(), poe(), "poe.pdf", "create", other)
