"""Lines set aside come back as they came, however many there are, and leave nothing behind."""

from pathlib import Path

import pytest

from shared.adapters import spool as spool_module
from shared.adapters.spool import DiskSpools


@pytest.mark.parametrize("most_in_memory", [0, 50, 10**9])
def test_lines_come_back_by_name_in_their_order(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, most_in_memory: int) -> None:
    """R-191"""
    monkeypatch.setattr(spool_module, "_MOST_IN_MEMORY", most_in_memory)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with DiskSpools().open() as spool:
        assert list(spool.names()) == []
        for number in range(40):
            spool.add(f"{number % 3:02x}", f"{number}\t\u00e4")
        assert list(spool.names()) == ["00", "01", "02"]
        for name in range(3):
            assert list(spool.lines(f"{name:02x}")) == [f"{number}\t\u00e4" for number in range(name, 40, 3)]
    assert list(tmp_path.iterdir()) == []
