"""Enrolments on the table `partners`: one row a partner and programme, written at the first enrolment and never deleted."""

from typing import TYPE_CHECKING, Final

from shared.adapters.reading import rows_between

if TYPE_CHECKING:
    from azure.data.tables.aio import TableClient

ENROLLED: Final = "enrolled!"


class TableEnrolments:
    """`ports.Enrolments` on the table `partners`."""

    def __init__(self, table: "TableClient") -> None:
        self._table = table

    async def programmes_of(self, partner_id: str) -> frozenset[str]:
        """Every programme in which the partner is or was enrolled."""
        found = rows_between(self._table, partner_id, ENROLLED, ENROLLED + "~")
        return frozenset([row["RowKey"].removeprefix(ENROLLED) async for row in found])
