"""Published programmes on the table `money`: a row a version, beside the first versions that come with the product.

A worker keeps what it has read and asks again after ten minutes. That is safe because a version takes effect a day or more after
its row was written. While the store cannot be asked a worker goes on with what it knows for half of that day, and then no longer.

Every request refreshes, and few look at a programme: definitions are read out of their rows, and what that takes is imported,
when the first of them is asked for.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from shared.adapters.reading import is_conflict, row_or_none, rows_between
from shared.adapters.storage import FAILURES
from shared.domain.errors import NotFound
from shared.ports.failures import StaleRecord, StoreUnavailable

if TYPE_CHECKING:
    from azure.data.tables.aio import TableClient

    from shared.domain.programme import Programme
    from shared.domain.programme_versions import Version, Versions

log = logging.getLogger(__name__)

FRESH_FOR: Final = timedelta(minutes=10)
_SCHEMA: Final = 1
_PARTITION: Final = "programmes"
# A column holds 32,000 characters; a definition with many workloads has more.
_CHARACTERS_A_COLUMN: Final = 30_000


class StoredProgrammes:
    """`ports.Programmes` on the table `money`. `now` tells the time; today is the UTC day."""

    def __init__(self, table: Callable[[], TableClient], now: Callable[[], datetime]) -> None:
        self._table = table
        self._now = now
        self._rows: tuple[Any, ...] = ()
        self._read_at: datetime | None = None
        self._by_id: dict[str, Versions] | None = None

    async def refresh(self) -> None:
        """One request every ten minutes; see `ports.Programmes.refresh`."""
        now = self._now()
        age = None if self._read_at is None else abs(now - self._read_at)
        if age is not None and age < FRESH_FOR:
            return
        try:
            await self._read()
        except StoreUnavailable:
            from shared.domain.programme_versions import NOTICE

            if age is None or age >= NOTICE / 2:
                raise
            log.warning("programmes could not be read again", extra={"readSecondsAgo": int(age.total_seconds())})
            return
        self._read_at = now

    def programme(self, programme_id: str) -> Programme:
        """The version in effect today. Raises NotFound."""
        return self.versions(programme_id).on(self._now().date())

    def all(self) -> tuple[Programme, ...]:
        today = self._now().date()
        return tuple(each.on(today) for each in self.all_versions())

    def versions(self, programme_id: str) -> Versions:
        """Raises NotFound."""
        try:
            return self._versions()[programme_id]
        except KeyError as error:
            raise NotFound from error

    def all_versions(self) -> tuple[Versions, ...]:
        return tuple(self._versions().values())

    def read(self, definition: bytes) -> Programme:
        """Raises FaultyProgramme."""
        from shared.adapters.programmes import read_programme

        return read_programme(definition)

    def written(self, programme: Programme) -> str:
        from shared.adapters.programmes import write_programme

        return write_programme(programme)

    async def publish(self, version: Version) -> Versions:
        """Insert-once; see `ports.Programmes.publish`. A lost answer is found out by reading the row back."""
        row = _row(version)
        try:
            await self._table().create_entity(row)
        except FAILURES as error:
            standing = await row_or_none(self._table(), _PARTITION, row["RowKey"])
            if standing is None:
                raise StoreUnavailable from error
            stands = _version_of(standing)
            if (stands.programme, stands.in_effect_from) != (version.programme, version.in_effect_from):
                raise StaleRecord from error
            if not is_conflict(error):
                log.info("a version was published although the answer was lost")
        await self._read()
        return self.versions(version.programme.programme_id)

    async def _read(self) -> None:
        self._rows = tuple([row async for row in rows_between(self._table(), _PARTITION, "", "~")])
        self._by_id = None

    def _versions(self) -> dict[str, Versions]:
        from shared.adapters.programmes import shipped_programmes
        from shared.domain.programme_versions import Version, Versions

        if self._by_id is None:
            by_id = {each.programme_id: [Version(each)] for each in shipped_programmes()}
            for row in self._rows:
                version = _version_of(row)
                by_id.setdefault(version.programme.programme_id, []).append(version)
            self._by_id = {programme_id: Versions(tuple(versions)) for programme_id, versions in sorted(by_id.items())}
        return self._by_id


def _row(version: Version) -> dict[str, Any]:
    from shared.adapters.programmes import write_programme

    programme, text = version.programme, write_programme(version.programme)
    row: dict[str, Any] = {
        "PartitionKey": _PARTITION,
        "RowKey": f"{programme.programme_id}!{programme.version:06d}",
        "v": _SCHEMA,
        "inEffectFrom": version.in_effect_from.isoformat(),
        "publishedAt": "" if version.published_at is None else version.published_at.isoformat(),
        "publishedBy": version.published_by or "",
        "parts": -(-len(text) // _CHARACTERS_A_COLUMN),
    }
    for part in range(row["parts"]):
        row[f"definition{part}"] = text[part * _CHARACTERS_A_COLUMN : (part + 1) * _CHARACTERS_A_COLUMN]
    return row


def _version_of(row: Any) -> Version:
    from shared.adapters.programmes import read_programme
    from shared.domain.programme_versions import Version

    text = "".join(row[f"definition{part}"] for part in range(row["parts"]))
    published_at = datetime.fromisoformat(row["publishedAt"]) if row["publishedAt"] else None
    return Version(read_programme(text), date.fromisoformat(row["inEffectFrom"]), published_at, row["publishedBy"] or None)
