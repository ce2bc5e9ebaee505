"""What the use cases need of the world, as Protocols; adapters fulfil them, the contract suites say what fulfilling means.

Whoever adds a port says here what it promises, gives it one adapter for Azure and one that runs locally (or one that does both),
and runs the same contract suite on each.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    # Annotations only: whoever implements or uses a port imports what it needs, and a cold start imports no more.
    from collections.abc import AsyncIterator, Collection, Iterable, Sequence
    from datetime import datetime

    from shared.domain.association import Association
    from shared.domain.booking import BookedEntry
    from shared.domain.caller import Caller
    from shared.domain.claim import Change, Claim, Consent, Due, Hold
    from shared.domain.errors import Taken
    from shared.domain.evaluation import Part, Run, Tally
    from shared.domain.evidence import Evidence
    from shared.domain.ledger import BookedSummary
    from shared.domain.lifecycle import Status
    from shared.domain.link import Link
    from shared.domain.notice import Letter, MailReceipt
    from shared.domain.partner import Partner, TokenClient
    from shared.domain.person import Person
    from shared.domain.poe import Verdict
    from shared.domain.poe_checks import Report
    from shared.domain.programme import Programme
    from shared.domain.proof_form import Subject
    from shared.domain.timeline import Entry
    from shared.domain.usage import UsageHistory
    from shared.domain.usage_file import FaultyLine
    from shared.domain.usage_import import UsageImport
    from shared.domain.view import NextActor


class StaleRecord(Exception):
    """Somebody else changed the record since it was read; nothing was written. Load, decide and save again."""


class AnswerExists(Exception):
    """The call with this idempotency key has had its effect before; nothing was written. The first answer stands."""


class StoreUnavailable(Exception):
    """The store did not answer, and nothing shows that the write landed. Trying again is safe."""


class AlreadySigned(Exception):
    """The document bears a digital signature, which adding a page would break; it needs no other."""


class InvalidToken(Exception):
    """The bearer token is not one that we trust; the text says why and never holds the token."""


class KeySourceUnavailable(Exception):
    """The issuer's keys cannot be read just now; nothing is known of the token."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A claim as it was read, with the version that a write must still find."""

    claim: Claim
    etag: str


@dataclass(frozen=True, slots=True)
class Call:
    """One idempotent call: the hash of caller and key names it, the hash of what was asked is its content."""

    key_hash: str
    body_hash: str


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


@dataclass(frozen=True, slots=True)
class MailFate:
    """What became of a mail after it left the outbox; found by its operation id."""

    operation_id: str
    claim_id: str
    kind: str
    fate: str
    at: datetime
    provider_id: str | None = None


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """A claim in the reviewers' queue, as it was when last projected."""

    claim_id: str
    partner_id: str
    tenant_id: str
    status: str
    due_at: datetime | None
    as_of: datetime


@dataclass(frozen=True, slots=True)
class ClaimFilter:
    """Which of a partner's claims a list is to show; what is None does not matter."""

    status: Status | None = None
    tenant_id: str | None = None
    scope: str | None = None
    external_reference: str | None = None
    next_actor: NextActor | None = None
    due_before: datetime | None = None
    updated_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class ListedScope:
    """One scope of a listed claim."""

    scope: str
    consent: Consent
    hold: Hold


@dataclass(frozen=True, slots=True)
class ClaimItem:
    """A claim in its partner's index, as it was when last projected: at `as_of`, when something that lists show changed."""

    claim_id: str
    tenant_id: str
    customer_name: str
    programme_id: str
    scopes: tuple[ListedScope, ...]
    status: Status
    next_actor: NextActor
    waiting_for: str | None
    due_at: datetime | None
    external_reference: str | None
    created_at: datetime
    as_of: datetime


