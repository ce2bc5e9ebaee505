"""`make soak`: many lives against the plain model, then workers under faults for a while, and its ledger proved.

The lives are those of `tests/usecases/test_any_life.py`, ten times as many as in the ordinary run. Then workers over one storage
are cut off while they import files and evaluate. When all is quiet, an evaluation must find nothing to book, and SQL, which
shares nothing with the rules, must earn what the ledger says.
"""

import asyncio
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from infra.local.bench.customers import PARTNERS, Customer, customer, tenants_in
from infra.local.bench.rules import by_sql
from infra.local.bench.worlds import emulated, written
from shared.adapters import rows
from shared.adapters.programmes import shipped_programmes
from shared.bootstrap import AzureWorld
from shared.domain.evaluation import Part, Run, edition_of, evaluated_on
from shared.domain.partner import Partner
from shared.domain.programme import Programme
from shared.domain.programme_versions import only
from shared.domain.usage_file import FileFormat
from shared.usecases import evaluation, usage_import

LIVES: Final = os.environ.get("SOAK_EXAMPLES", "2000")
SECONDS: Final = float(os.environ.get("SOAK_SECONDS", "120"))
BUCKET: Final = "5a"
CUSTOMERS: Final = 60
_LONGEST_LIFE_S: Final = 3.0


def main() -> int:
    """Returns 0 when everything held."""
    lives = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/usecases/test_any_life.py"]
    print(f"{LIVES} lives against the plain model", flush=True)
    if subprocess.run(lives, env={**os.environ, "SOAK_EXAMPLES": LIVES}, check=False).returncode:
        return 1
    print(f"Workers that are killed, for {SECONDS:.0f} s", flush=True)
    return asyncio.run(_under_faults(random.Random(1)))  # noqa: S311  # Reproducible on purpose.


async def _under_faults(dice: random.Random) -> int:
    every = [customer(n, tenant) for n, tenant in enumerate(tenants_in([BUCKET], CUSTOMERS))]
    async with emulated() as world:
        for partner in PARTNERS:
            await world.partners.enrol(Partner(partner, partner, f"mail@{partner}.example", ("demo",)))
        await written(world, [rows.tenure_row(tenure) for each in every for tenure in each.tenures])
        until, killed, done = time.monotonic() + SECONDS, 0, 0
        files = _files(every)
        while time.monotonic() < until:
            if await _worker(world, dice.choice(files), dice.uniform(0, _LONGEST_LIFE_S), done):
                done += 1
            else:
                killed += 1
        for file in files:
            await _imported(world, file)
        await _evaluated(world, "quiet")
        last = await _evaluated(world, "again")
        booked = Counter[tuple[str, str]]()
        for each in every:
            async for entry in world.ledger.entries(each.history.tenant_id):
                booked[entry.entry.claim_id, entry.entry.milestone_id] += entry.entry.amount_minor
    owed = {(claim, milestone): amount for claim, milestone, amount in by_sql(only(_programme()), every)}
    standing = {key: amount for key, amount in booked.items() if amount}
    print(f"{done} workers ended, {killed} were killed; {len(standing)} earnings stand, SQL finds {len(owed)}")
    holds = standing == owed and not last.tally.earned and not last.tally.reversed
    print("The ledger holds." if holds else "THE LEDGER DOES NOT HOLD.")
    return 0 if holds else 1


async def _worker(world: AzureWorld, file: bytes, lives_s: float, number: int) -> bool:
    """A worker of its own that imports and evaluates, and is cut off in the middle of whatever it does after so long."""
    async with emulated(world) as mine:
        try:
            async with asyncio.timeout(lives_s):
                await _imported(mine, file)
                await _evaluated(mine, f"run-{number}")
        except TimeoutError:
            return False
    return True


def _files(every: Sequence[Customer]) -> list[bytes]:
    """The customers' counts in files of some months each, which overlap."""
    header = "CustomerTenantId,WorkloadName,Date,PaidAvailableUnits,MonthlyActiveUsers"
    cells = [(f"{each.history.tenant_id},Microsoft Teams", s) for each in every for s in each.history.snapshots]
    months = [(cell, s) for cell, s in cells]
    parts = [months[start::3] + months[(start + 1) % 3 :: 3] for start in range(3)]
    return ["\n".join([header, *(f"{cell},{s.date},{s.pau},{s.mau}" for cell, s in part)]).encode() for part in parts]


async def _imported(world: AzureWorld, file: bytes) -> None:
    exported_at = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    job = await usage_import.accept(world, file, FileFormat.CSV, exported_at)
    await usage_import.work_off(world, job.import_id)


async def _evaluated(world: AzureWorld, name: str) -> Part:
    today = world.clock.now().date()
    edition = edition_of(evaluated_on(world.programmes.all_versions(), today), today)
    return await evaluation.evaluate_bucket(world, Run(name, today, edition, world.clock.now()), BUCKET)


def _programme() -> Programme:
    return next(each for each in shipped_programmes() if each.programme_id == "demo")


if __name__ == "__main__":
    sys.exit(main())
