"""The numbered rules and the tests that prove them stay together."""

from pathlib import Path

import pytest

from tests.architecture.rules import ROOT, RULES, citations, rules


@pytest.mark.skipif(not RULES.exists(), reason="docs/rules.md is not written yet")
def test_no_test_cites_a_rule_that_does_not_exist() -> None:
    known = rules(RULES.read_text(encoding="utf-8"))
    cited = citations(ROOT / "tests")
    assert {number: files for number, files in cited.items() if number not in known} == {}


def test_citations_are_found_with_their_files(tmp_path: Path) -> None:
    (tmp_path / "domain").mkdir()
    (tmp_path / "domain" / "test_consent.py").write_text('def test_a():\n    """R-07: silence counts only if delivered."""\n')
    assert citations(tmp_path) == {"R-07": {"domain/test_consent.py"}}


def test_a_number_is_a_rule_only_in_its_full_form() -> None:
    assert rules("| R-01 | one partner |\n| R-102 | more |\nR-1 is none, nor is XR-03.") == {"R-01", "R-102"}
