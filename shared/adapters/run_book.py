"""Evaluation runs on the table `jobs`: one partition a run, its row, and one row a bucket, so that parts never contend."""

import json
from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from shared.adapters.reading import is_conflict, row_or_none, rows_between
from shared.adapters.rows import SCHEMA
from shared.adapters.storage import FAILURES
from shared.domain.errors import NotFound
from shared.domain.evaluation import Part, PartState, Run, Tally
from shared.ports.failures import StoreUnavailable

if TYPE_CHECKING:
    from azure.data.tables.aio import TableClient

# Sorts before every bucket's row, so that parts are one range without it.
_RUN: Final = "!run"


class TableRunBook:
    """`ports.RunBook` on the table `jobs`."""

    def __init__(self, table: "TableClient") -> None:
        self._table = table

    async def begin(self, run: Run) -> Run:
        """Insert-once: whoever comes later gets what was noted first."""
        row = {
            "PartitionKey": _partition(run.evaluation_id),
            "RowKey": _RUN,
            "v": SCHEMA,
            "runDate": run.run_date.isoformat(),
            "edition": run.edition,
            "startedAt": run.started_at.isoformat(),
        }
        try:
            await self._table.create_entity(row)
        except FAILURES as error:
            if not is_conflict(error):
                raise StoreUnavailable from error
            return await self.load(run.evaluation_id)
        return run

    async def load(self, evaluation_id: str) -> Run:
        """Raises NotFound."""
        is_ours = evaluation_id.replace("-", "").isalnum()
        row = await row_or_none(self._table, _partition(evaluation_id), _RUN) if is_ours else None
        if row is None:
            raise NotFound
        run_date, started_at = date.fromisoformat(row["runDate"]), datetime.fromisoformat(row["startedAt"])
        return Run(evaluation_id, run_date, row["edition"], started_at)

    async def record(self, evaluation_id: str, part: Part) -> None:
        """Whole values: a part worked off twice writes the same twice, and a failure is only noted where nothing else is."""
        row: dict[str, Any] = {
            "PartitionKey": _partition(evaluation_id),
            "RowKey": part.bucket,
            "state": str(part.state),
            "associations": part.associations,
            "tally": json.dumps(asdict(part.tally)),
        }
        try:
            if part.state is PartState.DONE:
                await self._table.upsert_entity(row, mode="replace")
            else:
                await self._table.create_entity(row)
        except FAILURES as error:
            if part.state is PartState.FAILED and is_conflict(error):
                return
            raise StoreUnavailable from error

    async def parts(self, evaluation_id: str) -> tuple[Part, ...]:
        """The parts so far; one page, because a run has 256 at most."""
        found = rows_between(self._table, _partition(evaluation_id), "0", "~")
        return tuple([_part_of(row) async for row in found])


def _partition(evaluation_id: str) -> str:
    return f"run!{evaluation_id}"


def _part_of(row: Any) -> Part:
    return Part(row["RowKey"], PartState(row["state"]), row["associations"], Tally(**json.loads(row["tally"])))
