"""The deployment's files as they are, and copies of them with one thing broken."""

from dataclasses import dataclass, field
from functools import cache

from infra.checks import bicep
from tests.architecture.rules import ROOT

INFRA = ROOT / "infra"


@dataclass
class Files:
    """Bicep files by their path below infra/, as text."""

    texts: dict[str, str] = field(
        default_factory=lambda: {
            str(file.relative_to(INFRA)): file.read_text(encoding="utf-8") for file in sorted(INFRA.rglob("*.bicep"))
        }
    )

    def broken(self, path: str, old: str, new: str) -> "Files":
        """These files with a passage replaced, which must be there exactly once."""
        assert self.texts[path].count(old) == 1, f"{path} does not say «{old}» once"
        return Files({**self.texts, path: self.texts[path].replace(old, new)})

    def with_more(self, path: str, text: str) -> "Files":
        """These files with something added at the end of one, or with one more."""
        return Files({**self.texts, path: self.texts.get(path, "") + text})

    @property
    def models(self) -> dict[str, bicep.Model]:
        return {path: read_once(text, path) for path, text in self.texts.items()}


@cache
def read_once(text: str, path: str) -> bicep.Model:
    """Reading takes a tenth of a second and most files are the same in every copy."""
    return bicep.read(text, path)


def sources(*folders: str) -> list[str]:
    """The text of every Python file below these folders."""
    return [file.read_text(encoding="utf-8") for folder in folders for file in sorted((ROOT / folder).rglob("*.py"))]
