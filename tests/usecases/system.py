"""The system under test: the real use cases and adapters over a real storage emulator.

Only what lies outside is a stand-in: the clock, which a test sets, and the mail provider, which keeps its letters. Both outlive a
process: `process()` makes a world as one worker has it, so that a test can kill one and go on with the next.
"""

import asyncio
import atexit
import json
import re
from base64 import b64decode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple, cast
from urllib.parse import urlsplit

from infra.local.azurite import Azurite
from infra.local.environment import Parts, development_environment
from infra.local.sample_poe import sample_poe
from shared.adapters import names
from shared.bootstrap import AzureWorld
from shared.domain.claim import Claim
from shared.domain.errors import StaleVersion
from shared.domain.identity import bucket_of, new_claim_id
from shared.domain.notice import Letter, MailKind, MailReceipt
from shared.domain.partner import Partner
from shared.ports.outside import Clock, Mailer
from shared.ports.records import Call
from shared.ports.world import World
from shared.settings import read_settings
from shared.usecases import claims
from shared.usecases.as_read import AsRead, whatever
from shared.usecases.outbox import sweep, work_off
from tests.faults import Faults, FaultyTransport, Killed, Sent

PUBLIC_URL: Final = "https://partner-of-record.example"
MONDAY: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)
TENANT: Final = "0f8fad5b-d9cb-469f-a165-70867728950e"
BUCKET: Final = bucket_of(TENANT)
DOMAIN: Final = "contoso.example"
CUSTOMER: Final = "Contoso Ltd"
TEAMS, EXCHANGE = "workload:teams", "workload:exchange"
PARTNER: Final = Partner("4711001", "Northwind Cloud", "claims@northwind.example", ("demo",))
RIVAL: Final = replace(PARTNER, partner_id="4711002", name="Southwind Cloud")
THIRD: Final = replace(PARTNER, partner_id="4711003", name="Eastwind Cloud")
REVIEWER: Final = "reviewer-1"
LOST_MESSAGE_IS_FOUND_AFTER = timedelta(minutes=3)
UNSETTLED_MAIL_IS_UNKNOWN_AFTER = timedelta(minutes=16)
# Waits prove nothing here; without this queue and blob clients wait seconds before they repeat a request.
_AT_ONCE = {"initial_backoff": 0, "increment_base": 0, "random_jitter_range": 0, "retry_backoff_factor": 0}


@dataclass
class SetClock:
    """`ports.Clock` that shows what a test says."""

    time: datetime = MONDAY

    def now(self) -> datetime:
        return self.time

    def advance(self, step: timedelta) -> None:
        self.time += step


@dataclass
class Letterbox:
    """The mail provider: it keeps what it takes.

    `refusing` names what it answers to letters of a kind instead; `meanwhile` happens, once, while it makes a sender wait.
    """

    clock: Clock
    letters: list[Letter] = field(default_factory=list)
    refusing: dict[MailKind, Exception] = field(default_factory=dict)
    meanwhile: Callable[[], Awaitable[None]] | None = None

    async def send(self, letter: Letter) -> MailReceipt:
        if meanwhile := self.meanwhile:
            self.meanwhile = None
            await meanwhile()
        if failure := self.refusing.get(letter.kind):
            raise failure
        self.letters.append(letter)
        return MailReceipt(letter.operation_id, self.clock.now(), f"kept-{len(self.letters)}")

    async def has_taken(self, operation_id: str) -> bool | None:  # noqa: ARG002
        """It keeps what it takes, and like an SMTP server tells nobody."""
        return None

    def of(self, kind: MailKind) -> list[Letter]:
        """The letters of one kind, oldest first."""
        return [letter for letter in self.letters if letter.kind is kind]

    def token(self, kind: MailKind, purpose: str) -> str:
        """The token in the newest letter's link of this purpose."""
        letter = self.of(kind)[-1]
        link = letter.manage_link if purpose == "manage" else letter.link
        assert link is not None
        return link.rpartition("/")[2]


@dataclass
class _Postman:
    """One process' way to the mail provider: a dead process sends no mail."""

    letterbox: Letterbox
    faults: Faults

    async def send(self, letter: Letter) -> MailReceipt:
        if self.faults.is_dead:
            raise Killed("a dead process sends no mail")
        return await self.letterbox.send(letter)

    async def has_taken(self, operation_id: str) -> bool | None:
        return await self.letterbox.has_taken(operation_id)


