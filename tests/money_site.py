"""A site for the money half: real use cases and adapters over a real emulator, one bucket of customers."""

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import urlsplit

from infra.local.azurite import Azurite
from infra.local.environment import Parts, development_environment
from shared.adapters import names, rows
from shared.bootstrap import AzureWorld
from shared.domain.association import Association
from shared.domain.partner import Partner
from shared.domain.programme import Programme
from shared.ports.money import Programmes
from shared.ports.outside import Clock
from shared.settings import read_settings
from tests.domain.earning_builders import ANNA, BERT
from tests.faults import Faults, FaultyTransport
from tests.money_books import BUCKET, CARL, Books, TheseProgrammes

_AT_ONCE: Final = {"initial_backoff": 0, "increment_base": 0, "random_jitter_range": 0, "retry_backoff_factor": 0}


class EveryService(FaultyTransport):
    """One transport for all clients of a world; it tells the service by its port."""

    def __init__(self, faults: Faults, azurite: Azurite) -> None:
        super().__init__(faults, "")
        self._services = {azurite.table_port: "table", azurite.queue_port: "queue", azurite.blob_port: "blob"}

    async def send(self, request: Any, **kwargs: Any) -> Any:
        service = self._services[urlsplit(request.url).port or 0]
        return await self._faults.carry(service, request, lambda: self._real.send(request, **kwargs))


class Site(Books[AzureWorld]):
    """Any number of workers over one storage."""

    def __init__(self, azurite: Azurite, *programmes: Programme) -> None:
        super().__init__(*programmes)
        self._azurite = azurite
        self._worlds: list[AzureWorld] = []
        parts = Parts(
            azurite.connection_string, "https://cpor.example", "no-server.invalid", 25, Path("no-keys"), Path("no-clock")
        )
        self.settings = read_settings(development_environment(parts))
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
        for tenure in tenures:
            self.tenures[rows.tenure_key(tenure)] = tenure
            await self.world.table(names.RECORDS).upsert_entity(rows.tenure_row(tenure), mode="replace")

    async def stored(self) -> object:
        return await self.rows()

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
