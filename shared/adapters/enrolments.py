"""Enrolments on the table `partners`, in one partition: a row a partner and programme, written at the first enrolment and never
deleted. So those of many partners are one range, and a night asks once for all of them."""

import asyncio
from collections.abc import Collection
from typing import TYPE_CHECKING, Final

from shared.adapters.reading import rows_between

if TYPE_CHECKING:
    from azure.data.tables.aio import TableClient

ENROLLED: Final = "enrolled"
# Above this many partners the range that holds them all costs fewer requests than a range for each.
_FEW: Final = 8


def enrolled_key(partner_id: str, programme_id: str) -> str:
    """Sorts enrolments by partner."""
    return f"{partner_id}!{programme_id}"


class TableEnrolments:
    """`ports.Enrolments` on the table `partners`."""

    def __init__(self, table: "TableClient") -> None:
        self._table = table

    async def programmes_of(self, partners: Collection[str]) -> dict[str, frozenset[str]]:
        """A range for each of few, or the one that holds them all, a thousand enrolments a request."""
        if len(partners) <= _FEW:
            ranges = await asyncio.gather(*(self._read(each, each) for each in partners))
            return {partner: found.get(partner, frozenset()) for partner, found in zip(partners, ranges, strict=True)}
        everything = await self._read(min(partners), max(partners))
        return {partner: everything.get(partner, frozenset()) for partner in partners}

    async def _read(self, first: str, last: str) -> dict[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        async for row in rows_between(self._table, ENROLLED, enrolled_key(first, ""), enrolled_key(last, "~")):
            partner, _, programme = row["RowKey"].partition("!")
            found[partner] = found.get(partner, frozenset()) | {programme}
        return found