class _EveryService(FaultyTransport):
    """One transport for all clients of a world, which tells the service by its port.

    With a page size, every table query is answered in pages of that size and, if wanted, the first of them empty: the service may
    answer so whenever it likes, the emulator never does.
    """

    def __init__(self, faults: Faults, azurite: Azurite, page_size: int | None, *, first_page_is_empty: bool) -> None:
        super().__init__(faults, "")
        self._services = {azurite.table_port: "table", azurite.queue_port: "queue", azurite.blob_port: "blob"}
        self._page_size, self._empties = page_size, first_page_is_empty

    async def send(self, request: Any, **kwargs: Any) -> Any:
        service = self._services[urlsplit(request.url).port or 0]
        is_query = service == "table" and request.method == "GET" and "PartitionKey=" not in urlsplit(request.url).path
        if is_query and self._page_size is not None and "$top=" not in request.url:
            request.url += f"&$top={self._page_size}"
        response = await self._faults.carry(service, request, lambda: self._real.send(request, **kwargs))
        if is_query and self._empties:
            self._empties = False
            assert "x-ms-continuation-NextRowKey" in response.headers
            response._content = b'{"value": []}'
        return response


class Message(NamedTuple):
    """A message of the outbox's queue."""

    bucket: str
    row_keys: tuple[str, ...]


@cache
def _keys() -> Path:
    """Where the development seal's key is kept as long as the tests run."""
    folder = TemporaryDirectory()
    atexit.register(folder.cleanup)
    return Path(folder.name)


def asked(counter: Faults) -> list[Sent]:
    """What was asked of storage, but for the programmes: a worker reads them for many requests at once."""
    return [sent for sent in counter.trail if not sent.path.endswith(f"/{names.MONEY}()")]


type Snapshot = tuple[datetime, int, dict[tuple[str, str], list[dict[str, Any]]]]


class System:
    """A site with any number of processes over one storage, one clock and one mail provider."""

    def __init__(self, azurite: Azurite) -> None:
        self._azurite = azurite
        self._processes: list[AzureWorld] = []
        self.clock = SetClock()
        self.letterbox = Letterbox(self.clock)
        parts = Parts(azurite.connection_string, PUBLIC_URL, "no-server.invalid", 25, _keys() / "no-keys", Path("no-clock"))
        self.settings = read_settings(development_environment(parts))
        self.world = self.process()

    def process(
        self, faults: Faults | None = None, *, page_size: int | None = None, first_page_is_empty: bool = False
    ) -> AzureWorld:
        """A new worker; its requests go through the plan."""
        plan = faults or Faults()
        transport = _EveryService(plan, self._azurite, page_size, first_page_is_empty=first_page_is_empty)
        world = AzureWorld(self.settings, {"transport": transport, **_AT_ONCE})
        # Where the world would make a part on first use, it finds these.
        world.__dict__["clock"] = cast("Clock", self.clock)
        world.__dict__["mailer"] = cast("Mailer", _Postman(self.letterbox, plan))
        self._processes.append(world)
        return world

    def unreachable(self) -> AzureWorld:
        """A worker that is cut off: nothing listens where it looks for its stores."""
        cut_off = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:1", self.settings.storage)
        world = AzureWorld(replace(self.settings, storage=cut_off), _AT_ONCE)
        self._processes.append(world)
        return world

    async def close(self) -> None:
        for world in self._processes:
            await world.close()

    async def take_messages(self) -> list[Message]:
        """Everything that is in the outbox's queue, which is empty afterwards."""
        queue, taken = self.world.queue(names.OUTBOX), []
        async for message in queue.receive_messages(messages_per_page=32, visibility_timeout=60):
            content = json.loads(b64decode(message.content))  # As the trigger does.
            taken.append(Message(content["bucket"], tuple(content["rowKeys"])))
        if taken:
            await queue.clear_messages()
        return taken

    async def handle(self, message: Message, world: World | None = None) -> None:
        """Lets a process work off one message."""
        await work_off(world or self.world, PUBLIC_URL, message.bucket, message.row_keys)

    async def settle(self) -> None:
        """Delivers messages until there are none."""
        for _ in range(20):
            messages = await self.take_messages()
            if not messages:
                return
            for message in messages:
                await self.handle(message)
        raise AssertionError("the outbox does not come to rest")

    async def sweep(self) -> int:
        """Sweeps the sample customer's bucket: thousands of lives need not ask 255 others, which hold nothing of theirs."""
        return await sweep(self.world, [BUCKET])

    async def recover(self) -> None:
        """Lets everything happen that makes good what a dead process left: redelivery, sweep, and mails found unsettled."""
        await self.settle()
        for wait in (LOST_MESSAGE_IS_FOUND_AFTER, UNSETTLED_MAIL_IS_UNKNOWN_AFTER, LOST_MESSAGE_IS_FOUND_AFTER):
            self.clock.advance(wait)
            await self.sweep()
            await self.settle()
        self.clock.advance(LOST_MESSAGE_IS_FOUND_AFTER)
        assert await self.sweep() == 0, "something is worked off for ever"

    async def pass_days(self, days: int) -> None:
        """Lets days pass, one by one, with everything done that becomes due."""
        for _ in range(days):
            await self.pass_time(timedelta(days=1))

    async def pass_time(self, step: timedelta) -> None:
        """Lets so much time pass, with everything done that is due then."""
        self.clock.advance(step)
        await self.sweep()
        await self.settle()

    async def rows(self, table: str, partition: str) -> list[dict[str, Any]]:
        """All rows of a partition, in the order of their keys."""
        found = self.world.table(table).query_entities("PartitionKey eq @p", parameters={"p": partition})
        return [row async for row in found]

    async def snapshot(self) -> Snapshot:
        """What is stored about the sample customer, its partner and the reviewers' queue, and the time."""
        rows = {(table, partition): await self.rows(table, partition) for table, partition in _PARTITIONS}
        return self.clock.time, len(self.letterbox.letters), rows

    async def restore(self, snapshot: Snapshot) -> None:
        """Everything as it was, with no message under way."""
        self.clock.time, letters, stored = snapshot
        # What a worker remembers of its provider belongs to the time that is taken back.
        self.world.__dict__.pop("mail_gate", None)
        del self.letterbox.letters[letters:]
        await self.world.queue(names.OUTBOX).clear_messages()
        await asyncio.gather(*(self._restore(table, partition, rows) for (table, partition), rows in stored.items()))

    async def _restore(self, table: str, partition: str, rows: list[dict[str, Any]]) -> None:
        standing = {row["RowKey"]: row for row in await self.rows(table, partition)}
        wanted = {row["RowKey"]: row for row in rows}
        batch: list[Any] = [("delete", row) for key, row in standing.items() if key not in wanted]
        batch += [("upsert", row, {"mode": "replace"}) for key, row in wanted.items() if standing.get(key) != row]
        for start in range(0, len(batch), 100):
            await self.world.table(table).submit_transaction(batch[start : start + 100])

    async def forget(self) -> None:
        """An empty store for the sample customer, on that Monday."""
        await self.restore((MONDAY, 0, {place: [] for place in _PARTITIONS}))
        self.letterbox.refusing.clear()
        await self.world.partners.enrol(PARTNER)


