"""Usage exports as a vendor writes them, in any format and spelling, between lines that are no rows of the customer in question.

Whoever writes one knows what it says: `says` are the snapshots that a careful reader finds for that customer's workload.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Final, NamedTuple

from shared.domain.usage import Snapshot, rank_of
from shared.domain.usage_file import FileFormat
from tests.domain.earning_builders import TENANT

COLUMNS: Final = ("CustomerTenantId", "WorkloadName", "Month", "Date", "PaidAvailableUnits", "MonthlyActiveUsers")
STRANGER: Final = "1f8fad5b-d9cb-469f-a165-70867728950e"

type Cells = dict[str, str | int]


class Said(NamedTuple):
    """What an export says of one day; a month's last day may be written as its month."""

    day: date
    mau: int
    pau: int
    as_month: bool = False


@dataclass(frozen=True)
class Export:
    """A file, when the vendor wrote it, and what it says of the customer's workload."""

    content: bytes
    file_format: FileFormat
    exported_at: datetime
    says: tuple[Snapshot, ...]


def exported(rows: Sequence[Said], file_format: FileFormat, exported_at: datetime, noise: Sequence[str] = ()) -> Export:
    """The file of these rows, in their order; before each row comes one line of noise while there is some."""
    lines: list[Cells | str] = []
    for number, row in enumerate(rows):
        lines += [NOISE[each](row) for each in noise[number : number + 1]]
        lines.append(_cells(row, ("Teams", "msteams", " Microsoft  Teams ")[number % 3]))
    content = _WRITERS[file_format](lines)
    rank = rank_of(exported_at, sha256(content).hexdigest())
    return Export(content, file_format, exported_at, tuple(Snapshot(row.day, row.mau, row.pau, rank) for row in rows))


def _cells(row: Said, workload: str = "Teams") -> Cells:
    day: Cells = {"Month": f"{row.day:%m/%Y}"} if row.as_month and _is_last(row.day) else {"Date": row.day.isoformat()}
    counts: Cells = {"PaidAvailableUnits": row.pau, "MonthlyActiveUsers": row.mau}
    return {"CustomerTenantId": TENANT.upper(), "WorkloadName": workload, **day, **counts}


def _is_last(day: date) -> bool:
    return (day + timedelta(days=1)).day == 1


NOISE: Final[dict[str, Callable[[Said], Cells | str]]] = {
    "nothing": lambda _: "",
    "a stranger": lambda row: {**_cells(row), "CustomerTenantId": STRANGER},
    "another workload": lambda row: _cells(row._replace(mau=row.pau), "Exchange Online"),
    "an unknown workload": lambda row: _cells(row, "Minesweeper"),
    "tomorrow's day": lambda row: _cells(row._replace(day=row.day + timedelta(days=1_000))),
    "a broken count": lambda row: {**_cells(row), "MonthlyActiveUsers": f"{row.pau}.0"},
    "a negative count": lambda row: {**_cells(row), "MonthlyActiveUsers": -1},
    "no customer": lambda row: {**_cells(row), "CustomerTenantId": ""},
    "a broken line": lambda row: f'"{TENANT}\tTeams,\t{row.day}',
}


def _under_header(separator: str) -> Callable[[Sequence[Cells | str]], bytes]:
    def write(lines: Sequence[Cells | str]) -> bytes:
        texts = [line if isinstance(line, str) else separator.join(str(line.get(name, "")) for name in COLUMNS) for line in lines]
        return "\r\n".join([separator.join(COLUMNS), *texts, ""]).encode()

    return write


def _objects(lines: Sequence[Cells | str]) -> bytes:
    return "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines).encode()


_WRITERS: Final = {FileFormat.TSV: _under_header("\t"), FileFormat.CSV: _under_header(","), FileFormat.NDJSON: _objects}
