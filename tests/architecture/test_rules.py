"""The numbered rules and the tests that prove them stay together."""

from pathlib import Path

from functions.wire.earnings import REASONS
from tests.architecture.rules import ROOT, all_rules, citations, defined


def test_no_test_cites_a_rule_that_does_not_exist() -> None:
    known = all_rules()
    assert known
    assert {number: files for number, files in citations(ROOT / "tests").items() if number not in known} == {}


def test_no_two_rules_share_a_number() -> None:
    assert [number for number, times in all_rules().items() if times > 1] == []


def test_whatever_is_explained_names_a_rule_that_exists() -> None:
    assert {why.rule for why in REASONS.values()} <= all_rules().keys()


def test_citations_are_found_with_their_files(tmp_path: Path) -> None:
    (tmp_path / "domain").mkdir()
    (tmp_path / "domain" / "test_consent.py").write_text('def test_a():\n    """R-07: silence counts only if delivered."""\n')
    assert citations(tmp_path) == {"R-07": {"domain/test_consent.py"}}


def test_a_rule_is_defined_where_a_line_begins_with_its_number() -> None:
    text = "| R-01 | one partner, unlike R-02 |\n## R-03 Silence\n- **R-04** twice\n- **R-04** again\nSee R-05."
    assert defined([text]) == {"R-01": 1, "R-03": 1, "R-04": 2}