@dataclass(frozen=True, slots=True)
class ClaimPage:
    """A page of a list; it may be empty and still have a `next`: where to go on, None at the end."""

    items: tuple[ClaimItem, ...]
    next: str | None


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
    ) -> tuple[str, ...]:
        """Writes the difference between the two claims, the timeline entries and the rest, all or nothing.

        Returns the outbox rows that are due at once. A batch that landed though its answer was lost is success. Raises
        StaleRecord, ScopeTaken (no hold was taken), AnswerExists, StoreUnavailable.
        """
        ...

    async def first_answer(self, bucket: str, call: Call) -> Claim | None:
        """The claim as it stood when this call first had its effect. Raises KeyReused when its key named another."""
        ...

    async def timeline(self, claim_id: str) -> tuple[Entry, ...]:
        """All entries of the claim, oldest first."""
        ...

    async def entry(self, claim_id: str, seq: int) -> Entry | None:
        """One entry of the claim's timeline, by one point read."""
        ...

    async def claims_about(self, tenant_id: str, partner_id: str) -> tuple[Claim, ...]:
        """The partner's claims about this customer as they are now, in no particular order."""
        ...

    async def claims_beside(self, claim_id: str, partner_id: str) -> tuple[Stored, ...]:
        """This claim first, then the same partner's other claims about the same customer, by one request as long as they are
        few. Raises NotFound for a claim that is not the partner's.
        """
        ...

    async def taken(self, tenant_id: str, scopes: Iterable[str]) -> tuple[Taken, ...]:
        """Which of these scopes are held, and since when."""
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

    def work_due(self, bucket: str, until: datetime) -> AsyncIterator[Work]:
        """Outbox rows of the bucket that are due up to `until`, in order of their time."""
        ...

    async def begin_sending(self, work: Work, owner: str, now: datetime, links: Sequence[Link]) -> bool:
        """Moves a row from due to sending and stores the links of its mail, in one batch; False when somebody else was first."""
        ...

    async def put_back(self, work: Work, *, state: WorkState, not_before: datetime | None, attempts: int) -> None:
        """Leaves the row in the outbox for a later try, or dead. A row that is gone meanwhile stays gone."""
        ...

    async def projected(self, work: Work) -> None:
        """Deletes the projection row as it was read; a newer one stays."""
        ...


class Partners(Protocol):
    """Partners and what belongs to one: profile, token clients, calls that created something, and the index of its claims."""

    async def partner(self, partner_id: str) -> Partner:
        """The enrolled partner. Raises NotFound."""
        ...

    async def enrol(self, partner: Partner) -> None:
        """Writes the profile and makes its token clients lead to it."""
        ...

    async def partner_of_client(self, client: TokenClient) -> str | None:
        """Which partner this token client acts for; None when nobody enrolled it."""
        ...

    async def begin_call(self, partner_id: str, call: Call) -> None:
        """Notes that the partner makes this call. Raises KeyReused when its key was used for another request."""
        ...

    async def project(self, claim: Claim) -> None:
        """Writes the claim's row in its partner's index and in the reviewers' queue, unless a newer one is there."""
        ...

    async def claims_of(self, partner_id: str, wanted: ClaimFilter, limit: int, after: str | None) -> ClaimPage:
        """At most `limit` of the partner's claims as last projected, the newest claim first, going on where a page ended."""
        ...

    def waiting_reviews(self) -> AsyncIterator[ReviewItem]:
        """The claims that wait for a reviewer, as last projected, in no particular order."""
        ...


class Files(Protocol):
    """Documents, created once and never overwritten."""

    async def put(self, container: str, name: str, content: bytes, media_type: str) -> None:
        """Stores the content; the same name again is the same content and changes nothing."""
        ...

    async def get(self, container: str, name: str) -> bytes:
        """The content. Raises NotFound."""
        ...


class Outbox(Protocol):
    """The queue that carries (bucket, row keys) of outbox rows to the function that works them off."""

    async def announce(self, bucket: str, row_keys: Sequence[str]) -> None:
        """Sends one message. A message that could not be sent is not an error: the sweeping timer finds the rows."""
        ...


