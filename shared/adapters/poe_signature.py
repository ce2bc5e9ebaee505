"""The digital signatures of a PDF: present, intact, and over the whole document.

A self-signed certificate is as good as any: who signed is for a person to judge, who is told what name the certificate bears and
whether an authority vouches for it (`poe_authorities`).
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any

from shared.adapters.poe_answers import Answers
from shared.adapters.poe_authorities import authorities, voucher_for
from shared.domain.poe import POE_MAX_PAGES
from shared.domain.poe_checks import Check, CheckCode, CheckResult, failed, passed, unknown
from shared.domain.proof_form import FormField
from shared.domain.wording import one_line

if TYPE_CHECKING:
    from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

_A_YEAR = timedelta(days=366)
_NAME_LIMIT = 80
_A_DAY = timedelta(days=1)
"""Clocks and time zones of signers differ from ours; a date a day ahead is not a lie."""


def signature_checks(content: bytes, *, now: datetime, looks_scanned: bool, answers: Answers | None) -> Iterator[Check]:
    """What the signatures of this PDF are worth; raises whatever the parser raises on a broken file.

    A PDF without a digital signature is an obstacle, unless it `looks_scanned`, when the signature may be ink, or a name was
    typed as one into our form; that a person has to judge.
    """
    from pyhanko.pdf_utils.reader import PdfFileReader

    signatures = PdfFileReader(BytesIO(content), strict=False).embedded_regular_signatures
    if not signatures:
        yield from _unsigned_checks(now, answers, looks_scanned=looks_scanned)
        return
    page = _page_of(signatures[0])
    yield passed(CheckCode.UNSIGNED, page)
    if not all(_hides_nothing(signature, content) and _is_intact(signature) for signature in signatures):
        yield failed(CheckCode.SIGNATURE_BROKEN)
        return
    yield passed(CheckCode.SIGNATURE_BROKEN)
    yield _coverage(signatures)
    yield unknown(CheckCode.SIGNER_UNTRUSTED, page, signers="; ".join(_signer(each, now) for each in signatures))
    typed = answers.signed_on if answers else None
    yield _date(signatures, now) if typed is None or _is_in_time(typed, now) else failed(CheckCode.SIGNATURE_DATE)


def _unsigned_checks(now: datetime, answers: Answers | None, *, looks_scanned: bool) -> Iterator[Check]:
    page = answers.pages.get(FormField.TYPED_SIGNATURE) if answers else None
    is_typed = answers is not None and answers.values.get(FormField.TYPED_SIGNATURE, "") != ""
    if not is_typed and not looks_scanned:
        yield failed(CheckCode.UNSIGNED, page)
        return
    yield unknown(CheckCode.UNSIGNED, page)
    if not is_typed:
        yield failed(CheckCode.UNATTESTED)
    typed = answers.signed_on if answers else None
    if typed is None:
        yield unknown(CheckCode.SIGNATURE_DATE, page)
    else:
        yield passed(CheckCode.SIGNATURE_DATE, page) if _is_in_time(typed, now) else failed(CheckCode.SIGNATURE_DATE, page)


def _is_in_time(day: date, now: datetime) -> bool:
    """Was the day within the 12 months before `now` (R-88)?"""
    return (now - _A_YEAR).date() <= day <= (now + _A_DAY).date()


def _hides_nothing(signature: "EmbeddedPdfSignature", content: bytes) -> bool:
    """Whether the gap in the signed bytes holds the signature in hexadecimal and nothing else.

    Whatever fits into the gap is not signed; objects smuggled in there would be a document under somebody else's signature.
    """
    try:
        start, length, resumes, _ = (int(number) for number in signature.byte_range)
        gap = content[length:resumes]
        is_hexadecimal_string = start == 0 and gap[:1] == b"<" and gap[-1:] == b">"
        return is_hexadecimal_string and bytes.fromhex(gap[1:-1].decode("ascii")) == signature.pkcs7_content
    except (ValueError, TypeError):
        return False


def _is_intact(signature: "EmbeddedPdfSignature") -> bool:
    """Whether the signed bytes are unchanged and the signature over their digest verifies with the embedded certificate."""
    from pyhanko.sign.validation.generic_cms import validate_sig_integrity

    try:
        digest = signature.compute_digest()
        is_same, is_valid = validate_sig_integrity(signature.signer_info, signature.signer_cert, "data", digest)
    except Exception:  # noqa: BLE001  # A signature the library can't make sense of is not intact, whatever it stumbled over.
        return False
    return bool(is_same and is_valid)


def _page_of(signature: "EmbeddedPdfSignature") -> int | None:
    """The page on which the signature is seen, counted from 1; None for one that shows nothing, as our own seal."""
    field = signature.sig_field
    reader: Any = signature.reader  # Its pages are untyped.
    try:
        left, bottom, right, top = (float(number) for number in field["/Rect"])
        pages = range(min(int(reader.root["/Pages"]["/Count"]), POE_MAX_PAGES))
        on = (n + 1 for n in pages if reader.find_page_for_modification(n)[0].reference == field.raw_get("/P").reference)
        return next(on, None) if right > left and top > bottom else None
    except Exception:  # noqa: BLE001  # A document that does not say where is as good as any other.
        return None


def _signer(signature: "EmbeddedPdfSignature", now: datetime) -> str:
    """By whom and when, as the signature itself says (R-391), and who vouches; a stranger's words are made fit to be shown."""
    subject = signature.signer_cert.subject.native
    names = (one_line(str(subject.get(part, "")), _NAME_LIMIT) for part in ("common_name", "organization_name"))
    moment = signature.self_reported_timestamp
    at = f"on {moment.astimezone(UTC):%d %B %Y at %H:%M} UTC" if moment is not None and moment.tzinfo else "at an untold time"
    voucher = voucher_for(signature, now, authorities())
    vouched = f"{voucher} vouches for the certificate" if voucher else "no authority that we know vouches for the certificate"
    return f"{', '.join(filter(None, names)) or 'a nameless certificate'} {at} ({vouched})"


