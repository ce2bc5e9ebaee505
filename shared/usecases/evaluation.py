"""Evaluation: what has been earned meets what is booked, bucket by bucket; the difference is booked, customer by customer.

Safe to run twice, at once, and after a crash anywhere: what is wanted is a function of usage, tenures and programme, only the
difference is booked, and a booking lands only on the usage and tenures it was worked out from. Of customers to whom nothing is
due nothing is read but their rows in the two sorted ranges.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from shared.domain.booking import BookedEntry
from shared.domain.errors import BusyRecord, DomainError
from shared.domain.evaluation import (
    Least,
    Part,
    PartState,
    Run,
    Tally,
    edition_of,
    entries_due,
    evaluated_on,
    least_of,
    may_be_due,
    tally_of,
)
from shared.domain.identity import BUCKETS
from shared.domain.join import Key, join
from shared.domain.ledger import Entry, book
from shared.domain.programme_versions import Versions
from shared.ports.failures import StaleRecord
from shared.ports.money import Account, Booking, StoredTenure, StoredUsage
from shared.ports.world import MoneyWorld
from shared.usecases.together import together

# Each loser of a race reads the customer anew; more losses in a row are a stampede.
_ATTEMPTS: Final = 8
_MESSAGES_AT_ONCE: Final = 16


class OtherProgrammes(DomainError):
    """This worker knows other programmes than the run was started with; another worker, or this one later, may know them."""

    code = "other_programmes"

    def __init__(self) -> None:
        super().__init__("The run was started with other versions of the programmes.")


async def start(world: MoneyWorld, evaluation_id: str, run_date: date, buckets: Sequence[str] = BUCKETS) -> Run:
    """Notes the run and sends one message a bucket. The same id again is the same run, its messages sent once more."""
    edition = edition_of(evaluated_on(world.programmes.all_versions(), run_date), run_date)
    run = await world.run_book.begin(Run(evaluation_id, run_date, edition, world.clock.now()))
    messages = ({"evaluationId": evaluation_id, "bucket": bucket} for bucket in buckets)
    await together(_MESSAGES_AT_ONCE, (world.evaluations.send(message) for message in messages))
    return run


async def evaluate_bucket(
    world: MoneyWorld,
    run: Run,
    bucket: str,
    enrolments: "KnownEnrolments | None" = None,
    then: "Callable[[MoneyWorld, str], Awaitable[None]] | None" = None,
) -> Part:
    """Books what is due in the bucket and notes the part's result; before it is noted, `then` sees the booked bucket.

    Raises OtherProgrammes, BusyRecord, StoreUnavailable.
    """
    programmes = evaluated_on(world.programmes.all_versions(), run.run_date)
    if edition_of(programmes, run.run_date) != run.edition:
        raise OtherProgrammes
    evaluator = _Evaluator(world, run, programmes, enrolments or KnownEnrolments(world), least_of(programmes))
    associations, tally = 0, Tally()
    async with aclosing(accounts_in(world, bucket)) as parts:
        async for accounts in parts:
            associations += sum(len(account.tenures) for account in accounts)
            tally = tally.plus(await evaluator.settle_all(accounts))
    if then is not None:
        await then(world, bucket)
    part = Part(bucket, PartState.DONE, associations, tally)
    await world.run_book.record(run.evaluation_id, part)
    return part


async def give_up(world: MoneyWorld, evaluation_id: str, bucket: str) -> None:
    """Marks a part failed whose message failed every try; the next night evaluates its bucket again."""
    await world.run_book.record(evaluation_id, Part(bucket, PartState.FAILED))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come, and the sums of its parts so far."""

    run: Run
    done: int
    failed: int
    associations: int
    tally: Tally


async def progress(world: MoneyWorld, evaluation_id: str) -> Progress:
    """Raises NotFound."""
    run = await world.run_book.load(evaluation_id)
    parts = await world.run_book.parts(evaluation_id)
    tally = Tally()
    for part in parts:
        tally = tally.plus(part.tally)
    failed = sum(part.state is PartState.FAILED for part in parts)
    return Progress(run, len(parts) - failed, failed, sum(part.associations for part in parts), tally)


