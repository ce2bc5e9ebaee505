"""The money guarantee: in any order of claims, ends, contests, imports, corrections, evaluations, crashes and programme versions
the ledger adds up to what the plain model owes, and each entry exists once (R-44 R-45 R-50 R-62 R-64 R-93).

One customer, one workload, three partners. Claims move by the domain's own moves and evaluations are the real use case, over a
store in memory that passes the adapters' contract suite; whatever may happen, may also happen between any two calls of a run.
`make soak` lives ten times as many lives.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from shared.domain import consent, contest, review, submission
from shared.domain.claim import Change, Claim, Hold, Scan, status
from shared.domain.ledger import EntryKind
from shared.domain.lifecycle import Status
from shared.domain.programme_versions import Version, Versions, earliest_effect
from shared.domain.usage import Snapshot, rank_of
from shared.ports.money import Booking
from tests.domain.claim_builders import CUSTOMER, MONDAY, OPERATOR, PARTNER, POLICY, RITA, SYSTEM, TEAMS, by, draft, judged
from tests.domain.earning_builders import ANNA, BERT, PROGRAMME
from tests.domain.model import expected, net_of
from tests.faults import Killed
from tests.memory_store import MemorySite, dies_after, dies_before
from tests.money_books import CARL

EXAMPLES = int(os.environ.get("SOAK_EXAMPLES", "200"))

# Every correction of the term is in by then; later nothing is evaluated, and so nothing may happen.
LAST_DAY = datetime(2026, 9, 30, tzinfo=MONDAY.tzinfo)
NEXT_VERSIONS: list[dict[str, Any]] = [
    {"rates": tuple(replace(rate, amount_minor=rate.amount_minor + 7) for rate in PROGRAMME.rates)},
    {"minimum_seats": 10},
    {"baseline_window_days": 10},
    {"milestones": PROGRAMME.milestones[1:]},
]

# Counts lie around thresholds and sizes, so that every rule bites in some of the lives.
COUNTS = st.tuples(
    st.sampled_from([0, 20, 90, 149, 150, 151, 160, 400, 401, 450, 700, 2000, 3100]),
    st.sampled_from([0, 100, 149, 150, 999, 1000, 1000, 1001, 5000]),
)
PARTNERS = st.sampled_from([ANNA, BERT, CARL])
ACTORS = st.sampled_from([CUSTOMER, PARTNER, OPERATOR])
EVENTS = st.one_of(
    st.tuples(st.just("submits"), PARTNERS),
    st.tuples(st.just("agrees")),
    st.tuples(st.just("decided"), st.booleans()),
    st.tuples(st.just("ends"), ACTORS),
    st.tuples(st.just("exports"), st.lists(st.tuples(st.integers(0, 100), COUNTS, st.integers(0, 100)), min_size=1, max_size=4)),
    st.tuples(st.just("exports"), st.lists(st.tuples(st.integers(0, 40), COUNTS, st.just(0)), min_size=1, max_size=2)),
    st.tuples(st.just("corrects"), st.integers(0, 9), COUNTS),
    st.tuples(st.just("repeats")),
    st.tuples(st.just("publishes"), st.sampled_from(NEXT_VERSIONS)),
    st.tuples(st.just("waits"), st.sampled_from([1, 20, 24, 24 * 7, 24 * 30])),
)


class Life(RuleBasedStateMachine):
    """Everything that may happen to one customer's workload, and the nights between."""

    def __init__(self) -> None:
        super().__init__()
        self.site = MemorySite()
        self.site.clock.time = MONDAY
        self.claims: dict[str, Claim] = {}
        self.runs = 0
        self.site.store.on_booking = self.is_owed_as_it_is_booked
        self.runner = asyncio.Runner()

    @initialize(baseline=st.sampled_from([0, 10, 90, 150]), partner=st.sampled_from([ANNA, BERT]))
    def a_partner_is_on_record(self, baseline: int, partner: str) -> None:
        """So that most of a life is about what can be earned."""
        for event in (("exports", [(20, (baseline, 1000), 0)]), ("submits", partner), ("agrees",)):
            self.runner.run(self.happen(event))

    @rule(event=EVENTS)
    def something_happens(self, event: Any) -> None:
        self.runner.run(self.happen(event))

    @rule(counts=COUNTS, actor=ACTORS, partner=PARTNERS, is_used_first=st.booleans())
    def an_association_passes_on_the_day_of_a_snapshot(
        self, counts: tuple[int, int], actor: Any, partner: str, is_used_first: bool
    ) -> None:
        used: Any = ("exports", [(0, counts, 0)])
        passes: list[Any] = [("ends", actor), ("submits", partner), ("agrees",)]
        for event in [used, *passes] if is_used_first else [*passes, used]:
            self.runner.run(self.happen(event))

    @rule()
    def a_night_passes(self) -> None:
        self.runner.run(self.evaluate())
        self.runner.run(self.site.paid_once())

    @rule(number=st.integers(1, 5), death=st.sampled_from([dies_before, dies_after]))
    def a_run_dies(self, number: int, death: Any) -> None:
        try:
            self.runner.run(self.evaluate({number: death}))
        except Killed:
            return

    @rule(number=st.integers(1, 4), counts=COUNTS, event=EVENTS, is_before=st.booleans())
    def a_run_meets(self, number: int, counts: tuple[int, int], event: Any, is_before: bool) -> None:
        """Between page read and booking, or at any other moment of a run that may have something to book."""
        self.runner.run(self.happen(("exports", [(0, counts, 0)])))

        async def around(call: Callable[[], Awaitable[None]]) -> None:
            if is_before:
                await self.happen(event)
            await call()
            if not is_before:
                await self.happen(event)

        self.runner.run(self.evaluate({number: around}))

    @rule()
    def two_runs_at_once(self) -> None:
        async def both() -> None:
            await asyncio.gather(self.evaluate(), self.evaluate())

        self.runner.run(both())

    async def evaluate(self, plan: dict[int, Any] | None = None) -> None:
        store = self.site.store
        store.plan = {store.calls + number: around for number, around in (plan or {}).items()}
        self.runs += 1
        await self.site.evaluate(self.site.process(), f"run-{self.runs}")
        store.plan = {}

    async def happen(self, event: Any) -> None:
        """One event. What the domain does not admit does not happen."""
        if self.site.clock.time >= LAST_DAY:
            return
        kind, *said = event
        self.site.store.plan, plan = {}, self.site.store.plan
        await getattr(self, kind)(*said)
        self.site.store.plan = plan

    async def waits(self, hours: int) -> None:
        self.site.clock.time = min(LAST_DAY, self.site.clock.time + timedelta(hours=hours))

    async def publishes(self, changes: dict[str, Any]) -> None:
        """The next version, for the days from the first that the notice leaves."""
        (standing,) = self.site.programmes
        programme = replace(standing.latest.programme, version=len(standing.all) + 1, **changes)
        version = Version(programme, earliest_effect(self.site.clock.time), self.site.clock.time, "operator")
        self.site.programmes = (Versions((*standing.all, version)),)

    async def submits(self, partner: str) -> None:
        """A partner claims, or contests what another claim holds; a reviewer verifies it at once."""
        if any(status(claim) is not Status.ACTIVE for claim in self.open()) or any(c.partner_id == partner for c in self.open()):
            return
        name = f"c1a1b2c3-{len(self.claims) + 1:020d}"
        fresh = replace(draft(TEAMS, claim_id=name), partner_id=partner)
        act = by(PARTNER, self.site.clock.time)
        if any(claim.scopes[0].hold is Hold.HELD for claim in self.open()):
            fresh = submission.contest(fresh, act, POLICY, (TEAMS,), "we deployed it").after
        else:
            fresh = submission.submit(fresh, act, POLICY).after
        claim = judged(fresh, Scan.CLEAN, at=act.at)
        if status(claim) is Status.UNDER_REVIEW:
            claim = review.approve(claim, by(RITA, act.at), POLICY).after
        self.claims[name] = claim

    async def agrees(self) -> None:
        for claim in self.open():
            if claim.is_asking:
                await self.changed(consent.answer(claim, by(CUSTOMER, self.site.clock.time), {TEAMS: True}, None))

    async def decided(self, wins: bool) -> None:
        for challenger in self.open():
            if status(challenger) is not Status.CONTESTING or challenger.is_asking:
                continue
            act = by(RITA, self.site.clock.time)
            incumbents = [each for each in self.open() if each.scopes[0].hold is Hold.HELD]
            changes = contest.win(challenger, incumbents, act) if wins else (contest.lose(challenger, act, "no"),)
            for change in changes:
                await self.changed(change)

    async def ends(self, actor: Any) -> None:
        for claim in self.open():
            if status(claim) is Status.ACTIVE:
                act = by(actor if actor is not PARTNER else replace(PARTNER, id=claim.partner_id), self.site.clock.time)
                await self.changed(consent.end(claim, act, frozenset({TEAMS}), "no_longer_wanted"))

    async def exports(self, rows: list[tuple[int, tuple[int, int], int]]) -> None:
        """Rows of days gone by, each exported some days after its day and no later than now."""
        now = self.site.clock.time
        brought = []
        for days_ago, (mau, pau), delay in rows:
            day = now - timedelta(days=days_ago)
            exported_at = min(now, day + timedelta(days=delay))
            brought.append(Snapshot(day.date(), mau, pau, rank_of(exported_at, f"{mau:06x}{pau:06x}")))
        await self.site.bring(*brought)

    async def corrects(self, which: int, counts: tuple[int, int]) -> None:
        for exports in self.site.exports.values():
            wrong = exports[which % len(exports)]
            await self.site.bring(wrong._replace(mau=counts[0], pau=counts[1], rank=rank_of(self.site.clock.time, "c" * 12)))
            return

    async def repeats(self) -> None:
        """The same files once more, the last first."""
        for (tenant, workload), exports in list(self.site.exports.items()):
            again = exports[::-1]
            await self.site.bring(*again, tenant=tenant, workload=workload)
            del exports[-len(again) :]

    def open(self) -> list[Claim]:
        return [claim for claim in self.claims.values() if claim.closing is None]

    async def changed(self, change: Change) -> None:
        self.claims[change.after.claim_id] = change.after
        await self.site.hold(*change.after.tenures)
        for freed in contest.freed(change):
            for challenger in self.open():
                if freed in contest.contested(challenger):
                    await self.changed(contest.take_over(challenger, by(SYSTEM, self.site.clock.time), POLICY, {freed}))

    @invariant()
    def every_earning_and_every_reversal_exists_once_and_in_turn(self) -> None:
        entries = [booked.entry for booked, _ in self.site.store.booked.values()]
        names = [(entry.milestone_id, entry.generation, entry.kind) for entry in entries]
        assert len(names) == len(set(names))
        for milestone, generation, kind in names:
            if kind is EntryKind.REVERSAL:
                assert (milestone, generation, EntryKind.EARNING) in names
            elif generation > 1:
                assert (milestone, generation - 1, EntryKind.REVERSAL) in names

    def is_owed_as_it_is_booked(self, booking: Booking) -> None:
        """A later run would put a wrong booking right; but none may ever be made."""
        entries = [booked.entry for booked, _ in self.site.store.booked.values()]
        exports = next(iter(self.site.exports.values()))
        assert booking.entries
        assert net_of(entries) == expected(self.site.programmes[0], "teams", exports, self.site.tenures.values())

    def teardown(self) -> None:
        with self.runner:
            self.runner.run(self.evaluate())
            self.runner.run(self.site.paid_once())


Life.TestCase.settings = settings(
    max_examples=EXAMPLES, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestAnyLife = Life.TestCase
