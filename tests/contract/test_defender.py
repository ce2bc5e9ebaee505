"""A result of Microsoft Defender for Storage counts for the very content it is about, and for nothing else.

Tables and blobs are the emulator's. The events are written here in the vendor's published form; Defender itself was never met.
"""

import json
from hashlib import sha256
from secrets import token_hex
from typing import Any

import pytest

from shared.adapters import names
from shared.domain.errors import NotFound
from shared.domain.poe import Verdict
from tests.usecases.system import System

CLEAN, MALICIOUS = "No threats found", "Malicious"


async def a_proof(system: System, content: bytes = b"%PDF-1.7") -> str:
    """The name of a stored proof of a claim that nobody needs to have made."""
    name = f"a7{token_hex(3)}-{token_hex(10)}/{sha256(content).hexdigest()}"
    await system.world.files.put(names.PROOFS, name, content, "application/pdf")
    return name


async def event(system: System, name: str, result: str, **data: Any) -> dict[str, Any]:
    """The event about the blob as it lies there now."""
    blob = system.world.blob_service.get_blob_client(names.PROOFS, name)
    etag = (await blob.get_blob_properties()).etag.strip('"')
    details = {"malwareNamesFound": ["DOS/EICAR_Test_File"], "sha256": name.partition("/")[2].upper()}
    return {
        "id": "52d00da0-8f1a-4c3c-aa2c-24831967356b",
        "subject": f"storageAccounts/cporstorage/containers/proofs/blobs/{name}",
        "eventType": "Microsoft.Security.MalwareScanningResult",
        "eventTime": "2026-03-02T09:00:00Z",
        "data": {
            "correlationId": "52d00da0-8f1a-4c3c-aa2c-24831967356b",
            "blobUri": blob.url,
            "eTag": etag,
            "scanFinishedTimeUtc": "2026-03-02T09:00:00.0481279Z",
            "scanResultType": result,
            "scanResultDetails": details if result == MALICIOUS else None,
            **data,
        },
        "dataVersion": "1.0",
        "metadataVersion": "1",
    }


async def told(system: System, content: Any) -> str | None:
    return await system.world.scan_results.note(json.dumps(content).encode())


async def verdict(system: System, name: str) -> Verdict | None:
    return await system.world._defender.verdict(name)


@pytest.mark.parametrize(("result", "expected"), [(CLEAN, Verdict.CLEAN), (MALICIOUS, Verdict.INFECTED)])
async def test_what_defender_says_is_the_verdict(system: System, result: str, expected: Verdict) -> None:
    """R-142"""
    name = await a_proof(system)
    assert await verdict(system, name) is None
    assert await told(system, await event(system, name, result)) == name
    assert await verdict(system, name) is expected
    assert await told(system, await event(system, name, result)) == name
    assert await verdict(system, name) is expected


async def test_a_result_after_the_blob_was_swapped_does_not_count(system: System) -> None:
    """R-142: whoever may write to the store may put another content under the name; that one was not scanned."""
    name = await a_proof(system)
    before = await event(system, name, CLEAN)
    await told(system, before)
    await swap(system, name, b"something else")
    assert await verdict(system, name) is None
    await told(system, before)
    assert await verdict(system, name) is None
    await swap(system, name, b"%PDF-1.7")
    assert await verdict(system, name) is None, "the same bytes again are a new blob"


async def swap(system: System, name: str, content: bytes) -> None:
    await system.world.blob_service.get_blob_client(names.PROOFS, name).upload_blob(content, overwrite=True)


async def test_of_two_results_on_one_content_the_worse_stands(system: System) -> None:
    """R-142: in whatever order they come."""
    for results in ((CLEAN, MALICIOUS), (MALICIOUS, CLEAN)):
        name = await a_proof(system, token_hex(4).encode())
        for result in results:
            await told(system, await event(system, name, result))
        assert await verdict(system, name) is Verdict.INFECTED


@pytest.mark.parametrize("result", ["Not scanned", "Error", "SAM259201: Scan failed - internal service error.", "clean", ""])
async def test_a_scan_that_was_not_made_is_no_verdict(system: System, result: str) -> None:
    """R-25"""
    name = await a_proof(system)
    assert await told(system, await event(system, name, result)) is None
    assert await verdict(system, name) is None


@pytest.mark.parametrize(
    "other",
    [
        {"blobUri": "https://elsewhere.blob.core.windows.net/proofs/a"},
        {"eTag": "0x1!scan"},
        {"eTag": ""},
        {"scanResultDetails": {"sha256": "0" * 64}},
        {"scanResultDetails": "none"},
        {"scanResultType": ["No threats found"]},
    ],
)
async def test_an_event_about_anything_else_is_no_verdict(system: System, other: dict[str, Any]) -> None:
    """R-142"""
    name = await a_proof(system)
    assert await told(system, await event(system, name, CLEAN, **other)) is None
    assert await verdict(system, name) is None


async def test_an_event_of_another_kind_or_place_is_no_verdict(system: System) -> None:
    name = await a_proof(system)
    good = await event(system, name, CLEAN)
    address = good["data"]["blobUri"]
    assert await told(system, {**good, "eventType": "Microsoft.Storage.BlobCreated"}) is None
    for wrong in (address.replace("/proofs/", "/usage-files/"), address + "0", address.replace("/proofs/", "/proofs/../proofs/")):
        assert await told(system, {**good, "data": {**good["data"], "blobUri": wrong}}) is None
    assert await verdict(system, name) is None


@pytest.mark.parametrize("message", [b"", b"\xff", b"[]", b"null", b'"x"', b"{}", b'{"data": 1}', b'{"data": {}}', b"[[[["])
async def test_a_message_that_is_no_event_is_dropped(system: System, message: bytes) -> None:
    assert await system.world.scan_results.note(message) is None


async def test_there_is_no_verdict_on_what_is_not_there(system: System) -> None:
    with pytest.raises(NotFound):
        await verdict(system, f"a7012345-{token_hex(10)}/{'0' * 64}")
