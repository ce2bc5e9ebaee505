"""Dead letters: work that failed every try and waits for a person, who replays it once what was wrong is mended.

A letter says what died and how often, never what it was about in a person's words. The same work dies again under the same
letter, so what fails over and over is one letter and not a pile.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final

from shared.domain.timeline import Json


class Queue(StrEnum):
    """Whose work it was: the queue that carried it."""

    OUTBOX = "outbox"
    IMPORTS = "imports"
    EVALUATION = "evaluation"
    MAIL_EVENTS = "mail-events"
    SCAN_RESULTS = "scan-results"
    USAGE_DROPS = "usage-drops"
    WEBHOOKS = "webhooks"
    PAYMENTS = "payments"
    RECONCILIATION = "reconciliation"
    CLAIM_BATCHES = "claim-batches"


class LetterState(StrEnum):
    """Whether somebody still has to look at it. `moot`: when it was replayed nothing was left to do."""

    WAITING = "waiting"
    REPLAYED = "replayed"
    MOOT = "moot"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """What died: a message, of which `content` is what is sent again, or a row of the outbox (`bucket` and `row_key`).

    `about` are the ids in it; `kind` is what an outbox row asked for. `times` counts its deaths, `died_at` is the last.
    """

    queue: Queue
    died_at: datetime
    first_died_at: datetime
    about: Mapping[str, str] = field(default_factory=dict)
    kind: str | None = None
    content: str | None = None
    bucket: str | None = None
    row_key: str | None = None
    state: LetterState = LetterState.WAITING
    times: int = 1
    replayed_at: datetime | None = None
    replayed_by: str | None = None

    @property
    def letter_id(self) -> str:
        """A function of the work itself: the same work has the same letter, however often it dies (R-304)."""
        what = self.content if self.row_key is None else f"{self.bucket}\n{self.row_key}"
        return sha256(f"{self.queue}\n{what}".encode()).hexdigest()[:32]


# Ids that we made ourselves, and nothing else of what a message says.
_TOLD: Final = frozenset(
    {"importId", "evaluationId", "trialId", "reconciliationId", "partnerId", "batchId", "bucket", "month", "currency", "claimId"}
)
_LONGEST_ID: Final = 200


def is_id(value: object) -> bool:
    """Could this be an id of ours? No other text belongs into what a letter tells of itself."""
    return isinstance(value, str) and len(value) <= _LONGEST_ID


def of_message(queue: Queue, content: str, said: Json, now: datetime) -> DeadLetter:
    """The letter of a message; `said` is the JSON in it."""
    named = said if isinstance(said, dict) else {}
    ids = {name: str(value) for name, value in named.items() if name in _TOLD and is_id(value)}
    return DeadLetter(queue, now, now, ids, content=content)


def of_row(bucket: str, row_key: str, claim_id: str, kind: str, now: datetime) -> DeadLetter:
    """The letter of an outbox row."""
    return DeadLetter(Queue.OUTBOX, now, now, {"claimId": claim_id}, kind=kind, bucket=bucket, row_key=row_key)


def died_again(known: DeadLetter, again: DeadLetter) -> DeadLetter:
    """The letter once the same work died again: it waits anew."""
    return replace(known, state=LetterState.WAITING, times=known.times + 1, died_at=max(known.died_at, again.died_at))


def replayed(letter: DeadLetter, by: str, now: datetime, *, was_moot: bool) -> DeadLetter:
    """The letter once its work was given out again, or was found to be no work any more."""
    return replace(letter, state=LetterState.MOOT if was_moot else LetterState.REPLAYED, replayed_at=now, replayed_by=by)
