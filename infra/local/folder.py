"""The folder in which a local system keeps its data, and the rule that only one process works in it at a time."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.local.node_programs import ROOT

LOCAL = ROOT / ".local"


class InUse(Exception):
    """A local system is running in the folder; the message is the whole explanation."""


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the folder for the block. Raises InUse if somebody else does; a dead holder holds nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "run.lock").open("w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InUse(
                f"The system is running with its data in {folder}: stop it first (Ctrl-C where `make run` runs)."
            ) from None
        yield
