"""Queries about earnings on the table `money`: a row an entry of the ledger."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from shared.adapters.reading import is_conflict, row_or_none, rows_between
from shared.adapters.rows import SCHEMA, Row
from shared.adapters.storage import FAILURES, if_unchanged
from shared.domain.earning_query import EarningQuery
from shared.ports.earning_queries import StoredQuery
from shared.ports.failures import StaleRecord, StoreUnavailable

if TYPE_CHECKING:
    from azure.data.tables.aio import TableClient

_PARTITION: Final = "earning-queries"


class TableEarningQueries:
    """`ports.EarningQueries` on the table `money`."""

    def __init__(self, table: "TableClient") -> None:
        self._table = table

    async def ask(self, query: EarningQuery) -> EarningQuery:
        """Insert-once: whoever comes later gets what was asked first."""
        try:
            await self._table.create_entity(_row(query))
        except FAILURES as error:
            stored = await self.load(query.earning_id)
            if stored is None:
                raise StoreUnavailable from error
            return stored.query
        return query

    async def load(self, earning_id: str) -> StoredQuery | None:
        """One point read."""
        row = await row_or_none(self._table, _PARTITION, earning_id)
        return None if row is None else StoredQuery(_query_of(row), row.metadata["etag"])

    async def answer(self, stored: StoredQuery, answered: EarningQuery) -> None:
        """One conditional write."""
        try:
            await self._table.update_entity(_row(answered), mode="replace", **if_unchanged(stored.etag))
        except FAILURES as error:
            if is_conflict(error):
                raise StaleRecord from error
            raise StoreUnavailable from error

    async def all(self) -> tuple[EarningQuery, ...]:
        """One range, by entry."""
        return tuple([_query_of(row) async for row in rows_between(self._table, _PARTITION, "", "~")])


def _row(query: EarningQuery) -> Row:
    return {
        "PartitionKey": _PARTITION,
        "RowKey": query.earning_id,
        "v": SCHEMA,
        "partnerId": query.partner_id,
        "words": query.words,
        "askedAt": query.asked_at.isoformat(),
        "answer": query.answer or "",
        "answeredBy": query.answered_by or "",
        "answeredAt": "" if query.answered_at is None else query.answered_at.isoformat(),
    }


def _query_of(row: Any) -> EarningQuery:
    return EarningQuery(
        earning_id=row["RowKey"],
        partner_id=row["partnerId"],
        words=row["words"],
        asked_at=datetime.fromisoformat(row["askedAt"]),
        answer=row["answer"] or None,
        answered_by=row["answeredBy"] or None,
        answered_at=datetime.fromisoformat(row["answeredAt"]) if row["answeredAt"] else None,
    )
