"""Lists as CSV: asked for by `Accept`, read back as they were meant, and never a formula."""

import csv
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO

import azure.functions as func
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions import csv_view
from shared.domain.currency import decimal_amount

FORMULAS = "=+-@|%\t\r\n\uff1d\uff0b\uff0d\uff20"


def asking(accept: str | None) -> func.HttpRequest:
    headers = {} if accept is None else {"Accept": accept}
    return func.HttpRequest(method="GET", url="https://cpor.example/v1/usage", headers=headers, body=b"")


def read(answer: func.HttpResponse) -> list[list[str]]:
    return list(csv.reader(StringIO(answer.get_body().decode(), newline="")))


@pytest.mark.parametrize(
    ("accept", "is_csv"),
    [
        (None, False),
        ("", False),
        ("*/*", False),
        ("application/json", False),
        ("text/csv", True),
        ("TEXT/CSV; charset=utf-8", True),
        ("text/csv, application/json;q=0.5", True),
        ("text/csv;q=0.4, application/json;q=0.5", False),
        ("text/csv;q=0, */*", False),
        ("text/csv, */*;q=0.1", True),
        ("text/csv;q=nonsense, */*;q=0.1", True),
        ("text/*", True),
        ("text/html,application/xhtml+xml,*/*;q=0.8", False),
        ("application/json;q=0, */*", True),
    ],
)
def test_csv_is_for_whoever_likes_it_better_than_json(accept: str | None, is_csv: bool) -> None:
    """R-190"""
    assert csv_view.is_asked_for(asking(accept)) is is_csv


def test_every_kind_of_cell_is_written_as_it_is_read() -> None:
    """R-190"""
    moment = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    rows = [("a,b", 'say "x"', 3, -7, Decimal("-12.50"), date(2026, 2, 28), moment, None)]
    answer = csv_view.csv_answer(["text", "quoted", "n", "minus", "money", "day", "moment", "none"], rows)
    assert answer.mimetype == "text/csv"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Vary"] == "Accept"
    assert read(answer)[1] == ["a,b", 'say "x"', "3", "-7", "-12.50", "2026-02-28", "2026-03-01T09:30:00Z", ""]
    # Numbers stand without quotation marks, so that a spreadsheet adds them up; texts within, so that it splits none.
    assert answer.get_body().decode().splitlines()[1].endswith(',3,-7,-12.50,"2026-02-28","2026-03-01T09:30:00Z",""')


def test_the_next_page_is_told_in_a_header() -> None:
    """R-190"""
    assert csv_view.csv_answer(["a"], [], "https://cpor.example/v1/usage?cursor=x").headers["Link"] == (
        '<https://cpor.example/v1/usage?cursor=x>; rel="next"'
    )
    assert "Link" not in csv_view.csv_answer(["a"], []).headers


@pytest.mark.parametrize("start", FORMULAS)
@pytest.mark.parametrize("before", ["", " ", "\u00a0", "  "])
def test_a_text_that_begins_like_a_formula_is_made_plain(start: str, before: str) -> None:
    """R-190"""
    hostile = f'{before}{start}cmd|"/c calc"!A1'
    assert read(csv_view.csv_answer(["a", "b"], [("x", hostile)]))[1][1] == "'" + hostile


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=2, max_size=4))
def test_no_text_ever_becomes_a_formula_or_another_cell(texts: list[str]) -> None:
    """R-190"""
    (row,) = read(csv_view.csv_answer(["a"], [texts]))[1:]
    assert [cell.removeprefix("'") for cell in row] == [text.removeprefix("'") for text in texts]
    assert not any(cell.startswith(tuple(FORMULAS)) or cell[:1].isspace() for cell in row)


@given(st.integers(-(10**30), 10**30), st.sampled_from([("EUR", 2), ("JPY", 0), ("KWD", 3)]))
def test_an_amount_shows_every_minor_unit(amount_minor: int, currency: tuple[str, int]) -> None:
    """R-190"""
    shown = str(decimal_amount(amount_minor, currency[0]))
    assert "E" not in shown
    assert int(shown.replace(".", "")) == amount_minor
    assert len(shown.partition(".")[2]) == currency[1]
