"""A claim that is to submit itself: its partner attaches the proof, and need not come back."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.claim import Claim, DueKind, status
from shared.domain.lifecycle import Status
from shared.domain.submission import Edit
from shared.domain.timeline import Entry
from shared.usecases import claims, partner_moves
from shared.usecases.poe_forms import make_form
from shared.usecases.self_submission import submit_when_ready
from tests.usecases.crash import survives
from tests.usecases.steps import Step, due
from tests.usecases.system import CLAIM_ID, PARTNER, RIVAL, TEAMS, System, call, current, poe, wanted


async def eager_draft(system: System) -> Claim:
    asked = replace(wanted(), submit_when_ready=True)
    claim = await claims.create_claim(system.world, PARTNER, asked, "create", call("create"))
    await system.settle()
    return claim


async def attached(system: System) -> Claim:
    await eager_draft(system)
    claim, _, _ = await claims.attach_proof(system.world, PARTNER, CLAIM_ID, poe(), "poe.pdf", call("attach"))
    return claim


async def last_entry(system: System) -> Entry:
    return (await system.world.records.timeline(CLAIM_ID))[-1]


async def test_a_good_proof_submits_the_claim(system: System) -> None:
    """R-250"""
    assert status(await attached(system)) is Status.DRAFT
    await system.settle()
    claim = await current(system)
    assert status(claim) is Status.UNDER_REVIEW
    assert claim.held_up_by == ()


async def test_a_faulty_proof_is_told_and_the_next_one_submits(system: System) -> None:
    """R-250"""
    await eager_draft(system)
    _, unsigned = await make_form(system.world, PARTNER, CLAIM_ID)
    await claims.attach_proof(system.world, PARTNER, CLAIM_ID, unsigned, "form.pdf", None)
    await system.settle()
    held_up = await current(system)
    assert (status(held_up), [obstacle.code for obstacle in held_up.held_up_by]) == (Status.DRAFT, ["poe_faulty"])
    await claims.attach_proof(system.world, PARTNER, CLAIM_ID, poe(), "poe.pdf", None)
    await system.settle()
    claim = await current(system)
    assert (status(claim), claim.held_up_by) == (Status.UNDER_REVIEW, ())


async def test_a_taken_scope_is_told(system: System) -> None:
    """R-250, R-04: which, since when, and not by whom."""
    await system.world.partners.enrol(RIVAL)
    rivals = await claims.create_claim(system.world, RIVAL, wanted(TEAMS), "rival", call("rival"))
    await claims.attach_proof(system.world, RIVAL, rivals.claim_id, poe(), "poe.pdf", None)
    await claims.submit_claim(system.world, RIVAL, rivals.claim_id, None)
    await attached(system)
    await system.settle()
    claim = await current(system)
    assert status(claim) is Status.DRAFT
    assert [obstacle.code for obstacle in claim.held_up_by] == ["scope_taken"]
    assert RIVAL.partner_id not in str(claim.held_up_by)
    assert (await last_entry(system)).data == {"obstacles": ["scope_taken"]}


async def test_a_scope_that_becomes_free_is_taken_within_an_hour(system: System) -> None:
    """R-384: the claim says once what it waits for."""
    await system.world.partners.enrol(RIVAL)
    rivals = await claims.create_claim(system.world, RIVAL, wanted(TEAMS), "rival", call("rival"))
    await claims.attach_proof(system.world, RIVAL, rivals.claim_id, poe(), "poe.pdf", None)
    await claims.submit_claim(system.world, RIVAL, rivals.claim_id, None)
    await attached(system)
    await system.settle()
    waiting = await current(system)
    await system.pass_days(3)
    assert await current(system) == waiting
    await claims.withdraw_claim(system.world, RIVAL, rivals.claim_id, None, None)
    await system.pass_time(timedelta(minutes=62))
    claim = await current(system)
    assert (status(claim), claim.held_up_by) == (Status.UNDER_REVIEW, ())


async def test_what_may_take_days_is_tried_once_a_day(system: System) -> None:
    """R-384"""
    await system.world.partners.enrol(replace(PARTNER, suspended=True))
    await attached(system)
    await system.settle()
    await system.world.partners.enrol(PARTNER)
    for hours, stands in ((1, Status.DRAFT), (22, Status.DRAFT), (2, Status.UNDER_REVIEW)):
        await system.pass_time(timedelta(hours=hours))
        assert status(await current(system)) is stands


async def test_a_claim_that_is_to_submit_itself_no_more_does_not_try_again(system: System) -> None:
    """R-384"""
    await system.world.partners.enrol(replace(PARTNER, suspended=True))
    await attached(system)
    await system.settle()
    await system.world.partners.enrol(PARTNER)
    waiting = await partner_moves.edit_claim(system.world, PARTNER, CLAIM_ID, Edit(submit_when_ready=False), None)
    await system.pass_days(2)
    assert await current(system) == waiting


async def test_what_only_its_partner_can_mend_is_not_tried_again(system: System) -> None:
    """R-384"""
    await eager_draft(system)
    _, unsigned = await make_form(system.world, PARTNER, CLAIM_ID)
    await claims.attach_proof(system.world, PARTNER, CLAIM_ID, unsigned, "form.pdf", None)
    await system.settle()
    assert [due for due in (await current(system)).dues if due.kind is DueKind.SUBMIT] == []


async def test_a_suspended_partners_claim_says_so(system: System) -> None:
    await attached(system)
    await system.world.partners.enrol(replace(PARTNER, suspended=True))
    await system.settle()
    claim = await current(system)
    assert (status(claim), [obstacle.code for obstacle in claim.held_up_by]) == (Status.DRAFT, ["partner_suspended"])


async def test_an_edit_that_switches_it_on_submits(system: System) -> None:
    """R-250"""
    await claims.create_claim(system.world, PARTNER, wanted(), "create", call("create"))
    await claims.attach_proof(system.world, PARTNER, CLAIM_ID, poe(), "poe.pdf", None)
    await partner_moves.edit_claim(system.world, PARTNER, CLAIM_ID, Edit(submit_when_ready=True), None)
    await system.settle()
    assert status(await current(system)) is Status.UNDER_REVIEW


async def test_a_submission_that_is_no_longer_due_is_not_tried(system: System) -> None:
    claim = await attached(system)
    (submission,) = (d for d in claim.dues if d.kind is DueKind.SUBMIT)
    await system.settle()
    seq = (await current(system)).seq
    await submit_when_ready(system.world, CLAIM_ID, submission)
    assert (await current(system)).seq == seq


@pytest.mark.parametrize("step", [Step("submits itself", due(attached, ".submit"))], ids=str)
async def test_a_crash_at_any_request_changes_nothing_in_the_end(system: System, step: Step) -> None:
    """R-250, R-03, R-22"""
    assert await survives(system, step, expects_answer=False)
