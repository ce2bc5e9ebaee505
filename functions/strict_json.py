"""JSON as callers may send it: of bounded size and depth, each name once, and no numbers that JSON does not have."""

import json
from typing import Any, Final, NoReturn

MOST_BYTES: Final = 1_000_000
_MOST_DEPTH: Final = 16


class NotJson(ValueError):
    """The content is not JSON as it may be sent; one sentence."""


class TooLarge(NotJson):
    """There is more of it than may be sent."""


def document_in(content: bytes) -> Any:
    """The document; of nothing, an empty object. Raises NotJson, TooLarge."""
    if len(content) > MOST_BYTES:
        raise TooLarge(f"The body has at most {MOST_BYTES} bytes.")
    try:
        document = json.loads(content or b"{}", object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise NotJson("The body is not valid JSON.") from error
    if _is_too_deep(document):
        raise NotJson("The body is nested too deeply.")
    return document


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is repeated")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _is_too_deep(document: Any) -> bool:
    # Level by level: the parser reads far deeper than a function could call itself.
    depth, level = 0, [document]
    while level := [value for value in level if isinstance(value, dict | list)]:
        depth += 1
        if depth > _MOST_DEPTH:
            return True
        level = [inner for value in level for inner in (value.values() if isinstance(value, dict) else value)]
    return False
