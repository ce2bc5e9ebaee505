"""The ledger and the usage store in memory, for the tests that need thousands of lives; they pass the adapters' contract suite.
What else an import needs is in memory, too, and does no more than keep what it is given.

Rows are kept as the adapters write them, packed, and every write is conditional as it is there. Between any two calls a test can
let the worker die or somebody else come in between: `plan` maps a call's number, from 1, to what happens around it. `on_booking`
sees the store just after a booking, a worker's `on_saved` just after its import has written a history.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final, Self, cast

from shared.adapters.rows import tenure_key
from shared.domain.association import WORKLOAD_SCOPE, Association
from shared.domain.booking import BookedEntry
from shared.domain.evaluation import Part, Tally
from shared.domain.identity import bucket_of
from shared.domain.ledger import pack_booked, unpack_booked
from shared.domain.programme import Programme
from shared.domain.usage import UsageHistory, pack, unpack
from shared.domain.usage_file import FaultyLine
from shared.domain.usage_import import ImportStatus, UsageImport
from shared.ports.failures import StaleRecord
from shared.ports.money import Account, Booking, StoredTenure, StoredUsage
from shared.ports.world import MoneyWorld
from tests.faults import Killed
from tests.money_books import Books, SetClock, TheseProgrammes

# Files come in pieces that end in the middle of lines.
_PIECE: Final = 250

type Key = tuple[str, str]
type Around = Callable[[Callable[[], Awaitable[None]]], Awaitable[None]]
"""Gets a call and makes it, or does not; whatever else it does happens before or after."""


@dataclass
class UsageCells:
    """One usage row: what an import owns, what a booking owns, and the version."""

    history: str = ""
    booked: str = ""
    tallied_for: str = ""
    tally: Tally = field(default_factory=Tally)
    etag: str = ""


class MemoryStore:
    """`ports.Ledger` and `ports.UsageStore` of one bucket."""

    def __init__(self) -> None:
        self.tenures_by_key: dict[tuple[str, str, str, str], StoredTenure] = {}
        self.usage_by_key: dict[Key, UsageCells] = {}
        self.booked: dict[tuple[str, ...], tuple[BookedEntry, str]] = {}
        self.plan: dict[int, Around] = {}
        self.calls = 0
        self.on_booking: Callable[[Booking], None] | None = None
        self._etags = count(1)

    def hold(self, *tenures: Association) -> None:
        """Writes tenures whatever their version, as the batch of their claim does."""
        for tenure in tenures:
            key = (tenure.tenant_id, tenure.scope, tenure.active_from.isoformat(), tenure.claim_id)
            self.tenures_by_key[key] = StoredTenure(tenure, self._etag())

    async def tenures(self, bucket: str) -> AsyncIterator[Sequence[StoredTenure]]:
        await self._call()
        yield [self.tenures_by_key[key] for key in sorted(self.tenures_by_key) if bucket_of(key[0]) == bucket]

    async def usage(self, bucket: str, from_tenant: str) -> AsyncIterator[Sequence[StoredUsage]]:
        await self._call()
        yield [self._stored(key) for key in sorted(self.usage_by_key) if bucket_of(key[0]) == bucket and key[0] >= from_tenant]

    async def account(self, tenant_id: str, workload: str) -> Account:
        await self._call()
        wanted = tenant_id, WORKLOAD_SCOPE + workload
        found = tuple(self.tenures_by_key[key] for key in sorted(self.tenures_by_key) if key[:2] == wanted)
        usage = self._stored((tenant_id, workload)) if (tenant_id, workload) in self.usage_by_key else None
        return Account(tenant_id, workload, found, usage)

    async def book(self, booking: Booking) -> None:
        async def write() -> None:
            key = booking.usage.history.tenant_id, booking.usage.history.workload
            standing = {each.etag for each in self.tenures_by_key.values()}
            names = [(each.tenant_id, each.earning_id) for each in booking.entries]
            standing.add(self.usage_by_key[key].etag)
            if not {booking.usage.etag, *(each.etag for each in booking.rests_on)} <= standing or self.booked.keys() & set(names):
                raise StaleRecord
            cells = self.usage_by_key[key]
            cells.booked, cells.tallied_for, cells.tally = pack_booked(booking.booked), booking.evaluation_id, booking.tally
            cells.etag = self._etag()
            self.hold(*(each.tenure for each in booking.rests_on))
            self.booked |= {name: (entry, booking.write_id) for name, entry in zip(names, booking.entries, strict=True)}
            if self.on_booking is not None:
                self.on_booking(booking)

        await self._call(write)

    async def entries(self, tenant_id: str) -> AsyncIterator[BookedEntry]:
        found = [entry for (tenant, _), (entry, _) in self.booked.items() if tenant == tenant_id]
        for each in sorted(found, key=lambda e: (e.entry.programme_id, e.workload, e.entry.milestone_id, e.entry.generation)):
            yield each

    async def histories(self, bucket: str, tenants: Collection[str]) -> dict[Key, tuple[UsageHistory, str]]:
        await self._call()
        return {
            key: (self._stored(key).history, cells.etag)
            for key, cells in self.usage_by_key.items()
            if bucket_of(key[0]) == bucket and key[0] in tenants
        }

    async def sorted_histories(self, bucket: str, tenants: Collection[str]) -> AsyncIterator[tuple[UsageHistory, str]]:
        found = await self.histories(bucket, tenants)
        for key in sorted(found):
            yield found[key]

    async def save(self, changed: Sequence[tuple[UsageHistory, str | None]], on_saved: Callable[[], None] | None = None) -> None:
        async def write() -> None:
            for history, etag in changed:
                standing = self.usage_by_key.get((history.tenant_id, history.workload))
                if (standing.etag if standing else None) != etag:
                    raise StaleRecord
            for history, _ in changed:
                cells = self.usage_by_key.setdefault((history.tenant_id, history.workload), UsageCells())
                cells.history, cells.etag = pack(history), self._etag()
            if on_saved is not None:
                on_saved()

        await self._call(write)

    def _stored(self, key: Key) -> StoredUsage:
        cells = self.usage_by_key[key]
        history = unpack(*key, cells.history)
        return StoredUsage(history, unpack_booked(cells.booked), cells.tallied_for, cells.tally, cells.etag)

    async def _call(self, write: Callable[[], Awaitable[None]] | None = None) -> None:
        self.calls += 1
        around = self.plan.pop(self.calls, None)
        await (around or _as_it_is)(write or _nothing)

    def _etag(self) -> str:
        return f"etag-{next(self._etags)}"


async def dies_before(_call: Callable[[], Awaitable[None]]) -> None:
    """The worker dies, and the store never hears of the call."""
    raise Killed


async def dies_after(call: Callable[[], Awaitable[None]]) -> None:
    """The store does as it is told, and the worker dies before it hears so."""
    await call()
    raise Killed


async def _as_it_is(call: Callable[[], Awaitable[None]]) -> None:
    await call()


async def _nothing() -> None:
    pass


@dataclass
class ToldOfSaves:
    """The usage store of one worker, which tells what that worker has just written."""

    store: MemoryStore
    on_saved: Callable[[Sequence[UsageHistory]], None]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    async def save(self, changed: Sequence[tuple[UsageHistory, str | None]]) -> None:
        await self.store.save(changed, lambda: self.on_saved([history for history, _ in changed]))


class MemoryImports:
    """The files of imports, what is noted of them, and the messages that nobody has worked off yet."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}
        self.jobs: dict[str, UsageImport] = {}
        self.messages: list[str] = []

    async def put(self, _container: str, name: str, content: bytes, _media_type: str) -> None:
        self.contents[name] = content

    async def pieces(self, _container: str, name: str) -> AsyncIterator[bytes]:
        content = self.contents[name]
        for start in range(0, len(content), _PIECE):
            yield content[start : start + _PIECE]

    async def begin(self, wanted: UsageImport) -> UsageImport:
        return self.jobs.setdefault(wanted.import_id, wanted)

    async def load(self, import_id: str) -> UsageImport:
        return self.jobs[import_id]

    async def update(self, changed: UsageImport, _faults: Sequence[FaultyLine] = ()) -> None:
        if self.jobs[changed.import_id].status is not ImportStatus.DONE:
            self.jobs[changed.import_id] = changed

    async def send(self, message: dict[str, str]) -> None:
        self.messages.append(message["importId"])


