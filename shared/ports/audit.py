"""What a reconciliation reads besides, and where it keeps its result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from shared.domain.booking import BookedEntry
    from shared.domain.reconciliation import BucketResult, Reconciliation


class Audit(Protocol):
    """The ledger read whole, and the results of reconciliations."""

    def entries(self, bucket: str) -> AsyncIterator[BookedEntry]:
        """Everything that was ever booked in the bucket."""
        ...

    async def changed_at(self, tenant_id: str, workload: str) -> datetime:
        """When the store last wrote the usage row of an account, or a tenure of it."""
        ...

    async def begin(self, wanted: Reconciliation) -> Reconciliation:
        """The reconciliation, noted now or found as it was noted before."""
        ...

    async def load(self, reconciliation_id: str) -> Reconciliation:
        """Raises NotFound."""
        ...

    async def record(self, reconciliation_id: str, result: BucketResult) -> None:
        """Notes a bucket's result; again is the later one."""
        ...

    async def results(self, reconciliation_id: str) -> tuple[BucketResult, ...]:
        """The buckets that are done so far."""
        ...

    async def finish(self, done: Reconciliation) -> None:
        """Notes the whole result. One that is done stays as it is."""
        ...

    async def forget(self, before: datetime, at_most: int) -> int:
        """Deletes so many of the reconciliations that began earlier, with their results; how many it were."""
        ...
