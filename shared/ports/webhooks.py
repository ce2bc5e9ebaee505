"""Webhooks: the store of a partner's webhooks and deliveries, and the way to call somebody else's machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from shared.domain.telling import Telling
    from shared.domain.webhook import Failure, Fate, Reply, Webhook


@dataclass(frozen=True, slots=True)
class StoredWebhook:
    """A webhook as it was read, with the version that a write must still find."""

    webhook: Webhook
    etag: str


@dataclass(frozen=True, slots=True)
class Pending:
    """A delivery that is due: an event's number, the webhook's name, and how often it was tried."""

    partner_id: str
    row_key: str
    etag: str
    name: str
    number: int
    tries: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came of an event's way to a webhook so far; `number` is the event's, `next_at` when it is tried again."""

    number: int
    event_id: str
    kind: str
    fate: Fate
    tries: int
    tried_at: datetime
    status: int | None = None
    failure: Failure | None = None
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """A page of a webhook's deliveries, the newest event first; `next` is where to go on, None at the end."""

    deliveries: tuple[Delivery, ...]
    next: str | None


class Webhooks(Protocol):
    """A partner's webhooks and what is to be delivered to them, all in the partner's own partition."""

    async def all(self, partner_id: str) -> tuple[StoredWebhook, ...]:
        """The partner's webhooks, by name."""
        ...

    async def webhook(self, partner_id: str, name: str) -> StoredWebhook:
        """Raises NotFound."""
        ...

    async def save(self, webhook: Webhook, etag: str | None, told: Telling | None = None) -> None:
        """Writes the webhook, so that from the next event on it is called as it says, and tells its partner this event, if any.

        Raises StaleRecord when it is no longer as it was read.
        """
        ...

    async def delete(self, stored: StoredWebhook) -> None:
        """Deletes the webhook. Raises StaleRecord when it is no longer as it was read."""
        ...

    async def tell_one(self, webhook: Webhook, telling: Telling) -> None:
        """Makes an event due for this webhook alone."""
        ...

    async def due(self, partner_id: str, now: datetime, limit: int) -> tuple[Pending, ...]:
        """At most `limit` deliveries whose time has come, the longest overdue first."""
        ...

    async def take(self, pending: Pending, until: datetime) -> Pending | None:
        """The delivery, kept from others until then; None when somebody else has it."""
        ...

    async def settle(self, pending: Pending, delivery: Delivery | None) -> None:
        """Notes what came of it, due again if a time is named; without a delivery it is forgotten."""
        ...

    async def event(self, partner_id: str, number: int) -> Telling | None:
        """The event of that number."""
        ...

    async def deliveries(self, partner_id: str, name: str, limit: int, after: str | None) -> DeliveryPage:
        """What came of the webhook's deliveries that were tried."""
        ...

    async def replay(self, partner_id: str, name: str, number: int, now: datetime) -> Delivery:
        """Makes an event due once more that was tried before. Raises NotFound."""
        ...


class Courier(Protocol):
    """Calls a machine that a stranger has named, and no machine that it may not."""

    def refuses(self, url: str) -> str | None:
        """Why this address is never called, as a sentence; None for one that may be, if its name leads to the open internet."""
        ...

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Posts the body, in a bounded time, and reads no more of the answer than its status."""
        ...


class SecretBox(Protocol):
    """Keeps others' secrets."""

    def seal(self, secret: str, about: str) -> str:
        """The secret as it may be stored; it opens only for the same `about`."""
        ...

    def open(self, sealed: str, about: str) -> str:
        """The secret again."""
        ...
