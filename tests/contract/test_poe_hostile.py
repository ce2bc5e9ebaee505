"""What is hostile is refused with its code, in bounded memory, and never makes the inspector fall over.

Each file is inspected as the product does it, by an inspection process of its own, whose peak memory the operating system counts.
"""

import io
import json
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from pathlib import Path

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject, StreamObject, TextStringObject

from shared.adapters.inspection_process import MOST_MEMORY_BYTES
from shared.domain.poe import POE_MAX_BYTES
from shared.domain.poe_checks import NEVER_ACCEPTABLE, CheckCode
from tests.architecture.rules import ROOT
from tests.contract.test_poe_inspector import (
    NOW,
    SUBJECT,
    add_script,
    edited_after_signing,
    picture,
    rewritten,
    signed_poe,
    unsigned_pdf,
)

MEGABYTE = 1_000_000
# What the kernel allows, and a little for what it counts by page: address space is limited, and resident memory measured.
MOST_BYTES = MOST_MEMORY_BYTES + 10 * MEGABYTE
# The interpreter with every parser, before it has seen a document.
PARSERS_BYTES = 65 * MEGABYTE


def bomb(layers: int) -> bytes:
    """A page whose drawing unpacks to a gigabyte, through one filter or through several."""

    def load(writer: PdfWriter) -> None:
        packer = zlib.compressobj(9)
        packed = b"".join(packer.compress(bytes(MEGABYTE)) for _ in range(1_000)) + packer.flush()
        for _ in range(layers - 1):
            packed = zlib.compress(packed, 9)
        stream = StreamObject()
        stream._data = packed
        stream[NameObject("/Filter")] = ArrayObject([NameObject("/FlateDecode")] * layers)
        stream[NameObject("/Length")] = NumberObject(len(packed))
        writer.pages[0][NameObject("/Contents")] = writer._add_object(stream)

    return rewritten(load)


def pages_without_end(*, honest: bool) -> bytes:
    """100,000 pages, each an object; a page tree that is not `honest` says it has one."""
    pages = 100_000
    parts = [b"%PDF-1.7\n", b"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"]
    kids = b" ".join(b"%d 0 R" % (number + 3) for number in range(pages))
    parts.append(b"2 0 obj<</Type/Pages/Count %d/Kids[%s]>>endobj\n" % (pages if honest else 1, kids))
    parts += [b"%d 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\n" % (number + 3) for number in range(pages)]
    starts, at = [], len(parts[0])
    for part in parts[1:]:
        starts.append(at)
        at += len(part)
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    size = len(parts)
    end = b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, table, size, at)
    return b"".join(parts) + end


def one_giant_object() -> bytes:
    """Ten million empty strings in arrays within one array: each costs a hundred times what it takes in the file."""
    row = b"[" + b"()" * 900 + b"]"
    return whole_pdf(b"[" + row * 11_000 + b"]")


