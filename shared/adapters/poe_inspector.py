"""Looks into a proof of execution and reports, in a person's words, what is wrong with it.

`inspect` never raises on hostile bytes: what can't be parsed is itself a finding. The work is bounded in bytes, pages, objects
and unpacked size, reading text in time too; it keeps a processor busy for seconds at worst, so call it in a thread. Malware is
the scanner's affair, the decision on the claim a reviewer's.
"""

import contextlib
import logging
import re
import time
import zipfile
import zlib
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING

from shared.domain.poe import (
    POE_MAX_BYTES,
    POE_MAX_PAGES,
    Check,
    CheckCode,
    MediaType,
    Report,
    failed,
    media_type_of,
    passed,
    unknown,
)

if TYPE_CHECKING:
    from pypdf import PdfReader

MAX_TEXT_PAGES = 20
"""A proof says whom it is about on its first pages; text of more is not read."""
MAX_TEXT_SECONDS = 3.0

_GUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
_MENTIONED = (CheckCode.TENANT_MISSING, CheckCode.DOMAIN_MISSING, CheckCode.CUSTOMER_MISSING, CheckCode.PARTNER_MISSING)


def inspect(
    content: bytes,
    *,
    now: datetime,
    tenant_id: str,
    domain: str,
    customer_name: str,
    partner_name: str,
    max_bytes: int = POE_MAX_BYTES,
) -> Report:
    """Ask the document everything that can be asked without a person; see `CheckCode` for the questions.

    It is judged by its content alone, never by a name or a declared type. `now` is aware UTC, the moment of submission.
    """
    checks: list[Check] = []
    mentions = (tenant_id, domain, customer_name, partner_name)
    try:
        # One by one, so that what was found before a parser gave up is kept.
        for check in _checks(content, now, mentions, max_bytes):
            checks.append(check)  # noqa: PERF402
    except Exception:  # noqa: BLE001  # Parsers fail on hostile bytes in countless ways; all of them mean the same to a person.
        checks.append(failed(CheckCode.UNREADABLE))
    return Report(tuple(checks))


def _checks(content: bytes, now: datetime, mentions: tuple[str, ...], max_bytes: int) -> Iterator[Check]:
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
        yield from _pdf_checks(content, now, mentions)
    else:
        yield from _scan_checks(content, media_type)


def _is_also_an_archive(content: bytes) -> bool:
    """Whether other software would open the same bytes as a ZIP, which is read from its end and may follow any document."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            return bool(archive.namelist())
    except Exception:  # noqa: BLE001  # Whatever the archive reader stumbles over: it is no archive.
        return False


def _scan_checks(content: bytes, media_type: MediaType) -> Iterator[Check]:
    is_whole = _is_whole_png(content) if media_type is MediaType.PNG else _is_whole_jpeg(content)
    if not is_whole:
        yield failed(CheckCode.UNREADABLE)
        return
    yield passed(CheckCode.UNREADABLE)
    yield unknown(CheckCode.UNSIGNED)
    yield unknown(CheckCode.SIGNATURE_DATE)
    yield from (unknown(code) for code in _MENTIONED)


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


def _pdf_checks(content: bytes, now: datetime, mentions: tuple[str, ...]) -> Iterator[Check]:
    from pypdf import PdfReader

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
    yield from signature_checks(content, now=now, looks_scanned=found.looks_scanned)
    text = _text_of(reader)
    yield passed(CheckCode.UNREADABLE)
    yield from _mention_checks(text, *mentions)


def _text_of(reader: "PdfReader") -> str:
    """The text of the first pages, or of as many as can be read in time: a few kilobytes can draw letters for minutes."""
    from pypdf.errors import LimitReachedError

    texts, deadline = list[str](), time.monotonic() + MAX_TEXT_SECONDS

    def hurry(*_: object) -> None:
        if time.monotonic() > deadline:
            raise TimeoutError

    with contextlib.suppress(TimeoutError, LimitReachedError):
        for page in reader.pages[:MAX_TEXT_PAGES]:
            texts.append(page.extract_text(visitor_operand_before=hurry))
    return " ".join(texts)


def _mention_checks(text: str, tenant_id: str, domain: str, customer_name: str, partner_name: str) -> Iterator[Check]:
    """Whether the text names whom the claim is about. Only another tenant's id is an obstacle: layouts hide words."""
    said, unspaced = " ".join(text.split()).casefold(), "".join(text.split()).casefold()
    if tenant_id.casefold() in unspaced:
        yield passed(CheckCode.TENANT_MISSING)
    else:
        yield failed(CheckCode.TENANT_MISSING) if _GUID.search(said) else unknown(CheckCode.TENANT_MISSING)
    names_domain = re.search(rf"(?<![\w.-]){re.escape(domain.casefold())}(?![\w-]|\.\w)", said)
    yield passed(CheckCode.DOMAIN_MISSING) if names_domain else unknown(CheckCode.DOMAIN_MISSING)
    for code, name in ((CheckCode.CUSTOMER_MISSING, customer_name), (CheckCode.PARTNER_MISSING, partner_name)):
        yield passed(code) if "".join(name.split()).casefold() in unspaced else unknown(code)
