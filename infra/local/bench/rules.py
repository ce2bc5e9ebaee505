"""The join and the rules without a store: their speed against bare loops, how they grow, what they hold; and what SQL says."""

import asyncio
import gc
import math
import sqlite3
import time
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Any

from infra.local.bench.customers import PARTNERS, Customer, customers, decoded_usage_pages, packed, tenure_pages, usage_pages
from infra.local.bench.figures import Figure, at_least, at_most
from shared.domain.association import Association
from shared.domain.evaluation import entries_due, least_of, may_be_due
from shared.domain.join import Key, join
from shared.domain.ledger import Entry
from shared.domain.programme_versions import Versions
from shared.ports.money import StoredTenure, StoredUsage

SMALL, LARGE = 1_000, 100_000
TRIES = 5


def figures(versions: Versions) -> Iterable[Figure]:
    """All of this part."""
    small, large = list(customers(SMALL)), list(customers(LARGE))
    gc.set_threshold(200_000)  # As a worker has it (`functions/__init__.py`).
    gc.freeze()  # No worker holds them all; a look through them for garbage would fall upon one side or the other by chance.
    rows = {len(every): sum(len(each.tenures) + 1 for each in every) for every in (small, large)}
    cpu_small, cpu_large, joined, bare_rows, bare_all = least(
        lambda: evaluated(versions, small),
        lambda: evaluated(versions, large),
        lambda: asyncio.run(joining(pages(tenure_pages(large)), lambda: pages(usage_pages(large)))),
        lambda: bare(large, with_snapshots=False),
        lambda: bare(large, with_snapshots=True),
    )
    snapshots = sum(len(each.history.snapshots) for each in large)
    yield Figure("associations, rows of both streams, snapshots", f"{LARGE:,}, {rows[LARGE]:,}, {snapshots:,}")
    yield Figure("join and rules, CPU", f"{cpu_large:.3f} s")
    yield Figure("join alone, CPU", f"{joined:.3f} s")
    yield Figure("bare loop over the same rows; over their snapshots too", f"{bare_rows:.3f} s; {bare_all:.3f} s")
    yield at_least("speed of the join against the bare loop over its rows", bare_rows / joined, 0.5)
    yield at_least("speed of join and rules against the loop over rows and snapshots", bare_all / cpu_large, 0.5)
    yield at_most(f"growth exponent in rows, {SMALL:,} to {LARGE:,}", exponent(rows[SMALL], rows[LARGE]), 1.05)
    yield at_most("growth exponent in CPU time", exponent(cpu_small, cpu_large), 1.05)
    yield at_most("peak memory of 100,000 against 10,000 associations", flatness(large), 1.05)
    yield from compared(versions, large)


def least(*works: Callable[[], object]) -> list[float]:
    """The shortest CPU time of some tries of each, taken in turns: what else the machine does only adds, to all alike."""
    taken = [math.inf] * len(works)
    for _ in range(TRIES):
        for number, work in enumerate(works):
            begun = time.process_time()
            work()
            taken[number] = min(taken[number], time.process_time() - begun)
    return taken


def exponent(small: float, large: float) -> float:
    return math.log(large / small) / math.log(LARGE / SMALL)


def evaluated(versions: Versions, every: Sequence[Customer]) -> list[Entry]:
    return asyncio.run(evaluating(versions, pages(tenure_pages(every)), lambda: pages(usage_pages(every))))


async def evaluating(versions: Versions, tenures: AsyncIterator[Any], usage: Callable[[], AsyncIterator[Any]]) -> list[Entry]:
    """What a bucket's evaluation does between reading and booking."""
    enrolments = {partner: frozenset({versions.programme_id}) for partner in PARTNERS}
    programmes, least, due = (versions,), least_of([versions]), list[Entry]()
    async for groups in join(tenures, lambda _: usage(), tenure_key, usage_key):
        for held, used in groups:
            if used is not None and may_be_due(least, used.history, used.booked):
                due += entries_due(programmes, used.history, [each.tenure for each in held], used.booked, enrolments)
    return due


async def joining(tenures: AsyncIterator[Any], usage: Callable[[], AsyncIterator[Any]]) -> int:
    return sum([len(groups) async for groups in join(tenures, lambda _: usage(), tenure_key, usage_key)])


def bare(every: Sequence[Customer], *, with_snapshots: bool) -> int:
    """Touches every row, which are pages as for the join, and if asked every snapshot; decides nothing."""
    seen = 0
    for page in tenure_pages(every):
        for stored in page:
            seen += stored.tenure.tenant_id != ""
    for used in usage_pages(every):
        for row in used:
            seen += row.history.tenant_id != ""
            if with_snapshots:
                for snapshot in row.history.snapshots:
                    seen += snapshot.mau > snapshot.pau
    return seen


