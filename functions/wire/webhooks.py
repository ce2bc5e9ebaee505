"""Webhooks and their deliveries on the wire."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, SecretStr, StringConstraints

from functions.wire import Wire
from shared.domain.webhook import MOST_SECRETS, Disabled, Failure, Fate, Webhook
from shared.ports.webhooks import Delivery, DeliveryPage

EventKind = Annotated[str, StringConstraints(pattern=r"^[a-z]+\.[a-z_]+$", max_length=60)]


class WebhookIn(Wire):
    """Where to call, for which events (none named means all), and the secrets that sign: one, or two while they change.

    A secret is `whsec_` and 24 to 64 random bytes in base64.
    """

    url: str = Field(min_length=1, max_length=2_000)
    events: list[EventKind] = Field(default_factory=list, max_length=100)
    secrets: list[SecretStr] = Field(min_length=1, max_length=MOST_SECRETS)


class WebhookOut(Wire):
    """A webhook. With `failingSince` no call was taken since; with `disabledAt` nobody is called until it is put again."""

    name: str
    url: str
    events: list[str]
    secret_count: int
    failing_since: datetime | None
    disabled_at: datetime | None
    disabled_reason: Disabled | None

    @classmethod
    def of(cls, webhook: Webhook) -> Self:
        return cls(
            name=webhook.name,
            url=webhook.url,
            events=list(webhook.kinds),
            secret_count=len(webhook.sealed_secrets),
            failing_since=webhook.failing_since,
            disabled_at=webhook.disabled_at,
            disabled_reason=webhook.disabled,
        )


class WebhooksOut(Wire):
    value: list[WebhookOut]

    @classmethod
    def of(cls, webhooks: Iterable[Webhook]) -> Self:
        return cls(value=[WebhookOut.of(each) for each in webhooks])


class TestSentOut(Wire):
    """The id under which the test event is delivered."""

    event_id: str


class DeliveryOut(Wire):
    """An event's way to a webhook: how it stands, how often it was tried, and what the last try met."""

    delivery_id: str
    event_id: str
    type: str
    fate: Fate
    tries: int
    tried_at: datetime
    status: int | None
    failure: Failure | None
    next_try_at: datetime | None

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        return cls(
            delivery_id=str(delivery.number),
            event_id=delivery.event_id,
            type=delivery.kind,
            fate=delivery.fate,
            tries=delivery.tries,
            tried_at=delivery.tried_at,
            status=delivery.status,
            failure=delivery.failure,
            next_try_at=delivery.next_at,
        )


class DeliveriesOut(Wire):
    """A page of deliveries that were tried, the newest event first; without `nextLink` it is the last."""

    value: list[DeliveryOut]
    next_link: str | None

    @classmethod
    def of(cls, page: DeliveryPage, next_link: str | None) -> Self:
        return cls(value=[DeliveryOut.of(each) for each in page.deliveries], next_link=next_link)
