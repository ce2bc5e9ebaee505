"""The proof of execution (POE): what is kept of a document, and what its inspection found, in words a person understands.

This module holds the vocabulary, the sentences and the rules that need no parser: what kinds of file are taken and what a name
from outside may look like. Opening a file is an adapter's work, deciding on the claim is a reviewer's.
"""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

POE_MAX_BYTES = 25_000_000
POE_MAX_PAGES = 200
POE_NAME_LENGTH = 120

_ZERO_WIDTH_JOINERS = "\u200c\u200d"  # Persian and Indic names are spelt with them.


class MediaType(StrEnum):
    """The kinds of file a proof may be."""

    PDF = "application/pdf"
    PNG = "image/png"
    JPEG = "image/jpeg"


_SIGNATURES = ((b"%PDF-", MediaType.PDF), (b"\x89PNG\r\n\x1a\n", MediaType.PNG), (b"\xff\xd8\xff", MediaType.JPEG))


class Verdict(StrEnum):
    """What a malware scanner says. No verdict is not "clean"."""

    CLEAN = "clean"
    INFECTED = "infected"


@dataclass(frozen=True, slots=True)
class Document:
    """One file attached to a claim. `name` is for display only; the file is found by `document_id`."""

    document_id: str
    sha256: str
    size_bytes: int
    media_type: MediaType
    name: str
    uploaded_at: datetime
    uploaded_by: str


class CheckResult(StrEnum):
    """`unknown` means that software cannot tell and a reviewer has to look; it is no obstacle."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"


class CheckCode(StrEnum):
    """What can be wrong with a proof. The codes are stable: portals show their own words for them."""

    EMPTY = "poe_empty"
    TOO_LARGE = "poe_too_large"
    WRONG_TYPE = "poe_wrong_type"
    OTHER_CONTENT = "poe_other_content"
    UNREADABLE = "poe_unreadable"
    ENCRYPTED = "poe_encrypted"
    TOO_MANY_PAGES = "poe_too_many_pages"
    EXPANDS_TOO_FAR = "poe_expands_too_far"
    ACTIVE_CONTENT = "poe_active_content"
    EMBEDDED_FILES = "poe_embedded_files"
    UNSIGNED = "poe_unsigned"
    SIGNATURE_BROKEN = "poe_signature_broken"
    SIGNATURE_PARTIAL = "poe_signature_partial"
    SIGNER_UNTRUSTED = "poe_signer_untrusted"
    SIGNATURE_DATE = "poe_signature_date"
    TENANT_MISSING = "poe_tenant_missing"
    DOMAIN_MISSING = "poe_domain_missing"
    CUSTOMER_MISSING = "poe_customer_missing"
    PARTNER_MISSING = "poe_partner_missing"


@dataclass(frozen=True, slots=True)
class Check:
    """One question asked of a document. `finding` says what is wrong and `advice` what to do; both are empty when it passed."""

    code: CheckCode
    result: CheckResult
    finding: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """All that inspection found, in the order it looked. A file that can't be opened is not asked the later questions."""

    checks: tuple[Check, ...]

    def obstacles(self) -> tuple[Check, ...]:
        """What must be put right before the proof can be submitted."""
        return tuple(check for check in self.checks if check.result is CheckResult.FAILED)

    def doubts(self) -> tuple[Check, ...]:
        """What a reviewer has to look at with their own eyes."""
        return tuple(check for check in self.checks if check.result is CheckResult.UNKNOWN)


def passed(code: CheckCode) -> Check:
    """The check found nothing wrong."""
    return Check(code, CheckResult.PASSED)


def failed(code: CheckCode, **facts: int) -> Check:
    """The check found what its code says; `facts` are the numbers its sentences name."""
    finding, advice = _WORDS[CheckResult.FAILED, code]
    return Check(code, CheckResult.FAILED, finding.format(**facts), advice.format(**facts))


def unknown(code: CheckCode) -> Check:
    """The check could not tell."""
    return Check(code, CheckResult.UNKNOWN, *_WORDS[CheckResult.UNKNOWN, code])


def media_type_of(content: bytes) -> MediaType | None:
    """What the file is by its first bytes, whatever its name says; None if it is nothing we take."""
    return next((media_type for signature, media_type in _SIGNATURES if content.startswith(signature)), None)


def safe_name(name: str) -> str:
    """A file name from outside, fit for display: one line without folders, control or bidirectional characters, at most 120 long.

    It never becomes a path or a header. An ending such as ".pdf" survives the cut; a name of which nothing is left is "document".
    """
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join(letter for letter in last if letter.isspace() or letter in _ZERO_WIDTH_JOINERS or not _is_hidden(letter))
    line = " ".join(shown.split()).strip(". ")
    stem, dot, ending = line.rpartition(".")
    if len(line) > POE_NAME_LENGTH and stem and len(ending) <= 8:
        return stem[: POE_NAME_LENGTH - len(ending) - 1] + dot + ending
    return line[:POE_NAME_LENGTH].rstrip(". ") or "document"


