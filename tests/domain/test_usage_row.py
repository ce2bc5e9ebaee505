"""A row of the vendor's export is read exactly or refused with a code; nothing is guessed."""

from datetime import date

import pytest

from shared.domain.usage import LARGEST_COUNT, Snapshot
from shared.domain.usage_row import RefusedRow, RowFault, UsageRow, read_row
from tests.domain.earning_builders import PROGRAMME, TENANT, export

TODAY = date(2026, 11, 30)
RANK = export("2026-11-30")
ROW = {
    "CustomerTenantId": TENANT,
    "WorkloadName": "Microsoft Teams",
    "Month": "2026-11",
    "PaidAvailableUnits": "1000",
    "MonthlyActiveUsers": "150",
}


def read(**cells: str | None) -> UsageRow | RefusedRow:
    return read_row({**ROW, **cells}, aliases=PROGRAMME.aliases(), rank=RANK, today=TODAY)


def day_of(row: UsageRow | RefusedRow) -> date:
    assert isinstance(row, UsageRow)
    return row.snapshot.date


def test_a_row_becomes_a_snapshot_of_the_months_last_day() -> None:
    """R-40"""
    assert read() == UsageRow(TENANT, "teams", Snapshot(date(2026, 11, 30), 150, 1000, RANK))


@pytest.mark.parametrize(
    ("month", "last"),
    [
        ("2026-10", date(2026, 10, 31)),
        ("10/2026", date(2026, 10, 31)),
        ("9/2026", date(2026, 9, 30)),
        ("2026-10-01", date(2026, 10, 31)),
        ("2026-10-31", date(2026, 10, 31)),
        ("2026-10-01T00:00:00", date(2026, 10, 31)),
        ("2026-10-01T00:00:00Z", date(2026, 10, 31)),
        ("2026-10-01 00:00:00.000", date(2026, 10, 31)),
        ("2026-02", date(2026, 2, 28)),
        ("2024-02", date(2024, 2, 29)),
        ("2024-02-29", date(2024, 2, 29)),
        ("2000-02", date(2000, 2, 29)),
        ("1900-02", date(1900, 2, 28)),
        ("2025-12", date(2025, 12, 31)),
    ],
)
def test_a_month_is_dated_its_last_day(month: str, last: date) -> None:
    """R-40"""
    assert day_of(read(Month=month)) == last


def test_a_daily_row_keeps_its_date() -> None:
    """R-40"""
    assert day_of(read(Date="2026-11-17", Month=None)) == date(2026, 11, 17)
    assert day_of(read(Date="2026-11-01", Month="2026-11")) == date(2026, 11, 1)


@pytest.mark.parametrize("name", ["Teams", "teams", " MICROSOFT  TEAMS ", "MSTeams"])
def test_a_workload_is_known_by_any_of_its_names(name: str) -> None:
    """R-43"""
    assert isinstance(row := read(WorkloadName=name), UsageRow)
    assert row.workload == "teams"


def test_a_tenant_id_has_one_spelling() -> None:
    """R-41"""
    assert isinstance(row := read(CustomerTenantId=f" {TENANT.upper()} "), UsageRow)
    assert row.tenant_id == TENANT


REFUSALS: list[tuple[str, str | None, RowFault]] = [
    ("CustomerTenantId", None, RowFault.MISSING_COLUMN),
    ("CustomerTenantId", "  ", RowFault.MISSING_COLUMN),
    ("CustomerTenantId", "contoso.com", RowFault.MALFORMED_TENANT),
    ("CustomerTenantId", "{0f8fad5b-d9cb-469f-a165-70867728950e}", RowFault.MALFORMED_TENANT),
    ("WorkloadName", "", RowFault.MISSING_COLUMN),
    ("WorkloadName", "Planner", RowFault.UNKNOWN_WORKLOAD),
    ("Month", None, RowFault.MISSING_COLUMN),
    ("Month", "November 2026", RowFault.MALFORMED_DATE),
    ("Month", "2026-13", RowFault.MALFORMED_DATE),
    ("Month", "2026-00", RowFault.MALFORMED_DATE),
    ("Month", "0000-01", RowFault.MALFORMED_DATE),
    ("Month", "13/2026", RowFault.MALFORMED_DATE),
    ("Month", "2026-02-30", RowFault.MALFORMED_DATE),
    ("Month", "2026-11-30T10:00:00", RowFault.MALFORMED_DATE),
    ("Month", "\uff12\uff10\uff12\uff16-11", RowFault.MALFORMED_DATE),
    ("Month", "2026-11-15", RowFault.AMBIGUOUS_DATE),
    ("Month", "2026-12", RowFault.FUTURE_DATE),
    ("Month", "9999-12", RowFault.FUTURE_DATE),
    ("Date", "2026-12-01", RowFault.FUTURE_DATE),
    ("Date", "2026-11", RowFault.MALFORMED_DATE),
    ("Date", "2023-02-29", RowFault.MALFORMED_DATE),
    ("PaidAvailableUnits", None, RowFault.MISSING_COLUMN),
    ("PaidAvailableUnits", "-1", RowFault.NEGATIVE_COUNT),
    ("PaidAvailableUnits", "-1.5", RowFault.NEGATIVE_COUNT),
    ("PaidAvailableUnits", "1.5", RowFault.MALFORMED_COUNT),
    ("PaidAvailableUnits", "1,000", RowFault.MALFORMED_COUNT),
    ("PaidAvailableUnits", "1e3", RowFault.MALFORMED_COUNT),
    ("PaidAvailableUnits", "+5", RowFault.MALFORMED_COUNT),
    ("PaidAvailableUnits", "1_000", RowFault.MALFORMED_COUNT),
    ("MonthlyActiveUsers", "", RowFault.MISSING_COLUMN),
    ("MonthlyActiveUsers", "many", RowFault.MALFORMED_COUNT),
    ("MonthlyActiveUsers", "\u0663", RowFault.MALFORMED_COUNT),
    ("MonthlyActiveUsers", str(LARGEST_COUNT + 1), RowFault.COUNT_TOO_LARGE),
    ("MonthlyActiveUsers", "9" * 5000, RowFault.COUNT_TOO_LARGE),
]


@pytest.mark.parametrize(("column", "cell", "fault"), REFUSALS, ids=lambda each: str(each)[:24])
def test_what_cannot_be_read_is_refused_with_a_code_and_its_column(column: str, cell: str | None, fault: RowFault) -> None:
    """R-41 R-42"""
    assert read(**{column: cell}) == RefusedRow(fault, column)


@pytest.mark.parametrize(("cell", "count"), [("0", 0), ("007", 7), (" 12 ", 12), (str(LARGEST_COUNT), LARGEST_COUNT)])
def test_a_count_is_a_whole_number_from_nothing_to_the_largest(cell: str, count: int) -> None:
    """R-41"""
    assert isinstance(row := read(PaidAvailableUnits=cell, MonthlyActiveUsers=cell), UsageRow)
    assert (row.snapshot.pau, row.snapshot.mau) == (count, count)


def test_this_month_may_be_read_on_its_last_day_and_not_before() -> None:
    """R-42"""
    assert isinstance(read(Month="2026-11"), UsageRow)
    early = read_row(ROW, aliases=PROGRAMME.aliases(), rank=RANK, today=date(2026, 11, 29))
    assert early == RefusedRow(RowFault.FUTURE_DATE, "Month")
