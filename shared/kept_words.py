"""Words on which customers decide are evidence: every version there was is kept, word for word, in a folder of small files.

A file's name is `<page>.<language>.<version>.<start of its hash>.txt`, so that nobody alters one unseen; gaps in braces stand
where a claim's own facts would. `make mails` adds a version when words change; tests refuse words that are not kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from shared.domain.shown import Shown


@dataclass(frozen=True, slots=True)
class Wording:
    """A version of a page's or a mail's words, and the file that keeps it."""

    page: str
    language: str
    version: int
    file: Path

    @classmethod
    def of(cls, file: Path) -> "Wording":
        page, language, version, _ = file.stem.split(".")
        return cls(page, language, int(version), file)

    @property
    def words(self) -> str:
        return self.file.read_text(encoding="utf-8")


def kept(folder: Path) -> list[Wording]:
    """Every version of everything in every language, the oldest first."""
    return sorted((Wording.of(file) for file in folder.glob("*.txt")), key=lambda each: (each.page, each.language, each.version))


def newest(folder: Path) -> dict[tuple[str, str], Wording]:
    """The version that stands now, by page and language."""
    return {(each.page, each.language): each for each in kept(folder)}


def named(folder: Path, page: str, language: str, version: int, words: str) -> Path:
    """Where a version is kept; its name tells whether anybody has altered it since."""
    return folder / f"{page}.{language}.{version}.{digest(words)[:12]}.txt"


def digest(words: str) -> str:
    return sha256(words.encode()).hexdigest()


@cache
def standing(folder: Path) -> Mapping[tuple[str, str], Shown]:
    """What the timeline says of the version that stands now, by page and language."""
    return {key: Shown(each.page, each.language, each.version, digest(each.words)) for key, each in newest(folder).items()}
