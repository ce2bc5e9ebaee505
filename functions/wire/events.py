"""Events on the wire, under the names of CloudEvents 1.0."""

from datetime import datetime
from typing import Any, Literal, Self

from functions.wire import Wire
from shared.domain.lifecycle import ActorKind
from shared.domain.telling import Telling
from shared.ports.partners import ToldPage


class EventDataOut(Wire):
    """What happened to which claim, as which entry of its timeline; nothing personal. `facts` are those of the entry."""

    claim_id: str
    tenant_id: str
    seq: int
    actor_kind: ActorKind
    facts: dict[str, Any]


class EventOut(Wire):
    """One event, in the words of CloudEvents 1.0. The same event has the same `id` wherever and however often it is told."""

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    type: str
    subject: str
    time: datetime
    datacontenttype: Literal["application/json"] = "application/json"
    data: EventDataOut

    @classmethod
    def of(cls, telling: Telling) -> Self:
        return cls(
            id=telling.event_id,
            source=f"/v1/claims/{telling.claim_id}",
            type=telling.kind,
            subject=telling.claim_id,
            time=telling.at,
            data=EventDataOut(
                claim_id=telling.claim_id,
                tenant_id=telling.tenant_id,
                seq=telling.seq,
                actor_kind=telling.by,
                facts=dict(telling.facts),
            ),
        )


class EventsOut(Wire):
    """A page of events, the oldest first. `after` is where to go on, now or later; without `nextLink` this is all so far."""

    value: list[EventOut]
    after: str
    next_link: str | None

    @classmethod
    def of(cls, page: ToldPage, after: str, next_link: str | None) -> Self:
        return cls(value=[EventOut.of(each.telling) for each in page.told], after=after, next_link=next_link)
