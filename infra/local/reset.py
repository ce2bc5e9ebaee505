"""Deletes what a local system has stored: claims, mails, keys, the moved clock, logs. Refuses while it runs."""

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from infra.local.folder import LOCAL, InUse, only_one


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="make reset", description="Delete the local system's data.")
    parser.add_argument("--folder", type=Path, default=LOCAL)
    folder: Path = parser.parse_args(arguments).folder
    if not folder.exists():
        print("There are no data to delete.")
        return 0
    try:
        with only_one(folder):
            shutil.rmtree(folder)
    except InUse as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{folder} could not be deleted: {error.strerror}.", file=sys.stderr)
        return 1
    print(f"Deleted {folder}: the next start begins with nothing.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
