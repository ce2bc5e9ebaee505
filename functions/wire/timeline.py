"""The timeline on the wire."""

from datetime import datetime
from typing import Self

from functions.wire import Wire
from shared.domain.claim import Claim
from shared.domain.lifecycle import ActorKind
from shared.domain.timeline import Entry, is_intact


class EntryOut(Wire):
    seq: int
    event: str
    at: datetime
    actor_kind: ActorKind
    actor_id: str | None
    data: dict[str, object]
    words: str | None
    acted_by: str | None
    acting_user: str | None
    hash: str

    @classmethod
    def of(cls, entry: Entry) -> Self:
        return cls(
            seq=entry.seq,
            event=entry.event,
            at=entry.act.at,
            actor_kind=entry.act.actor.kind,
            actor_id=entry.act.actor.id,
            data=dict(entry.data),
            words=entry.words,
            acted_by=entry.act.actor.via,
            acting_user=entry.act.actor.user,
            hash=entry.hash,
        )


class TimelineOut(Wire):
    """All that happened to a claim, oldest first; `intact`: the chain of hashes is unbroken up to the claim's head."""

    claim_id: str
    intact: bool
    value: list[EntryOut]

    @classmethod
    def of(cls, claim: Claim, entries: tuple[Entry, ...]) -> Self:
        return cls(claim_id=claim.claim_id, intact=is_intact(entries, claim.head), value=[EntryOut.of(e) for e in entries])
