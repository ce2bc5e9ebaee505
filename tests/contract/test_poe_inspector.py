"""No hostile, damaged or doctored file passes for a proof, and none makes the inspector fall over.

Every document here is real: written by reportlab, signed by pyHanko, doctored by pypdf or by hand.
"""

import asyncio
import io
import re
import struct
import time
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigFieldSpec
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject, StreamObject, TextStringObject
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from infra.local import sample_poe as sample
from shared.adapters import poe_structure
from shared.adapters.poe_inspector import inspect
from shared.domain.poe import POE_MAX_PAGES
from shared.domain.poe_checks import CheckCode, CheckResult, Report
from shared.domain.proof_form import Subject

NOW = datetime(2020, 3, 10, 9, tzinfo=UTC)
TENANT = "0f9e8d7c-6b5a-4c3d-8e1f-a0b1c2d3e4f5"
SUBJECT = Subject(
    claim_id="a76f0cb6-0123456789abcdef0123",
    tenant_id=TENANT,
    domain="contoso.example",
    customer_name="Contoso GmbH",
    partner_id="4711001",
    partner_name="Northwind Cloud Services",
    programme_name="Demo programme",
    workloads=("Exchange Online",),
)
# Of a document that is not our form software cannot tell these.
BY_EYE = [CheckCode.ACTIVITIES_MISSING, CheckCode.DECLARATION_MISSING, CheckCode.SIGNER_INCOMPLETE]


def inspected(content: bytes, **different: Any) -> Report:
    asked = {name: different.pop(name) for name in ("now", "max_bytes") if name in different}
    return inspect(content, **{"now": NOW, **asked}, subject=replace(SUBJECT, **different))


def obstacles(content: bytes, **different: Any) -> list[CheckCode]:
    return [check.code for check in inspected(content, **different).obstacles()]


def doubts(content: bytes, **different: Any) -> list[CheckCode]:
    return [check.code for check in inspected(content, **different).doubts()]


@cache
def signed_poe(signed_on: date = date(2020, 3, 2)) -> bytes:
    return sample.sample_poe(
        tenant_id=TENANT,
        domain="contoso.example",
        customer_name="Contoso GmbH",
        partner_name="Northwind Cloud Services",
        partner_id="4711001",
        workloads=("Exchange Online",),
        signer_name="Ada Kowalski",
        signer_title="Head of IT",
        signed_on=signed_on,
    )


@cache
def unsigned_pdf(pages: int = 1, text: str = "Proof of execution") -> bytes:
    file = io.BytesIO()
    canvas = Canvas(file, invariant=1)
    for _ in range(pages):
        canvas.drawString(72, 720, text)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def rewritten(change: Callable[[PdfWriter], object]) -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(unsigned_pdf()))
    change(writer)
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def edited_after_signing(content: bytes, change: Callable[[IncrementalPdfFileWriter], object]) -> bytes:
    writer: Any = IncrementalPdfFileWriter(io.BytesIO(content))
    change(writer)
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def picture(kind: str, width: int = 900, height: int = 1200) -> bytes:
    file = io.BytesIO()
    Image.linear_gradient("L").rotate(30).resize((width, height)).convert("RGB").save(file, kind)
    return file.getvalue()


def scanned_pdf() -> bytes:
    file = io.BytesIO()
    canvas = Canvas(file, invariant=1)
    canvas.drawImage(ImageReader(io.BytesIO(picture("JPEG"))), 0, 0, 595, 842)
    canvas.save()
    return file.getvalue()


def test_a_well_signed_proof_has_no_obstacle_and_leaves_to_a_person_what_only_a_person_sees() -> None:
    assert obstacles(signed_poe()) == []
    assert doubts(signed_poe()) == [CheckCode.SIGNER_UNTRUSTED, *BY_EYE]


def test_every_question_is_answered_once() -> None:
    codes = [check.code for check in inspected(signed_poe()).checks]
    assert len(codes) == len(set(codes))
    only_of_others = {CheckCode.FORM_OUTDATED, CheckCode.DISCLOSURE_MISSING, CheckCode.UNATTESTED}
    assert set(CheckCode) - set(codes) == {CheckCode.EMPTY, CheckCode.TOO_COMPLEX, CheckCode.MISNAMED, *only_of_others}


