"""Looks into a proof of execution and reports, in a person's words, what is wrong with it.

`inspect` never raises on hostile bytes: what can't be parsed is itself a finding. The work is bounded in bytes, pages, objects,
unpacked size and time, except within one object, where only the operating system can stop the parser: `contained_inspector` has
it do so. Malware is the scanner's affair, the decision on the claim a reviewer's.
"""

import logging
import zipfile
import zlib
from collections.abc import Iterator
from datetime import datetime
from importlib import import_module
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from shared.adapters.poe_text import mention_checks, texts_of
from shared.domain.poe import POE_MAX_BYTES, POE_MAX_PAGES, MediaType, media_type_of
from shared.domain.poe_checks import Check, CheckCode, Report, failed, passed, unknown
from shared.domain.proof_form import Subject

if TYPE_CHECKING:
    from pypdf import PdfReader

# What nobody but a person can find in a picture.
_BY_EYE: Final = (
    CheckCode.UNSIGNED,
    CheckCode.SIGNATURE_DATE,
    CheckCode.TENANT_MISSING,
    CheckCode.DOMAIN_MISSING,
    CheckCode.CUSTOMER_MISSING,
    CheckCode.PARTNER_MISSING,
    CheckCode.WORKLOADS_MISSING,
    CheckCode.ACTIVITIES_MISSING,
    CheckCode.DECLARATION_MISSING,
    CheckCode.SIGNER_INCOMPLETE,
)

_PARSERS: Final = (
    "pypdf",
    "pypdf.filters",
    "pypdf._codecs._codecs",
    "pyhanko.pdf_utils.reader",
    "pyhanko.sign.diff_analysis",
    "pyhanko.sign.fields",
    "pyhanko.sign.validation.generic_cms",
    "pyhanko.sign.validation.settings",
    "pyhanko.sign.validation.status",
    "pyhanko_certvalidator",
    "shared.adapters.poe_answers",
    "shared.adapters.poe_signature",
    "shared.adapters.poe_structure",
)


def inspect(content: bytes, *, now: datetime, subject: Subject, max_bytes: int = POE_MAX_BYTES) -> Report:
    """Ask the document everything that can be asked without a person; see `CheckCode` for the questions.

    It is judged by its content alone, never by a name or a declared type. `now` is aware UTC, the moment of submission.
    """
    checks: list[Check] = []
    try:
        # One by one, so that what was found before a parser gave up is kept.
        for check in _checks(content, now, subject, max_bytes):
            checks.append(check)  # noqa: PERF402
    except MemoryError:
        checks.append(failed(CheckCode.TOO_COMPLEX))
    except Exception:  # noqa: BLE001  # Parsers fail on hostile bytes in countless ways; all of them mean the same to a person.
        checks.append(failed(CheckCode.UNREADABLE))
    return Report(tuple(checks))


def load_parsers() -> None:
    """Imports all that a document may need and reads whom we trust, so that a process can be made ready before it meets one."""
    from shared.adapters.poe_authorities import authorities

    for module in _PARSERS:
        import_module(module)
    authorities()


