"""What a partner is told, in the partner's own partition: one row an event, numbered without a gap, read page by page.

The number of the last event stands in one row, which every batch that adds events must find as it was read; so numbers follow
the order in which events became readable, and whoever has read up to one misses none that comes later. The same row names the
webhooks to be called, so the batch that adds an event makes its deliveries due; and it holds what is counted of events by day.
Writers of one worker take turns, because they would only get in each other's way; writers of others are met by trying again.
"""

import asyncio
import json
import random
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from shared.adapters.asked_column import HEAD, asked_column, asked_of
from shared.adapters.reading import is_conflict, row_or_none
from shared.adapters.rows import stamp
from shared.adapters.storage import FAILURES, if_unchanged
from shared.domain.asked import Asked
from shared.domain.errors import BusyRecord
from shared.domain.limit import Limits
from shared.domain.refusals import Days, counted, have_piled_up
from shared.domain.telling import Telling
from shared.ports.failures import StaleRecord, StoreUnavailable
from shared.ports.partners import Told, ToldPage

if TYPE_CHECKING:
    from azure.data.tables.aio import TableClient

PREFIX: Final = "told!"
PROFILE: Final = "profile"
DUE: Final = "due!"
_ATTEMPTS: Final = 20
_LONGEST_WAIT_S: Final = 0.5

type Operation = tuple[Any, ...]
type Called = Mapping[str, Sequence[str]]
"""Names of webhooks, and the kinds of events that each is called for; none means all."""


class _Head(NamedTuple):
    """The number of the last event, the webhooks, what is counted, and the row's version; None before the first."""

    number: int
    called: Called
    days: Days
    asked: Asked
    etag: str | None


class PartnerFeed:
    """The events of every partner."""

    def __init__(self, table: "TableClient") -> None:
        self._table = table
        self._heads: dict[str, _Head] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def write(
        self,
        partner_id: str,
        others: Sequence[Operation],
        told: Sequence[Telling] = (),
        *,
        calling: Callable[[Called], Called] | None = None,
        only: Collection[str] | None = None,
        limits: Limits | None = None,
        domain: str = "",
    ) -> bool:
        """Writes these rows and the events after the last one, all or nothing; True when a webhook is to be called.

        `calling` changes who is called from now on, `only` names the webhooks that these events are for, by `limits` a partner is
        paused whose refusals pile up, for mails to this `domain` it is counted what the events ask. Raises StaleRecord when one
        of the rows is no longer as it was read, BusyRecord, StoreUnavailable.
        """
        async with self._turns[partner_id]:
            for attempt in range(_ATTEMPTS):
                head = self._heads.pop(partner_id, None) or await self._head(partner_id)
                called = calling(head.called) if calling is not None else head.called
                days = counted(head.days, told)
                is_paused = limits is not None and bool(told) and have_piled_up(days, limits)
                # Once a person has looked they pile up anew.
                asked = head.asked.counting(told, domain)
                after = _Head(head.number + len(told), called, {} if is_paused else days, asked, head.etag)
                pauses = [_pause_row(partner_id, told[-1].at)] if is_paused else []
                dues = _dues(partner_id, head, told, called, only)
                touches_head = bool(told) or calling is not None
                heads = [_head_row(partner_id, after)] if touches_head else []
                rows = [("create", _row(partner_id, head.number + n, one)) for n, one in enumerate(told, start=1)]
                batch: list[Operation] = [*heads, *others, *rows, *dues, *pauses]
                try:
                    written = await self._table.submit_transaction(batch)
                except FAILURES as error:
                    if not is_conflict(error):
                        raise StoreUnavailable from error
                    if not touches_head or getattr(error, "index", None) != 0:
                        raise StaleRecord from error
                    # Another worker told this partner something meanwhile.
                    await asyncio.sleep(random.uniform(0, min(_LONGEST_WAIT_S, 0.01 * 2**attempt)))  # noqa: S311  # It spreads load.
                    continue
                self._heads[partner_id] = after._replace(etag=written[0]["etag"]) if touches_head else head
                return bool(dues)
        raise BusyRecord

    async def is_calling(self, partner_id: str) -> bool:
        """Has the partner a webhook to be called? Read anew: another worker may know of one."""
        self._heads[partner_id] = head = await self._head(partner_id)
        return bool(head.called)

    async def page(self, partner_id: str, after: int, limit: int) -> ToldPage:
        """At most `limit` events behind that number, the oldest first. Raises StoreUnavailable."""
        values = {"partner": partner_id, "low": key_of(after + 1), "high": PREFIX + "~"}
        found = self._table.query_entities(
            "PartitionKey eq @partner and RowKey ge @low and RowKey lt @high", parameters=values, results_per_page=limit
        )
        pages: Any = found.by_page()
        try:
            # A page may be empty and not be the last.
            async for page in pages:
                told = tuple([Told(int(row["RowKey"].removeprefix(PREFIX)), telling_of(row)) async for row in page])
                if told:
                    return ToldPage(told, has_more=bool(pages.continuation_token))
        except FAILURES as error:
            raise StoreUnavailable from error
        return ToldPage((), has_more=False)

    async def _head(self, partner_id: str) -> _Head:
        row = await row_or_none(self._table, partner_id, HEAD)
        if row is None:
            return _Head(0, {}, {}, Asked(), None)
        days = {day: (answers, refusals) for day, (answers, refusals) in json.loads(row["days"]).items()}
        return _Head(row["number"], json.loads(row["called"]), days, asked_of(row), row.metadata["etag"])


def key_of(number: int) -> str:
    """The key of an event."""
    return f"{PREFIX}{number:012d}"


def due_row(partner_id: str, number: int, name: str, at: datetime, tries: int = 0) -> dict[str, Any]:
    """The row that makes a delivery due."""
    key = f"{DUE}{stamp(at)}!{number:012d}!{name}"
    return {"PartitionKey": partner_id, "RowKey": key, "number": number, "name": name, "tries": tries}


def telling_of(row: Mapping[str, Any]) -> Telling:
    """The event in a row."""
    at = datetime.fromisoformat(row["at"])
    return Telling(row["eventId"], row["kind"], row["source"], row["subject"], at, json.loads(row["data"]))


def _dues(partner_id: str, head: _Head, told: Sequence[Telling], called: Called, only: Collection[str] | None) -> list[Operation]:
    return [
        ("create", due_row(partner_id, head.number + n, name, one.at))
        for n, one in enumerate(told, start=1)
        for name, kinds in called.items()
        if (name in only if only is not None else not kinds or one.kind in kinds)
    ]


def _head_row(partner_id: str, head: _Head) -> Operation:
    called = json.dumps({name: list(kinds) for name, kinds in head.called.items()})
    row = {"PartitionKey": partner_id, "RowKey": HEAD, "number": head.number, "called": called, "days": json.dumps(head.days)}
    row |= asked_column(head.asked)
    return ("create", row) if head.etag is None else ("update", row, {"mode": "replace", **if_unchanged(head.etag)})


def _pause_row(partner_id: str, at: datetime) -> Operation:
    return "update", {"PartitionKey": partner_id, "RowKey": PROFILE, "pausedAt": at.isoformat()}, {"mode": "merge"}


def _row(partner_id: str, number: int, one: Telling) -> dict[str, Any]:
    return {
        "PartitionKey": partner_id,
        "RowKey": key_of(number),
        "eventId": one.event_id,
        "kind": one.kind,
        "source": one.source,
        "subject": one.subject,
        "at": one.at.isoformat(),
        "data": json.dumps(dict(one.data), sort_keys=True),
    }