def flatness(large: Sequence[Customer]) -> float:
    """Peak of what the join holds while histories are decoded as they come, ten times as many against so many."""
    peaks = []
    for every in (large[: len(large) // 10], large):
        rows = packed(every)
        tracemalloc.start()
        asyncio.run(joining(pages(tenure_pages(every)), lambda rows=rows: pages(decoded_usage_pages(rows))))  # type: ignore[misc]
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    return peaks[1] / peaks[0]


def compared(versions: Versions, every: Sequence[Customer]) -> Iterable[Figure]:
    """The same data through SQL, side by side."""
    ours = sorted((e.claim_id, e.milestone_id, e.amount_minor) for e in evaluated(versions, every))
    begun = time.process_time()
    theirs = sorted(by_sql(versions, every))
    took = time.process_time() - begun
    yield Figure(
        "earnings; the same computed by SQL (sqlite3), with its CPU time", f"{len(ours):,}; {len(theirs):,} in {took:.1f} s"
    )
    yield Figure("the two agree in every claim, milestone and amount", str(ours == theirs), "True", ours == theirs)


def by_sql(versions: Versions, every: Sequence[Customer]) -> list[tuple[str, str, int]]:
    """Claim, milestone and amount of everything earned, as one query over plain tables."""
    programme = versions.latest.programme
    store = sqlite3.connect(":memory:")
    store.executescript(_TABLES)
    snapshots = ((each.history.tenant_id, s.date.toordinal(), s.mau, s.pau) for each in every for s in each.history.snapshots)
    store.executemany("insert into usage values (?, ?, ?, ?)", snapshots)
    store.executemany("insert into tenure values (?, ?, ?, ?, ?)", (_tenure_row(t) for each in every for t in each.tenures))
    milestones = {each.threshold: each.milestone_id for each in programme.milestones_of("teams")}
    amounts = {(rate.size, rate.threshold): rate.amount_minor for rate in programme.rates if rate.workload == "teams"}
    store.executemany(
        "insert into rate values (?, ?, ?, ?, ?)",
        (
            (size.min_seats, size.max_seats or 10**9, threshold, milestones[threshold], amounts[size.name, threshold])
            for size in programme.sizes
            for threshold in size.thresholds
            if threshold in milestones
        ),
    )
    term = {"first": programme.first_day.toordinal(), "last": programme.last_day.toordinal()}
    found = store.execute(_EARNED, {**term, "seats": programme.minimum_seats, "window": programme.baseline_window_days})
    return [(str(claim), str(milestone), int(amount)) for claim, milestone, amount in found]


def _tenure_row(tenure: Association) -> tuple[str, str, int, int, int]:
    ended = tenure.ended_at.date().toordinal() if tenure.ended_at else 10**7
    begun = tenure.submitted_at.date().toordinal(), tenure.active_from.date().toordinal()
    return tenure.tenant_id, tenure.claim_id, *begun, ended


async def pages[R](made: Iterable[R]) -> AsyncIterator[R]:
    for page in made:
        yield page


def tenure_key(stored: StoredTenure) -> Key:
    return stored.tenure.tenant_id, stored.tenure.workload


def usage_key(stored: StoredUsage) -> Key:
    return stored.history.tenant_id, stored.history.workload


_TABLES = """
create table usage (tenant text, day int, mau int, pau int, primary key (tenant, day)) without rowid;
create table tenure (tenant text, claim text, submitted int, active int, ended int);
create table rate (least int, most int, threshold int, milestone text, amount int);
"""

_EARNED = """
with recent as (
  select t.*, exists (
    select 1 from usage u where u.tenant = t.tenant and u.day < t.submitted and u.day >= t.submitted - :window
  ) as known from tenure t
), marked as (
  select r.*, case when known
    then (select max(mau) from usage u where u.tenant = r.tenant and u.day < r.submitted)
    else (select max(mau) from usage u where u.tenant = r.tenant and u.day <= (
      select min(day) from usage v where v.tenant = r.tenant and v.day >= r.submitted))
  end as mark, case when known then 0
    else (select min(day) from usage v where v.tenant = r.tenant and v.day >= r.submitted)
  end as from_day from recent r
), held as (
  select u.*, m.claim, m.mark, m.from_day,
    row_number() over (partition by u.tenant, u.day order by m.active, m.claim) as turn
  from usage u join marked m on m.tenant = u.tenant and u.day between m.active and m.ended
  where u.day between :first and :last
), reached as (
  select h.claim, r.milestone, r.amount, row_number() over (partition by h.tenant, r.milestone order by h.day) as place
  from held h join rate r on h.pau between r.least and r.most and h.mau * 100 >= r.threshold * h.pau
  where h.turn = 1 and h.pau >= :seats and h.mau > h.mark and h.day > h.from_day
)
select claim, milestone, amount from reached where place = 1
"""
