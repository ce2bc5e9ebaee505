"""Checkov looks at the Bicep files, each rule it skips has a reason, and what it does not like is a fault."""

from pathlib import Path

import pytest

from infra.checks import scan
from tests.architecture.infra_copy import INFRA
from tests.architecture.rules import ROOT


@pytest.fixture(scope="module")
def checkov() -> None:
    scan.install(ROOT / ".tools" / "uv" / "bin" / "uv")


@pytest.mark.system
@pytest.mark.usefixtures("checkov")
def test_a_weaker_resource_and_an_unreadable_file_are_found(tmp_path: Path) -> None:
    text = (INFRA / "modules" / "storage.bicep").read_text(encoding="utf-8")
    assert "minimumTlsVersion: 'TLS1_2'" in text
    (tmp_path / "storage.bicep").write_text(text.replace("'TLS1_2'", "'TLS1_0'"), encoding="utf-8")
    (tmp_path / "new.bicep").write_text("param names string[]\n", encoding="utf-8")
    unread, weaker = scan.faults(scan.report(tmp_path))
    assert unread == "checkov could not parse 1 file(s)"
    assert "CKV_AZURE_44" in weaker


@pytest.mark.system
@pytest.mark.usefixtures("checkov")
def test_a_scan_of_nothing_is_no_success(tmp_path: Path) -> None:
    assert scan.faults(scan.report(tmp_path)) == ["checkov looked at no resource"]


def test_every_skipped_rule_has_its_reason() -> None:
    texts = {file.name: file.read_text(encoding="utf-8") for file in INFRA.rglob("*.bicep")}
    assert sum(text.count("checkov:skip=") for text in texts.values()) > 0
    assert {name: rules for name, text in texts.items() if (rules := scan.unexplained(text))} == {}


@pytest.mark.parametrize(
    "skip", ["// checkov:skip=CKV_AZURE_1", "// checkov:skip=CKV_AZURE_1:", "// checkov:skip=CKV_AZURE_1: not needed"]
)
def test_a_skip_without_a_reason_is_found(skip: str) -> None:
    assert scan.unexplained(skip) == ["CKV_AZURE_1"]
