"""What a partner is told, in the partner's own partition: one row an event, numbered without a gap, read page by page.

The number of the last event stands in one row, which every batch that adds events must find as it was read; so numbers follow the
order in which events became readable, and whoever has read up to one misses none that comes later. Writers of one worker take
turns, because they would only get in each other's way; writers of others are met by trying again.
"""

import asyncio
import json
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from shared.adapters.reading import is_conflict, row_or_none
from shared.adapters.storage import FAILURES, if_unchanged
from shared.domain.errors import BusyRecord
from shared.domain.lifecycle import ActorKind, Event
from shared.domain.telling import Telling
from shared.ports.failures import StaleRecord, StoreUnavailable
from shared.ports.partners import Told, ToldPage

if TYPE_CHECKING:
    from azure.data.tables.aio import TableClient

_HEAD: Final = "told"
_PREFIX: Final = "told!"
_ATTEMPTS: Final = 20
_LONGEST_WAIT_S: Final = 0.5

type _Operation = tuple[Any, ...]


class _Head(NamedTuple):
    """The number of the last event, and the version of the row that says so; None before the first."""

    number: int
    etag: str | None


class PartnerFeed:
    """The events of every partner."""

    def __init__(self, table: "TableClient") -> None:
        self._table = table
        self._heads: dict[str, _Head] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def tell(self, partner_id: str, listed: _Operation, told: Sequence[Telling]) -> None:
        """Writes the claim's row in the index and the events after the last one, all or nothing.

        Raises StaleRecord when the claim's row is no longer as it was read, BusyRecord, StoreUnavailable.
        """
        async with self._turns[partner_id]:
            for attempt in range(_ATTEMPTS):
                head = self._heads.pop(partner_id, None) or await self._head(partner_id)
                last = head.number + len(told)
                rows = [("create", _row(partner_id, head.number + n, one)) for n, one in enumerate(told, start=1)]
                batch: list[_Operation] = [listed, _head_row(partner_id, last, head), *rows]
                try:
                    written = await self._table.submit_transaction(batch if told else batch[:1])
                except FAILURES as error:
                    if not is_conflict(error):
                        raise StoreUnavailable from error
                    if getattr(error, "index", None) != 1:
                        raise StaleRecord from error
                    # Another worker told this partner something meanwhile.
                    await asyncio.sleep(random.uniform(0, min(_LONGEST_WAIT_S, 0.01 * 2**attempt)))  # noqa: S311  # It spreads load.
                    continue
                self._heads[partner_id] = _Head(last, written[1]["etag"]) if told else head
                return
        raise BusyRecord

    async def page(self, partner_id: str, after: int, limit: int) -> ToldPage:
        """At most `limit` events behind that number, the oldest first. Raises StoreUnavailable."""
        values = {"partner": partner_id, "low": _key(after + 1), "high": _PREFIX + "~"}
        found = self._table.query_entities(
            "PartitionKey eq @partner and RowKey ge @low and RowKey lt @high", parameters=values, results_per_page=limit
        )
        pages: Any = found.by_page()
        try:
            # A page may be empty and not be the last.
            async for page in pages:
                told = tuple([_told(row) async for row in page])
                if told:
                    return ToldPage(told, has_more=bool(pages.continuation_token))
        except FAILURES as error:
            raise StoreUnavailable from error
        return ToldPage((), has_more=False)

    async def _head(self, partner_id: str) -> _Head:
        row = await row_or_none(self._table, partner_id, _HEAD)
        return _Head(0, None) if row is None else _Head(row["number"], row.metadata["etag"])


def _head_row(partner_id: str, last: int, head: _Head) -> _Operation:
    row = {"PartitionKey": partner_id, "RowKey": _HEAD, "number": last}
    return ("create", row) if head.etag is None else ("update", row, {"mode": "replace", **if_unchanged(head.etag)})


def _key(number: int) -> str:
    return f"{_PREFIX}{number:012d}"


def _row(partner_id: str, number: int, one: Telling) -> dict[str, Any]:
    return {
        "PartitionKey": partner_id,
        "RowKey": _key(number),
        "claimId": one.claim_id,
        "tenantId": one.tenant_id,
        "seq": one.seq,
        "event": str(one.event),
        "at": one.at.isoformat(),
        "by": str(one.by),
        "facts": json.dumps(dict(one.facts), sort_keys=True),
    }


def _told(row: Mapping[str, Any]) -> Told:
    telling = Telling(
        row["claimId"],
        row["tenantId"],
        row["seq"],
        Event(row["event"]),
        datetime.fromisoformat(row["at"]),
        ActorKind(row["by"]),
        json.loads(row["facts"]),
    )
    return Told(int(row["RowKey"].removeprefix(_PREFIX)), telling)
