"""Dead letters on the table `jobs`: one partition, a row a letter under its id."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

from shared.adapters.index_pages import Condition, read_rows
from shared.adapters.reading import is_conflict, row_or_none
from shared.adapters.rows import SCHEMA, Row
from shared.adapters.storage import FAILURES, if_unchanged
from shared.domain.dead_letter import DeadLetter, LetterState, Queue, died_again
from shared.domain.errors import BusyRecord, NotFound
from shared.domain.identity import is_job_id
from shared.ports.dead_letters import LetterFilter, LetterPage, StoredLetter
from shared.ports.failures import StaleRecord, StoreUnavailable

if TYPE_CHECKING:
    from azure.data.tables.aio import TableClient
    from azure.storage.queue.aio import QueueClient

_PARTITION: Final = "dead-letters"
_ATTEMPTS: Final = 8


class TableDeadLetters:
    """`ports.DeadLetters` on the table `jobs` and the queues."""

    def __init__(self, table: "TableClient", queue: Callable[[str], "QueueClient"]) -> None:
        self._table, self._queue = table, queue

    async def note(self, letter: DeadLetter) -> None:
        """Insert-once; where the letter is there already, its work died again."""
        for _ in range(_ATTEMPTS):
            try:
                await self._table.create_entity(_row(letter))
            except FAILURES as error:
                if not is_conflict(error):
                    raise StoreUnavailable from error
            else:
                return
            known = await self.letter(letter.letter_id)
            try:
                await self.update(known.etag, died_again(known.letter, letter))
            except StaleRecord:
                continue
            return
        raise BusyRecord

    async def letter(self, letter_id: str) -> StoredLetter:
        """By one point read."""
        row = await row_or_none(self._table, _PARTITION, letter_id) if is_job_id(letter_id) else None
        if row is None:
            raise NotFound
        return StoredLetter(_letter(row), row.metadata["etag"])

    async def page(self, wanted: LetterFilter, limit: int, after: str | None) -> LetterPage:
        """By one request."""
        asked: list[Condition] = [
            ("queue", "eq", wanted.queue and str(wanted.queue)),
            ("state", "eq", wanted.state and str(wanted.state)),
            ("diedAt", "ge", wanted.died_since and wanted.died_since.astimezone(UTC)),
        ]
        conditions = [condition for condition in asked if condition[2] is not None]
        rows, position = await read_rows(self._table, _PARTITION, "", conditions, limit, after)
        return LetterPage(tuple(_letter(row) for row in rows), position)

    async def update(self, etag: str, letter: DeadLetter) -> None:
        """A whole row, under the version that was read."""
        try:
            await self._table.update_entity(_row(letter), mode="replace", **if_unchanged(etag))
        except FAILURES as error:
            raise (StaleRecord if is_conflict(error) else StoreUnavailable) from error

    async def send_again(self, letter: DeadLetter) -> None:
        """As it was, into the queue it came from."""
        try:
            await self._queue(letter.queue).send_message(letter.content, time_to_live=-1)
        except FAILURES as error:
            raise StoreUnavailable from error


def _row(letter: DeadLetter) -> Row:
    row: Row = {
        "PartitionKey": _PARTITION,
        "RowKey": letter.letter_id,
        "v": SCHEMA,
        "queue": str(letter.queue),
        "state": str(letter.state),
        "about": json.dumps(dict(letter.about), sort_keys=True),
        "kind": letter.kind,
        # As bytes: a message may be longer than the text that a column takes.
        "content": letter.content and letter.content.encode(),
        "bucket": letter.bucket,
        "rowKey": letter.row_key,
        "times": letter.times,
        "firstDiedAt": letter.first_died_at.astimezone(UTC),
        "diedAt": letter.died_at.astimezone(UTC),
        "replayedAt": letter.replayed_at and letter.replayed_at.astimezone(UTC),
        "replayedBy": letter.replayed_by,
    }
    return {name: value for name, value in row.items() if value is not None}


def _letter(row: Mapping[str, Any]) -> DeadLetter:
    content = row.get("content")
    return DeadLetter(
        queue=Queue(row["queue"]),
        died_at=row["diedAt"],
        first_died_at=row["firstDiedAt"],
        about=json.loads(row["about"]),
        kind=row.get("kind"),
        content=None if content is None else bytes(content).decode(),
        bucket=row.get("bucket"),
        row_key=row.get("rowKey"),
        state=LetterState(row["state"]),
        times=row["times"],
        replayed_at=row.get("replayedAt"),
        replayed_by=row.get("replayedBy"),
    )
