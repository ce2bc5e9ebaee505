"""The development scanner finds the EICAR test string wherever it hides, and never says "clean" of what it could not unpack."""

import io
import subprocess
import zipfile
import zlib
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, NameObject, NumberObject, StreamObject
from reportlab.pdfgen.canvas import Canvas

from infra.local.sample_poe import sample_poe
from shared.adapters.development_scanner import EICAR, MAX_DEPTH, DevelopmentScanner
from shared.domain.poe import Verdict


def zipped(content: bytes, times: int = 1, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    for _ in range(times):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", compression) as archive:
            archive.writestr("folder/", b"")
            archive.writestr("folder/proof.bin", content)
        content = file.getvalue()
    return content


def pdf_with_stream(data: bytes, *filters: str) -> bytes:
    file, page = io.BytesIO(), io.BytesIO()
    Canvas(page, invariant=1).save()
    writer, stream = PdfWriter(clone_from=page), StreamObject()
    stream._data = data
    stream[NameObject("/Length")] = NumberObject(len(data))
    stream[NameObject("/Filter")] = ArrayObject([NameObject(name) for name in filters])
    writer._add_object(stream)
    writer.write(file)
    return file.getvalue()


def pdf_with_attachment(data: bytes) -> bytes:
    file, page = io.BytesIO(), io.BytesIO()
    Canvas(page, invariant=1).save()
    writer = PdfWriter(clone_from=page)
    writer.add_attachment("proof.zip", data)
    writer.write(file)
    return file.getvalue()


@pytest.fixture
def scanner() -> DevelopmentScanner:
    return DevelopmentScanner()


def deflated(data: bytes) -> bytes:
    return zlib.compress(data, 9)


@pytest.mark.parametrize(
    "hide",
    [
        lambda eicar: eicar,
        lambda eicar: b"\x89PNG\r\n\x1a\n" + eicar + b"more",
        lambda eicar: zipped(eicar),
        lambda eicar: zipped(eicar, times=MAX_DEPTH),
        lambda eicar: zipped(eicar, compression=zipfile.ZIP_BZIP2),
        lambda eicar: b"\xff\xd8\xff a picture before the archive" + zipped(eicar),
        lambda eicar: pdf_with_stream(deflated(eicar), "/FlateDecode"),
        lambda eicar: pdf_with_stream(deflated(deflated(eicar)), "/FlateDecode", "/FlateDecode"),
        lambda eicar: pdf_with_stream(deflated(eicar).hex().encode() + b">", "/ASCIIHexDecode", "/FlateDecode"),
        lambda eicar: pdf_with_stream(deflated(eicar), "/FlateDecode")[:-30],
        lambda eicar: pdf_with_stream(deflated(eicar), "/FlateDecode").replace(b" 0 obj", b" 0 xxx"),
        lambda eicar: pdf_with_attachment(zipped(eicar)),
        lambda eicar: zipped(pdf_with_stream(deflated(eicar), "/FlateDecode")),
    ],
    ids=[
        "plain", "inside other bytes", "zip", "zip in zip", "bzip2", "zip after a picture", "stream", "stream deflated twice",
        "stream in hexadecimal", "truncated pdf", "pdf nobody can parse", "zip attached to a pdf", "pdf in zip",
    ],
)  # fmt: skip
async def test_the_test_virus_is_found(scanner: DevelopmentScanner, hide: Callable[[bytes], bytes]) -> None:
    harmless = EICAR.replace(b"EICAR", b"OTHER")
    assert await scanner.scan(hide(EICAR)) is Verdict.INFECTED
    assert await scanner.scan(hide(harmless)) is Verdict.CLEAN


async def test_a_damaged_member_does_not_hide_the_next(scanner: DevelopmentScanner) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("first", b"to be damaged")
        archive.writestr("second", EICAR)
    at = file.getvalue().index(b"first") + len(b"first") + 2
    content = bytearray(file.getvalue())
    content[at] ^= 0xFF
    assert await scanner.scan(bytes(content)) is Verdict.INFECTED


async def test_a_signed_proof_is_clean(scanner: DevelopmentScanner) -> None:
    content = sample_poe(
        tenant_id="0f9e8d7c-6b5a-4c3d-8e1f-a0b1c2d3e4f5",
        domain="contoso.example",
        customer_name="Contoso GmbH",
        partner_name="Northwind Cloud Services",
        partner_id="4711001",
        workloads=("Exchange Online",),
        signer_name="Ada Kowalski",
        signer_title="Head of IT",
        signed_on=date(2020, 3, 2),
    )
    assert await scanner.scan(content) is Verdict.CLEAN


async def test_nothing_is_clean(scanner: DevelopmentScanner) -> None:
    assert await scanner.scan(b"") is Verdict.CLEAN


async def test_what_is_nested_deeper_than_it_looks_is_not_called_clean(scanner: DevelopmentScanner) -> None:
    assert await scanner.scan(zipped(b"harmless", times=MAX_DEPTH)) is Verdict.CLEAN
    assert await scanner.scan(zipped(b"harmless", times=MAX_DEPTH + 1)) is Verdict.INFECTED


async def test_what_unpacks_without_end_is_not_called_clean(scanner: DevelopmentScanner) -> None:
    bomb = zipped(bytes(100_000_001))
    assert len(bomb) < 200_000
    assert await scanner.scan(bomb) is Verdict.INFECTED
    assert await scanner.scan(zipped(bytes(90_000_000))) is Verdict.CLEAN


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([b"", b"%PDF-1.7\n1 0 obj <<>> stream\n", b"PK\x03\x04"]), st.binary(max_size=300), st.booleans())
async def test_no_bytes_make_the_scanner_raise(start: bytes, middle: bytes, is_infected: bool) -> None:
    content = start + middle + (EICAR if is_infected else b"") + b"PK\x05\x06" + bytes(18)
    assert await DevelopmentScanner().scan(content) is (Verdict.INFECTED if is_infected else Verdict.CLEAN)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 255))
async def test_no_damage_to_an_archive_makes_the_scanner_raise(at: int, difference: int) -> None:
    content = bytearray(zipped(EICAR, times=2))
    content[at % len(content)] ^= difference
    assert await DevelopmentScanner().scan(bytes(content)) in Verdict


def test_no_file_of_the_repository_holds_the_test_virus() -> None:
    """Virus scanners on developers' machines and build agents would remove it."""
    root = Path(__file__).parents[2]
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True).stdout.decode()
    files = [root / name for name in listed.split("\0") if name]
    assert files
    assert [file for file in files if file.is_file() and EICAR in file.read_bytes()] == []