_PARTITIONS: Final = (
    (names.RECORDS, BUCKET),
    (names.PARTNERS, PARTNER.partner_id),
    (names.PARTNERS, RIVAL.partner_id),
    (names.PARTNERS, THIRD.partner_id),
    (names.PARTNERS, "reviews"),
    (names.SUPPRESSIONS, "address"),
    (names.JOBS, "dead-letters"),
    (names.JOBS, "digests"),
)
CLAIM_ID: Final = new_claim_id(TENANT, PARTNER.partner_id, "create")


def call(key: str) -> Call:
    """The idempotent call of that name: its second use is the caller's second try."""
    return Call(f"key-{key}", f"body-{key}")


def wanted(*scopes: str, tenant: str = TENANT) -> claims.NewClaim:
    """What a partner asks for; Teams and Exchange Online unless a test says otherwise."""
    return claims.NewClaim(
        tenant, DOMAIN, CUSTOMER, "DE", "demo", scopes or (TEAMS, EXCHANGE), "Ada Kowalski", f"ada@{DOMAIN}", "en"
    )  # fmt: skip


@cache
def poe(tenant: str = TENANT, signed_on: date = date(2026, 2, 20)) -> bytes:
    """A proof in good order, so that inspection is real."""
    return sample_poe(
        tenant_id=tenant,
        domain=DOMAIN,
        customer_name=CUSTOMER,
        partner_name=PARTNER.name,
        partner_id=PARTNER.partner_id,
        workloads=("Microsoft Teams", "Exchange Online"),
        signer_name="Ada Kowalski",
        signer_title="Head of IT",
        signed_on=signed_on,
    )


type Arrange = Callable[[System], Awaitable[None]]


async def draft(system: System) -> Claim:
    """A draft, projected."""
    claim = await claims.create_claim(system.world, PARTNER, wanted(), "create", call("create"))
    await system.settle()
    return claim


async def complete_draft(system: System) -> Claim:
    """A draft with a proof in good order."""
    await draft(system)
    claim, _, _ = await claims.attach_proof(system.world, PARTNER, CLAIM_ID, poe(), "poe.pdf", call("attach"))
    return claim


async def submitted(system: System) -> Claim:
    """A claim whose screening is due; its message is under way."""
    await complete_draft(system)
    return await claims.submit_claim(system.world, PARTNER, CLAIM_ID, call("submit"))


async def under_review(system: System) -> Claim:
    """A claim that was found clean and whose customer was asked."""
    await submitted(system)
    await system.settle()
    return await current(system)


def seen(read: Claim | None) -> AsRead[Claim]:
    """What a caller asks who has read this; who has read nothing asks nothing."""

    def require(claim: Claim) -> None:
        if claim != read:
            raise StaleVersion

    return whatever if read is None else require


async def current(system: System) -> Claim:
    """The sample claim as it is stored now."""
    return (await system.world.records.claim(CLAIM_ID)).claim
