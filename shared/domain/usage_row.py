"""One row of the vendor's usage export: read strictly, or refused with a code that tells the operator what to correct.

A refused row never stops the rest of a file, and nothing is guessed: an unreadable count is not zero.
"""

import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from shared.domain.errors import InvalidInput
from shared.domain.identity import tenant_id
from shared.domain.usage import LARGEST_COUNT, Rank, Snapshot

TENANT: Final = "CustomerTenantId"
WORKLOAD: Final = "WorkloadName"
MONTH: Final = "Month"
DATE: Final = "Date"
SEATS: Final = "PaidAvailableUnits"
USERS: Final = "MonthlyActiveUsers"

_MONTH: Final = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})|(?P<m>\d{1,2})/(?P<y>\d{4})", re.ASCII)
_DAY: Final = re.compile(r"(\d{4}-\d{2}-\d{2})([T ]00:00:00(\.0+)?(Z|\+00:00)?)?", re.ASCII)
_COUNT: Final = re.compile(r"\d+", re.ASCII)
_NEGATIVE: Final = re.compile(r"-\d+([.,]\d+)?", re.ASCII)


class RowFault(StrEnum):
    """Why a row was refused."""

    MISSING_COLUMN = "missing_column"
    MALFORMED_TENANT = "malformed_tenant"
    UNKNOWN_WORKLOAD = "unknown_workload"
    MALFORMED_DATE = "malformed_date"
    AMBIGUOUS_DATE = "ambiguous_date"
    FUTURE_DATE = "future_date"
    NEGATIVE_COUNT = "negative_count"
    MALFORMED_COUNT = "malformed_count"
    COUNT_TOO_LARGE = "count_too_large"


@dataclass(frozen=True, slots=True)
class UsageRow:
    """A row that could be read: whose usage, of what, and the snapshot."""

    tenant_id: str
    workload: str
    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that could not: the code, and the column to look at. It repeats nothing of the row's content."""

    fault: RowFault
    column: str


class _Refusal(Exception):
    def __init__(self, fault: RowFault, column: str) -> None:
        super().__init__(fault)
        self.refused = RefusedRow(fault, column)


def read_row(row: Mapping[str, str | None], *, aliases: Mapping[str, str], rank: Rank, today: date) -> UsageRow | RefusedRow:
    """The row's meaning, or why it has none.

    `aliases` maps case-folded workload names to ids (`Programme.aliases`), `rank` is the export's, `today` is the UTC day of the
    import: what lies after it cannot have been counted. `Month` names a month and is dated its last day; a daily row has a `Date`
    instead. Other columns are ignored.
    """
    try:
        tenant = _tenant(_cell(row, TENANT))
        workload = aliases.get(" ".join(_cell(row, WORKLOAD).casefold().split()))
        if workload is None:
            raise _Refusal(RowFault.UNKNOWN_WORKLOAD, WORKLOAD)
        column = DATE if (row.get(DATE) or "").strip() else MONTH
        day = _exact_day(_cell(row, DATE), DATE) if column == DATE else _month_end(_cell(row, MONTH))
        if day > today:
            raise _Refusal(RowFault.FUTURE_DATE, column)
        return UsageRow(tenant, workload, Snapshot(day, _count(row, USERS), _count(row, SEATS), rank))
    except _Refusal as refusal:
        return refusal.refused


def _month_end(text: str) -> date:
    """The last day of the month that `2026-11`, `11/2026`, `2026-11-01` or `2026-11-30` names.

    The vendor's exports date a month by its first day, others by its last. A day between is refused: it may be a daily row in the
    wrong column, and dating it to the month's end would be a guess.
    """
    if match := _MONTH.fullmatch(text):
        return _last_day(int(match["year"] or match["y"]), int(match["month"] or match["m"]))
    day = _exact_day(text, MONTH)
    last = _last_day(day.year, day.month)
    if day.day not in (1, last.day):
        raise _Refusal(RowFault.AMBIGUOUS_DATE, MONTH)
    return last


def _last_day(year: int, month: int) -> date:
    if not 1 <= month <= 12 or year < 1:
        raise _Refusal(RowFault.MALFORMED_DATE, MONTH)
    return date(year, month, monthrange(year, month)[1])


def _exact_day(text: str, column: str) -> date:
    match = _DAY.fullmatch(text)
    if match is None:
        raise _Refusal(RowFault.MALFORMED_DATE, column)
    try:
        return date.fromisoformat(match[1])
    except ValueError as error:
        raise _Refusal(RowFault.MALFORMED_DATE, column) from error


def _cell(row: Mapping[str, str | None], column: str) -> str:
    cell = (row.get(column) or "").strip()
    if not cell:
        raise _Refusal(RowFault.MISSING_COLUMN, column)
    return cell


def _tenant(text: str) -> str:
    try:
        return tenant_id(text)
    except InvalidInput as error:
        raise _Refusal(RowFault.MALFORMED_TENANT, TENANT) from error


def _count(row: Mapping[str, str | None], column: str) -> int:
    cell = _cell(row, column)
    if _NEGATIVE.fullmatch(cell):
        raise _Refusal(RowFault.NEGATIVE_COUNT, column)
    if not _COUNT.fullmatch(cell):
        raise _Refusal(RowFault.MALFORMED_COUNT, column)
    # A hundred digits are too large without being converted.
    if len(cell.lstrip("0")) > 8 or int(cell) > LARGEST_COUNT:
        raise _Refusal(RowFault.COUNT_TOO_LARGE, column)
    return int(cell)
