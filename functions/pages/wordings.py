"""The words of the pages on which a customer answers: every version there was, kept word for word in `wordings/`.

Guarantees: a form carries the hash of the words around it, so an answer names the words that were read, and their language with
them. `make mails` adds a version when words change; a test refuses words that are not kept, and kept words that were altered.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from functions.pages.forms import Form
from shared.domain.shown import Shown

FOLDER: Final = Path(__file__).parent / "wordings"
FIELD: Final = "words"
"""The hidden field of a form that says which words stand around it."""


@dataclass(frozen=True, slots=True)
class Wording:
    """A version of a page's words, and the file that keeps it."""

    page: str
    language: str
    version: int
    file: Path

    @classmethod
    def of(cls, file: Path) -> "Wording":
        page, language, version, _ = file.stem.split(".")
        return cls(page, language, int(version), file)


def kept() -> list[Wording]:
    """Every version of every page in every language, the oldest first."""
    return sorted((Wording.of(file) for file in FOLDER.glob("*.txt")), key=lambda each: (each.page, each.language, each.version))


def named(page: str, language: str, version: int, words: str) -> Path:
    """Where a version is kept; its name tells whether anybody has altered it since."""
    return FOLDER / f"{page}.{language}.{version}.{digest(words)[:12]}.txt"


def digest(words: str) -> str:
    return sha256(words.encode()).hexdigest()


def words_on(page: str, language: str) -> str:
    """What the form on such a page says of the words around it."""
    return next((shown.sha256 for shown in _standing().values() if (shown.page, shown.language) == (page, language)), "")


def words_read(form: Form) -> Shown | None:
    """The words that whoever sent this form has read; None unless they are those that stand now."""
    values = set(form.get(FIELD, ()))
    return _standing().get(values.pop()) if len(values) == 1 else None


@cache
def _standing() -> Mapping[str, Shown]:
    newest = {(each.page, each.language): each for each in kept()}
    hashes = {digest(each.file.read_text(encoding="utf-8")): each for each in newest.values()}
    return {sha: Shown(each.page, each.language, each.version, sha) for sha, each in hashes.items()}
