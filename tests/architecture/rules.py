"""Which numbered rules there are, and which tests cite them. `python -m tests.architecture.rules` lists those that none cites.

A rule is defined by a line of `docs/rules*.md` that begins with its number. A test cites it by that number in a docstring or
comment. Naming a rule proves nothing by itself; that nothing names it is worth knowing.
"""

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
NUMBER = re.compile(r"\bR-\d+\b")
# At the start of a table row, heading or list item.
DEFINED = re.compile(r"^(?:\||#+|[-*])?[ \t]*\**(R-\d+)\b", re.MULTILINE)


def documents() -> list[Path]:
    """The files that define rules."""
    return sorted((ROOT / "docs").glob("rules*.md"))


def defined(texts: list[str]) -> Counter[str]:
    """Rule number -> how often it is defined, which should be once."""
    return Counter(number for text in texts for number in DEFINED.findall(text))


def all_rules() -> Counter[str]:
    """The rules of this project."""
    return defined([file.read_text(encoding="utf-8") for file in documents()])


def citations(tests: Path) -> dict[str, set[str]]:
    """Rule number -> the test files that cite it. The tests of this guard itself do not count."""
    cited: dict[str, set[str]] = {}
    for file in tests.rglob("test_*.py"):
        if file.parent != Path(__file__).parent:
            for number in NUMBER.findall(file.read_text(encoding="utf-8")):
                cited.setdefault(number, set()).add(str(file.relative_to(tests)))
    return cited


def uncited() -> list[str]:
    """The rules that no test cites, in order."""
    return sorted(all_rules().keys() - citations(ROOT / "tests").keys())


if __name__ == "__main__":
    left = uncited()
    print(f"Rules that no test cites ({len(left)} of {len(all_rules())}): {', '.join(left) or 'none'}")
