"""Texts that are longer than a column of a table: in columns of a row, and put together again."""

from collections.abc import Mapping
from typing import Any, Final

# A column holds 32,000 characters, a row a million bytes.
_CHARACTERS_A_COLUMN: Final = 30_000


def in_columns(text: str) -> dict[str, Any]:
    """The columns that hold the text."""
    parts = [text[start : start + _CHARACTERS_A_COLUMN] for start in range(0, len(text), _CHARACTERS_A_COLUMN)]
    return {"parts": len(parts), **{f"text{number}": part for number, part in enumerate(parts)}}


def out_of_columns(row: Mapping[str, Any]) -> str:
    """The text that the row holds."""
    return "".join(row[f"text{number}"] for number in range(row["parts"]))
