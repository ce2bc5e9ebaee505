"""Which numbered rules there are, and which tests cite them. `python -m tests.architecture.rules` lists those that none cites.

A test cites a rule by its number in a docstring or comment. Naming a rule proves nothing by itself; that nothing names it is
worth knowing.
"""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
RULES = ROOT / "docs" / "rules.md"
NUMBER = re.compile(r"\bR-\d{2,3}\b")


def rules(document: str) -> set[str]:
    """The numbers of all rules in the document."""
    return set(NUMBER.findall(document))


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
    return sorted(rules(RULES.read_text(encoding="utf-8")) - citations(ROOT / "tests").keys())


if __name__ == "__main__":
    if RULES.exists() and (left := uncited()):
        print(f"{len(left)} rules that no test cites: {', '.join(left)}")