@dataclass(frozen=True)
class KnownEnrolments:
    """In which programmes partners take or took part, asked once a partner and run."""

    world: MoneyWorld
    known: dict[str, frozenset[str]] = field(default_factory=dict)

    async def of(self, partners: Iterable[str]) -> dict[str, frozenset[str]]:
        """The programmes of these partners."""
        wanted = set(partners)
        if unknown := wanted - self.known.keys():
            self.known.update(await self.world.enrolments.programmes_of(unknown))
        return {partner: self.known[partner] for partner in wanted}


@dataclass(frozen=True)
class _Evaluator:
    world: MoneyWorld
    run: Run
    programmes: tuple[Versions, ...]
    enrolments: KnownEnrolments
    least: Mapping[str, Least]

    async def settle_all(self, accounts: Sequence[Account]) -> Tally:
        """Books what is due for these; returns what this run has booked there.

        Where nothing can be due nothing is asked and nothing is waited for, not even in which programmes the partners are.
        """
        promising = [each for each in accounts if each.usage and may_be_due(self.least, each.usage.history, each.usage.booked)]
        held = {each.tenure.partner_id for account in promising for each in account.tenures}
        enrolments, tally = await self.enrolments.of(held), Tally()
        for account in promising:
            if account.usage is None:
                continue
            if self._due(account, account.usage, enrolments):
                tally = tally.plus(await self.settle(account))
            elif account.usage.tallied_for == self.run.evaluation_id:
                tally = tally.plus(account.usage.tally)
        return tally

    async def settle(self, account: Account) -> Tally:
        """Books what is due for one customer and workload; returns what this run has booked there, now or before a crash."""
        for _ in range(_ATTEMPTS):
            if account.usage is None:
                return Tally()
            booked_before = account.usage.tally if account.usage.tallied_for == self.run.evaluation_id else Tally()
            known = await self.enrolments.of(each.tenure.partner_id for each in account.tenures)
            entries = self._due(account, account.usage, known)
            if not entries:
                return booked_before
            booking = self._booking(account, account.usage, entries, booked_before)
            try:
                await self.world.ledger.book(booking)
            except StaleRecord:
                account = await self.world.ledger.account(account.tenant_id, account.workload)
                continue
            return booking.tally
        raise BusyRecord

    def _due(self, account: Account, usage: StoredUsage, enrolments: Mapping[str, frozenset[str]]) -> tuple[Entry, ...]:
        return entries_due(self.programmes, usage.history, [each.tenure for each in account.tenures], usage.booked, enrolments)

    def _booking(self, account: Account, usage: StoredUsage, entries: Sequence[Entry], booked_before: Tally) -> Booking:
        now, run = self.world.clock.now(), self.run
        by_id = {programme.programme_id: programme for programme in self.programmes}
        named = {entry.claim_id for entry in entries}
        return Booking(
            usage=usage,
            # The end of any other tenure frees days that nobody else can earn with; these must still be as they were read.
            rests_on=tuple(each for each in account.tenures if each.tenure.claim_id in named),
            entries=tuple(
                BookedEntry(
                    entry,
                    account.tenant_id,
                    account.workload,
                    by_id[entry.programme_id].on(entry.snapshot_date).version,
                    now,
                    run.evaluation_id,
                )
                for entry in entries
            ),
            booked=book(usage.booked, entries),
            tally=booked_before.plus(tally_of(entries)),
            evaluation_id=run.evaluation_id,
            booked_at=now,
            write_id=self.world.entropy.token(),
        )


async def accounts_in(world: MoneyWorld, bucket: str) -> AsyncGenerator[list[Account]]:
    """The bucket's accounts that have a tenure, some hundreds at a time, from one pass over each of the two ranges."""

    def usage_from(first: StoredTenure) -> AsyncIterator[Sequence[StoredUsage]]:
        return world.ledger.usage(bucket, first.tenure.tenant_id)

    async for groups in join(world.ledger.tenures(bucket), usage_from, _tenure_key, _usage_key):
        yield [Account(*_tenure_key(tenures[0]), tuple(tenures), usage) for tenures, usage in groups]


def _tenure_key(stored: StoredTenure) -> Key:
    return stored.tenure.tenant_id, stored.tenure.workload


def _usage_key(stored: StoredUsage) -> Key:
    return stored.history.tenant_id, stored.history.workload
