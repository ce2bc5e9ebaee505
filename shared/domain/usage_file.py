"""A usage file: its columns and its lines, each read exactly or refused with its number, a code and a sentence.

One line is one row, even where a quoted cell could hold a line's end: a stray quotation mark then costs its own line and never
swallows the lines below. What a row means is `usage_row`'s business, what becomes of its counts `usage`'s.
"""

import csv
import json
from codecs import getincrementaldecoder
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from io import IncrementalNewlineDecoder
from typing import Any, Final, NamedTuple

from shared.domain.errors import InvalidInput
from shared.domain.programme_versions import Rules
from shared.domain.usage import Rank, Snapshot
from shared.domain.usage_row import DATE, MONTH, SEATS, TENANT, USERS, WORKLOAD, RefusedRow, RowFault, UsageRow, read_row

_KNOWN: Final = frozenset({TENANT, WORKLOAD, MONTH, DATE, SEATS, USERS})
_LONGEST_LINE: Final = 10_000


class FileFormat(StrEnum):
    """How a file writes its rows: cells under a header, or a JSON object a line. The value is its name's extension."""

    TSV = "tsv"
    CSV = "csv"
    NDJSON = "ndjson"


class LineFault(StrEnum):
    """Why a line was not taken over, beyond what `RowFault` says of single cells."""

    MALFORMED_LINE = "malformed_line"
    TOO_LATE = "too_late"
    HISTORY_FULL = "history_full"


SENTENCES: Final[Mapping[str, str]] = {
    RowFault.MISSING_COLUMN: "The cell is empty.",
    RowFault.MALFORMED_TENANT: "A tenant id is a GUID with hyphens and without braces.",
    RowFault.UNKNOWN_WORKLOAD: "No programme knows a workload of this name.",
    RowFault.MALFORMED_DATE: "A month is written 2026-11 or 11/2026, a day 2026-11-30.",
    RowFault.AMBIGUOUS_DATE: "A month is dated its first or its last day; a day's row has the column Date instead.",
    RowFault.FUTURE_DATE: "The date lies after the day of the import, so nothing can have been counted yet.",
    RowFault.NEGATIVE_COUNT: "A count is not negative.",
    RowFault.MALFORMED_COUNT: "A count is a whole number in digits, without separators.",
    RowFault.COUNT_TOO_LARGE: "No tenant has as many seats or users.",
    LineFault.MALFORMED_LINE: "The line is no row: too many cells, a stray quotation mark, no JSON object, or far too long.",
    LineFault.TOO_LATE: "The row was exported after the correction window of its date; it changes nothing.",
    LineFault.HISTORY_FULL: "The history of this customer and workload is full; the row was not taken over.",
}
"""What tells an operator how to correct a line, by its code."""


@dataclass(frozen=True, slots=True)
class FaultyLine:
    """A line that was not taken over: its number in the file (the first is 1), a code of `SENTENCES`, and the column."""

    line: int
    code: str
    column: str


class ReadLine(NamedTuple):
    """A line that could be read."""

    line: int
    row: UsageRow


class UsageFileReader:
    """Reads a file piece by piece, so that its size does not matter; pieces may end anywhere, also within a letter.

    `read` gives the lines that a piece completes, `finish` the last. Both raise InvalidInput for a file that is no usage export.
    """

    def __init__(self, file_format: FileFormat, *, aliases: Mapping[str, str], rank: Rank, today: date) -> None:
        self._format = file_format
        self._facts: dict[str, Any] = {"aliases": aliases, "rank": rank, "today": today}
        self._decoder = IncrementalNewlineDecoder(getincrementaldecoder("utf-8-sig")("replace"), translate=True)
        self._open_line = ""
        self._number = 0
        self._header: list[str] | None = None

    def read(self, piece: bytes) -> Iterator[ReadLine | FaultyLine]:
        return self._read(self._decoder.decode(piece))

    def finish(self) -> Iterator[ReadLine | FaultyLine]:
        return self._read(self._decoder.decode(b"", final=True) + "\n")

    def _read(self, text: str) -> Iterator[ReadLine | FaultyLine]:
        *lines, open_line = (self._open_line + text).split("\n")
        # What is longer is refused whatever follows, so no line is ever held whole.
        self._open_line = open_line[: _LONGEST_LINE + 1]
        for line in lines:
            self._number += 1
            if self._header is None and self._format is not FileFormat.NDJSON:
                self._header = _columns(line, self._format)
            elif (found := self._row(line)) is not None:
                yield found

    def _row(self, line: str) -> ReadLine | FaultyLine | None:
        """The row, why it is none, or None for an empty line."""
        cells = _object(line) if self._format is FileFormat.NDJSON else self._under_header(line)
        if cells is None:
            return FaultyLine(self._number, LineFault.MALFORMED_LINE, "")
        if not cells:
            return None
        row = read_row(cells, **self._facts)
        return FaultyLine(self._number, row.fault, row.column) if isinstance(row, RefusedRow) else ReadLine(self._number, row)

    def _under_header(self, line: str) -> Mapping[str, str | None] | None:
        cells, header = _cells(line, self._format), self._header or []
        if cells is None or any(cell.strip() for cell in cells[len(header) :]):
            return None
        # A line may lack cells at its end; a missing cell reads like an empty one.
        return dict(zip(header, cells, strict=False)) if any(cell.strip() for cell in cells) else {}


