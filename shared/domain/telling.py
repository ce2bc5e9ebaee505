"""What a partner's portal is told of its claims: every entry of their timelines, as an event without anything personal.

An event bears the timeline's name of what happened and the facts of the entry that concern no person; words that somebody typed,
contacts and the commitments to them stay in the timeline (R-282). Its id is the claim's and the entry's, so the same event has
the same id wherever and however often it is told; its number is its place among everything that this partner was ever told.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.domain.claim import Claim
from shared.domain.lifecycle import ActorKind, Event
from shared.domain.timeline import Entry, Json

# Named one by one, so that a new fact about a person is told to nobody until somebody has thought about it.
_TOLD: Final = frozenset(
    {
        "agreed",
        "awaited",
        "code",
        "contactConfirmed",
        "document",
        "fields",
        "implied",
        "infected",
        "mail",
        "noEffect",
        "obstacles",
        "reason",
        "reasonCode",
        "refused",
        "round",
        "scopes",
    }
)


@dataclass(frozen=True, slots=True)
class Telling:
    """One thing that happened to a claim, as its partner is told of it. `by` is on whose side whoever did it stands."""

    claim_id: str
    tenant_id: str
    seq: int
    event: Event
    at: datetime
    by: ActorKind
    facts: Mapping[str, Json]

    @property
    def event_id(self) -> str:
        """The id of this event, for ever."""
        return f"{self.claim_id}.{self.seq}"

    @property
    def kind(self) -> str:
        """What subscribers choose by: the timeline's name for it."""
        return f"claim.{self.event}"


def tellings(claim: Claim, entries: Iterable[Entry]) -> tuple[Telling, ...]:
    """The entries as the claim's partner is told of them, in their order."""
    return tuple(
        Telling(
            entry.claim_id,
            claim.tenant_id,
            entry.seq,
            entry.event,
            entry.act.at,
            entry.act.actor.kind,
            {name: value for name, value in entry.data.items() if name in _TOLD},
        )
        for entry in entries
    )