def _checks(content: bytes, now: datetime, subject: Subject, max_bytes: int) -> Iterator[Check]:
    if not content:
        yield failed(CheckCode.EMPTY)
        return
    if len(content) > max_bytes:
        yield failed(CheckCode.TOO_LARGE, max_megabytes=max_bytes // 1_000_000)
        return
    yield passed(CheckCode.TOO_LARGE)
    media_type = media_type_of(content)
    if media_type is None:
        yield failed(CheckCode.WRONG_TYPE)
        return
    yield passed(CheckCode.WRONG_TYPE)
    is_alone = not _is_also_an_archive(content)
    yield passed(CheckCode.OTHER_CONTENT) if is_alone else failed(CheckCode.OTHER_CONTENT)
    if media_type is MediaType.PDF:
        yield from _pdf_checks(content, now, subject)
    else:
        yield from _scan_checks(content, media_type, subject)


def _is_also_an_archive(content: bytes) -> bool:
    """Whether other software would open the same bytes as a ZIP, which is read from its end and may follow any document."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            return bool(archive.namelist())
    except Exception:  # noqa: BLE001  # Whatever the archive reader stumbles over: it is no archive.
        return False


def _scan_checks(content: bytes, media_type: MediaType, subject: Subject) -> Iterator[Check]:
    is_whole = _is_whole_png(content) if media_type is MediaType.PNG else _is_whole_jpeg(content)
    if not is_whole:
        yield failed(CheckCode.UNREADABLE)
        return
    yield passed(CheckCode.UNREADABLE)
    yield failed(CheckCode.UNATTESTED)
    yield from (unknown(code) for code in _BY_EYE)
    if subject.discloses:
        yield unknown(CheckCode.DISCLOSURE_MISSING)


def _is_whole_png(content: bytes) -> bool:
    """Whether every chunk is intact, from the header to the end mark, and nothing follows it."""
    at, kinds = 8, list[bytes]()
    while at + 12 <= len(content):
        length = int.from_bytes(content[at : at + 4])
        chunk, checksum = content[at + 4 : at + 8 + length], content[at + 8 + length : at + 12 + length]
        if len(checksum) < 4 or zlib.crc32(chunk) != int.from_bytes(checksum):
            return False
        kinds.append(chunk[:4])
        at += 12 + length
    return at == len(content) and kinds[:1] == [b"IHDR"] and b"IDAT" in kinds and kinds[-1:] == [b"IEND"]


def _is_whole_jpeg(content: bytes) -> bool:
    """Whether the segments lead to picture data that ends. Phones append data of their own, so more may follow."""
    at, has_size = 2, False
    while content[at : at + 1] == b"\xff":
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4])
        if marker == 0xDA:
            return has_size and content.find(b"\xff\xd9", at + 2 + length) > 0
        has_size |= 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)
        at += 2 + length
    return False


def _pdf_checks(content: bytes, now: datetime, subject: Subject) -> Iterator[Check]:
    from pypdf import PdfReader

    from shared.adapters.poe_answers import answer_checks, read_answers
    from shared.adapters.poe_signature import signature_checks
    from shared.adapters.poe_structure import ends_as_it_should, look_through

    for library in ("pypdf", "pyhanko"):  # Their warnings quote the document, and documents never reach a log.
        logging.getLogger(library).setLevel(logging.CRITICAL + 1)
    if not ends_as_it_should(content):
        yield failed(CheckCode.UNREADABLE)
        return
    reader = PdfReader(BytesIO(content), strict=False)
    if reader.is_encrypted:
        yield failed(CheckCode.ENCRYPTED)
        return
    yield passed(CheckCode.ENCRYPTED)
    if _pages_it_says(reader) > POE_MAX_PAGES:
        yield failed(CheckCode.TOO_MANY_PAGES, max_pages=POE_MAX_PAGES)
        return
    found = look_through(reader)
    if found.expands_too_far:
        yield failed(CheckCode.EXPANDS_TOO_FAR)
        return
    yield passed(CheckCode.EXPANDS_TOO_FAR)
    pages = len(reader.pages)
    if pages == 0:
        yield failed(CheckCode.UNREADABLE)
        return
    if pages > POE_MAX_PAGES:
        yield failed(CheckCode.TOO_MANY_PAGES, max_pages=POE_MAX_PAGES)
        return
    yield passed(CheckCode.TOO_MANY_PAGES)
    yield failed(CheckCode.ACTIVE_CONTENT) if found.is_active else passed(CheckCode.ACTIVE_CONTENT)
    yield failed(CheckCode.EMBEDDED_FILES) if found.has_files else passed(CheckCode.EMBEDDED_FILES)
    answers = read_answers(reader)
    yield from signature_checks(content, now=now, looks_scanned=found.looks_scanned, answers=answers)
    texts = texts_of(reader)
    yield passed(CheckCode.UNREADABLE)
    yield from mention_checks(texts, subject, is_our_form=answers is not None)
    yield from answer_checks(answers, subject)


def _pages_it_says(reader: "PdfReader") -> int:
    """The number in the page tree's root, which costs nothing to read and may be a lie: it only ever refuses."""
    pages: Any = reader.root_object["/Pages"].get_object()
    count = pages.get("/Count") if isinstance(pages, dict) else None
    return count if isinstance(count, int) else 0
