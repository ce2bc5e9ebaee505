"""What a partner's portal is told: above all every entry of its claims' timelines, as an event without anything personal.

An event bears the timeline's name of what happened and the facts of the entry that concern no person; words that somebody typed,
contacts and the commitments to them stay in the timeline (R-282). Its id is the claim's and the entry's, so the same event has
the same id wherever and however often it is told.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.domain.claim import Claim
from shared.domain.lifecycle import Event
from shared.domain.timeline import Entry, Json

# Named one by one, so that a new fact about a person is told to nobody until somebody has thought about it.
_TOLD: Final = frozenset(
    {
        "actedBy",
        "agreed",
        "attestation",
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
        "scanConfirmed",
        "scopes",
    }
)
WEBHOOK_TEST: Final = "webhook.test"
WEBHOOK_DISABLED: Final = "webhook.disabled"
KINDS: Final = (*(f"claim.{event}" for event in Event), WEBHOOK_TEST, WEBHOOK_DISABLED)


@dataclass(frozen=True, slots=True)
class Telling:
    """One event, in the words of CloudEvents 1.0: `kind` is its type, `source` where it comes from, `subject` what it is of."""

    event_id: str
    kind: str
    source: str
    subject: str
    at: datetime
    data: Mapping[str, Json]


def tellings(claim: Claim, entries: Iterable[Entry]) -> tuple[Telling, ...]:
    """The entries as the claim's partner is told of them, in their order."""
    return tuple(
        Telling(
            event_id=f"{entry.claim_id}.{entry.seq}",
            kind=f"claim.{entry.event}",
            source=f"/v1/claims/{entry.claim_id}",
            subject=entry.claim_id,
            at=entry.act.at,
            data={
                "claimId": entry.claim_id,
                "tenantId": claim.tenant_id,
                "seq": entry.seq,
                "actorKind": str(entry.act.actor.kind),
                "facts": {name: value for name, value in entry.data.items() if name in _TOLD},
            },
        )
        for entry in entries
    )


def of_webhook(kind: str, event_id: str, name: str, at: datetime, **data: Json) -> Telling:
    """An event about one of the partner's own webhooks."""
    return Telling(event_id, kind, f"/v1/webhooks/{name}", name, at, {"webhook": name, **data})


def as_cloud_event(telling: Telling) -> dict[str, Json]:
    """The event as it travels, the same in a webhook's body and in a list."""
    return {
        "specversion": "1.0",
        "id": telling.event_id,
        "source": telling.source,
        "type": telling.kind,
        "subject": telling.subject,
        "time": telling.at.isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "data": telling.data,
    }