class Mailer(Protocol):
    """A mail provider."""

    async def send(self, letter: Letter) -> MailReceipt:
        """Hands the mail over. Raises PermanentMailFailure, TransientMailFailure, or MailFateUnknown (it may have left)."""
        ...


class Inspector(Protocol):
    """Looks into a document of a POE."""

    def inspect(self, content: bytes, *, now: datetime, subject: Subject, max_bytes: int) -> Report:
        """The completeness report; hostile content is a failed check, never an error."""
        ...


class Forms(Protocol):
    """Draws the form that a customer completes and signs."""

    def make_form(self, subject: Subject, language: str) -> bytes:
        """The fillable PDF in this language, or in English where it is not spoken. Raises FormNotPrintable."""
        ...


class Sealer(Protocol):
    """Makes a signed document one that cannot be changed unnoticed."""

    async def seal(self, document: bytes, evidence: Evidence) -> bytes:
        """The PDF with a page of evidence behind it, under one signature of ours (PAdES) over all of it.

        The page holds the SHA-256 of `document`. Raises AlreadySigned, FormNotPrintable.
        """
        ...


class Scanner(Protocol):
    """A malware scanner."""

    async def scan(self, content: bytes) -> Verdict:
        """Clean or infected; an error means no verdict, and no verdict is not clean."""
        ...


class TenantDirectory(Protocol):
    """Which mail domains are verified domains of a tenant."""

    async def is_verified(self, tenant_id: str, claimed_domain: str, mail_domain: str) -> bool:
        """Does this mail domain belong to the tenant?"""
        ...


class Tokens(Protocol):
    """Verifies bearer tokens."""

    async def verify(self, token: str) -> Caller:
        """The caller. Raises InvalidToken, KeySourceUnavailable."""
        ...

    async def check(self) -> None:
        """Is the issuer's key set readable? Raises KeySourceUnavailable."""
        ...


class Jobs(Protocol):
    """A queue whose messages start a part of a job."""

    async def send(self, content: dict[str, str]) -> None:
        """Sends one message. Raises StoreUnavailable: unlike an announcement it must arrive."""
        ...


class Clock(Protocol):
    """The time."""

    def now(self) -> datetime:
        """Now, aware UTC."""
        ...


class Entropy(Protocol):
    """Randomness for ids, salts and link tokens."""

    def token(self) -> str:
        """At least 128 unguessable bits, in characters that need no escaping in a URL or a key."""
        ...


class Programmes(Protocol):
    """The published programmes."""

    def programme(self, programme_id: str) -> Programme:
        """Raises NotFound."""
        ...

    def all(self) -> tuple[Programme, ...]:
        """Every published programme."""
        ...


class World(Protocol):
    """Everything that a use case may need; each part is made when it is first used and lives as long as the worker."""

    @property
    def records(self) -> Records: ...
    @property
    def partners(self) -> Partners: ...
    @property
    def files(self) -> Files: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def mailer(self) -> Mailer: ...
    @property
    def inspector(self) -> Inspector: ...
    @property
    def forms(self) -> Forms: ...
    @property
    def sealer(self) -> Sealer: ...
    @property
    def scanner(self) -> Scanner: ...
    @property
    def directory(self) -> TenantDirectory: ...
    @property
    def programmes(self) -> Programmes: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def entropy(self) -> Entropy: ...


# Usage, evaluation and the ledger of earnings.


@dataclass(frozen=True, slots=True)
class StoredUsage:
    """The usage row of one (customer, workload): history, what is booked on it, and the version a write must still find.

    `tally` is what the run `tallied_for` has booked here; a run adds these up, and so counts rightly even when taken up again.
    """

    history: UsageHistory
    booked: BookedSummary
    tallied_for: str
    tally: Tally
    etag: str


@dataclass(frozen=True, slots=True)
class StoredTenure:
    """A tenure as it was read, with the version that a booking must still find."""

    tenure: Association
    etag: str


@dataclass(frozen=True, slots=True)
class Account:
    """Everything that decides on the earnings of one (customer, workload); `usage` is None where nothing was imported."""

    tenant_id: str
    workload: str
    tenures: tuple[StoredTenure, ...]
    usage: StoredUsage | None


