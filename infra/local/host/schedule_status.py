"""What a timer remembers across restarts, so that a missed run is noticed: when it last ran and when it was due next.

Kept as a JSON blob in the platform's own form and place. A status that does not fit the schedule any more is started afresh,
not called past due.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob.aio import BlobClient

from infra.local.host.ncrontab import Schedule


@dataclass(frozen=True)
class ScheduleStatus:
    """Aware UTC moments; `last` is None before the first run."""

    last: datetime | None
    next: datetime
    last_updated: datetime

    def as_document(self) -> dict[str, str]:
        """The form in which the platform stores it and shows it to the function."""
        never = "0001-01-01T00:00:00+00:00"
        return {
            "Last": self.last.isoformat() if self.last else never,
            "Next": self.next.isoformat(),
            "LastUpdated": self.last_updated.isoformat(),
        }


def fresh(schedule: Schedule, now: datetime) -> ScheduleStatus:
    """The status of a timer that starts counting now."""
    return ScheduleStatus(None, schedule.next_after(now), now)


def ran(schedule: Schedule, due: datetime, now: datetime) -> ScheduleStatus:
    """The status after the run that was due at `due`, finished now."""
    return ScheduleStatus(due, schedule.next_after(due), now)


def judge(stored: ScheduleStatus | None, schedule: Schedule, now: datetime) -> tuple[ScheduleStatus, bool]:
    """The status to go on with, and whether a run was missed."""
    if stored is None:
        return fresh(schedule, now), False
    fits_schedule = stored.next == schedule.next_after(stored.last or stored.last_updated)
    if not fits_schedule:
        return fresh(schedule, now), False
    return stored, now > stored.next


async def load(blob: BlobClient) -> ScheduleStatus | None:
    """Read the stored status; None if there is none or it cannot be understood."""
    try:
        stored = json.loads(await (await blob.download_blob()).readall())
        moments = {name: datetime.fromisoformat(stored[name]) for name in ("Last", "Next", "LastUpdated")}
    except (ResourceNotFoundError, ValueError, KeyError):
        return None
    return ScheduleStatus(moments["Last"] if moments["Last"].year > 1 else None, moments["Next"], moments["LastUpdated"])


async def store(blob: BlobClient, status: ScheduleStatus) -> None:
    """Write the status, whatever was there."""
    await blob.upload_blob(json.dumps(status.as_document()).encode(), overwrite=True)
