"""The money guarantee: in any order of claims, silences, bounces, ends, contests, files, corrections, evaluations, crashes,
enrolments and programme versions the ledger adds up to what the plain model owes, and each entry exists once
(R-44 R-45 R-50 R-59 R-62 R-64 R-77 R-93 R-221).

One customer, one workload, three partners. Claims move by the domain's own moves; files are imported and evaluated by the real
use cases, over a store in memory that passes the adapters' contract suite; whatever may happen, may also happen between any two
calls of an import or a run. Counts, days and definitions lie at the edges of the rules, so that a rule that is off by one pays
wrongly in some of the lives. `make soak` lives ten times as many.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from shared.domain import consent, contact, contest, review, submission
from shared.domain.claim import Change, Claim, Due, DueKind, Hold, Scan, status
from shared.domain.errors import DomainError
from shared.domain.ledger import EntryKind
from shared.domain.lifecycle import Status
from shared.domain.programme_versions import Version, Versions, earliest_effect
from shared.domain.usage import UsageHistory
from shared.domain.usage_file import FileFormat
from shared.ports.money import Booking
from shared.usecases import usage_import
from tests.domain.claim_builders import CUSTOMER, MONDAY, OPERATOR, PARTNER, POLICY, RITA, SYSTEM, TEAMS, by, draft, judged
from tests.domain.earning_builders import ANNA, BERT, PROGRAMME, TENANT
from tests.domain.model import expected, net_of
from tests.faults import Killed
from tests.memory_store import MemorySite, dies_after, dies_before
from tests.money_books import CARL
from tests.usage_exports import NOISE, Export, Said, exported

EXAMPLES = int(os.environ.get("SOAK_EXAMPLES", "200"))
USAGE = (TENANT, "teams")

# A programme may say any of these from the beginning, or from its next version on.
DEFINITIONS: list[dict[str, Any]] = [
    {},
    {"rates": tuple(replace(rate, amount_minor=rate.amount_minor + 7) for rate in PROGRAMME.rates)},
    {"minimum_seats": 10},
    {"minimum_seats": 151},
    {"minimum_seats": 1001},
    {"baseline_window_days": 10},
    {"correction_window_days": 20},
    {"milestones": PROGRAMME.milestones[1:]},
]
# Most terms hold a whole life; some begin in it, and some end on the day of its first count.
WHOLE = (PROGRAMME.first_day, PROGRAMME.last_day)
TERMS = st.sampled_from([WHOLE, WHOLE, WHOLE, (date(2026, 3, 4), date(2026, 3, 31)), (PROGRAMME.first_day, MONDAY.date())])

# Seats lie around every minimum and size; users around the thresholds of those seats, or around the most there ever were.
SEATS = st.sampled_from([0, 9, 10, 149, 150, 151, 999, 1000, 1000, 1000, 1001, 4999, 5000])
THRESHOLDS = st.sampled_from([15, 15, 40, 60])


class Counts(NamedTuple):
    """Users and seats; users are the most there ever were and so many more, where `most` says so."""

    mau: int
    pau: int
    most: bool = False


class Share(NamedTuple):
    """The most users that there ever were and so many more, on so many seats that they are just about such a share of them."""

    more: int
    threshold: int
    seats_off: int


AROUND_A_THRESHOLD = st.builds(
    lambda seats, threshold, more: Counts(max(0, -(-threshold * seats // 100) + more), seats),
    SEATS,
    THRESHOLDS,
    st.integers(-1, 1),
)
GROWTH = st.sampled_from([0, 1, 1, 1, 20])
COUNTS = st.one_of(
    AROUND_A_THRESHOLD,
    st.builds(Counts, GROWTH, SEATS, st.just(True)),
    st.builds(Share, GROWTH, THRESHOLDS, st.integers(-1, 1)),
)
PARTNERS = st.sampled_from([ANNA, BERT, CARL])
ACTORS = st.sampled_from([CUSTOMER, PARTNER, OPERATOR])

# The days of a file's rows before its export, mostly days that can still earn and not many that only raise the mark, but also
# around both correction windows; and how long ago it was exported.
AGES = st.sampled_from([0, 0, 0, 0, 1, 1, 1, 2, 3, 5, 8, 14, 19, 20, 21, 30, 40, 89, 90, 91])
ROWS = st.lists(st.tuples(AGES, COUNTS, st.booleans()), min_size=1, max_size=4)
LAGS = st.sampled_from([0, 0, 0, 1, 5, 30])
FORMATS = st.sampled_from(list(FileFormat))
NOISES = st.lists(st.sampled_from(sorted(NOISE)), max_size=3)
FILES = st.tuples(st.just("imports"), ROWS, LAGS, FORMATS, NOISES)
EVENTS = st.one_of(
    st.tuples(st.just("submits"), PARTNERS),
    st.tuples(st.just("agrees")),
    st.tuples(st.just("stays_silent")),
    st.tuples(st.just("bounces"), st.integers(0, 9)),
    st.tuples(st.just("resends")),
    st.tuples(st.just("decided"), st.booleans()),
    st.tuples(st.just("ends"), ACTORS),
    FILES,
    FILES,
    st.tuples(st.just("corrects"), st.integers(0, 9), COUNTS, FORMATS),
    st.tuples(st.just("repeats"), st.integers(0, 9)),
    st.tuples(st.just("publishes"), st.sampled_from(DEFINITIONS)),
    st.tuples(st.just("evaluates")),
    st.tuples(st.just("waits"), st.sampled_from([1, 15, 24, 24 * 3, 24 * 7, 24 * 20])),
)
DEATHS = st.sampled_from([dies_before, dies_after])


# The silence of one life in four is taken back at once, so that what would earn first is counted while nothing accrues.
ANSWERS: st.SearchStrategy[list[tuple[Any, ...]]] = st.sampled_from(
    [[("agrees",)], [("agrees",)], [("stays_silent",)], [("stays_silent",), ("bounces", 0)]]
)


class AtOnce(ThreadPoolExecutor):
    """Does in the asking thread what a worker leaves to another one: starting threads takes longer than a life."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


