"""What a PDF says in its text, page by page, and whether it names whom and what the claim is about.

Reading is bounded in pages and in time. On a copy of our own form every fact must be found, because we printed it; in any other
document layouts hide words, and only another tenant's id is an obstacle.
"""

import contextlib
import re
import time
import unicodedata
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from shared.domain.poe_checks import Check, CheckCode, failed, passed, unknown
from shared.domain.proof_form import Subject

if TYPE_CHECKING:
    from pypdf import PdfReader

MAX_TEXT_PAGES = 20
"""A proof says whom it is about on its first pages; text of more is not read."""
MAX_TEXT_SECONDS = 3.0

_GUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


def texts_of(reader: "PdfReader") -> tuple[str, ...]:
    """The text of the first pages, or of as many as can be read in time: a few kilobytes can draw letters for minutes."""
    from pypdf.errors import LimitReachedError

    texts, deadline = list[str](), time.monotonic() + MAX_TEXT_SECONDS

    def hurry(*_: object) -> None:
        if time.monotonic() > deadline:
            raise TimeoutError

    with contextlib.suppress(TimeoutError, LimitReachedError):
        for page in reader.pages[:MAX_TEXT_PAGES]:
            texts.append(page.extract_text(visitor_operand_before=hurry))
    return tuple(texts)


def mention_checks(texts: Sequence[str], subject: Subject, *, is_our_form: bool) -> Iterator[Check]:
    """Whether the text names whom and what the claim is about, and on which page first."""
    pages = [_plain(text) for text in texts]
    unspaced = ["".join(page.split()) for page in pages]

    def where(name: str) -> int | None:
        wanted = "".join(_plain(name).split())
        return next((number for number, page in enumerate(unspaced, start=1) if wanted in page), None)

    def judged(code: CheckCode, page: int | None) -> Check:
        if page is not None:
            return passed(code, page)
        return failed(code) if is_our_form else unknown(code)

    names_another = next((number for number, page in enumerate(pages, start=1) if _GUID.search(page)), None)
    at = where(subject.tenant_id)
    if at is None and names_another is not None:
        yield failed(CheckCode.TENANT_MISSING, names_another)
    else:
        yield judged(CheckCode.TENANT_MISSING, at)
    domain = re.compile(rf"(?<![\w.-]){re.escape(subject.domain.casefold())}(?![\w-]|\.\w)")
    yield judged(CheckCode.DOMAIN_MISSING, next((n for n, page in enumerate(pages, start=1) if domain.search(page)), None))
    yield judged(CheckCode.CUSTOMER_MISSING, where(subject.customer_name))
    yield judged(CheckCode.PARTNER_MISSING, where(subject.partner_name))
    missing = [workload for workload in subject.workloads if where(workload) is None]
    if missing and is_our_form:
        yield failed(CheckCode.WORKLOADS_MISSING, workloads=", ".join(missing))
    else:
        yield (
            unknown(CheckCode.WORKLOADS_MISSING) if missing else passed(CheckCode.WORKLOADS_MISSING, where(subject.workloads[0]))
        )


def _plain(text: str) -> str:
    """One line, without differences of case or of spelling an accented letter in one character or two."""
    return " ".join(unicodedata.normalize("NFC", text).split()).casefold()
