"""Lines set aside in files of this machine: memory holds some thousands of them, whatever their number.

A worker has little disk and shares it; the folder is gone with the last line read, or with the worker.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

# Characters. Going to the disk opens a file a name, 256 at most; so little in memory costs a file of a million rows a second.
_MOST_IN_MEMORY: Final = 500_000


class DiskSpool:
    """`ports.Spool` in a folder, a file a name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[str, list[str]] = {}
        self._held_characters = 0

    def add(self, name: str, line: str) -> None:
        """Holds the line; when too many are held, all go to the disk. One file is open at a time: a worker has few handles."""
        self._held.setdefault(name, []).append(line)
        self._held_characters += len(line)
        if self._held_characters > _MOST_IN_MEMORY:
            for each in self._held:
                self._flush(each)
            self._held, self._held_characters = {}, 0

    def names(self) -> Sequence[str]:
        """Under which names there are lines."""
        return sorted({*self._held, *(file.name for file in self._folder.iterdir())})

    def lines(self, name: str) -> Iterator[str]:
        """The lines of that name."""
        file = self._folder / name
        if file.exists():
            with file.open(encoding="utf-8") as lines:
                for line in lines:
                    yield line.rstrip("\n")
        yield from self._held.get(name, ())

    def _flush(self, name: str) -> None:
        with (self._folder / name).open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in self._held[name])


class DiskSpools:
    """`ports.Spools` in the machine's folder for temporary files."""

    @contextmanager
    def open(self) -> Iterator[DiskSpool]:
        """An empty spool."""
        with TemporaryDirectory(prefix="cpor-") as folder:
            yield DiskSpool(Path(folder))
