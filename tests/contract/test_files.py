"""Documents are created once and never overwritten, on a real blob store."""

import asyncio
from secrets import token_hex

import pytest

from shared.adapters import names
from shared.domain.errors import NotFound
from shared.ports.proofs import Files
from tests.faults import Fault, Faults
from tests.usecases.system import System


@pytest.fixture
def files(system: System) -> Files:
    return system.world.files


def a_name() -> str:
    return f"{token_hex(8)}/{token_hex(32)}"


async def test_a_document_comes_back_as_it_was_stored(files: Files) -> None:
    name, content = a_name(), bytes(range(256)) * 4096
    await files.put(names.PROOFS, name, content, "application/pdf")
    assert await files.get(names.PROOFS, name) == content


async def test_a_document_is_never_overwritten(files: Files) -> None:
    """Its name says what is in it: the second is the first, and if it is not, the first stands."""
    name = a_name()
    await files.put(names.PROOFS, name, b"first", "application/pdf")
    await files.put(names.PROOFS, name, b"second", "application/pdf")
    assert await files.get(names.PROOFS, name) == b"first"


async def test_of_ten_at_once_one_is_stored(files: Files) -> None:
    name = a_name()
    await asyncio.gather(*(files.put(names.PROOFS, name, b"%d" % n, "text/plain") for n in range(10)))
    assert len(await files.get(names.PROOFS, name)) == 1


@pytest.mark.parametrize("fault", [Fault.LOSE_ANSWER, Fault.ANSWER_503_AFTER])
async def test_what_was_stored_is_stored_though_the_answer_was_lost(system: System, files: Files, fault: Fault) -> None:
    name, faults = a_name(), Faults().inject(1, fault)
    await system.process(faults).files.put(names.PROOFS, name, b"first", "application/pdf")
    assert faults.is_spent
    assert await files.get(names.PROOFS, name) == b"first"


async def test_a_document_that_is_not_there_is_not_found(files: Files) -> None:
    with pytest.raises(NotFound):
        await files.get(names.PROOFS, a_name())


async def test_a_document_leaves_the_store_as_an_attachment_of_its_own_type(system: System, files: Files) -> None:
    """Even by its own address no browser shows it as a page of ours."""
    name = a_name()
    await files.put(names.PROOFS, name, b"<html>", "application/pdf")
    properties = await system.world.blob_service.get_blob_client(names.PROOFS, name).get_blob_properties()
    assert properties.content_settings.content_type == "application/pdf"
    assert properties.content_settings.content_disposition == "attachment"
