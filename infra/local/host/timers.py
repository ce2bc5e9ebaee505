"""Timer triggers: each tick runs on one host, one after the other, and a missed run is made up for once at the next start.

The host that holds the timer's lease runs it. Runs never overlap on a host: ticks that pass while one runs are skipped. A
failed run is not repeated. As on the platform, schedules denser than a minute keep no status and so are never past due.
"""

import asyncio
import logging
from datetime import UTC, datetime, timedelta

from azure.core.exceptions import AzureError
from azure.storage.blob.aio import BlobClient, ContainerClient

from infra.local.host import ncrontab, runtime, schedule_status
from infra.local.host.function import Function, TimerTrigger
from infra.local.host.lease import BlobLease
from infra.local.host.pause import pause
from infra.local.host.schedule_status import ScheduleStatus

log = logging.getLogger("host.timers")

DENSEST_MONITORED = timedelta(minutes=1)
LONGEST_NAP = 0.25
UNREACHABLE_PAUSE = 1.0


class TimerListener:
    """Runs one timer function while this host holds its lease."""

    def __init__(
        self,
        container: ContainerClient,
        host_id: str,
        function: Function[TimerTrigger],
        lease_seconds: int,
        host: runtime.Runtime,
    ) -> None:
        self._function, self._runtime = function, host
        self._schedule = ncrontab.parse(function.trigger.schedule)
        self._lease = BlobLease(container, f"locks/{host_id}/{function.name}.Listener", lease_seconds)
        self._status_blob: BlobClient | None = None
        if function.trigger.use_monitor and not self._is_dense():
            self._status_blob = container.get_blob_client(f"timers/{host_id}/{function.name}/status")

    async def listen(self, stopping: asyncio.Event) -> None:
        """Wait for the lease, run the timer as long as it is held, until `stopping`."""
        while not stopping.is_set():
            try:
                if await self._lease.acquire():
                    await self._hold(stopping)
                else:
                    await pause(stopping, self._lease.retry_after)
            except AzureError as error:
                log.warning("Timer %s has no storage and tries again: %s", self._function.name, str(error).splitlines()[0])
                await pause(stopping, UNREACHABLE_PAUSE)

    async def _hold(self, stopping: asyncio.Event) -> None:
        done = asyncio.Event()
        renewal = asyncio.create_task(self._lease.keep(done))
        try:
            await self._start()
            while await self._tick(stopping):
                pass
        finally:
            done.set()
            await renewal
            await self._lease.release()

    async def _start(self) -> None:
        """Make up for a missed run; else run at once if the function asks for that."""
        now = datetime.now(UTC)
        is_past_due = False
        if self._status_blob:
            status, is_past_due = schedule_status.judge(await schedule_status.load(self._status_blob), self._schedule, now)
            await schedule_status.store(self._status_blob, status)
        if is_past_due or self._function.trigger.run_on_startup:
            await self._run(now, is_past_due)

    async def _tick(self, stopping: asyncio.Event) -> bool:
        """Wait for the next occurrence and run; False when the host stops or the lease is lost."""
        due = self._schedule.next_after(datetime.now(UTC))
        while (remaining := (due - datetime.now(UTC)).total_seconds()) > 0:
            # Short naps, so that a lost lease or a clock set forward is noticed.
            if await pause(stopping, min(remaining, LONGEST_NAP)) or not self._lease.is_held:
                return False
        await self._run(due, is_past_due=False)
        return self._lease.is_held and not stopping.is_set()

    async def _run(self, due: datetime, is_past_due: bool) -> None:
        status = schedule_status.fresh(self._schedule, due)
        if self._status_blob:
            status = await schedule_status.load(self._status_blob) or status
        info = {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": status.as_document(), "IsPastDue": is_past_due}
        await self._runtime.invoke(self._function, runtime.document(info))
        if self._status_blob:
            await self._remember(self._status_blob, schedule_status.ran(self._schedule, due, datetime.now(UTC)))

    async def _remember(self, blob: BlobClient, status: ScheduleStatus) -> None:
        try:
            await schedule_status.store(blob, status)
        except AzureError as error:
            log.error("The run of timer %s could not be noted, so it may be made up for: %s", self._function.name, error)

    def _is_dense(self) -> bool:
        first = self._schedule.next_after(datetime.now(UTC))
        return self._schedule.next_after(first) - first < DENSEST_MONITORED
