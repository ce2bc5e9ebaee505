"""Events on the wire, under the names of CloudEvents 1.0."""

from datetime import datetime
from typing import Any, Literal, Self

from functions.wire import Wire
from shared.domain.telling import Telling, as_cloud_event
from shared.ports.partners import ToldPage


class EventOut(Wire):
    """One event, in the words of CloudEvents 1.0. The same event has the same `id` wherever and however often it is told.

    `data` of an event `claim.…` names `claimId`, `tenantId`, `seq` (the entry of the timeline), `actorKind` and the `facts` of
    the entry; of an event `webhook.…` the `webhook`. It holds nothing personal.
    """

    specversion: Literal["1.0"]
    id: str
    source: str
    type: str
    subject: str
    time: datetime
    datacontenttype: Literal["application/json"]
    data: dict[str, Any]

    @classmethod
    def of(cls, telling: Telling) -> Self:
        return cls.model_validate(as_cloud_event(telling))


class EventsOut(Wire):
    """A page of events, the oldest first. `after` is where to go on, now or later; without `nextLink` this is all so far."""

    value: list[EventOut]
    after: str
    next_link: str | None

    @classmethod
    def of(cls, page: ToldPage, after: str, next_link: str | None) -> Self:
        return cls(value=[EventOut.of(each.telling) for each in page.told], after=after, next_link=next_link)