@pytest.mark.parametrize("content", [signed_poe(), picture("PNG"), scanned_pdf()], ids=["signed", "picture", "scanned"])
def test_a_disclosure_to_the_public_sector_is_for_a_reviewer_s_eye(content: bytes) -> None:
    """R-147"""
    assert CheckCode.DISCLOSURE_MISSING in doubts(content, discloses=True)
    assert CheckCode.DISCLOSURE_MISSING not in doubts(content)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", CheckCode.EMPTY),
        (b"MZ\x90\x00 a program", CheckCode.WRONG_TYPE),
        (b"\n%PDF-1.7 header not at the start", CheckCode.WRONG_TYPE),
        (b"%PDF-1.7\n", CheckCode.UNREADABLE),
        (b"%PDF-1.7\n%%EOF", CheckCode.UNREADABLE),
        (b"\x89PNG\r\n\x1a\n", CheckCode.UNREADABLE),
        (b"\xff\xd8\xff\xe0", CheckCode.UNREADABLE),
        (b"\xff\xd8\xff", CheckCode.UNREADABLE),
    ],
)
def test_what_is_no_document_is_refused_by_content(content: bytes, code: CheckCode) -> None:
    assert obstacles(content) == [code]


def test_a_file_over_the_limit_of_the_programme_is_not_even_opened() -> None:
    report = inspected(signed_poe(), max_bytes=5_000)
    assert [check.code for check in report.checks] == [CheckCode.TOO_LARGE]


