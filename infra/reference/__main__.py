"""`make openapi`: writes the reference from the code. With `--release`, what it says now becomes what callers may rely on."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from functions.reference.codes import as_markdown
from functions.reference.document import document
from infra.local.node_programs import ROOT
from infra.reference.breaking import breaking_changes

CURRENT = ROOT / "docs" / "openapi.json"
RELEASED = ROOT / "docs" / "openapi.released.json"
PROBLEMS = ROOT / "docs" / "problems.md"


def as_text(found: Mapping[str, Any]) -> str:
    """The document as it is committed: a change shows as the lines that changed."""
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def broken() -> list[str]:
    """What the code would break of what was released."""
    return breaking_changes(json.loads(RELEASED.read_text(encoding="utf-8")), document())


def main(arguments: list[str]) -> int:
    CURRENT.write_text(as_text(document()), encoding="utf-8")
    PROBLEMS.write_text(as_markdown(), encoding="utf-8")
    if "--release" in arguments or not RELEASED.exists():
        RELEASED.write_text(json.dumps(document(), separators=(",", ":"), ensure_ascii=False) + "\n", encoding="utf-8")
    found = broken()
    for each in found:
        print(f"breaks callers: {each}")
    print(f"{CURRENT.relative_to(Path.cwd())} and {PROBLEMS.relative_to(Path.cwd())} are written")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
