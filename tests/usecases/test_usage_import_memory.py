"""However long a usage file is, no more of it is in memory: measured in what Python allocates, whatever else the machine does."""

import tracemalloc
from datetime import UTC, datetime
from uuid import UUID

import pytest

from shared.adapters.spool import DiskSpools
from shared.domain.programme_versions import only
from shared.domain.usage_file import FileFormat
from shared.usecases.usage_import import Sorter, wanted_import
from shared.usecases.usage_merge import Result
from tests.domain.earning_builders import PROGRAMME

HEADER = b"CustomerTenantId,WorkloadName,Month,PaidAvailableUnits,MonthlyActiveUsers\n"
NOW = datetime(2026, 6, 30, tzinfo=UTC)
A_PIECE = 200_000


def peak_of(rows: int) -> int:
    """The most bytes that stood at once while a file of so many rows was set aside, in pieces as they come from the store."""
    file = HEADER + b"".join(b"%s,Teams,2026-05,1000,160\n" % str(UUID(int=n << 100 | n)).encode() for n in range(rows))
    job = wanted_import("0" * 64, FileFormat.CSV, len(file), NOW, NOW)
    result = Result()
    with DiskSpools().open() as spool:
        sorter = Sorter(job, [only(PROGRAMME)], spool, result)
        tracemalloc.start()
        for start in range(0, len(file), A_PIECE):
            sorter.sort(file[start : start + A_PIECE])
        sorter.finish()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert sum(1 for name in spool.names() for _ in spool.lines(name)) == rows
    assert result.counts().rows == 0
    return peak


def test_a_file_three_times_as_long_takes_no_more_memory(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-353"""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path_factory.mktemp("spool")))
    assert peak_of(30_000) <= 1.05 * peak_of(10_000)