def whole_pdf(extra: bytes) -> bytes:
    """One empty page, and an object that nothing leads to."""
    objects = (b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1/Kids[3 0 R]>>", b"<</Type/Page/Parent 2 0 R>>", extra)
    content, starts = b"%PDF-1.7\n", list[int]()
    for number, body in enumerate(objects, start=1):
        starts.append(len(content))
        content += b"%d 0 obj" % number + body + b"endobj\n"
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    end = b"xref\n0 5\n0000000000 65535 f \n%strailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
    return content + end % (table, len(content))


def nested_fields() -> bytes:
    """A form whose fields name each other as children, in numbers that double 40 times."""

    def load(writer: PdfWriter) -> None:
        child = writer._add_object(DictionaryObject({NameObject("/T"): TextStringObject("form_id")}))
        for _ in range(40):
            both = DictionaryObject({NameObject("/Kids"): ArrayObject([child, child])})
            child = writer._add_object(both)
        writer.root_object[NameObject("/AcroForm")] = DictionaryObject({NameObject("/Fields"): ArrayObject([child])})

    return rewritten(load)


def archive_after(content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as members:
        members.writestr("run.exe", b"MZ")
    return content + file.getvalue() + b"\n%%EOF"


def partly_signed() -> bytes:
    def draw_over(writer: IncrementalPdfFileWriter) -> None:
        page = writer.root["/Pages"]["/Kids"][0]
        over = writer.add_object(generic.StreamObject(stream_data=b"BT /F1 30 Tf 72 500 Td (and everything else) Tj ET"))
        page["/Contents"] = generic.ArrayObject([page.raw_get("/Contents"), over])
        writer.mark_update(page.container_ref)

    return edited_after_signing(signed_poe(), draw_over)


HTML = b"<html><script>alert(1)</script><!--"
HOSTILE: dict[str, tuple[Callable[[], bytes], CheckCode]] = {
    "too large": (lambda: b"%PDF-1.7\n" + bytes(POE_MAX_BYTES), CheckCode.TOO_LARGE),
    "zip bomb": (lambda: bomb(1), CheckCode.EXPANDS_TOO_FAR),
    "zip bomb in a zip bomb": (lambda: bomb(2), CheckCode.EXPANDS_TOO_FAR),
    "100,000 pages": (lambda: pages_without_end(honest=True), CheckCode.TOO_MANY_PAGES),
    "100,000 pages that say they are one": (lambda: pages_without_end(honest=False), CheckCode.EXPANDS_TOO_FAR),
    "one giant object": (one_giant_object, CheckCode.TOO_COMPLEX),
    "HTML before a PDF": (lambda: HTML + unsigned_pdf(), CheckCode.WRONG_TYPE),
    "HTML after a PDF": (lambda: unsigned_pdf() + HTML, CheckCode.UNREADABLE),
    "ZIP after a PDF": (lambda: archive_after(unsigned_pdf()), CheckCode.OTHER_CONTENT),
    "encrypted": (lambda: rewritten(lambda w: w.encrypt("secret", algorithm="AES-256")), CheckCode.ENCRYPTED),
    "script": (lambda: rewritten(add_script), CheckCode.ACTIVE_CONTENT),
    "attached file": (lambda: rewritten(lambda w: w.add_attachment("run.exe", b"MZ")), CheckCode.EMBEDDED_FILES),
    "truncated": (lambda: signed_poe()[:5_000], CheckCode.UNREADABLE),
    "empty": (lambda: b"", CheckCode.EMPTY),
    "program": (lambda: b"MZ\x90\x00" * 1000, CheckCode.WRONG_TYPE),
    "13 months old": (lambda: signed_poe(date(2019, 2, 8)), CheckCode.SIGNATURE_DATE),
    "signature over a part": (partly_signed, CheckCode.SIGNATURE_PARTIAL),
}


# Lean, because what a process ever held counts for whatever it starts.
_ASK = """
import asyncio, json, os, sys
from datetime import datetime
from pathlib import Path
from shared.adapters.contained_inspector import ContainedInspector
from shared.domain.proof_form import Subject

inspector, (file, now, subject, max_bytes) = ContainedInspector(), json.loads(sys.argv[1])
subject["workloads"] = tuple(subject["workloads"])

asked = inspector.inspect(
    Path(file).read_bytes(), now=datetime.fromisoformat(now), subject=Subject(**subject), max_bytes=max_bytes
)
codes = [check.code for check in asyncio.run(asked).refusals()]
inspector._control.close()
_, _, used = os.wait4(inspector._process.pid, 0)
inspector._process.returncode = 0
print(json.dumps([codes, used.ru_maxrss * 1024]))
"""


def asked(folder: Path, content: bytes) -> tuple[list[str], int]:
    """Why it is refused, and the most memory that was held for it beside the parsers' own."""
    file = folder / "file"
    file.write_bytes(content)
    question = json.dumps([str(file), NOW.isoformat(), asdict(SUBJECT), POE_MAX_BYTES])
    command = [sys.executable, "-c", _ASK, question]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    codes, peak = json.loads(done.stdout)
    return codes, peak - PARSERS_BYTES


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_with_its_code_in_bounded_memory(name: str, tmp_path: Path) -> None:
    """R-85"""
    make, code = HOSTILE[name]
    codes, grown = asked(tmp_path, make())
    print(f"{name}: {grown // MEGABYTE} MB beside the parsers")  # noqa: T201  # For docs/measurements.md.
    assert code in codes
    assert grown < MOST_BYTES


def test_a_form_that_doubles_without_end_is_no_work(tmp_path: Path) -> None:
    codes, grown = asked(tmp_path, nested_fields())
    assert codes == []
    assert grown < MOST_BYTES


def test_a_png_is_a_picture_whatever_it_is_called(tmp_path: Path) -> None:
    """A name ending in .pdf is not looked at; the content is a whole picture, which a person has to read."""
    assert asked(tmp_path, picture("PNG"))[0] == []
    assert set(asked(tmp_path, picture("PNG")[:-30])[0]) == {CheckCode.UNREADABLE} <= NEVER_ACCEPTABLE
