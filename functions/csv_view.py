"""Lists as CSV (RFC 4180), for spreadsheets: asked for by `Accept: text/csv`, of the same rows that JSON shows.

A spreadsheet runs a cell that begins like a formula. So a text is always quoted, and one that begins so, or with a blank behind
which it might, is made plain by an apostrophe before it; a number stays a number, its sign included (R-190). Every CSV answer is
made here.
"""

import csv
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from io import StringIO
from typing import Final

import azure.functions as func

from functions.edge import SECRETIVE, rfc3339

MEDIA_TYPE: Final = "text/csv"
_JSON: Final = "application/json"

_WEIGHT: Final = re.compile(r"q\s*=\s*([01](?:\.\d{0,3})?)", re.ASCII)

# With these a cell becomes a formula, in one program or another; the wide ones in some that write Chinese or Japanese.
_STARTS_A_FORMULA: Final = ("=", "+", "-", "@", "|", "%", "\uff1d", "\uff0b", "\uff0d", "\uff20")

type Cell = str | int | Decimal | date | None


def is_asked_for(req: func.HttpRequest) -> bool:
    """Does the caller like CSV better than JSON? Where it says nothing, or likes both alike, it gets JSON."""
    accepted = req.headers.get("Accept", "")
    return _quality(accepted, MEDIA_TYPE) > _quality(accepted, _JSON)


def csv_answer(columns: Sequence[str], rows: Iterable[Sequence[Cell]], next_link: str | None = None) -> func.HttpResponse:
    """The rows under their columns; a next page's address stands in the header `Link`, because a table has no room for it."""
    text = StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC)
    for row in (columns, *rows):
        writer.writerow([_cell(value) for value in row])
    headers = {**SECRETIVE, "Vary": "Accept"}
    if next_link is not None:
        headers["Link"] = f'<{next_link}>; rel="next"'
    return func.HttpResponse(text.getvalue().encode(), mimetype=MEDIA_TYPE, charset="utf-8", headers=headers)


def _cell(value: Cell) -> str | int | Decimal:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and (value[:1].isspace() or value.startswith(_STARTS_A_FORMULA)):
        return f"'{value}"
    return value


def _quality(accepted: str, kind: str) -> float:
    """How much `Accept` likes the media type, 0 for not at all; whatever names it most exactly decides (RFC 9110, 12.5.1)."""
    exactness = {kind: 2, f"{kind.partition('/')[0]}/*": 1, "*/*": 0}
    found = (-1, 0.0)
    for part in accepted.lower().split(","):
        named, *parameters = (piece.strip() for piece in part.split(";"))
        if named in exactness:
            found = max(found, (exactness[named], _weight(parameters)))
    return found[1]


def _weight(parameters: Iterable[str]) -> float:
    for parameter in parameters:
        if match := _WEIGHT.fullmatch(parameter):
            return float(match[1])
    return 1.0
