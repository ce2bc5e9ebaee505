"""What is hostile is refused with its code, in bounded memory, and never makes the inspector fall over.

Each file is inspected in a process of its own, whose peak memory the operating system has counted.
"""

import io
import json
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject, StreamObject, TextStringObject

from shared.domain.poe import POE_MAX_BYTES
from shared.domain.poe_checks import NEVER_ACCEPTABLE, CheckCode
from tests.architecture.rules import ROOT
from tests.contract.test_poe_inspector import (
    add_script,
    edited_after_signing,
    picture,
    rewritten,
    signed_poe,
    unsigned_pdf,
)

MEGABYTE = 1_000_000
# What any inspection may need beside the libraries: the file, its streams up to the bound on unpacked bytes, and its objects.
MOST_BYTES = 250 * MEGABYTE

_ASK = """
import json, re, sys
from datetime import UTC, datetime
from pathlib import Path
import pypdf, pyhanko.pdf_utils.reader, pyhanko.sign.validation
from shared.adapters.poe_inspector import inspect
from tests.contract.test_poe_inspector import SUBJECT

def peak_kilobytes():
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])

content = Path(sys.argv[1]).read_bytes()
before = peak_kilobytes()
report = inspect(content, now=datetime(2020, 3, 10, 9, tzinfo=UTC), subject=SUBJECT)
print(json.dumps({"codes": [check.code for check in report.refusals()], "grown": (peak_kilobytes() - before) * 1024}))
"""


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


def asked(folder: Path, content: bytes) -> tuple[list[str], int]:
    """Why the inspector refuses it, and by how many bytes its process grew at most."""
    file = folder / "file"
    file.write_bytes(content)
    done = subprocess.run([sys.executable, "-c", _ASK, file], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    answer = json.loads(done.stdout)
    return answer["codes"], answer["grown"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_with_its_code_in_bounded_memory(
    name: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """R-85"""
    make, code = HOSTILE[name]
    codes, grown = asked(tmp_path, make())
    record_property("grown_megabytes", grown // MEGABYTE)
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
