"""A sealed document verifies here and in an independent program, and nothing in it is changed, added or filled in unnoticed."""

import asyncio
import io
import shutil
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import x509  # type: ignore[import-untyped]  # Published without types.
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pypdf import PdfReader

from shared.adapters.evidence_page import WORDS
from shared.adapters.seal import SEAL_FIELD, DevelopmentSealer
from shared.adapters.seal_key import development_key
from shared.domain.evidence import Authentication, Evidence
from shared.domain.poe_checks import CheckCode
from shared.domain.proof_form import FormField
from shared.ports.failures import AlreadySigned
from tests.contract.test_poe_answers import COMPLETE, NOW, filled, report, signed
from tests.contract.test_poe_form import SUBJECT
from tests.contract.test_poe_inspector import edited_after_signing

PDFSIG = shutil.which("pdfsig")
with_pdfsig = pytest.mark.skipif(PDFSIG is None, reason="pdfsig (Debian's poppler-utils) is not installed")
EVIDENCE = Evidence(
    claim_id=SUBJECT.claim_id,
    form_id=SUBJECT.form_id,
    customer_name=SUBJECT.customer_name,
    signer_name="Ada Kowalski",
    signer_title="Head of IT",
    signer_address="ada@contoso.example",
    authentication=Authentication.MAILED_LINK,
    signed_at=datetime(2020, 3, 2, 9, 30, tzinfo=UTC),
    text_version=1,
    language="en",
)


@pytest.fixture(scope="module")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys") / "seal.p12"


@pytest.fixture(scope="module")
def sealed(key_file: Path) -> bytes:
    return asyncio.run(DevelopmentSealer(key_file).seal(filled(COMPLETE), EVIDENCE))


