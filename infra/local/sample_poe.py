"""A sample proof of execution: one page a customer might have signed, with a real digital signature.

For the demo and for tests. The page depends on its arguments only; the signature comes from a development certificate that
is made anew for every process, trusted by nobody, and says so. Whether a proof is acceptable is decided elsewhere.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time
from functools import cache
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.font.basic import SimpleFontEngineFactory
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import AxisAlignment, Margins, SimpleBoxLayoutRule
from pyhanko.pdf_utils.text import TextBoxStyle
from pyhanko.sign import fields, signers
from pyhanko.stamp import TextStampStyle
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import (
    Paragraph,
    SimpleDocTemplate,
    Table,
)

ACTIVITIES = ("Pre-sales", "Deployment", "Adoption", "Maintenance", "Support")
SIGNATURE_BOX = (57, 92, 297, 146)
"""Where the signature is shown: left, bottom, right, top, in points from the page's lower left corner."""

_INK, _MUTED, _ACCENT, _PAPER = "#1b2733", "#5b6b7b", "#0b5cab", "#f3f6f9"


def sample_poe(
    *,
    tenant_id: str,
    domain: str,
    customer_name: str,
    partner_name: str,
    partner_id: str,
    workloads: Sequence[str],
    signer_name: str,
    signer_title: str,
    signed_on: date,
) -> bytes:
    """A signed PDF naming both companies, the tenant, the workloads and the signer, dated noon UTC of `signed_on`."""
    page = _page(
        customer=(("Company", customer_name), ("Domain", domain), ("Tenant id", tenant_id)),
        partner=(("Company", partner_name), ("Partner id", partner_id)),
        workloads=workloads,
        declaration=(
            f"I am authorised to sign for {customer_name}. I confirm that {partner_name} has carried out or is carrying out the "
            f"activities above for the tenant {domain} ({tenant_id}), and that it may be named the partner of record for the "
            "workloads listed. I know that it may be paid for this by the vendor, that this costs my company nothing, gives the "
            "partner no administrator access, and changes no contract, and that I may refuse or end it at any time."
        ),
        signer=(("Name", signer_name), ("Title", signer_title), ("Date", f"{signed_on:%d %B %Y}")),
    )
    return _sign(page, signer_name, customer_name, datetime.combine(signed_on, time(12), UTC))


type _Rows = Sequence[tuple[str, str]]

_BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=9.5, leading=14, textColor=HexColor(_INK))
_LABEL = ParagraphStyle("label", parent=_BODY, textColor=HexColor(_MUTED), fontSize=8.5)
_HEADING = ParagraphStyle("heading", parent=_BODY, fontName="Helvetica-Bold", fontSize=11, spaceBefore=15, spaceAfter=5)
_FLUSH = [("LEFTPADDING", (0, 0), (-1, -1), 0), ("RIGHTPADDING", (0, 0), (-1, -1), 0), ("VALIGN", (0, 0), (-1, -1), "TOP")]
_PANEL = [
    ("BACKGROUND", (0, 0), (-1, -1), HexColor(_PAPER)),
    ("LINEAFTER", (0, 0), (0, 0), 4, HexColor("#ffffff")),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("TOPPADDING", (0, 0), (-1, -1), 9),
    ("LEFTPADDING", (0, 0), (-1, -1), 9),
    ("RIGHTPADDING", (0, 0), (-1, -1), 0),
]


def _page(*, customer: _Rows, partner: _Rows, workloads: Sequence[str], declaration: str, signer: _Rows) -> bytes:
    companies = [[[Paragraph("<b>Customer</b>", _BODY), _facts(customer)], [Paragraph("<b>Partner</b>", _BODY), _facts(partner)]]]
    story = [
        Table(companies, colWidths=(85 * mm, 85 * mm), style=_PANEL, hAlign="LEFT"),
        *(Paragraph("Workloads", _HEADING), _ticked(workloads)),
        *(Paragraph("Activities of the partner", _HEADING), _ticked(ACTIVITIES)),
        *(Paragraph("Declaration", _HEADING), Paragraph(escape(declaration), _BODY)),
        *(Paragraph("Signed for the customer", _HEADING), _facts(signer)),
    ]
    file = BytesIO()
    margins = {"leftMargin": 18 * mm, "rightMargin": 18 * mm, "topMargin": 37 * mm, "bottomMargin": 54 * mm}
    SimpleDocTemplate(file, pagesize=A4, title="Proof of execution", invariant=1, **margins).build(story, onFirstPage=_frame)
    return file.getvalue()