def test_a_truncated_proof_is_unreadable() -> None:
    content = signed_poe()
    assert obstacles(content[: len(content) // 2]) == [CheckCode.UNREADABLE]
    assert obstacles(content[:-20]) == [CheckCode.UNREADABLE]


@pytest.mark.parametrize("user_password", ["", "secret"])
def test_an_encrypted_document_is_refused_even_if_it_opens_without_a_password(user_password: str) -> None:
    content = rewritten(lambda writer: writer.encrypt(user_password, "owner", algorithm="AES-256"))
    assert obstacles(content) == [CheckCode.ENCRYPTED]


@pytest.mark.parametrize(("pages", "is_refused"), [(200, False), (201, True)])
def test_a_document_has_at_most_200_pages(pages: int, is_refused: bool) -> None:
    assert (CheckCode.TOO_MANY_PAGES in obstacles(unsigned_pdf(pages))) is is_refused


def test_pages_are_counted_whatever_the_document_says_of_them() -> None:
    def lie(writer: PdfWriter) -> None:
        for _ in range(POE_MAX_PAGES):
            writer.add_blank_page(72, 72)
        tree: Any = writer.root_object["/Pages"]
        tree[NameObject("/Count")] = NumberObject(1)

    assert obstacles(rewritten(lie)) == [CheckCode.TOO_MANY_PAGES]


def add_script(writer: PdfWriter) -> None:
    script = {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("app.alert(1)")}
    names = ArrayObject([TextStringObject("start"), writer._add_object(DictionaryObject(script))])
    tree = DictionaryObject({NameObject("/JavaScript"): DictionaryObject({NameObject("/Names"): names})})
    writer.root_object[NameObject("/Names")] = tree


def add_launch(writer: PdfWriter) -> None:
    writer.root_object[NameObject("/OpenAction")] = DictionaryObject(
        {NameObject("/S"): NameObject("/Launch"), NameObject("/F"): TextStringObject("calc.exe")}
    )


def add_button_script(writer: PdfWriter) -> None:
    action = {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("app.alert(1)")}
    note = {
        NameObject("/Subtype"): NameObject("/Widget"),
        NameObject("/AA"): DictionaryObject({NameObject("/E"): DictionaryObject(action)}),
    }
    writer.pages[0][NameObject("/Annots")] = ArrayObject([DictionaryObject(note)])


def add_dynamic_form(writer: PdfWriter) -> None:
    """A form in XML that a viewer would show instead of the pages, scripts included."""
    form = DictionaryObject({NameObject("/Fields"): ArrayObject(), NameObject("/XFA"): TextStringObject("<xdp:xdp/>")})
    writer.root_object[NameObject("/AcroForm")] = form


def add_rich_media(writer: PdfWriter) -> None:
    note = {NameObject("/Subtype"): NameObject("/Screen"), NameObject("/RichMedia"): DictionaryObject()}
    writer.pages[0][NameObject("/Annots")] = ArrayObject([DictionaryObject(note)])


@pytest.mark.parametrize("change", [add_script, add_launch, add_button_script, add_dynamic_form, add_rich_media])
def test_a_document_that_acts_by_itself_is_refused(change: Callable[[PdfWriter], object]) -> None:
    assert CheckCode.ACTIVE_CONTENT in obstacles(rewritten(change))


def test_a_document_that_carries_files_is_refused() -> None:
    content = rewritten(lambda writer: writer.add_attachment("run.exe", b"MZ"))
    assert CheckCode.EMBEDDED_FILES in obstacles(content)
    assert CheckCode.EMBEDDED_FILES not in obstacles(unsigned_pdf())


def test_a_compression_bomb_is_refused_without_being_unpacked() -> None:
    def add_bombs(writer: PdfWriter) -> None:
        for _ in range(3):
            bomb = StreamObject()
            bomb._data = zlib.compress(bytes(40_000_000), 9)
            bomb[NameObject("/Filter")] = NameObject("/FlateDecode")
            bomb[NameObject("/Length")] = NumberObject(len(bomb._data))
            writer._add_object(bomb)

    content = rewritten(add_bombs)
    assert len(content) < 200_000
    assert obstacles(content) == [CheckCode.EXPANDS_TOO_FAR]


def test_a_document_that_takes_too_long_to_look_through_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """With less time than it takes: the walk stops where it is, instead of when it is through."""
    assert CheckCode.EXPANDS_TOO_FAR not in obstacles(unsigned_pdf(200))
    monkeypatch.setattr(poe_structure, "MAX_WALK_SECONDS", 0.001)
    assert obstacles(unsigned_pdf(200)) == [CheckCode.EXPANDS_TOO_FAR]


def test_a_document_that_draws_without_end_is_left_to_a_reviewer_in_time() -> None:
    """A few kilobytes draw twenty pages of 150,000 letters each, which would take a minute to read."""

    def add_drawing(writer: PdfWriter) -> None:
        drawing = StreamObject()
        drawing._data = zlib.compress(b"BT /F1 9 Tf (a) Tj ET " * 150_000, 9)
        drawing[NameObject("/Filter")] = NameObject("/FlateDecode")
        drawing[NameObject("/Length")] = NumberObject(len(drawing._data))
        writer.pages[0][NameObject("/Contents")] = writer._add_object(drawing)
        for _ in range(19):
            writer.add_page(writer.pages[0])

    started = time.process_time()
    assert set(doubts(rewritten(add_drawing))) >= {CheckCode.TENANT_MISSING, CheckCode.CUSTOMER_MISSING}
    assert time.process_time() - started < 30


def test_a_file_that_is_a_document_and_an_archive_at_once_is_refused() -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as members:
        members.writestr("run.exe", b"MZ")
    assert CheckCode.OTHER_CONTENT in obstacles(picture("JPEG") + archive.getvalue())
    assert CheckCode.OTHER_CONTENT in obstacles(signed_poe() + archive.getvalue() + b"\n%%EOF")
    assert CheckCode.OTHER_CONTENT not in obstacles(signed_poe())


def test_a_typed_document_without_a_signature_is_refused() -> None:
    assert obstacles(unsigned_pdf()) == [CheckCode.UNSIGNED]
    assert not inspected(unsigned_pdf()).is_of_scan
    assert not inspected(signed_poe()).is_of_scan


def test_a_scan_needs_an_attestation_and_a_reviewers_eye_for_the_signature() -> None:
    """R-320"""
    for content in (picture("PNG"), picture("JPEG"), scanned_pdf()):
        assert obstacles(content) == [CheckCode.UNATTESTED]
        assert inspected(content).is_of_scan
        assert doubts(content)[:2] == [CheckCode.UNSIGNED, CheckCode.SIGNATURE_DATE]


def test_a_damaged_picture_is_unreadable() -> None:
    for content in (picture("PNG"), picture("JPEG")):
        assert obstacles(content[: len(content) // 2]) == [CheckCode.UNREADABLE]
    content = picture("PNG")
    assert obstacles(content + b"more") == [CheckCode.UNREADABLE]
    assert obstacles(content[:500] + bytes([content[500] ^ 1]) + content[501:]) == [CheckCode.UNREADABLE]


def test_one_changed_byte_of_what_was_signed_is_noticed() -> None:
    content = signed_poe()
    at = content.index(b"/Title (Proof") + len(b"/Title (")
    changed = content[:at] + b"T" + content[at + 1 :]
    assert PdfReader(io.BytesIO(changed)).metadata is not None, "the file still opens"
    assert obstacles(changed) == [CheckCode.SIGNATURE_BROKEN]


def test_a_changed_byte_of_the_signature_itself_is_noticed() -> None:
    content = signed_poe()
    at = content.rindex(b"3082", 0, content.index(b"0000" * 64)) + 400
    changed = content[:at] + (b"0" if content[at : at + 1] != b"0" else b"1") + content[at + 1 :]
    assert set(obstacles(changed)) & {CheckCode.SIGNATURE_BROKEN, CheckCode.UNREADABLE}


def test_what_is_added_after_signing_is_noticed() -> None:
    def draw_over(writer: IncrementalPdfFileWriter) -> None:
        page = writer.root["/Pages"]["/Kids"][0]
        over = writer.add_object(generic.StreamObject(stream_data=b"BT /F1 30 Tf 72 500 Td (and all other workloads) Tj ET"))
        page["/Contents"] = generic.ArrayObject([page.raw_get("/Contents"), over])
        writer.mark_update(page.container_ref)

    assert obstacles(edited_after_signing(signed_poe(), draw_over)) == [CheckCode.SIGNATURE_PARTIAL]


def test_a_second_signature_leaves_the_comparison_to_a_reviewer() -> None:
    key = signers.SimpleSigner.load_pkcs12_data(sample._certificate("Bo Berg", "Contoso GmbH"), other_certs=(), passphrase=None)

    async def sign_again() -> bytes:
        meta = signers.PdfSignatureMetadata(field_name="Second")
        signed = await signers.async_sign_pdf(IncrementalPdfFileWriter(io.BytesIO(signed_poe())), meta, signer=key)
        return bytes(signed.getvalue())

    found = {check.code: check.result for check in inspected(asyncio.run(sign_again())).checks}
    assert found[CheckCode.SIGNATURE_BROKEN] is CheckResult.PASSED
    assert found[CheckCode.SIGNATURE_PARTIAL] is CheckResult.UNKNOWN


@pytest.mark.parametrize(
    ("name", "company", "said"),
    [
        ("Ada Kowalski", "Contoso GmbH", "Ada Kowalski, Contoso GmbH"),
        ("<b>{x}\u202eadA", "https://evil.example/", "<b>{x}adA, [link removed]"),
        ("\u200b", "\u200b", "a nameless certificate"),
    ],
)
def test_the_report_says_by_whom_and_when_it_was_signed(name: str, company: str, said: str) -> None:
    """R-391: as the signature says it; what a stranger wrote there is made fit to be shown."""
    key = signers.SimpleSigner.load_pkcs12_data(sample._certificate(name, company), other_certs=(), passphrase=None)

    async def sign() -> bytes:
        meta = signers.PdfSignatureMetadata(field_name="Signature")
        signed = await signers.async_sign_pdf(IncrementalPdfFileWriter(io.BytesIO(unsigned_pdf())), meta, signer=key)
        return bytes(signed.getvalue())

    now = datetime.now(UTC)
    (check,) = (c for c in inspected(asyncio.run(sign()), now=now).checks if c.code is CheckCode.SIGNER_UNTRUSTED)
    assert check.result is CheckResult.UNKNOWN
    assert check.finding.startswith(f"By its own account it was signed by {said} on {now:%d %B %Y} at ")
    assert check.finding.endswith(" UTC (no authority that we know vouches for the certificate).")
    assert check.page is None, "it is seen nowhere"


@pytest.mark.parametrize("page", [1, 3])
def test_the_report_says_on_which_page_the_signature_is_seen(page: int) -> None:
    """R-391"""
    key = signers.SimpleSigner.load_pkcs12_data(sample._certificate("Ada", "Contoso"), other_certs=(), passphrase=None)

    async def sign() -> bytes:
        field = SigFieldSpec("Signature", on_page=page - 1, box=(72, 72, 272, 122))
        signer = signers.PdfSigner(signers.PdfSignatureMetadata(field_name="Signature"), key, new_field_spec=field)
        signed = await signer.async_sign_pdf(IncrementalPdfFileWriter(io.BytesIO(unsigned_pdf(3))))
        return bytes(signed.getvalue())

    seen = {check.code: check.page for check in inspected(asyncio.run(sign()), now=datetime.now(UTC)).checks}
    assert (seen[CheckCode.UNSIGNED], seen[CheckCode.SIGNER_UNTRUSTED]) == (page, page)


def test_the_gap_in_the_signed_bytes_hides_nothing_but_the_signature() -> None:
    """Written as binary, the same signature takes half the room; the other half is unsigned, and pyHanko alone accepts it."""
    content = signed_poe()
    _, length, resumes, _ = map(int, re.findall(rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+)", content)[0])
    signature = bytes.fromhex(content[length + 1 : resumes - 1].decode())
    for special in (b"\\", b"(", b")"):
        signature = signature.replace(special, b"\\" + special)
    binary = b"(" + signature.replace(b"\r", b"\\r") + b")% other words"
    changed = content[:length] + binary.ljust(resumes - length - 1) + b"\n" + content[resumes:]
    assert len(changed) == len(content)
    assert obstacles(changed) == [CheckCode.SIGNATURE_BROKEN]


@pytest.mark.parametrize(
    ("signed", "is_in_time"),
    [
        (NOW - timedelta(days=365), True),
        (NOW - timedelta(days=368), False),
        (NOW + timedelta(days=1), True),
        (NOW + timedelta(days=3), False),
    ],
)
def test_the_proof_was_signed_within_the_twelve_months_before(signed: datetime, is_in_time: bool) -> None:
    refused = obstacles(signed_poe(signed.date()), now=NOW.replace(hour=13))
    assert refused == ([] if is_in_time else [CheckCode.SIGNATURE_DATE])


def test_a_proof_about_another_tenant_is_refused() -> None:
    assert obstacles(signed_poe(), tenant_id="11111111-2222-4333-8444-555555555555") == [CheckCode.TENANT_MISSING]


@pytest.mark.parametrize(
    ("different", "code"),
    [
        ({"domain": "fabrikam.example"}, CheckCode.DOMAIN_MISSING),
        ({"domain": "toso.example"}, CheckCode.DOMAIN_MISSING),
        ({"domain": "contoso.exam"}, CheckCode.DOMAIN_MISSING),
        ({"customer_name": "Fabrikam"}, CheckCode.CUSTOMER_MISSING),
        ({"partner_name": "Tailwind"}, CheckCode.PARTNER_MISSING),
        ({"workloads": ("Exchange Online", "Yammer")}, CheckCode.WORKLOADS_MISSING),
    ],
)
def test_a_name_that_is_not_found_is_left_to_a_reviewer(different: dict[str, str], code: CheckCode) -> None:
    assert obstacles(signed_poe(), **different) == []
    assert code in doubts(signed_poe(), **different)


def test_names_are_found_whatever_their_case() -> None:
    assert doubts(signed_poe(), customer_name="CONTOSO  gmbh", tenant_id=TENANT.upper()) == [CheckCode.SIGNER_UNTRUSTED, *BY_EYE]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_no_truncation_passes_and_none_is_too_much_for_the_inspector(data: st.DataObject) -> None:
    content = signed_poe()
    assert obstacles(content[: data.draw(st.integers(0, len(content) - 2))]) != []


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, 100_000), st.integers(1, 255)), min_size=1, max_size=20))
def test_no_mutation_of_signed_bytes_passes_and_none_is_too_much_for_the_inspector(changes: list[tuple[int, int]]) -> None:
    content = signed_poe()
    changed = bytearray(content)
    for at, difference in changes:
        changed[at % len(content)] ^= difference
    report = inspected(bytes(changed))
    _, length, resumes, _ = map(int, re.findall(rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+)", content)[0])
    is_signed_part_changed = changed[:length] != content[:length] or changed[resumes:] != content[resumes:]
    assert report.obstacles() or not is_signed_part_changed


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([b"", b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"]),
    st.binary(max_size=400),
    st.sampled_from([b"", b"%%EOF"]),
)
def test_no_bytes_at_all_make_the_inspector_raise(start: bytes, middle: bytes, end: bytes) -> None:
    assert inspected(start + middle + end).obstacles() != ()


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=40), st.integers(0, 2**32 - 1))
def test_no_picture_header_makes_the_inspector_raise(body: bytes, length: int) -> None:
    assert inspected(b"\x89PNG\r\n\x1a\n" + struct.pack(">I", length) + b"IHDR" + body).obstacles() != ()