def _coverage(signatures: Sequence["EmbeddedPdfSignature"]) -> Check:
    results = [_coverage_of(signature) for signature in signatures]
    if CheckResult.FAILED in results or CheckResult.PASSED not in results:
        return failed(CheckCode.SIGNATURE_PARTIAL)
    if CheckResult.UNKNOWN in results:
        return unknown(CheckCode.SIGNATURE_PARTIAL)
    return passed(CheckCode.SIGNATURE_PARTIAL)


def _coverage_of(signature: Any) -> CheckResult:
    """Revocation data may follow a signature; filled-in fields, as a second signature makes them, are for a reviewer to judge."""
    from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel
    from pyhanko.sign.fields import MDPPerm
    from pyhanko.sign.validation.status import SignatureCoverageLevel

    signature.compute_integrity_info()
    if signature.coverage is SignatureCoverageLevel.ENTIRE_FILE:
        return CheckResult.PASSED
    later = signature.diff_result
    if signature.coverage is not SignatureCoverageLevel.ENTIRE_REVISION or not isinstance(later, DiffResult):
        return CheckResult.FAILED
    if later.modification_level <= ModificationLevel.LTA_UPDATES:
        return CheckResult.PASSED
    # Whoever signed may have permitted nothing at all after it, as our own seal does.
    may_be_filled_in = signature.docmdp_level is not MDPPerm.NO_CHANGES
    is_form_filling = may_be_filled_in and later.modification_level <= ModificationLevel.FORM_FILLING
    return CheckResult.UNKNOWN if is_form_filling else CheckResult.FAILED


def _date(signatures: Sequence["EmbeddedPdfSignature"], now: datetime) -> Check:
    """Each signature says itself when it was made; the oldest counts."""
    moments = [signature.self_reported_timestamp for signature in signatures]
    told = [moment for moment in moments if moment is not None and moment.tzinfo is not None]
    if len(told) < len(moments):
        return unknown(CheckCode.SIGNATURE_DATE)
    is_in_time = now - _A_YEAR <= min(told) and max(told) <= now + _A_DAY
    return passed(CheckCode.SIGNATURE_DATE) if is_in_time else failed(CheckCode.SIGNATURE_DATE)
