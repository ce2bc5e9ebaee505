"""Runs over all buckets on the table `jobs`: one partition a run, its row, and one row a bucket, so that parts never contend.

An evaluation is one, the trial of a programme another; what they share is noted alike.
"""

import json
from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from shared.adapters.forgetting import forget_begun
from shared.adapters.long_text import in_columns, out_of_columns
from shared.adapters.reading import is_conflict, row_or_none, rows_between
from shared.adapters.rows import SCHEMA
from shared.adapters.storage import FAILURES
from shared.domain.errors import NotFound
from shared.domain.evaluation import Part, PartState, Run, Tally
from shared.domain.identity import is_job_id
from shared.domain.trial import Change, Comparison, Sum, Trial, TrialPart
from shared.ports.failures import StoreUnavailable

if TYPE_CHECKING:
    from azure.data.tables.aio import TableClient

    from shared.ports.money import Programmes

# Sorts before every bucket's row, so that parts are one range without it.
_RUN: Final = "!run"


class TableRunBook:
    """`ports.RunBook` on the table `jobs`."""

    def __init__(self, table: "TableClient") -> None:
        self._table = table

    async def begin(self, run: Run) -> Run:
        """Insert-once: whoever comes later gets what was noted first."""
        columns = {"runDate": run.run_date.isoformat(), "edition": run.edition, "startedAt": run.started_at.isoformat()}
        is_new = await _note_once(self._table, _partition(run.evaluation_id), columns)
        return run if is_new else await self.load(run.evaluation_id)

    async def load(self, evaluation_id: str) -> Run:
        """Raises NotFound."""
        row = await _noted(self._table, evaluation_id, _partition(evaluation_id))
        run_date, started_at = date.fromisoformat(row["runDate"]), datetime.fromisoformat(row["startedAt"])
        return Run(evaluation_id, run_date, row["edition"], started_at)

    async def record(self, evaluation_id: str, part: Part) -> None:
        """Whole values: a part worked off twice writes the same twice, and a failure is only noted where nothing else is."""
        columns = {"associations": part.associations, "tally": json.dumps(asdict(part.tally))}
        await _note_part(self._table, _partition(evaluation_id), part.bucket, part.state, columns)

    async def parts(self, evaluation_id: str) -> tuple[Part, ...]:
        """The parts so far; one page, because a run has 256 at most."""
        found = rows_between(self._table, _partition(evaluation_id), "0", "~")
        return tuple([_part_of(row) async for row in found])

    async def forget(self, before: datetime, at_most: int) -> int:
        """Runs first, then as many trials as are left of the night's share."""
        runs = await forget_begun(self._table, _partition(""), _RUN, before, at_most)
        return runs + await forget_begun(self._table, _trial_partition(""), _RUN, before, at_most - runs)


class TableTrialBook:
    """`ports.TrialBook` on the table `jobs`. A definition is read as any other, by `programmes`."""

    def __init__(self, table: "TableClient", programmes: "Programmes") -> None:
        self._table = table
        self._programmes = programmes

    async def begin(self, trial: Trial) -> Trial:
        """Insert-once, like a run."""
        columns = {
            "inEffectFrom": trial.in_effect_from.isoformat(),
            "startedAt": trial.started_at.isoformat(),
            **in_columns(self._programmes.written(trial.programme)),
        }
        is_new = await _note_once(self._table, _trial_partition(trial.trial_id), columns)
        return trial if is_new else await self.load(trial.trial_id)

    async def load(self, trial_id: str) -> Trial:
        """Raises NotFound."""
        row = await _noted(self._table, trial_id, _trial_partition(trial_id))
        programme = self._programmes.read(out_of_columns(row).encode())
        return Trial(trial_id, programme, date.fromisoformat(row["inEffectFrom"]), datetime.fromisoformat(row["startedAt"]))

    async def record(self, trial_id: str, part: TrialPart) -> None:
        """Like a run's part."""
        sums = {change: asdict(each) for change, each in part.found.sums.items()}
        columns = {"associations": part.found.associations, "sums": json.dumps(sums)}
        await _note_part(self._table, _trial_partition(trial_id), part.bucket, part.state, columns)

    async def parts(self, trial_id: str) -> tuple[TrialPart, ...]:
        """The parts so far; one page."""
        found = rows_between(self._table, _trial_partition(trial_id), "0", "~")
        return tuple([_trial_part_of(row) async for row in found])


async def _note_once(table: "TableClient", partition: str, columns: dict[str, Any]) -> bool:
    """Writes a run's own row, unless it stands; returns whether it is new."""
    try:
        await table.create_entity({"PartitionKey": partition, "RowKey": _RUN, "v": SCHEMA, **columns})
    except FAILURES as error:
        if not is_conflict(error):
            raise StoreUnavailable from error
        return False
    return True


async def _noted(table: "TableClient", run_id: str, partition: str) -> Any:
    row = await row_or_none(table, partition, _RUN) if is_job_id(run_id) else None
    if row is None:
        raise NotFound
    return row


async def _note_part(table: "TableClient", partition: str, bucket: str, state: PartState, columns: dict[str, Any]) -> None:
    row = {"PartitionKey": partition, "RowKey": bucket, "state": str(state), **columns}
    try:
        if state is PartState.DONE:
            await table.upsert_entity(row, mode="replace")
        else:
            await table.create_entity(row)
    except FAILURES as error:
        if state is PartState.FAILED and is_conflict(error):
            return
        raise StoreUnavailable from error


def _partition(evaluation_id: str) -> str:
    return f"run!{evaluation_id}"


def _part_of(row: Any) -> Part:
    return Part(row["RowKey"], PartState(row["state"]), row["associations"], Tally(**json.loads(row["tally"])))


def _trial_partition(trial_id: str) -> str:
    return f"trial!{trial_id}"


def _trial_part_of(row: Any) -> TrialPart:
    sums = {Change(name): Sum(**each) for name, each in json.loads(row["sums"]).items()}
    return TrialPart(row["RowKey"], PartState(row["state"]), Comparison(row["associations"], sums))
