"""`make mails`: compile the mails and the catalogues, keep the words of the pages, and show every mail in every language."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from infra.mails import catalogues, compiling, gallery, wordings

ROOT = Path(__file__).parents[2]


def main() -> None:
    # The mails first: their compiled HTML is what sentences are collected from.
    _tell((*compiling.write(), *catalogues.write()))
    for missing in catalogues.untranslated():
        print(f"Not translated yet: {missing}")
    sys.stdout.flush()
    # By another process: this one has read the catalogues as they were.
    subprocess.run([sys.executable, "-m", "infra.mails", "show"], check=True, cwd=ROOT)


def show() -> None:
    _tell(wordings.write())
    print(f"Open {gallery.write(ROOT / '.local' / 'mails')}")


def _tell(changed: Iterable[Path]) -> None:
    for path in changed:
        print(f"Changed {path.relative_to(ROOT)}")


if __name__ == "__main__":
    show() if sys.argv[1:] == ["show"] else main()