class Life(RuleBasedStateMachine):
    """Everything that may happen to one customer's workload, and the nights between."""

    def __init__(self) -> None:
        super().__init__()
        self.site = MemorySite()
        self.site.clock.time = MONDAY
        self.site.enrolled = set()
        self.claims: dict[str, Claim] = {}
        self.sent: list[tuple[str, Due]] = []
        self.files: dict[str, Export] = {}
        self.runs = 0
        self.site.store.on_booking = self.is_owed_as_it_is_booked
        self.runner = asyncio.Runner()
        self.runner.get_loop().set_default_executor(AtOnce())

    @initialize(
        definition=st.sampled_from(DEFINITIONS),
        term=TERMS,
        baseline=st.sampled_from([0, 10, 90, 150]),
        late=st.integers(-1, 1),
        first_use=COUNTS,
        partner=st.sampled_from([ANNA, BERT]),
        enrolled=st.sets(PARTNERS, min_size=2),
        answers=ANSWERS,
    )
    def a_partner_is_on_record(  # Each is drawn.
        self,
        definition: dict[str, Any],
        term: tuple[date, date],
        baseline: int,
        late: int,
        first_use: Counts | Share,
        partner: str,
        enrolled: set[str],
        answers: list[tuple[Any, ...]],
    ) -> None:
        """So that most of a life is about what can be earned. The only count before is on an edge of the baseline's window."""
        programme = replace(PROGRAMME, **definition, first_day=term[0], last_day=term[1])
        self.site.programmes = (Versions((Version(programme),)),)
        self.site.enrolled = enrolled
        before: Any = ("imports", [(programme.baseline_window_days + late, Counts(baseline, 1000), False)], 0, FileFormat.TSV, [])
        for event in (before, ("submits", partner), *answers, self.used_today(first_use)):
            self.runner.run(self.happen(event))
        self.nights_pass(1)

    @rule(event=EVENTS)
    def something_happens(self, event: Any) -> None:
        self.runner.run(self.happen(event))

    @rule(counts=COUNTS, actor=ACTORS, partner=PARTNERS, is_used_first=st.booleans())
    def an_association_passes_on_the_day_of_a_snapshot(
        self, counts: Counts | Share, actor: Any, partner: str, is_used_first: bool
    ) -> None:
        used = self.used_today(counts)
        passes: list[Any] = [("ends", actor), ("submits", partner), ("agrees",)]
        for event in [used, *passes] if is_used_first else [*passes, used]:
            self.runner.run(self.happen(event))

    @rule(partner=PARTNERS, threshold=THRESHOLDS)
    def an_earlier_holder_turns_out_to_have_reached_it_first(self, partner: str, threshold: int) -> None:
        """January after February: the successor has been paid when the day before comes to light."""
        counts: Any = Counts(*self.counted(Share(20, threshold, 0)))
        passes: list[Any] = [("ends", CUSTOMER), ("submits", partner), ("agrees",), ("waits", 24)]
        late: Any = ("imports", [(1, counts, False)], 0, FileFormat.TSV, [])
        for event in (*passes, self.used_today(counts), ("evaluates",), late):
            self.runner.run(self.happen(event))

    @rule(counts=COUNTS, then=st.sampled_from([("agrees",), ("stays_silent",), ("ends", CUSTOMER), ("waits", 24)]), later=COUNTS)
    def a_silence_is_taken_back(self, counts: Counts | Share, then: Any, later: Counts | Share) -> None:
        """And given again, or not, on another day; use is counted on both days."""
        taken_back: list[Any] = [("stays_silent",), ("bounces", 0), self.used_today(counts), ("evaluates",), ("waits", 24)]
        given_again: list[Any] = [("resends",), then, self.used_today(later), ("evaluates",)]
        for event in (*taken_back, *given_again):
            self.runner.run(self.happen(event))

    @rule(partner=PARTNERS)
    def a_partner_is_enrolled(self, partner: str) -> None:
        """It never leaves: leaving takes nothing back."""
        assert self.site.enrolled is not None
        self.site.enrolled.add(partner)

    @rule(nights=st.integers(1, 3))
    def nights_pass(self, nights: int) -> None:
        self.runner.run(self.evaluate())
        self.runner.run(self.site.paid_once())
        self.runner.run(self.happen(("waits", 24 * nights)))

    @rule(number=st.integers(1, 5), death=DEATHS)
    def a_run_dies(self, number: int, death: Any) -> None:
        with suppress(Killed):
            self.runner.run(self.evaluate({number: death}))

    @rule(number=st.integers(1, 4), counts=COUNTS, event=EVENTS, is_before=st.booleans())
    def a_run_meets(self, number: int, counts: Counts | Share, event: Any, is_before: bool) -> None:
        """Between page read and booking, or at any other moment of a run that may have something to book."""
        self.runner.run(self.happen(self.used_today(counts)))
        self.runner.run(self.evaluate({number: self.meeting(event, is_before)}))

    @rule(number=st.integers(1, 3), file=FILES, event=EVENTS, is_before=st.booleans())
    def an_import_meets(self, number: int, file: Any, event: Any, is_before: bool) -> None:
        """Between reading the histories and writing them, or at any other moment."""
        self.runner.run(self.happen(file, {number: self.meeting(event, is_before)}))

    @rule(number=st.integers(1, 2), file=FILES, death=DEATHS)
    def an_import_dies(self, number: int, file: Any, death: Any) -> None:
        """Its message comes back with the next file, or at the end; an evaluation may come first."""
        with suppress(Killed):
            self.runner.run(self.happen(file, {number: death}))

    @rule()
    def two_runs_at_once(self) -> None:
        async def both() -> None:
            await asyncio.gather(self.evaluate(), self.evaluate())

        self.runner.run(both())

    def meeting(self, event: Any, is_before: bool) -> Callable[[Callable[[], Awaitable[None]]], Awaitable[None]]:
        async def around(call: Callable[[], Awaitable[None]]) -> None:
            if is_before:
                await self.happen(event)
            await call()
            if not is_before:
                await self.happen(event)

        return around

    async def evaluate(self, plan: dict[int, Any] | None = None) -> None:
        self.runs += 1
        with self.planned(plan or {}):
            await self.site.evaluate(self.site.process(), f"run-{self.runs}")

    async def happen(self, event: Any, plan: dict[int, Any] | None = None) -> None:
        """One event. What the domain does not admit does not happen."""
        if self.site.clock.time >= self.last_moment:
            return
        kind, *said = event
        with self.planned(plan or {}), suppress(DomainError):
            await getattr(self, kind)(*said)

    @contextmanager
    def planned(self, plan: dict[int, Any]) -> Iterator[None]:
        """What is to happen around which of the next calls; what was planned before waits so long."""
        store = self.site.store
        store.plan, before = {store.calls + number: around for number, around in plan.items()}, store.plan
        called = store.calls
        try:
            yield
        finally:
            store.plan = {number + store.calls - called: around for number, around in before.items()}

    @property
    def last_moment(self) -> datetime:
        """Every correction of the term is in by then; later nothing is evaluated, and so nothing may happen."""
        programmes = [each.programme for each in self.site.programmes[0].all]
        last = max(each.last_day + timedelta(days=each.correction_window_days) for each in programmes)
        return datetime.combine(last, MONDAY.timetz())

    async def waits(self, hours: int) -> None:
        self.site.clock.time = min(self.last_moment, self.site.clock.time + timedelta(hours=hours))

    async def evaluates(self) -> None:
        await self.evaluate()

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

    async def stays_silent(self) -> None:
        """Every mail goes out when it is due, the reminder too, until the window ends without an answer."""
        for claim_id in [claim.claim_id for claim in self.open() if claim.is_asking]:
            while waits := [due for due in self.claims[claim_id].dues if due.mail or due.kind is DueKind.CONSENT_WINDOW]:
                due = min(waits, key=lambda each: each.at)
                if due.at >= self.last_moment or not self.claims[claim_id].is_asking:
                    break
                self.site.clock.time = max(self.site.clock.time, due.at)
                act, claim = by(SYSTEM, self.site.clock.time), self.claims[claim_id]
                if due.mail:
                    self.sent.append((claim_id, due))
                    await self.changed(consent.mail_accepted(claim, act, POLICY, due, consent.answer_by(act.at, POLICY)))
                else:
                    await self.changed(consent.window_ended(claim, act, POLICY, due))

    async def bounces(self, which: int) -> None:
        """A mail that was accepted turns out to have reached nobody."""
        for claim_id, due in self.sent[-1 - which % len(self.sent) :][:1] if self.sent else ():
            await self.changed(contact.bounced(self.claims[claim_id], by(SYSTEM, self.site.clock.time), POLICY, due))

    async def resends(self) -> None:
        for claim in self.open():
            await self.changed(contact.resend(claim, by(PARTNER, self.site.clock.time), POLICY))

    def used_today(self, counts: Counts | Share) -> Any:
        return "imports", [(0, counts, False)], 0, FileFormat.CSV, []

    def counted(self, counts: Counts | Share) -> tuple[int, int]:
        """Users and seats as a row says them."""
        most = max((each.mau for each in self.site.exports[USAGE]), default=0)
        if isinstance(counts, Counts):
            return counts.mau + (most if counts.most else 0), counts.pau
        users = most + counts.more
        return users, max(0, users * 100 // counts.threshold + counts.seats_off)

    async def imports(
        self, rows: list[tuple[int, Counts | Share, bool]], lag: int, file_format: FileFormat, noise: Sequence[str]
    ) -> None:
        """A file that was exported some days ago, of days before that."""
        exported_at = self.site.clock.time - timedelta(days=lag)
        said = [Said(exported_at.date() - timedelta(days=age), *self.counted(counts), as_month) for age, counts, as_month in rows]
        await self.handed_in(exported(said, file_format, exported_at, noise))

    async def corrects(self, which: int, counts: Counts | Share, file_format: FileFormat) -> None:
        exports = self.site.exports[USAGE]
        said = [Said(exports[-1 - which % len(exports)].date, *self.counted(counts))]
        await self.handed_in(exported(said, file_format, self.site.clock.time))

    async def repeats(self, which: int) -> None:
        """A file once more, and what it says in another format."""
        files = list(self.files.values())
        file = files[which % len(files)]
        await self.handed_in(file)
        others = [each for each in FileFormat if each is not file.file_format]
        said = [Said(each.date, each.mau, each.pau) for each in file.says]
        await self.handed_in(exported(said, others[which % 2], file.exported_at))

    async def handed_in(self, file: Export) -> None:
        job = await usage_import.accept(self.site.process(), file.content, file.file_format, file.exported_at)
        self.files[job.import_id] = file
        await self.deliver()

    async def deliver(self) -> None:
        """Works off every import whose message is there; a worker that dies leaves its message behind."""
        for import_id in dict.fromkeys(self.site.imports.messages):
            file = self.files[import_id]

            def landed(histories: Sequence[UsageHistory], file: Export = file) -> None:
                if USAGE in [(each.tenant_id, each.workload) for each in histories]:
                    self.site.exports[USAGE] += file.says

            await usage_import.work_off(self.site.process(landed), import_id)
            self.site.imports.messages = [each for each in self.site.imports.messages if each != import_id]

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
        owed = expected(
            self.site.programmes[0], "teams", self.site.exports[USAGE], self.site.tenures.values(), self.site.enrolled
        )
        assert booking.entries
        assert net_of(entries) == owed

    def teardown(self) -> None:
        with self.runner:
            self.runner.run(self.deliver())
            self.runner.run(self.evaluate())
            self.runner.run(self.site.paid_once())


Life.TestCase.settings = settings(
    max_examples=EXAMPLES, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
TestAnyLife = Life.TestCase
