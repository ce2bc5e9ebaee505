"""A file that was laid down in a container is taken like one that was posted: moved to the other files and queued.

This is the way for files that are too large for a request. Safe to run twice and after a crash anywhere: the file leaves the drop
last, and the same content with the same export time is the same import (R-78).
"""

from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from shared.domain.errors import InvalidInput, NotFound
from shared.domain.usage_file import FileFormat, require_columns
from shared.domain.usage_import import ImportStatus, UsageImport
from shared.ports.proofs import DroppedFile
from shared.ports.world import MoneyWorld
from shared.usecases.usage_import import CONTAINER, begin, export_time, media_type_of, wanted_import

EXPORT_TIME: Final = "exporttime"
"""The note beside a dropped file that says when it was exported."""

_FORMATS: Final = {
    ".tsv": FileFormat.TSV,
    ".txt": FileFormat.TSV,
    ".ndjson": FileFormat.NDJSON,
    ".jsonl": FileFormat.NDJSON,
}
# So long the event that tells of a file may take; then the sweep tells of it.
_PATIENCE: Final = timedelta(minutes=2)


async def take(world: MoneyWorld, name: str) -> UsageImport | None:
    """The import of the dropped file, None if somebody took it before. A file that is no usage export is a failed import."""
    try:
        dropped = await world.drop.look_at(name)
        file_hash, beginning = sha256(), b""
        async for piece in world.drop.pieces(dropped):
            file_hash.update(piece)
            beginning = beginning or piece
    except NotFound:
        return None
    now, file_format = world.clock.now(), _format_of(name)
    exported_at, failure = now, None
    try:
        exported_at = export_time(_noted_time(dropped, now), now)
        require_columns(beginning, file_format)
    except InvalidInput as refusal:
        failure = refusal.sentence
    wanted = wanted_import(file_hash.hexdigest(), file_format, dropped.size_bytes, exported_at, now)
    if failure is not None:
        wanted = replace(wanted, status=ImportStatus.FAILED, failure=failure)
    try:
        await world.files.put_pieces(CONTAINER, wanted.blob_name, world.drop.pieces(dropped), media_type_of(file_format))
    except NotFound:
        return None
    job = await world.import_book.begin(wanted) if failure is not None else await begin(world, wanted)
    await world.drop.clear(dropped)
    return job


async def announce_waiting(world: MoneyWorld) -> int:
    """Has every file taken that has lain there for a while: its event was lost, or there are no events. Returns how many."""
    found = 0
    async for dropped in world.drop.waiting():
        if world.clock.now() - dropped.dropped_at >= _PATIENCE:
            await world.drops.send({"name": dropped.name})
            found += 1
    return found


def _format_of(name: str) -> FileFormat:
    """By the name's ending; whatever has another one is read as CSV, and refused if it is none."""
    return next((kind for ending, kind in _FORMATS.items() if name.lower().endswith(ending)), FileFormat.CSV)


def _noted_time(dropped: DroppedFile, now: datetime) -> datetime:
    """When the file was exported, by the note beside it, or else when it was laid down. Raises InvalidInput."""
    noted = dropped.notes.get(EXPORT_TIME)
    if noted is None:
        return min(dropped.dropped_at, now)
    try:
        moment = datetime.fromisoformat(noted)
    except ValueError:
        moment = datetime.min  # noqa: DTZ901  # Naive, and so refused below.
    if moment.tzinfo is None:
        raise InvalidInput(EXPORT_TIME, "The export time is no RFC 3339 time with its offset from UTC.")
    return moment
