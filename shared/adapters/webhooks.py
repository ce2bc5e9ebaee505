"""A partner's webhooks and their deliveries on the table `partners`, beside the events that they are called for.

`hook!<name>` is a webhook, `due!<when>!<event>!<name>` a delivery that is due, `sent!<name>!<event, the newest first>` what came
of one. A delivery is moved, never changed: whoever moved it has it.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from shared.adapters.partner_feed import DUE, PartnerFeed, due_row, key_of, telling_of
from shared.adapters.reading import is_conflict, row_or_none, rows_between
from shared.adapters.rows import stamp
from shared.adapters.storage import FAILURES, if_unchanged
from shared.domain.errors import NotFound
from shared.domain.payouts import LetterState
from shared.domain.telling import Telling
from shared.domain.webhook import Disabled, Failure, Fate, Webhook
from shared.ports.failures import StoreUnavailable
from shared.ports.webhooks import Delivery, DeliveryPage, Pending, StoredWebhook

if TYPE_CHECKING:
    from azure.data.tables.aio import TableClient

_HOOK: Final = "hook!"
_SENT: Final = "sent!"
_AFTER_ALL: Final = 10**12


class TableWebhooks:
    """`ports.Webhooks` on the table `partners`."""

    def __init__(self, table: "TableClient") -> None:
        self._table = table
        self._feed = PartnerFeed(table)

    async def all(self, partner_id: str) -> tuple[StoredWebhook, ...]:
        """One range of keys."""
        return tuple([_stored(row) async for row in rows_between(self._table, partner_id, _HOOK, _HOOK + "~")])

    async def webhook(self, partner_id: str, name: str) -> StoredWebhook:
        """Raises NotFound."""
        row = await row_or_none(self._table, partner_id, _HOOK + name)
        if row is None:
            raise NotFound
        return _stored(row)

    async def save(self, webhook: Webhook, etag: str | None, told: Telling | None = None) -> None:
        """The webhook's row and the partner's list of who is called, in one batch."""
        row = _hook_row(webhook)
        write = ("create", row) if etag is None else ("update", row, {"mode": "replace", **if_unchanged(etag)})

        def calling(called: Mapping[str, Any]) -> dict[str, Any]:
            others = {name: kinds for name, kinds in called.items() if name != webhook.name}
            return others if webhook.disabled is not None else {**others, webhook.name: list(webhook.kinds)}

        await self._feed.write(webhook.partner_id, [write], [told] if told is not None else [], calling=calling)

    async def delete(self, stored: StoredWebhook) -> None:
        """What is still due for it is forgotten when its time comes."""
        webhook = stored.webhook
        key = {"PartitionKey": webhook.partner_id, "RowKey": _HOOK + webhook.name}
        gone = ("delete", key, if_unchanged(stored.etag))

        def calling(called: Mapping[str, Any]) -> dict[str, Any]:
            return {name: kinds for name, kinds in called.items() if name != webhook.name}

        await self._feed.write(webhook.partner_id, [gone], calling=calling)

    async def tell_one(self, webhook: Webhook, telling: Telling) -> None:
        """The event is told to everybody who reads, and delivered to this webhook only."""
        await self._feed.write(webhook.partner_id, [], [telling], only=(webhook.name,))

    async def due(self, partner_id: str, now: datetime, limit: int) -> tuple[Pending, ...]:
        """The beginning of one range of keys."""
        found: list[Pending] = []
        async for row in rows_between(self._table, partner_id, DUE, f"{DUE}{stamp(now)}~"):
            found.append(_pending(row, row["RowKey"], row.metadata["etag"]))
            if len(found) == limit:
                break
        return tuple(found)

    async def take(self, pending: Pending, until: datetime) -> Pending | None:
        """Moves the row to the time until which it is kept."""
        row = due_row(pending.partner_id, pending.number, pending.name, until, pending.tries)
        try:
            _, written = await self._table.submit_transaction([_gone(pending), ("create", row)])
        except FAILURES as error:
            if is_conflict(error):
                return None
            raise StoreUnavailable from error
        return _pending(row, row["RowKey"], written["etag"])

    async def settle(self, pending: Pending, delivery: Delivery | None) -> None:
        """The row goes, or moves to its next time, in the batch that notes what came of it."""
        batch: list[tuple[Any, ...]] = [_gone(pending)]
        if delivery is not None:
            batch.append(("upsert", _sent_row(pending, delivery), {"mode": "replace"}))
            if delivery.next_at is not None:
                row = due_row(pending.partner_id, pending.number, pending.name, delivery.next_at, delivery.tries)
                batch.append(("create", row))
        try:
            await self._table.submit_transaction(batch)
        except FAILURES as error:
            # Somebody else has it by now, or the batch landed and its answer was lost.
            if not is_conflict(error):
                raise StoreUnavailable from error

    async def event(self, partner_id: str, number: int) -> Telling | None:
        """One point read."""
        row = await row_or_none(self._table, partner_id, key_of(number))
        return None if row is None else telling_of(row)

    async def deliveries(self, partner_id: str, name: str, limit: int, after: str | None) -> DeliveryPage:
        """One page of a range, the newest event first."""
        prefix = f"{_SENT}{name}!"
        values = {"partner": partner_id, "low": prefix + (after or ""), "high": prefix + "~"}
        found = self._table.query_entities(
            "PartitionKey eq @partner and RowKey gt @low and RowKey lt @high", parameters=values, results_per_page=limit
        )
        pages: Any = found.by_page()
        try:
            async for page in pages:
                rows = [row async for row in page]
                if rows:
                    following = rows[-1]["RowKey"].rpartition("!")[2] if pages.continuation_token else None
                    return DeliveryPage(tuple(_delivery(row) for row in rows), following)
        except FAILURES as error:
            raise StoreUnavailable from error
        return DeliveryPage((), None)

    async def replay(self, partner_id: str, name: str, number: int, now: datetime) -> Delivery:
        """The event's number is known from its delivery only, so nobody asks for what was never delivered to it."""
        row = await row_or_none(self._table, partner_id, _sent_key(name, number))
        if row is None:
            raise NotFound
        try:
            await self._table.upsert_entity(due_row(partner_id, number, name, now))
        except FAILURES as error:
            raise StoreUnavailable from error
        return _delivery(row)


