"""Query parameters: only those that an operation knows, each read as what it is. What is wrong is refused, by its name."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Final, NoReturn

import azure.functions as func

from functions.edge import Refusal

_LONGEST: Final = 200
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Tables know no earlier time.
_FIRST_YEAR: Final = 1601


def only(req: func.HttpRequest, *names: str) -> Mapping[str, str]:
    """The parameters that were sent. Raises Refusal 400 for one that the operation does not have: no slip is ignored."""
    for name in req.params:
        if name not in names:
            wrong(name, "There is no parameter of this name.")
    return dict(req.params)


def line(params: Mapping[str, str], name: str) -> str | None:
    """A text of one line. Raises Refusal 400 for an empty one."""
    text = params.get(name)
    if text is not None and (not text.strip() or len(text) > _LONGEST or not text.isprintable()):
        wrong(name, f"Write 1 to {_LONGEST} printable characters.")
    return text


def required_line(params: Mapping[str, str], name: str) -> str:
    """Like `line`. Raises Refusal 400 without one."""
    text = line(params, name)
    if text is None:
        wrong(name, "This parameter is required.")
    return text


def one_of[E: StrEnum](params: Mapping[str, str], name: str, kind: type[E]) -> E | None:
    """A value of the enumeration. Raises Refusal 400."""
    text = params.get(name)
    if text is None:
        return None
    try:
        return kind(text)
    except ValueError:
        wrong(name, f"Write one of {', '.join(kind)}.")


def moment(params: Mapping[str, str], name: str) -> datetime | None:
    """A time with its offset from UTC. Raises Refusal 400."""
    text = params.get(name)
    if text is None:
        return None
    try:
        # In a query an unescaped plus is read as a blank; a time has no other blank in that place.
        parsed = datetime.fromisoformat(text.replace(" ", "+"))
        at = parsed.astimezone(UTC) if parsed.tzinfo is not None else None
    except (ValueError, OverflowError):
        at = None
    if at is None or at.year < _FIRST_YEAR:
        wrong(name, "Write a time like 2026-03-02T09:00:00Z.")
    return at


def day(params: Mapping[str, str], name: str) -> date | None:
    """A day like 2026-03-02. Raises Refusal 400."""
    text = params.get(name)
    if text is None:
        return None
    if not _DAY.fullmatch(text):
        wrong(name, "Write a day like 2026-03-02.")
    try:
        return date.fromisoformat(text)
    except ValueError:
        wrong(name, "There is no such day.")


def wrong(name: str, sentence: str) -> NoReturn:
    """Refuses a parameter. What was sent is not repeated."""
    problem = {"field": name, "message": sentence}
    raise Refusal(400, "invalid_input", "The address has a wrong parameter.", errors=(problem,))
