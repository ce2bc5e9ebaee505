"""Reading a usage file: the same lines however it is cut into pieces, in every format, with little of it in hand at a time."""

import json
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import InvalidInput
from shared.domain.usage_file import FaultyLine, FileFormat, ReadLine, UsageFileReader, require_columns
from shared.domain.usage_row import RowFault
from tests.domain.earning_builders import TENANT, export

COLUMNS = ("CustomerTenantId", "WorkloadName", "Month", "PaidAvailableUnits", "MonthlyActiveUsers")
GOOD = dict(zip(COLUMNS, (TENANT, "Teams", "2026-05", 1000, 160), strict=True))


def lines_of(pieces: list[bytes], file_format: FileFormat) -> list[ReadLine | FaultyLine]:
    reader = UsageFileReader(file_format, aliases={"teams": "teams"}, rank=export("2026-06-01"), today=date(2026, 6, 30))
    return [line for piece in pieces for line in reader.read(piece)] + list(reader.finish())


def objects(*rows: object) -> bytes:
    return "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows).encode()


CSV = b"\xef\xbb\xbf" + ",".join(COLUMNS).encode() + b"\r\n"
CSV += f'{TENANT},"T\u00eb\u00e4ms",2026-05,1000,160\r\n{TENANT},Teams,2026-05,1000,160\r{TENANT},Teams,05/2026,7,many\n'.encode()
OBJECTS = objects(GOOD, {**GOOD, "Month": "M\u00e4rz"}, "", GOOD)
FILES = {FileFormat.CSV: CSV, FileFormat.TSV: CSV.replace(b",", b"\t"), FileFormat.NDJSON: OBJECTS}


@given(st.sampled_from(sorted(FILES)), st.lists(st.integers(0, 400)))
def test_a_file_says_the_same_however_it_is_cut(file_format: FileFormat, cuts: list[int]) -> None:
    """R-191: also within a letter, a line end, or the mark of byte order."""
    content = FILES[file_format]
    pieces = [content[start:end] for start, end in pairwise([0, *sorted(cuts), len(content)])]
    whole = lines_of([content], file_format)
    assert lines_of(pieces, file_format) == whole
    assert any(isinstance(line, ReadLine) for line in whole)


def test_a_json_object_a_line_is_a_row_whose_numbers_may_be_numbers() -> None:
    """R-192"""
    found = lines_of([objects(GOOD, "", {**GOOD, "MonthlyActiveUsers": "161", "Anything": [1]})], FileFormat.NDJSON)
    assert [(line.line, line.row.snapshot.mau) for line in found if isinstance(line, ReadLine)] == [(1, 160), (3, 161)]


@pytest.mark.parametrize(
    ("line", "code", "column"),
    [
        ("[]", "malformed_line", ""),
        ("{}", "malformed_line", ""),
        ('{"a": 1', "malformed_line", ""),
        ("[" * 5_000, "malformed_line", ""),
        ('{"Month": "2026-05", "Month": "2026-06"}', "malformed_line", ""),
        ({**GOOD, "MonthlyActiveUsers": 160.5}, "malformed_count", "MonthlyActiveUsers"),
        ({**GOOD, "MonthlyActiveUsers": True}, "malformed_count", "MonthlyActiveUsers"),
        ({**GOOD, "MonthlyActiveUsers": {"a": 1}}, "malformed_count", "MonthlyActiveUsers"),
        ({**GOOD, "MonthlyActiveUsers": -3}, "negative_count", "MonthlyActiveUsers"),
        ({**GOOD, "MonthlyActiveUsers": None}, "missing_column", "MonthlyActiveUsers"),
        ({**GOOD, "Note": "x" * 10_001}, "malformed_line", ""),
    ],
)
def test_an_object_without_an_exact_reading_costs_its_own_line(line: object, code: str, column: str) -> None:
    """R-192 R-97"""
    faulty, good = lines_of([objects(line, GOOD)], FileFormat.NDJSON)
    assert faulty == FaultyLine(1, code, column)
    assert isinstance(good, ReadLine)


def test_a_line_without_an_end_is_never_held_whole() -> None:
    """R-191"""
    reader = UsageFileReader(FileFormat.CSV, aliases={}, rank=export("2026-06-01"), today=date(2026, 6, 30))
    assert list(reader.read(CSV[3:])) != []
    for _ in range(50):
        assert list(reader.read(b"x" * 100_000)) == []
        assert sum(len(each) for each in vars(reader).values() if isinstance(each, str)) < 20_000
    assert [line.code for line in reader.finish() if isinstance(line, FaultyLine)] == ["malformed_line"]


@pytest.mark.parametrize("content", [b"", b"[]\n", b"CustomerTenantId,Month\n", b"\n" + objects(GOOD)])
def test_what_begins_like_no_export_is_refused_before_it_is_kept(content: bytes) -> None:
    """R-97"""
    for file_format in FileFormat:
        with pytest.raises(InvalidInput):
            require_columns(content, file_format)


def test_every_fault_of_a_cell_is_found_in_objects_too() -> None:
    """R-41 R-192"""
    found = lines_of([objects({**GOOD, "CustomerTenantId": "contoso.com"})], FileFormat.NDJSON)
    assert found == [FaultyLine(1, RowFault.MALFORMED_TENANT, "CustomerTenantId")]
