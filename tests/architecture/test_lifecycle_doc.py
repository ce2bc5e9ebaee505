"""The documents about a claim's life say what the code does."""

import re

import pytest

from infra.lifecycle_diagram import DOCUMENT, diagram, document, table
from shared.domain.lifecycle import TRANSITIONS, Event, Status
from tests.architecture.rules import ROOT, citations

ROW = re.compile(r"^\| (R-\d+) \| .* \| ([^|]+) \| ([^|]+) \| [^|]+ \|$", re.MULTILINE)


def test_the_drawn_lifecycle_is_current() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(), "run: python -m infra.lifecycle_diagram"


def test_the_diagram_shows_every_way_from_one_status_to_another() -> None:
    shown = set(re.findall(r"^    (\w+) --> (\w+): ", diagram(), re.MULTILINE))
    assert shown == {(before, after) for (before, _), targets in TRANSITIONS.items() for after in targets if after is not before}


def test_the_table_has_a_cell_for_every_pair() -> None:
    rows = table().splitlines()
    assert len(rows) == len(Event) + 2
    assert {row.count("|") for row in rows} == {len(Status) + 2}


def test_the_table_marks_exactly_what_is_admitted() -> None:
    assert table().count("·") == len(Status) * len(Event) - len(TRANSITIONS)


RULES = [match.groups() for match in ROW.finditer((ROOT / "docs/rules.md").read_text(encoding="utf-8"))]


@pytest.mark.parametrize(("number", "where", "proved_in"), RULES, ids=[row[0] for row in RULES])
def test_a_rule_is_kept_and_proved_where_its_row_says(number: str, where: str, proved_in: str) -> None:
    assert [file for file in where.split(", ") if not (ROOT / file).is_file()] == []
    if proved_in != "none yet":
        cited = citations(ROOT / "tests").get(number, set())
        assert [file for file in proved_in.split(", ") if file.removeprefix("tests/") not in cited] == []