def require_columns(beginning: bytes, file_format: FileFormat) -> None:
    """Raises InvalidInput for a file that begins without the columns of a usage export, before anything of it is kept."""
    first = IncrementalNewlineDecoder(getincrementaldecoder("utf-8-sig")("replace"), translate=True).decode(beginning)
    line = first.partition("\n")[0]
    if file_format is not FileFormat.NDJSON:
        _columns(line, file_format)
    elif not _object(line):
        raise InvalidInput("body", "The first line is not a JSON object with the columns of a usage export.")


def workload_aliases(programmes: Iterable[Rules]) -> dict[str, str]:
    """Every name that any programme gives a workload, case-folded, to its id."""
    return {name: workload for programme in programmes for name, workload in programme.aliases().items()}


def correction_days(programmes: Iterable[Rules], day: date) -> int:
    """How long after a day exports may still correct it (R-77).

    The longest window of the programmes in whose term the day lies; for a day in no term, which only baselines look at, the
    longest of all. It depends on the day alone, so neither order nor time of imports changes what counts.
    """
    judging = [each.on(day) for each in programmes]
    windows = [(each.contains(day), each.correction_window_days) for each in judging]
    in_term = [days for contains, days in windows if contains]
    return max(in_term or [days for _, days in windows], default=0)


def is_too_late(programmes: Iterable[Rules], snapshot: Snapshot) -> bool:
    """Whether the snapshot was exported after the correction window of its date."""
    window = timedelta(days=correction_days(programmes, snapshot.date))
    return snapshot.rank.exported_at.date() > snapshot.date + window


def _columns(line: str, file_format: FileFormat) -> list[str]:
    names = [cell.strip() for cell in _cells(line, file_format) or []]
    missing = [name for name in (TENANT, WORKLOAD, SEATS, USERS) if name not in names]
    if MONTH not in names and DATE not in names:
        missing.append(MONTH)
    if missing:
        raise InvalidInput("body", f"The first line does not name the columns {', '.join(missing)}.")
    if any(names.count(name) > 1 for name in _KNOWN):
        raise InvalidInput("body", "The first line names a column twice.")
    return names


def _cells(text: str, file_format: FileFormat) -> list[str] | None:
    """The line's cells, or None where it has no unambiguous reading."""
    if len(text) > _LONGEST_LINE:
        return None
    if file_format is FileFormat.TSV:
        return text.split("\t")
    try:
        return next(csv.reader([text], strict=True), [])
    except csv.Error:
        return None


def _object(line: str) -> Mapping[str, str | None] | None:
    """The members of the line's JSON object as texts, none for an empty line, or None where it has no unambiguous reading."""
    if not line.strip():
        return {}
    if len(line) > _LONGEST_LINE:
        return None
    try:
        pairs = json.loads(line, object_pairs_hook=tuple)
    except (ValueError, RecursionError):
        return None
    if not isinstance(pairs, tuple) or not pairs or len(dict(pairs)) != len(pairs):
        return None
    return {name: value if value is None or isinstance(value, str) else str(value) for name, value in pairs}
