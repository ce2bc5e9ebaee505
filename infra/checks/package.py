"""The package: what `.funcignore` leaves of what git tracks, with what must be in it, byte-compiled, within a budget."""

import marshal
from collections.abc import Iterable
from importlib.util import MAGIC_NUMBER
from pathlib import Path

from pathspec import GitIgnoreSpec

# Without any one of these nothing starts.
MUST = ("function_app.py", "functions/__init__.py", "host.json", "requirements.txt", "shared/__init__.py")
# What the code reads when it runs, beside the code.
KINDS = (".py", ".html", ".txt", ".css", ".json", ".mo", ".gz", ".ttf", "LICENSE", "LICENSE.md")
ROOMS = ("functions", "shared")
# Our own files, without byte code and without packages: a little more than today, so that growth is a decision. The last one was
# to keep the words of mails, 110 kB for each version of all of them.
BUDGET_BYTES = 3_200_000

# A pyc begins with the magic number and a word of flags: 1 says that it is checked by hash, 2 that it is checked at all.
HASHED_AND_TRUSTED = 0b01


def left(ignore: str, tracked: Iterable[str]) -> list[str]:
    """The tracked files that a `.funcignore` leaves, read as git reads its own."""
    spec = GitIgnoreSpec.from_lines(ignore.splitlines())
    return sorted(name for name in tracked if not spec.match_file(name))


def faults(files: list[str], tracked: Iterable[str]) -> list[str]:
    """What is missing in these files, and what strayed in."""
    wanted = {name for name in tracked if name.partition("/")[0] in ROOMS and name.endswith(KINDS)} | set(MUST)
    return [f"{name} is missing" for name in sorted(wanted - set(files))] + [
        f"{name} does not belong in the package" for name in files if name not in wanted
    ]


def size_faults(sizes: Iterable[int], budget: int = BUDGET_BYTES) -> list[str]:
    """Whether our own files are more than the budget."""
    total = sum(sizes)
    return [] if total <= budget else [f"our own files are {total} bytes, and the budget is {budget}"]


def byte_code_faults(app: Path) -> list[str]:
    """Every module has byte code of this Python that is taken without a look at the source, whatever its date in the archive."""
    found = []
    for source in sorted(app.rglob("*.py")):
        name = str(source.relative_to(app))
        compiled = [*(source.parent / "__pycache__").glob(f"{source.stem}.*.pyc")]
        if len(compiled) != 1:
            found.append(f"{name} has no byte code")
            continue
        content = compiled[0].read_bytes()
        if content[:4] != MAGIC_NUMBER:
            found.append(f"{name} is compiled for another Python")
        elif int.from_bytes(content[4:8], "little") != HASHED_AND_TRUSTED:
            found.append(f"{name} is compared with its source at every start")
        else:
            marshal.loads(content[16:])  # noqa: S302  # Written by us a moment ago; damaged code must fail here and not there.
    return found
