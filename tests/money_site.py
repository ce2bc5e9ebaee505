"""A site for the money half: real use cases and adapters over a real emulator, one bucket of customers, a clock that a test sets.

Tenures are written as a claim's batch writes them, usage as an import does. `paid_once` holds the ledger against the plain model.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import urlsplit
from uuid import UUID

from infra.local.azurite import Azurite
from infra.local.environment import Parts, development_environment
from shared.adapters import names, rows
from shared.bootstrap import AzureWorld
from shared.domain.association import Association, EndReason
from shared.domain.booking import BookedEntry
from shared.domain.errors import NotFound
from shared.domain.evaluation import Part, Run, Tally, edition_of, evaluated_on, tally_of
from shared.domain.identity import bucket_of
from shared.domain.partner import Partner
from shared.domain.programme import Programme
from shared.domain.programme_versions import Version, Versions, only
from shared.domain.usage import Snapshot, UsageHistory, merge
from shared.ports.money import Programmes
from shared.ports.outside import Clock
from shared.settings import read_settings
from shared.usecases.evaluation import evaluate_bucket
from tests.domain.earning_builders import ANNA, BERT, PROGRAMME, TENANT
from tests.domain.model import expected, net_of
from tests.faults import Faults, FaultyTransport

BUCKET: Final = bucket_of(TENANT)
CARL: Final = "3000003"
NIGHT: Final = datetime(2026, 7, 1, 2, tzinfo=UTC)
_AT_ONCE: Final = {"initial_backoff": 0, "increment_base": 0, "random_jitter_range": 0, "retry_backoff_factor": 0}


@dataclass
class SetClock:
    """`ports.Clock` that shows what a test says."""

    time: datetime = NIGHT

    def now(self) -> datetime:
        return self.time


@dataclass(frozen=True)
class TheseProgrammes:
    """`ports.Programmes` with the programmes of a test."""

    programmes: tuple[Programme, ...]

    def programme(self, programme_id: str) -> Programme:
        for programme in self.programmes:
            if programme.programme_id == programme_id:
                return programme
        raise NotFound

    def all(self) -> tuple[Programme, ...]:
        return self.programmes

    async def refresh(self) -> None:
        """There is nothing to read."""

    def versions(self, programme_id: str) -> Versions:
        return only(self.programme(programme_id))

    def all_versions(self) -> tuple[Versions, ...]:
        return tuple(only(each) for each in self.programmes)

    def read(self, definition: bytes) -> Programme:
        raise NotImplementedError(definition)

    def written(self, programme: Programme) -> str:
        raise NotImplementedError(programme.programme_id)

    async def publish(self, version: Version) -> Versions:
        raise NotImplementedError(version.programme.programme_id)


class EveryService(FaultyTransport):
    """One transport for all clients of a world; it tells the service by its port."""

    def __init__(self, faults: Faults, azurite: Azurite) -> None:
        super().__init__(faults, "")
        self._services = {azurite.table_port: "table", azurite.queue_port: "queue", azurite.blob_port: "blob"}

    async def send(self, request: Any, **kwargs: Any) -> Any:
        service = self._services[urlsplit(request.url).port or 0]
        return await self._faults.carry(service, request, lambda: self._real.send(request, **kwargs))


class Site:
    """Any number of workers over one storage. `world` is a worker on which nothing fails."""

    def __init__(self, azurite: Azurite, *programmes: Programme) -> None:
        self._azurite = azurite
        self._worlds: list[AzureWorld] = []
        self.programmes = programmes or (PROGRAMME,)
        self.clock = SetClock()
        parts = Parts(
            azurite.connection_string, "https://cpor.example", "no-server.invalid", 25, Path("no-keys"), Path("no-clock")
        )
        self.settings = read_settings(development_environment(parts))
        self.tenures: dict[str, Association] = {}
        self.exports: dict[tuple[str, str], list[Snapshot]] = defaultdict(list)
        self.world = self.process()

    def process(self, faults: Faults | None = None, **options: Any) -> AzureWorld:
        """A new worker; its requests go through the plan."""
        transport = EveryService(faults or Faults(), self._azurite)
        world = AzureWorld(self.settings, {"transport": transport, **_AT_ONCE, **options})
        # Where the world would make a part on first use, it finds these.
        world.__dict__["clock"] = cast("Clock", self.clock)
        world.__dict__["programmes"] = cast("Programmes", TheseProgrammes(self.programmes))
        self._worlds.append(world)
        return world

    async def close(self) -> None:
        for world in self._worlds:
            await world.close()

    async def enrol(self, *partners: str) -> None:
        for partner in partners:
            programmes = tuple(each.programme_id for each in self.programmes)
            await self.world.partners.enrol(Partner(partner, f"Partner {partner}", f"mail@{partner}.example", programmes))

    async def hold(self, *tenures: Association) -> None:
        """Writes tenures whole and whatever their version, as the batch of their claim does."""
        for tenure in tenures:
            self.tenures[rows.tenure_key(tenure)] = tenure
            await self.world.table(names.RECORDS).upsert_entity(rows.tenure_row(tenure), mode="replace")

    async def end(self, tenure: Association, day: str) -> None:
        ended_at = datetime.combine(date.fromisoformat(day), NIGHT.time(), UTC)
        await self.hold(replace(tenure, ended_at=ended_at, end_reason=EndReason.ENDED_BY_CUSTOMER))

    async def bring(self, *snapshots: Snapshot, tenant: str = TENANT, workload: str = "teams") -> None:
        """An import of these snapshots that meets nobody else."""
        self.exports[tenant, workload] += snapshots
        stored = await self.world.usage.histories(bucket_of(tenant), {tenant})
        before, etag = stored.get((tenant, workload), (UsageHistory(tenant, workload), None))
        after = merge(before, snapshots, correction_days=self.programmes[0].correction_window_days).history
        await self.world.usage.save([(after, etag)])

    async def evaluate(self, world: AzureWorld | None = None, evaluation_id: str = "run-1") -> Part:
        """One bucket's part of a run."""
        return await evaluate_bucket(world or self.world, self.run(evaluation_id), BUCKET)

    def run(self, evaluation_id: str = "run-1") -> Run:
        run_date = self.clock.time.date()
        return Run(
            evaluation_id,
            run_date,
            edition_of(evaluated_on([only(each) for each in self.programmes], run_date), run_date),
            self.clock.time,
        )

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
            owed = expected(self.programmes[0], workload, exports, tenures)
            assert net_of(entries) == owed, f"the ledger of {workload} is not what is owed"
            account = await self.world.ledger.account(tenant, workload)
            assert account.usage is not None
            standing = {
                line.milestone_id: (line.claim_id, line.partner_id, line.amount_minor)
                for line in account.usage.booked.lines
                if line.stands
            }
            assert standing == owed, "the usage row does not say what the ledger says"

    async def rows(self, prefix: str = "", table: str = names.RECORDS, partition: str = BUCKET) -> list[dict[str, Any]]:
        wanted = {"p": partition, "low": prefix, "high": prefix + "~"}
        found = self.world.table(table).query_entities(
            "PartitionKey eq @p and RowKey ge @low and RowKey lt @high", parameters=wanted
        )
        return [row async for row in found]

    async def restore(self, stored: Iterable[Mapping[str, Any]], partition: str = BUCKET) -> None:
        """The bucket as it was when these rows were read."""
        wanted = {row["RowKey"]: row for row in stored}
        standing = {row["RowKey"]: row for row in await self.rows(partition=partition)}
        batch: list[Any] = [("delete", row) for key, row in standing.items() if key not in wanted]
        batch += [("upsert", row, {"mode": "replace"}) for key, row in wanted.items() if standing.get(key) != row]
        await self.write(batch)

    async def write(self, batch: list[Any]) -> None:
        """Operations in one partition, a hundred a batch."""
        table = self.world.table(names.RECORDS)
        await asyncio.gather(*(table.submit_transaction(batch[start : start + 100]) for start in range(0, len(batch), 100)))

    async def forget(self) -> None:
        """An empty bucket, and no run known; three partners are enrolled."""
        await self.restore([])
        jobs = self.world.table(names.JOBS)
        async for row in jobs.list_entities(select=["PartitionKey", "RowKey"]):
            await jobs.delete_entity(row)
        await self.enrol(ANNA, BERT, CARL)


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