@dataclass(frozen=True, slots=True)
class Booking:
    """Entries to be booked on an account as it was read. `write_id` is random: by it a writer knows its own write."""

    usage: StoredUsage
    rests_on: tuple[StoredTenure, ...]
    entries: tuple[BookedEntry, ...]
    booked: BookedSummary
    tally: Tally
    evaluation_id: str
    booked_at: datetime
    write_id: str


class UsageStore(Protocol):
    """The usage rows: the whole history of a (customer, workload) in one row, changed only as it was read."""

    async def histories(self, bucket: str, tenants: Collection[str]) -> dict[tuple[str, str], tuple[UsageHistory, str]]:
        """The histories of these customers, all in this bucket, by (tenant, workload), each with its version."""
        ...

    async def save(self, changed: Sequence[tuple[UsageHistory, str | None]]) -> None:
        """Writes at most 100 histories of one bucket, all or none; None is the version of a history that is new.

        Raises StaleRecord, StoreUnavailable, and HistoryTooLong for one that does not fit its row.
        """
        ...


class Ledger(Protocol):
    """The ledger of earnings and the two sorted streams it is worked out from."""

    def tenures(self, bucket: str) -> AsyncIterator[StoredTenure]:
        """Every tenure of the bucket by (tenant, scope, beginning)."""
        ...

    def usage(self, bucket: str, from_tenant: str) -> AsyncIterator[StoredUsage]:
        """Usage rows of the bucket by (tenant, workload), from this tenant on."""
        ...

    async def account(self, tenant_id: str, workload: str) -> Account:
        """Tenures and usage of one (customer, workload), as they are now."""
        ...

    async def book(self, booking: Booking) -> None:
        """Books all entries or none, if usage and tenures are still as they were read.

        A batch that landed though its answer was lost is success. Raises StaleRecord, StoreUnavailable.
        """
        ...

    def entries(self, tenant_id: str) -> AsyncIterator[BookedEntry]:
        """All that was ever booked for a customer, by programme, workload, milestone and generation."""
        ...


class Enrolments(Protocol):
    """In which programmes partners take part or took part."""

    async def programmes_of(self, partner_id: str) -> frozenset[str]:
        """The ids of every programme in which the partner is or was enrolled."""
        ...


class ImportBook(Protocol):
    """Imports of usage and the lines they could not take over."""

    async def begin(self, wanted: UsageImport) -> UsageImport:
        """The import, noted now or found as it was noted before."""
        ...

    async def load(self, import_id: str) -> UsageImport:
        """Raises NotFound."""
        ...

    async def update(self, changed: UsageImport, faults: Sequence[FaultyLine] = ()) -> None:
        """Writes the import's state with its kept faulty lines, at once. An import that is done stays done."""
        ...

    async def faults(self, import_id: str) -> tuple[FaultyLine, ...]:
        """The kept faulty lines, by line."""
        ...


class RunBook(Protocol):
    """Evaluation runs and their parts; parts are rows of their own, so that they never contend."""

    async def begin(self, run: Run) -> Run:
        """The run, noted now or found as it was noted before."""
        ...

    async def load(self, evaluation_id: str) -> Run:
        """Raises NotFound."""
        ...

    async def record(self, evaluation_id: str, part: Part) -> None:
        """Writes a part's result. A failed part never replaces one that is done."""
        ...

    async def parts(self, evaluation_id: str) -> tuple[Part, ...]:
        """The parts that are done or failed so far."""
        ...


class MoneyWorld(World, Protocol):
    """The world of imports and evaluations."""

    @property
    def usage(self) -> UsageStore: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def enrolments(self) -> Enrolments: ...
    @property
    def import_book(self) -> ImportBook: ...
    @property
    def run_book(self) -> RunBook: ...
    @property
    def imports(self) -> Jobs: ...
    @property
    def evaluations(self) -> Jobs: ...
