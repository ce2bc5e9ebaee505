"""The malware gate where the scanner works by itself: nothing passes before its word, whenever and however often that comes."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from shared.adapters import names
from shared.domain.claim import Claim, Scan, status
from shared.domain.errors import NotFound
from shared.domain.lifecycle import Event, Status
from shared.domain.view import summary
from shared.ports.records import WorkState
from shared.usecases import claims, outbox, poe_reports
from shared.usecases.poe_reports import blob_name
from shared.usecases.screening import take_result
from tests.contract.test_defender import CLEAN, MALICIOUS, event
from tests.usecases.system import CLAIM_ID, PARTNER, System, call, complete_draft, current, submitted


@pytest.fixture
async def guarded(system: System) -> AsyncIterator[System]:
    """A system whose scanner is Defender, which has not said anything yet."""
    system.world.__dict__["scanner"] = system.world._defender
    yield system
    table = system.world.table(names.RECORDS)
    async for row in table.list_entities(select=["PartitionKey", "RowKey"]):
        if row["RowKey"].startswith("scan!"):
            await table.delete_entity(row["PartitionKey"], row["RowKey"])


async def say(system: System, claim: Claim, result: str) -> None:
    """Defender's message about the claim's only document arrives."""
    message = await event(system, blob_name(CLAIM_ID, claim.proofs[0].sha256), result)
    await take_result(system.world, json.dumps(message).encode())


async def test_nothing_happens_before_the_word(guarded: System) -> None:
    """R-25"""
    await submitted(guarded)
    await guarded.settle()
    for _ in range(3):
        guarded.clock.advance(timedelta(minutes=16))
        await outbox.sweep(guarded.world)
        await guarded.settle()
    claim = await current(guarded)
    assert (status(claim), claim.proofs[0].scan) == (Status.SCREENING, Scan.AWAITED)
    assert guarded.letterbox.letters == []
    with pytest.raises(NotFound):
        await claims.read_proof(guarded.world, claim, claim.proofs[0].document_id)


@pytest.mark.parametrize(("result", "expected"), [(CLEAN, Status.UNDER_REVIEW), (MALICIOUS, Status.DRAFT)])
async def test_the_word_is_acted_on_at_once_and_once(guarded: System, result: str, expected: Status) -> None:
    """R-142"""
    claim = await submitted(guarded)
    await guarded.settle()
    await asyncio.gather(*(say(guarded, claim, result) for _ in range(3)))
    await guarded.settle()
    await say(guarded, claim, result)
    assert status(await current(guarded)) is expected
    event_name = Event.SCAN_CLEAN if result == CLEAN else Event.SCAN_INFECTED
    entries = await guarded.world.records.timeline(CLAIM_ID)
    assert [entry.event for entry in entries].count(event_name) == 1


async def test_a_word_that_came_before_the_submission_is_found_by_it(guarded: System) -> None:
    """R-142: what is uploaded is scanned at once, long before the draft is submitted."""
    claim = await complete_draft(guarded)
    await say(guarded, claim, CLEAN)
    assert (await current(guarded)).proofs[0].scan is Scan.AWAITED
    await claims.submit_claim(guarded.world, PARTNER, CLAIM_ID, call("submit"))
    await guarded.settle()
    assert status(await current(guarded)) is Status.UNDER_REVIEW


async def test_a_word_whose_handling_died_is_found_by_the_sweep(guarded: System) -> None:
    """R-142: the result is kept first."""
    claim = await submitted(guarded)
    await guarded.settle()
    message = await event(guarded, blob_name(CLAIM_ID, claim.proofs[0].sha256), CLEAN)
    await guarded.world.scan_results.note(json.dumps(message).encode())
    guarded.clock.advance(timedelta(minutes=16))
    await outbox.sweep(guarded.world)
    await guarded.settle()
    assert status(await current(guarded)) is Status.UNDER_REVIEW


async def test_a_word_about_what_no_claim_names_changes_nothing(guarded: System) -> None:
    claim = await complete_draft(guarded)
    other = f"{CLAIM_ID[:-1]}{(int(CLAIM_ID[-1], 16) + 1) % 16:x}"
    name = blob_name(other, claim.proofs[0].sha256)
    await guarded.world.files.put(names.PROOFS, name, b"orphan", "application/pdf")
    await take_result(guarded.world, json.dumps(await event(guarded, name, CLEAN)).encode())
    assert (await current(guarded)).seq == claim.seq


async def test_a_word_that_never_comes_is_said_once_and_still_waited_for(guarded: System) -> None:
    """R-143"""
    claim = await submitted(guarded)
    await guarded.settle()
    for _ in range(3):
        guarded.clock.advance(timedelta(hours=4))
        await outbox.sweep(guarded.world)
        await guarded.settle()
    late = await current(guarded)
    assert (status(late), summary(late).waiting_for) == (Status.SCREENING, "late_malware_scan")
    entries = await guarded.world.records.timeline(CLAIM_ID)
    assert [entry.event for entry in entries].count(Event.SCAN_LATE) == 1
    work = [each async for each in guarded.world.records.work_due(CLAIM_ID[:2], guarded.clock.now())]
    assert WorkState.DEAD not in [each.state for each in work]
    await say(guarded, claim, CLEAN)
    await guarded.settle()
    assert status(await current(guarded)) is Status.UNDER_REVIEW


async def test_what_was_put_in_a_clean_document_s_place_is_shown_to_nobody(system: System) -> None:
    """R-144: a verdict is one on a content, and so is the partner's signature on a claim."""
    await submitted(system)
    await system.settle()
    claim = await current(system)
    document = claim.proofs[0]
    assert (await claims.read_proof(system.world, claim, document.document_id))[2]
    blob = system.world.blob_service.get_blob_client(names.PROOFS, blob_name(CLAIM_ID, document.sha256))
    await blob.upload_blob(b"%PDF-1.7 another", overwrite=True)
    with pytest.raises(NotFound):
        await claims.read_proof(system.world, claim, document.document_id)
    with pytest.raises(NotFound):
        await poe_reports.reports(system.world, claim)
    await blob.delete_blob()
