"""The books of the money half, whatever store they are kept in: what a test brought, and what must then be owed.

Tenures are written as a claim's batch writes them, usage as an import does. `paid_once` holds the ledger against the plain model.
"""

from abc import ABC, abstractmethod
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import count
from typing import Final
from uuid import UUID

from shared.adapters.programmes import read_programme, write_programme
from shared.domain.association import Association, EndReason
from shared.domain.booking import BookedEntry
from shared.domain.errors import NotFound
from shared.domain.evaluation import Part, Run, Tally, edition_of, evaluated_on, tally_of
from shared.domain.identity import bucket_of
from shared.domain.programme import Programme
from shared.domain.programme_versions import Version, Versions, only
from shared.domain.usage import Snapshot, UsageHistory, merge
from shared.domain.usage_file import correction_days
from shared.ports.world import MoneyWorld
from shared.usecases.evaluation import evaluate_bucket
from tests.domain.earning_builders import PROGRAMME, TENANT
from tests.domain.model import expected, net_of

BUCKET: Final = bucket_of(TENANT)
CARL: Final = "3000003"
NIGHT: Final = datetime(2026, 7, 1, 2, tzinfo=UTC)


@dataclass
class SetClock:
    """`ports.Clock` that shows what a test says."""

    time: datetime = NIGHT

    def now(self) -> datetime:
        return self.time


@dataclass(frozen=True)
class TheseProgrammes:
    """`ports.Programmes` with the programmes of a test, all versions of each."""

    published: tuple[Versions, ...]

    def programme(self, programme_id: str) -> Programme:
        return self.versions(programme_id).latest.programme

    def all(self) -> tuple[Programme, ...]:
        return tuple(each.latest.programme for each in self.published)

    async def refresh(self) -> None:
        """There is nothing to read."""

    def versions(self, programme_id: str) -> Versions:
        for versions in self.published:
            if versions.programme_id == programme_id:
                return versions
        raise NotFound

    def all_versions(self) -> tuple[Versions, ...]:
        return self.published

    def read(self, definition: bytes) -> Programme:
        return read_programme(definition)

    def written(self, programme: Programme) -> str:
        return write_programme(programme)

    async def publish(self, version: Version) -> Versions:
        raise NotImplementedError(version.programme.programme_id)


class Books[W: MoneyWorld](ABC):
    """Any number of workers over one store. `world` is a worker on which nothing fails.

    `enrolled` are the partners that ever took part; None is everybody whom a test names.
    """

    world: W

    def __init__(self, *programmes: Programme) -> None:
        self.programmes = tuple(only(each) for each in programmes or (PROGRAMME,))
        self.clock = SetClock()
        self.tenures: dict[str, Association] = {}
        self.exports: dict[tuple[str, str], list[Snapshot]] = defaultdict(list)
        self.enrolled: set[str] | None = None

    @abstractmethod
    async def hold(self, *tenures: Association) -> None:
        """Writes tenures whole and whatever their version, as the batch of their claim does."""

    @abstractmethod
    async def stored(self) -> object:
        """All that the store holds, to be compared with what it held before."""

    async def end(self, tenure: Association, day: str) -> None:
        ended_at = datetime.combine(date.fromisoformat(day), NIGHT.time(), UTC)
        await self.hold(replace(tenure, ended_at=ended_at, end_reason=EndReason.ENDED_BY_CUSTOMER))

    async def bring(self, *snapshots: Snapshot, tenant: str = TENANT, workload: str = "teams") -> None:
        """An import of these snapshots that meets nobody else."""
        self.exports[tenant, workload] += snapshots
        stored = await self.world.usage.histories(bucket_of(tenant), {tenant})
        before, etag = stored.get((tenant, workload), (UsageHistory(tenant, workload), None))
        after = merge(before, snapshots, correction_days=correction_days(self.programmes, snapshots[0].date)).history
        await self.world.usage.save([(after, etag)])

    async def evaluate(self, world: W | None = None, evaluation_id: str = "run-1") -> Part:
        """One bucket's part of a run."""
        return await evaluate_bucket(world or self.world, self.run(evaluation_id), BUCKET)

    def run(self, evaluation_id: str = "run-1") -> Run:
        run_date = self.clock.time.date()
        edition = edition_of(evaluated_on(self.programmes, run_date), run_date)
        return Run(evaluation_id, run_date, edition, self.clock.time)

    async def ledger(self, tenant: str = TENANT) -> list[BookedEntry]:
        return [booked async for booked in self.world.ledger.entries(tenant)]

    async def tally(self, evaluation_id: str = "run-1") -> Tally:
        """What the ledger says that a run has booked."""
        tenants = {tenant for tenant, _ in self.exports}
        booked = [each for tenant in tenants for each in await self.ledger(tenant)]
        return tally_of(each.entry for each in booked if each.evaluation_id == evaluation_id)

    async def paid_once(self) -> None:
        """Asserts that the ledger owes exactly what the plain model does, and that the usage rows agree with the ledger."""
        for (tenant, workload), exports in self.exports.items():
            entries = [each.entry for each in await self.ledger(tenant) if each.workload == workload]
            tenures = [each for each in self.tenures.values() if (each.tenant_id, each.workload) == (tenant, workload)]
            owed = expected(self.programmes[0], workload, exports, tenures, self.enrolled)
            assert net_of(entries) == owed, f"the ledger of {workload} is not what is owed"
            account = await self.world.ledger.account(tenant, workload)
            assert account.usage is not None
            standing = {
                line.milestone_id: (line.claim_id, line.partner_id, line.amount_minor)
                for line in account.usage.booked.lines
                if line.stands
            }
            assert standing == owed, "the usage row does not say what the ledger says"


def tenants_of(bucket: str, number: int) -> list[str]:
    """So many tenants of one bucket, sorted."""
    found: list[str] = []
    for each in count(1):
        tenant = str(UUID(int=each * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128))
        if bucket_of(tenant) == bucket:
            found.append(tenant)
        if len(found) == number:
            break
    return sorted(found)