class MemorySpools(dict[str, list[str]]):
    """`ports.Spools` and its only spool: lines by name."""

    @contextmanager
    def open(self) -> Iterator[Self]:
        self.clear()
        yield self

    def add(self, name: str, line: str) -> None:
        self.setdefault(name, []).append(line)

    def names(self) -> Sequence[str]:
        return sorted(self)

    def lines(self, name: str) -> Iterator[str]:
        return iter(self[name])


@dataclass
class MemoryWorld:
    """As much of a world as an import and an evaluation need. `enrolled` None is everybody."""

    ledger: MemoryStore
    usage: MemoryStore | ToldOfSaves
    clock: SetClock
    programmes: TheseProgrammes
    import_book: MemoryImports
    enrolled: Collection[str] | None = None
    spools: MemorySpools = field(default_factory=MemorySpools)

    @property
    def files(self) -> MemoryImports:
        return self.import_book

    @property
    def imports(self) -> MemoryImports:
        return self.import_book

    @property
    def enrolments(self) -> Self:
        return self

    async def programmes_of(self, partners: Collection[str]) -> dict[str, frozenset[str]]:
        """Enrolled is enrolled everywhere."""
        everywhere = frozenset(each.programme_id for each in self.programmes.all())
        enrolled = partners if self.enrolled is None else self.enrolled
        return {each: everywhere if each in enrolled else frozenset() for each in partners}

    @property
    def run_book(self) -> Self:
        return self

    async def record(self, evaluation_id: str, part: Part) -> None:
        """What a run tells of itself is the adapters' matter."""

    @property
    def entropy(self) -> Self:
        return self

    def token(self) -> str:
        return f"write-{self.ledger.calls}"


class MemorySite(Books[MoneyWorld]):
    """The books over a store in memory."""

    def __init__(self, *programmes: Programme) -> None:
        super().__init__(*programmes)
        self.store = MemoryStore()
        self.imports = MemoryImports()
        self.world = self.process()

    def process(self, on_saved: Callable[[Sequence[UsageHistory]], None] | None = None) -> MoneyWorld:
        """A worker that knows the programmes as they are now."""
        usage = self.store if on_saved is None else ToldOfSaves(self.store, on_saved)
        programmes = TheseProgrammes(self.programmes)
        return cast("MoneyWorld", MemoryWorld(self.store, usage, self.clock, programmes, self.imports, self.enrolled))

    async def hold(self, *tenures: Association) -> None:
        for tenure in tenures:
            self.tenures[tenure_key(tenure)] = tenure
        self.store.hold(*tenures)

    async def stored(self) -> object:
        return deepcopy((self.store.tenures_by_key, self.store.usage_by_key, self.store.booked))