def _gone(pending: Pending) -> tuple[Any, ...]:
    return "delete", {"PartitionKey": pending.partner_id, "RowKey": pending.row_key}, if_unchanged(pending.etag)


def _pending(row: Mapping[str, Any], row_key: str, etag: str) -> Pending:
    return Pending(row["PartitionKey"], row_key, etag, row["name"], row["number"], row["tries"])


def _hook_row(webhook: Webhook) -> dict[str, Any]:
    row: dict[str, Any] = {
        "PartitionKey": webhook.partner_id,
        "RowKey": _HOOK + webhook.name,
        "url": webhook.url,
        "kinds": json.dumps(webhook.kinds),
        "secrets": json.dumps(webhook.sealed_secrets),
        "failingSince": webhook.failing_since and webhook.failing_since.astimezone(UTC),
        "disabledAt": webhook.disabled_at and webhook.disabled_at.astimezone(UTC),
        "disabled": webhook.disabled and str(webhook.disabled),
        "letter": str(webhook.letter),
        "letterSince": webhook.letter_since and webhook.letter_since.astimezone(UTC),
        "letterTries": webhook.letter_tries,
    }
    return {name: value for name, value in row.items() if value is not None}


def _stored(row: Any) -> StoredWebhook:
    webhook = Webhook(
        row["PartitionKey"],
        row["RowKey"].removeprefix(_HOOK),
        row["url"],
        tuple(json.loads(row["kinds"])),
        tuple(json.loads(row["secrets"])),
        row.get("failingSince"),
        row.get("disabledAt"),
        Disabled(row["disabled"]) if row.get("disabled") else None,
        LetterState(row.get("letter", LetterState.NONE)),
        row.get("letterSince"),
        row.get("letterTries", 0),
    )
    return StoredWebhook(webhook, row.metadata["etag"])


def _sent_key(name: str, number: int) -> str:
    return f"{_SENT}{name}!{_AFTER_ALL - number:012d}"


def _sent_row(pending: Pending, delivery: Delivery) -> dict[str, Any]:
    row: dict[str, Any] = {
        "PartitionKey": pending.partner_id,
        "RowKey": _sent_key(pending.name, delivery.number),
        "number": delivery.number,
        "eventId": delivery.event_id,
        "kind": delivery.kind,
        "fate": str(delivery.fate),
        "tries": delivery.tries,
        "triedAt": delivery.tried_at.astimezone(UTC),
        "status": delivery.status,
        "failure": delivery.failure and str(delivery.failure),
        "nextAt": delivery.next_at and delivery.next_at.astimezone(UTC),
    }
    return {name: value for name, value in row.items() if value is not None}


def _delivery(row: Mapping[str, Any]) -> Delivery:
    return Delivery(
        row["number"],
        row["eventId"],
        row["kind"],
        Fate(row["fate"]),
        row["tries"],
        row["triedAt"],
        row.get("status"),
        Failure(row["failure"]) if row.get("failure") else None,
        row.get("nextAt"),
    )
