"""What a partner asked for today, as a column of the row that numbers its events: each event counts as it is told, once."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from shared.domain.asked import Asked

HEAD: Final = "told"
_COLUMN: Final = "asked"


def asked_column(asked: Asked) -> dict[str, str]:
    """The column."""
    return {_COLUMN: json.dumps([asked.day.isoformat(), asked.claims, asked.mails, dict(asked.by_domain)])}


def asked_of(row: Mapping[str, Any]) -> Asked:
    """What the column says; where it is missing, nothing was counted yet."""
    if _COLUMN not in row:
        return Asked()
    day, claims, mails, by_domain = json.loads(row[_COLUMN])
    return Asked(date.fromisoformat(day), claims, mails, by_domain)