def _facts(rows: _Rows) -> Table:
    cells = [[Paragraph(escape(name), _LABEL), Paragraph(escape(value), _BODY)] for name, value in rows]
    return Table(cells, colWidths=(17 * mm, 62 * mm), style=_FLUSH, hAlign="LEFT", spaceBefore=4)


def _ticked(items: Sequence[str]) -> Table:
    marks = [Paragraph(f"<font color='{_ACCENT}'><b>x</b></font>&nbsp;&nbsp;{escape(item)}", _BODY) for item in items]
    rows = [[*marks[start : start + 3], "", ""][:3] for start in range(0, len(marks), 3)]
    return Table(rows, colWidths=(56 * mm,) * 3, style=_FLUSH, hAlign="LEFT")


def _frame(canvas: Any, _: Any) -> None:
    left, bottom, right, _top = SIGNATURE_BOX
    canvas.setFillColor(HexColor(_ACCENT))
    canvas.rect(0, A4[1] - 30 * mm, A4[0], 30 * mm, stroke=0, fill=1)
    canvas.setFillColor(HexColor("#ffffff"))
    canvas.setFont("Helvetica-Bold", 19)
    canvas.drawString(20 * mm, A4[1] - 17 * mm, "Proof of execution")
    canvas.setFont("Helvetica", 10)
    canvas.drawString(20 * mm, A4[1] - 23.5 * mm, "Claiming partner of record: confirmation by the customer")
    canvas.setFillColor(HexColor(_MUTED))
    canvas.setStrokeColor(HexColor(_MUTED))
    canvas.setFont("Helvetica", 7.5)
    canvas.drawString(20 * mm, 12 * mm, "Sample for development. Signed with a certificate that nobody trusts.")
    canvas.line(left, bottom - 4, right, bottom - 4)
    canvas.drawString(left, bottom - 14, "Digital signature of the customer")


def _sign(page: bytes, signer_name: str, organisation: str, signed_at: datetime) -> bytes:
    class DatedSigner(signers.PdfSigner):
        """Signs at `signed_at` instead of now, so that proofs of other days can be made."""

        def init_signing_session(self, *args: Any, **kwargs: Any) -> Any:
            session = super().init_signing_session(*args, **kwargs)
            session.system_time = signed_at
            return session

    signer = signers.SimpleSigner.load_pkcs12_data(_certificate(signer_name, organisation), other_certs=(), passphrase=None)
    style = TextStampStyle(
        stamp_text="Digitally signed by\n%(signer)s\n%(ts)s",
        text_box_style=TextBoxStyle(font=SimpleFontEngineFactory("Helvetica", 0.5), font_size=11, leading=15),
        inner_content_layout=SimpleBoxLayoutRule(AxisAlignment.ALIGN_MIN, AxisAlignment.ALIGN_MIN, Margins(0, 0, 2, 0)),
        border_width=0,
    )
    dated = DatedSigner(
        signers.PdfSignatureMetadata(field_name="CustomerSignature", md_algorithm="sha256", reason="Proof of execution"),
        signer=signer,
        stamp_style=style,
        new_field_spec=fields.SigFieldSpec("CustomerSignature", box=SIGNATURE_BOX),
    )
    # pyHanko starts an event loop to sign. The caller may already be inside one, so signing gets a thread of its own.
    with ThreadPoolExecutor(max_workers=1) as thread:
        signing = dated.async_sign_pdf(IncrementalPdfFileWriter(BytesIO(page)))
        signed: BytesIO = thread.submit(asyncio.run, signing).result()
    return signed.getvalue()


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def _certificate(signer_name: str, organisation: str) -> bytes:
    """PKCS#12 of a self-signed development certificate for that person; names are cut to what X.509 allows."""
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, signer_name[:64]),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:64]),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "Development only"),
        ]
    )
    usage = dict.fromkeys(("key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign"), False)
    usage |= dict.fromkeys(("encipher_only", "decipher_only"), False)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(_key().public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2018, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2048, 1, 1, tzinfo=UTC))
        .add_extension(x509.KeyUsage(digital_signature=True, content_commitment=True, **usage), critical=True)
        .sign(_key(), hashes.SHA256())
    )
    return pkcs12.serialize_key_and_certificates(b"development", _key(), certificate, None, NoEncryption())