def pdfsig(content: bytes, folder: Path) -> str:
    """What an independent program says of it."""
    assert PDFSIG
    file = folder / "sealed.pdf"
    file.write_bytes(content)
    done = subprocess.run([PDFSIG, "-nocert", str(file)], capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + done.stderr


def is_unchanged(content: bytes) -> bool:
    """Whether pyHanko finds the seal in order, over the whole file, and what came later permitted."""
    try:
        (signature,) = PdfFileReader(io.BytesIO(content), strict=False).embedded_signatures
        status = asyncio.run(async_validate_pdf_signature(signature, ValidationContext(trust_roots=[])))
        is_whole = signature.coverage is SignatureCoverageLevel.ENTIRE_FILE
        return bool(status.intact and status.valid and status.docmdp_ok and is_whole)
    except Exception:  # noqa: BLE001  # What cannot even be parsed any more is not in order.
        return False


def test_a_sealed_document_verifies_with_the_certificate_of_its_seal(sealed: bytes, key_file: Path) -> None:
    """R-89"""
    certificate = pkcs12.load_pkcs12(key_file.read_bytes(), None).cert
    assert certificate
    (seal,) = PdfFileReader(io.BytesIO(sealed)).embedded_signatures
    trust = ValidationContext(trust_roots=[x509.Certificate.load(certificate.certificate.public_bytes(Encoding.DER))])
    status = asyncio.run(async_validate_pdf_signature(seal, trust))
    assert status.bottom_line
    assert (seal.field_name, str(seal.sig_object["/SubFilter"])) == (SEAL_FIELD, "/ETSI.CAdES.detached")
    assert seal.self_reported_timestamp == EVIDENCE.signed_at
    assert is_unchanged(sealed)


@with_pdfsig
def test_an_independent_program_finds_the_seal_valid_and_over_everything(sealed: bytes, tmp_path: Path) -> None:
    said = pdfsig(sealed, tmp_path)
    assert "Signature is Valid." in said
    assert "Total document signed" in said
    assert "ETSI.CAdES.detached" in said


def gap(content: bytes) -> tuple[int, int]:
    """Where the seal itself stands, in hexadecimal: it cannot sign itself."""
    (signature,) = PdfFileReader(io.BytesIO(content)).embedded_signatures
    _, start, end, _ = (int(number) for number in signature.byte_range)
    return start, end


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


@pytest.mark.parametrize("share", range(40))
def test_one_changed_byte_is_found(sealed: bytes, share: int) -> None:
    start, end = gap(sealed)
    covered = [*range(start), *range(end, len(sealed))]
    assert not is_unchanged(flipped(sealed, covered[len(covered) * share // 40]))


def test_a_changed_seal_is_found(sealed: bytes) -> None:
    start, _ = gap(sealed)
    assert not is_unchanged(flipped(sealed, start + 1_500))


@with_pdfsig
def test_an_independent_program_finds_a_changed_byte(sealed: bytes, tmp_path: Path) -> None:
    at = sealed.index(b"/Title (") + len(b"/Title (")
    assert "Signature is Valid." not in pdfsig(flipped(sealed, at), tmp_path)


def draw_over(writer: Any) -> None:
    page = writer.root["/Pages"]["/Kids"][0]
    over = writer.add_object(generic.StreamObject(stream_data=b"BT /F1 30 Tf 72 500 Td (and everything else) Tj ET"))
    page["/Contents"] = generic.ArrayObject([page.raw_get("/Contents"), over])
    writer.mark_update(page.container_ref)


def fill_in(writer: Any) -> None:
    fields = [each.get_object() for each in writer.root["/AcroForm"]["/Fields"]]
    name = next(each for each in fields if each.get("/T") == FormField.SIGNER_NAME)
    name["/V"] = generic.pdf_string("Somebody Else")
    writer.update_container(name)


def add_remark(writer: Any) -> None:
    page = writer.root["/Pages"]["/Kids"][0]
    note: Any = generic.DictionaryObject(  # type: ignore[no-untyped-call]  # The library leaves it untyped.
        {
            generic.pdf_name("/Type"): generic.pdf_name("/Annot"),
            generic.pdf_name("/Subtype"): generic.pdf_name("/FreeText"),
            generic.pdf_name("/Rect"): generic.ArrayObject(map(generic.NumberObject, (50, 50, 300, 100))),
            generic.pdf_name("/Contents"): generic.pdf_string("and everything else"),
        }
    )
    page["/Annots"].append(writer.add_object(note))
    writer.update_container(page["/Annots"])


@pytest.mark.parametrize("edit", [draw_over, fill_in, add_remark])
def test_a_later_edit_that_leaves_the_sealed_bytes_alone_is_found(sealed: bytes, edit: Any) -> None:
    edited = edited_after_signing(sealed, edit)
    assert edited.startswith(sealed)
    assert not is_unchanged(edited)
    assert CheckCode.SIGNATURE_PARTIAL in [check.code for check in report(edited).refusals()]


def test_the_seal_itself_forbids_what_could_be_added_later(sealed: bytes) -> None:
    """R-89: an edit is not only seen; whoever verifies is told by the seal that none is permitted, a filled-in field included."""
    (seal,) = PdfFileReader(io.BytesIO(sealed)).embedded_signatures
    (edited,) = PdfFileReader(io.BytesIO(edited_after_signing(sealed, fill_in)), strict=False).embedded_signatures
    found = [asyncio.run(async_validate_pdf_signature(each, ValidationContext(trust_roots=[]))) for each in (seal, edited)]
    assert seal.docmdp_level is MDPPerm.NO_CHANGES
    assert [(each.intact, each.docmdp_ok) for each in found] == [(True, True), (True, False)]


@with_pdfsig
@pytest.mark.parametrize("edit", [draw_over, fill_in, add_remark])
def test_an_independent_program_finds_a_later_edit(sealed: bytes, edit: Any, tmp_path: Path) -> None:
    assert "Not total document signed" in pdfsig(edited_after_signing(sealed, edit), tmp_path)


def test_a_sealed_form_is_a_proof_without_fault(sealed: bytes) -> None:
    found = report(sealed, now=NOW)
    assert found.obstacles() == ()
    assert [check.code for check in found.doubts()] == [CheckCode.SIGNER_UNTRUSTED]


def test_answers_can_be_read_and_not_be_changed_and_nobody_else_can_sign(sealed: bytes) -> None:
    fields: dict[str, Any] = PdfReader(io.BytesIO(sealed)).get_fields() or {}
    assert fields[FormField.SIGNER_NAME]["/V"] == "Ada Kowalski"
    assert FormField.DIGITAL_SIGNATURE not in fields
    assert {name for name, field in fields.items() if not field.get("/Ff", 0) & 1} == {SEAL_FIELD}


@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_the_evidence_says_who_signed_what_when_and_how_they_were_known(key_file: Path, language: str) -> None:
    document = filled(COMPLETE)
    evidence = replace(EVIDENCE, language=language, signer_name="Łucja Żółć")
    reader = PdfReader(io.BytesIO(asyncio.run(DevelopmentSealer(key_file).seal(document, evidence))))
    said = " ".join(reader.pages[-1].extract_text().split())
    words = WORDS[language]
    for fact in (
        "Łucja Żółć, Head of IT",
        evidence.signer_address,
        "2020-03-02 09:30:00 UTC",
        evidence.form_id,
        evidence.claim_id,
    ):
        assert fact in said
    for sentence in (words["title"], words["meaning"], words[Authentication.MAILED_LINK]):
        assert sentence in said
    assert sha256(document).hexdigest() in "".join(said.split())
    assert WORDS[language].keys() == WORDS["en"].keys()


def test_a_document_that_bears_a_signature_is_not_sealed_over_it(key_file: Path) -> None:
    with pytest.raises(AlreadySigned):
        asyncio.run(DevelopmentSealer(key_file).seal(signed(filled(COMPLETE)), EVIDENCE))


def test_the_key_is_made_once_whoever_asks_first_and_is_its_owners_alone(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "seal.p12"
    with ThreadPoolExecutor(4) as workers:
        keys = set(workers.map(lambda _: development_key(file), range(4)))
    assert keys == {file.read_bytes()}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in file.parent.iterdir()] == ["seal.p12"]
