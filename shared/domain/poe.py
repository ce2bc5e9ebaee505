"""The proof of execution (POE): what kinds of file are taken, and what a name from outside may look like.

What is asked of a document stands in `poe_checks`. Opening a file is an adapter's work, deciding on the claim is a reviewer's.
"""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.domain.errors import InvalidInput

POE_MAX_BYTES = 25_000_000
POE_MAX_PAGES = 200
POE_NAME_LENGTH = 120
NAME_MOST_LENGTH = 255
"""As most file systems have it. What is shown is shorter."""

_ZERO_WIDTH_JOINERS = "\u200c\u200d"  # Persian and Indic names are spelt with them.


class MediaType(StrEnum):
    """The kinds of file a proof may be."""

    PDF = "application/pdf"
    PNG = "image/png"
    JPEG = "image/jpeg"


_SIGNATURES = ((b"%PDF-", MediaType.PDF), (b"\x89PNG\r\n\x1a\n", MediaType.PNG), (b"\xff\xd8\xff", MediaType.JPEG))
_ENDINGS = {"pdf": MediaType.PDF, "png": MediaType.PNG, "jpg": MediaType.JPEG, "jpeg": MediaType.JPEG}


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


def media_type_of(content: bytes) -> MediaType | None:
    """What the file is by its first bytes, whatever its name says; None if it is nothing we take."""
    return next((media_type for signature, media_type in _SIGNATURES if content.startswith(signature)), None)


def require_plain_name(name: str) -> None:
    """Raises InvalidInput for a name that was made to be taken for a path or a header, or by no person."""
    if len(name) > NAME_MOST_LENGTH or any(letter in "/\\" or unicodedata.category(letter) == "Cc" for letter in name):
        raise InvalidInput("name", f"A name is one line of at most {NAME_MOST_LENGTH} characters without / and \\.")


def media_type_by_name(name: str) -> MediaType | None:
    """What the name says the file is; None if it says nothing of what we take."""
    return _ENDINGS.get(name.rpartition(".")[2].casefold())


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