def _is_hidden(letter: str) -> bool:
    return unicodedata.category(letter).startswith("C")


_ASK = "Please ask the customer for"

_WORDS: dict[tuple[CheckResult, CheckCode], tuple[str, str]] = {
    (CheckResult.FAILED, CheckCode.EMPTY): ("The file is empty.", "Please upload it again."),
    (CheckResult.FAILED, CheckCode.TOO_LARGE): (
        "The file is larger than {max_megabytes} MB.",
        "Please make it smaller, for instance by scanning with a lower resolution.",
    ),
    (CheckResult.FAILED, CheckCode.WRONG_TYPE): (
        "The file is not a PDF, PNG or JPEG, whatever its name says.",
        "Please save or scan the document as a PDF and upload that.",
    ),
    (CheckResult.FAILED, CheckCode.OTHER_CONTENT): (
        "The file holds something else besides the document.",
        "Please save or scan the document anew and upload the new file.",
    ),
    (CheckResult.FAILED, CheckCode.UNREADABLE): (
        "The file is damaged or cut short and cannot be opened.",
        "Please open it yourself; if it looks right, upload it again, otherwise ask for it once more.",
    ),
    (CheckResult.FAILED, CheckCode.ENCRYPTED): (
        "The document is protected by a password or by restrictions.",
        f"{_ASK} the document without protection: a reviewer must be able to read it.",
    ),
    (CheckResult.FAILED, CheckCode.TOO_MANY_PAGES): (
        "The document has more than {max_pages} pages.",
        "Please upload only the pages that prove the work.",
    ),
    (CheckResult.FAILED, CheckCode.EXPANDS_TOO_FAR): (
        "The document unpacks to far more data than a document of its kind needs.",
        "Please print it to a new PDF or scan it, have that signed, and upload it.",
    ),
    (CheckResult.FAILED, CheckCode.ACTIVE_CONTENT): (
        "The document contains scripts or actions that start by themselves.",
        "Please print it to a new PDF, have that signed, and upload it.",
    ),
    (CheckResult.FAILED, CheckCode.EMBEDDED_FILES): (
        "Other files are attached inside the document.",
        "Please remove them, have the document signed, and upload further proof separately.",
    ),
    (CheckResult.FAILED, CheckCode.UNSIGNED): (
        "The document carries no digital signature.",
        "Please let the customer sign it digitally, or upload a scan of the page signed by hand.",
    ),
    (CheckResult.FAILED, CheckCode.SIGNATURE_BROKEN): (
        "The document was changed after it was signed, or its signature is damaged.",
        f"{_ASK} the original file, exactly as it was signed.",
    ),
    (CheckResult.FAILED, CheckCode.SIGNATURE_PARTIAL): (
        "The signature does not cover the whole document: something was added or changed later.",
        f"{_ASK} the original file, or have the document signed again as it is now.",
    ),
    (CheckResult.FAILED, CheckCode.SIGNATURE_DATE): (
        "The document was signed more than 12 months ago, or its date of signature lies in the future.",
        "Please have it signed again with today's date.",
    ),
    (CheckResult.FAILED, CheckCode.TENANT_MISSING): (
        "The document names another tenant id than the claim.",
        "Please compare the two, and correct the claim or have the right document signed.",
    ),
    (CheckResult.UNKNOWN, CheckCode.UNSIGNED): (
        "The document is a picture, so software cannot see whether it is signed.",
        "A reviewer will look for the signature, the name, the title and the date.",
    ),
    (CheckResult.UNKNOWN, CheckCode.SIGNATURE_PARTIAL): (
        "After one signature, form fields were filled in or another signature was added.",
        "A reviewer will compare what was signed with what the document says now.",
    ),
    (CheckResult.UNKNOWN, CheckCode.SIGNER_UNTRUSTED): (
        "No authority we know vouches for the certificate the document was signed with.",
        "A reviewer will check who signed.",
    ),
    (CheckResult.UNKNOWN, CheckCode.SIGNATURE_DATE): (
        "The signature does not say when it was made.",
        "A reviewer will look for the date in the document.",
    ),
    (CheckResult.UNKNOWN, CheckCode.TENANT_MISSING): (
        "The tenant id was not found in the document's text.",
        "A reviewer will look for it.",
    ),
    (CheckResult.UNKNOWN, CheckCode.DOMAIN_MISSING): (
        "The customer's domain was not found in the document's text.",
        "A reviewer will look for it.",
    ),
    (CheckResult.UNKNOWN, CheckCode.CUSTOMER_MISSING): (
        "The customer's name was not found in the document's text.",
        "A reviewer will look for it.",
    ),
    (CheckResult.UNKNOWN, CheckCode.PARTNER_MISSING): (
        "The partner's name was not found in the document's text.",
        "A reviewer will look for it.",
    ),
}
