"""The record store of claims and the outbox that is part of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
    from datetime import datetime

    from shared.domain.claim import Change, Claim, Due
    from shared.domain.delivery import Delivery, Report
    from shared.domain.errors import Taken
    from shared.domain.link import Link
    from shared.domain.person import Person
    from shared.domain.shown import Shown
    from shared.domain.timeline import Entry


@dataclass(frozen=True, slots=True)
class Stored:
    """A claim as it was read, with the version that a write must still find."""

    claim: Claim
    etag: str


@dataclass(frozen=True, slots=True)
class Beside:
    """A change of another claim of the same customer that is written in the same batch, conditional on the version it was read
    in."""

    etag: str
    change: Change


@dataclass(frozen=True, slots=True)
class Call:
    """One idempotent call: the hash of caller and key names it, the hash of what was asked is its content."""

    key_hash: str
    body_hash: str


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose a scope is, by which claim, and since when."""

    claim_id: str
    partner_id: str
    since: datetime


class WorkState(StrEnum):
    """How far a piece of work in the outbox has come."""

    DUE = "due"
    SENDING = "sending"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Work:
    """A row of the outbox: something due for a claim, or (`due` is None) the claim's projection to be brought up to date."""

    bucket: str
    row_key: str
    claim_id: str
    due: Due | None
    due_at: datetime
    state: WorkState
    etag: str
    owner: str | None = None
    since: datetime | None = None
    attempts: int = 0
    not_before: datetime | None = None
    trace: str | None = None
    died_as: WorkState | None = None
    """What it was when it was marked dead."""


@dataclass(frozen=True, slots=True)
class MailFate:
    """What its sender says of a mail once it has left the outbox; `fate` is accepted, unknown or failed."""

    operation_id: str
    claim_id: str
    kind: str
    fate: str
    at: datetime
    provider_id: str | None = None


@dataclass(frozen=True, slots=True)
class SentMail:
    """A mail as a provider's report finds it: the work it was, the end of the window it named, what was reported so far, and, of
    one that asks, the words it had.
    """

    operation_id: str
    claim_id: str
    due: Due
    answer_by: datetime
    delivery: Delivery | None = None
    shown: Shown | None = None


class Records(Protocol):
    """The record store of claims. Every write is one atomic batch in the customer's bucket, conditional on the claim as read."""

    async def claim(self, claim_id: str) -> Stored:
        """The claim and its version. Raises NotFound."""
        ...

    async def commit(
        self,
        etag: str | None,
        change: Change,
        *,
        call: Call | None = None,
        person: Person | None = None,
        fate: MailFate | None = None,
        told: Report | None = None,
        beside: Sequence[Beside] = (),
    ) -> tuple[str, ...]:
        """Writes the difference between the two claims, the timeline entries and the rest, all or nothing.

        So are other claims of the customer that change with it: a hold that one gives up and another takes passes over.

        Returns the outbox rows that are due at once. A batch that landed though its answer was lost is success. Raises
        StaleRecord, ScopeTaken (no hold was taken), AnswerExists, StoreUnavailable.
        """
        ...

    async def first_answer(self, bucket: str, call: Call) -> Claim | None:
        """The claim as it stood when this call first had its effect on a claim that was there already. Raises KeyReused when
        its key named another."""
        ...

    async def creation(self, claim_id: str, call: Call) -> Claim | None:
        """The claim as the call that made it made it, None when no call has yet. Raises KeyReused when that was another call."""
        ...

    async def before_creation(self, claim_id: str, partner_id: str, call: Call) -> tuple[Claim | None, tuple[Stored, ...]]:
        """What must be known before a claim is made, by one request: the claim as the same call made it, None when it has not,
        and the partner's claims about the same customer. Raises KeyReused when the call's key named another.
        """
        ...

    async def timeline(self, claim_id: str, after: int = 0, until: int | None = None) -> tuple[Entry, ...]:
        """The entries of the claim behind `after` and up to `until`, oldest first; all of them, unless one is named."""
        ...

    async def entry(self, claim_id: str, seq: int) -> Entry | None:
        """One entry of the claim's timeline, by one point read."""
        ...

    async def claims_about(self, tenant_id: str, partner_id: str) -> tuple[Claim, ...]:
        """The partner's claims about this customer as they are now, in no particular order."""
        ...

    async def claims_for(self, tenant_id: str) -> tuple[Stored, ...]:
        """All claims about this customer, whoever made them, in no particular order."""
        ...

    async def people_of(self, tenant_id: str) -> Mapping[str, Person]:
        """Everybody whom claims about this customer name and who was not erased, by id."""
        ...

    async def erase_person(self, tenant_id: str, person_id: str) -> None:
        """Deletes name, address and salt; what is gone stays gone."""
        ...

    async def erase_words(self, entry: Entry) -> None:
        """Takes a person's words and their salt out of a timeline entry; the entry and its hash stay as they are."""
        ...

    async def claims_beside(self, claim_id: str, partner_id: str) -> tuple[Stored, ...]:
        """This claim first, then the same partner's other claims about the same customer, by one request as long as they are
        few. Raises NotFound for a claim that is not the partner's.
        """
        ...

    async def taken(self, tenant_id: str, scopes: Iterable[str]) -> tuple[Taken, ...]:
        """Which of these scopes are held, and since when."""
        ...

    async def holders(self, tenant_id: str, scopes: Iterable[str]) -> Mapping[str, Holder]:
        """Who holds each of these scopes, by scope; a free one is not named. Never for another partner's eyes."""
        ...

    async def person(self, tenant_id: str, person_id: str) -> Person:
        """Raises NotFound when the person was erased."""
        ...

    async def link(self, token: str) -> Link | None:
        """The row of a mailed token, or None for any token that leads nowhere."""
        ...

    async def work(self, bucket: str, row_key: str) -> Work | None:
        """The outbox row, or None when it is settled, cancelled or moved."""
        ...

    async def mail(self, operation_id: str) -> SentMail | None:
        """The mail that was handed to a provider under this id; None when there was none."""
        ...

    async def note_report(self, told: Report) -> None:
        """Notes what a provider told of a mail of which the claim has nothing to learn."""
        ...

    def work_due(self, bucket: str, until: datetime) -> AsyncIterator[Work]:
        """Outbox rows of the bucket that are due up to `until`, in order of their time."""
        ...

    async def begin_sending(self, work: Work, owner: str, now: datetime, mail: SentMail, links: Sequence[Link]) -> bool:
        """Moves a row from due to sending, stores the links of its mail and makes it one that reports find, in one batch; False
        when somebody else was first.
        """
        ...

    async def put_back(self, work: Work, *, state: WorkState, not_before: datetime | None, attempts: int) -> None:
        """Leaves the row in the outbox for a later try, or dead. A row that is gone meanwhile stays gone."""
        ...

    async def projected(self, work: Work) -> None:
        """Deletes the projection row as it was read; a newer one stays."""
        ...


class Outbox(Protocol):
    """The queue that carries (bucket, row keys) of outbox rows to the function that works them off."""

    async def announce(self, bucket: str, row_keys: Sequence[str]) -> None:
        """Sends one message. A message that could not be sent is not an error: the sweeping timer finds the rows."""
        ...
