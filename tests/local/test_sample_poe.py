"""The sample proof is what it pretends to be: one page that names everybody, under a signature other software verifies."""

import asyncio
import shutil
import subprocess
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pypdf import PdfReader

from infra.local.sample_poe import ACTIVITIES, sample_poe

TENANT = "0f9e8d7c-6b5a-4c3d-8e1f-a0b1c2d3e4f5"
WORKLOADS = ("Exchange Online", "Microsoft Teams", "SharePoint Online", "Intune")


def sample(signer_name: str = "Ada Kowalski") -> bytes:
    return sample_poe(
        tenant_id=TENANT,
        domain="contoso.example",
        customer_name="Contoso & Söhne <GmbH>",
        partner_name="Northwind Cloud Services",
        partner_id="4711001",
        workloads=WORKLOADS,
        signer_name=signer_name,
        signer_title="Head of IT",
        signed_on=date(2020, 3, 2),
    )


def test_the_page_names_both_companies_the_tenant_the_workloads_and_the_signer() -> None:
    pages = PdfReader(BytesIO(sample())).pages
    text = " ".join(pages[0].extract_text().split())
    assert len(pages) == 1
    said = [TENANT, "contoso.example", "Contoso & Söhne <GmbH>", "Northwind Cloud Services", "4711001", *WORKLOADS, *ACTIVITIES]
    missing = [words for words in [*said, "I am authorised", "Ada Kowalski", "Head of IT", "02 March 2020"] if words not in text]
    assert missing == []


def test_the_signature_is_intact_and_covers_the_whole_file() -> None:
    (signature,) = PdfFileReader(BytesIO(sample())).embedded_signatures
    status = validate_pdf_signature(signature, ValidationContext(trust_roots=[], allow_fetching=False))
    assert status.intact
    assert status.valid
    assert not status.trusted, "nobody trusts a development certificate"
    assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    assert status.signer_reported_dt is not None
    assert status.signer_reported_dt.date() == date(2020, 3, 2)
    assert "Ada Kowalski" in signature.signer_cert.subject.human_friendly


def test_a_proof_can_be_made_where_an_event_loop_already_runs() -> None:
    async def make() -> bytes:
        return sample()

    assert asyncio.run(make()).startswith(b"%PDF-")


def test_the_page_depends_on_its_arguments_only() -> None:
    assert PdfReader(BytesIO(sample())).pages[0].extract_text() == PdfReader(BytesIO(sample())).pages[0].extract_text()
    assert sample("Ada Kowalski").split(b"%%EOF")[0] == sample("Ada Kowalski").split(b"%%EOF")[0]


def test_a_long_name_is_cut_in_the_certificate_and_whole_on_the_page() -> None:
    name = "Ada " + "Wilhelmina " * 7 + "Kowalski"
    content = sample(name)
    (signature,) = PdfFileReader(BytesIO(content)).embedded_signatures
    assert name in " ".join(PdfReader(BytesIO(content)).pages[0].extract_text().split())
    assert name[:64].strip() in signature.signer_cert.subject.human_friendly


@pytest.mark.skipif(shutil.which("pdfsig") is None, reason="pdfsig (Debian: poppler-utils) is not installed")
def test_other_software_verifies_the_signature(tmp_path: Path) -> None:
    file = tmp_path / "poe.pdf"
    file.write_bytes(sample())
    told = subprocess.run(["pdfsig", "-nocert", str(file)], capture_output=True, text=True, check=True, timeout=60).stdout
    assert "Signature is Valid" in told
    assert "Total document signed" in told
