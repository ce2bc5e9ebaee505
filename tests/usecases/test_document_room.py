"""However many documents come at once: a worker holds each of them once, and no more of them than it has room for."""

import io
import tracemalloc
import warnings
from collections.abc import Awaitable, Callable

import pytest
from PIL import Image

from shared.adapters.document_room import MOST_HELD_BYTES
from shared.domain.poe import POE_MAX_BYTES
from shared.ports.failures import InspectionUnavailable
from shared.usecases import claims, poe_reports, signing
from shared.usecases.direct_submission import submit_new_claim
from tests.usecases.signers import asked
from tests.usecases.system import CLAIM_ID, PARTNER, System, call, complete_draft, current, draft, poe, wanted

MEGABYTE = 1_000_000


def large_scan() -> bytes:
    """A picture of 12 MB, kept as it is."""
    file = io.BytesIO()
    Image.frombytes("RGB", (2_000, 2_000), bytes(12_000_000)).save(file, "PNG", compress_level=0)
    return file.getvalue()


async def test_a_document_is_copied_by_nobody_but_the_transport_to_the_store(system: System) -> None:
    """R-323: the question about it takes it as it is, and so does the store's client; only HTTP joins it to its headers."""
    claim = await draft(system)
    scan = large_scan()
    await claims.attach_proof(system.world, PARTNER, CLAIM_ID, poe(), "poe.pdf", None)  # Everything is imported.
    asked_about = await beside(lambda: claims.inspected(system.world, claim, scan, "scan.png"))
    proof, _ = await claims.inspected(system.world, claim, scan, "scan.png")
    stored = await beside(lambda: claims.store_document(system.world, CLAIM_ID, proof, scan))
    sizes = [round(each / MEGABYTE, 1) for each in (len(scan), asked_about, stored)]
    print(f"MB of a document, beside it while it is looked into, and stored: {sizes}")  # noqa: T201  # For docs/measurements.md.
    assert asked_about < len(scan) // 10
    assert stored < len(scan) * 1.2


async def beside(act: Callable[[], Awaitable[object]]) -> int:
    """The most memory that was held during the act beside what was held before."""
    tracemalloc.start()
    try:
        with warnings.catch_warnings(category=ResourceWarning, action="ignore"):  # The transport's own, of a large body.
            await act()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


async def attach(system: System) -> object:
    return await claims.attach_proof(system.world, PARTNER, CLAIM_ID, poe(), "poe.pdf", None)


async def submit_at_once(system: System) -> object:
    return await submit_new_claim(system.world, PARTNER, wanted(), poe(), "poe.pdf", "another", call("another"))


async def upload_signed(system: System) -> object:
    opened = await signing.open_request(system.world, await asked(system))
    return await signing.upload_signed(system.world, opened, poe(), "poe.pdf")


async def read_reports(system: System) -> object:
    return await poe_reports.reports(system.world, await current(system))


WAYS: dict[str, Callable[[System], Awaitable[object]]] = {
    each.__name__: each for each in (attach, submit_at_once, upload_signed, read_reports)
}


@pytest.mark.parametrize("way", WAYS)
async def test_a_document_for_which_there_is_no_room_is_not_taken_and_may_come_again(system: System, way: str) -> None:
    """R-323: nothing of it is stored, and what it waited for makes room."""
    await (complete_draft if way == "read_reports" else draft)(system)
    with system.world.room.hold(MOST_HELD_BYTES - 1_000), pytest.raises(InspectionUnavailable):
        await WAYS[way](system)
    assert len((await current(system)).proofs) == (way == "read_reports")
    await WAYS[way](system)


async def test_a_document_that_is_refused_leaves_its_room(system: System) -> None:
    """R-323"""
    await draft(system)
    for _ in range(3):
        with pytest.raises(InspectionUnavailable), system.world.room.hold(MOST_HELD_BYTES + 1):
            raise AssertionError("there is no room for so much")
    with system.world.room.hold(MOST_HELD_BYTES - POE_MAX_BYTES):
        await attach(system)
