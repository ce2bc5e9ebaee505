"""`make openapi`: writes the reference from the code. With `--release`, what it says now becomes what callers may rely on."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from functions.reference import codes, event_catalogue
from functions.reference.document import document
from infra.local.node_programs import ROOT
from infra.reference.breaking import breaking_changes

CURRENT = ROOT / "docs" / "openapi.json"
RELEASED = ROOT / "docs" / "openapi.released.json"
PROBLEMS = ROOT / "docs" / "problems.md"
EVENTS = ROOT / "docs" / "events.md"


def as_text(found: Mapping[str, Any]) -> str:
    """The document as it is committed: a change shows as the lines that changed."""
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def broken() -> list[str]:
    """What the code would break of what was released."""
    return breaking_changes(json.loads(RELEASED.read_text(encoding="utf-8")), document())


def main(arguments: list[str]) -> int:
    CURRENT.write_text(as_text(document()), encoding="utf-8")
    PROBLEMS.write_text(codes.as_markdown(), encoding="utf-8")
    EVENTS.write_text(event_catalogue.as_markdown(), encoding="utf-8")
    if "--release" in arguments or not RELEASED.exists():
        RELEASED.write_text(json.dumps(document(), separators=(",", ":"), ensure_ascii=False) + "\n", encoding="utf-8")
    found = broken()
    for each in found:
        print(f"breaks callers: {each}")
    written = " and ".join(str(each.relative_to(Path.cwd())) for each in (CURRENT, PROBLEMS, EVENTS))
    print(f"{written} are written")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
