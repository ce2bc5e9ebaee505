"""Everything is read and compared: ledger, usage rows, the pure function, accounts, statements, payouts and their files.

Reads only, but for its own result. Safe to run twice: a bucket's result is a whole value, the whole result is written once. What
differs while somebody is writing is read a second time before it counts, and what was booked within the last hour not at all.
"""

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from shared import telemetry
from shared.domain.association import Association
from shared.domain.booking import BookedEntry
from shared.domain.errors import NotFound
from shared.domain.evaluation import entries_due, evaluated_on
from shared.domain.identity import BUCKETS
from shared.domain.ledger import BookedSummary, Entry
from shared.domain.reconciliation import (
    MOST_KEPT,
    BucketResult,
    DifferenceCode,
    Fold,
    Found,
    Reconciliation,
    account_name,
    check_account,
    check_history,
    check_month,
    check_payout,
    folds_of,
)
from shared.domain.usage import unpacked
from shared.ports.accounts import PostingFilter
from shared.ports.money import StoredUsage
from shared.ports.world import MoneyWorld
from shared.usecases.evaluation import KnownEnrolments
from shared.usecases.payouts import CONTAINER, file_name
from shared.usecases.together import together

log = logging.getLogger(__name__)

SETTLED_AFTER: Final = timedelta(hours=1)
"""So long after its booking an entry must have been posted."""

_MESSAGES_AT_ONCE: Final = 16

type _Key = tuple[str, str]


async def start(world: MoneyWorld, reconciliation_id: str, buckets: Sequence[str] = BUCKETS) -> Reconciliation:
    """Notes the reconciliation and sends one message a bucket. The same id again is the same one, its messages sent once more."""
    now = world.clock.now()
    # What the last night's evaluation has met: a difference that came about since is the next one's to book.
    evaluated_since = now - timedelta(days=1)
    for days in (0, 1):
        try:
            run = await world.run_book.load(f"nightly-{(now - timedelta(days=days)).date().isoformat()}")
        except NotFound:
            continue
        if run.started_at < now - SETTLED_AFTER:
            evaluated_since = run.started_at
            break
    begun = await world.audit.begin(Reconciliation(reconciliation_id, now, evaluated_since))
    messages = ({"reconciliationId": reconciliation_id, "bucket": bucket} for bucket in buckets)
    await together(_MESSAGES_AT_ONCE, (world.reconciliations.send(message) for message in messages))
    return begun


async def reconcile_bucket(
    world: MoneyWorld, reconciliation_id: str, bucket: str, buckets: Sequence[str] = BUCKETS
) -> Reconciliation | None:
    """Compares what the bucket says; whoever completes the buckets compares the rest, and returns the whole result."""
    begun = await world.audit.load(reconciliation_id)
    await world.audit.record(reconciliation_id, await _bucket_result(world, begun, bucket))
    results = await world.audit.results(reconciliation_id)
    if begun.done_at is not None or {each.bucket for each in results} != set(buckets):
        return None
    return await _conclude(world, begun, results)


async def _bucket_result(world: MoneyWorld, begun: Reconciliation, bucket: str) -> BucketResult:
    entries: dict[_Key, list[BookedEntry]] = defaultdict(list)
    async for booked in world.audit.entries(bucket):
        entries[booked.tenant_id, booked.workload].append(booked)
    tenures: dict[_Key, list[Association]] = defaultdict(list)
    async for page in world.ledger.tenures(bucket):
        for stored in page:
            tenures[stored.tenure.tenant_id, stored.tenure.workload].append(stored.tenure)
    checker = _Checker(world, begun)
    histories = 0
    seen: set[_Key] = set()
    async for rows in world.ledger.usage(bucket, ""):
        for usage in rows:
            key = usage.history.tenant_id, usage.history.workload
            histories += 1
            seen.add(key)
            await checker.check(key, entries.get(key, []), tenures.get(key, []), usage)
    for key in entries.keys() - seen:
        await checker.check(key, entries[key], tenures.get(key, []), None)
    everything = [booked for some in entries.values() for booked in some]
    folds = folds_of(everything, begun.started_at - SETTLED_AFTER)
    return BucketResult(bucket, histories, len(everything), checker.pending, folds, tuple(checker.found))


class _Checker:
    """Checks one customer's workload after the other, and keeps what differs."""

    def __init__(self, world: MoneyWorld, begun: Reconciliation) -> None:
        self._world = world
        self._begun = begun
        self._programmes = evaluated_on(world.programmes.all_versions(), begun.started_at.date())
        self._enrolments = KnownEnrolments(world)
        self.pending = 0
        self.found: list[Found] = []

    async def check(
        self, key: _Key, entries: Sequence[BookedEntry], tenures: Sequence[Association], usage: StoredUsage | None
    ) -> None:
        found = await self._compared(key, entries, tenures, usage)
        if not found:
            return
        # Somebody may have booked between two of our ranges: only what differs in a second reading does.
        account = await self._world.ledger.account(*key)
        again = [each async for each in self._world.ledger.entries(key[0]) if each.workload == key[1]]
        found = await self._compared(key, again, [each.tenure for each in account.tenures], account.usage)
        is_new = bool(found) and await self._world.audit.changed_at(*key) >= self._begun.evaluated_since
        for each in found:
            if each.code is DifferenceCode.LEDGER_AND_FUNCTION and is_new:
                self.pending += 1
            else:
                self.found.append(each)

    async def _compared(
        self, key: _Key, entries: Sequence[BookedEntry], tenures: Sequence[Association], usage: StoredUsage | None
    ) -> list[Found]:
        where = f"{key[0]} {key[1]}"
        if usage is None:
            return list(check_history(where, entries, BookedSummary(), ()))
        due: tuple[Entry, ...] = ()
        if tenures or usage.booked.lines:
            enrolments = await self._enrolments.of(each.partner_id for each in tenures)
            # What a night passes over is worked out here all the same.
            due = entries_due(self._programmes, unpacked(usage.history), tenures, usage.booked, enrolments)
        return list(check_history(where, entries, usage.booked, due))


async def _conclude(world: MoneyWorld, begun: Reconciliation, results: Sequence[BucketResult]) -> Reconciliation:
    ledger: dict[str, Fold] = defaultdict(Fold)
    for result in results:
        for name, fold in result.folds.items():
            ledger[name] = ledger[name].plus(fold)
    found = [each for result in results for each in result.found]
    accounts = [each async for each in world.accounts.every()]
    before = begun.started_at - SETTLED_AFTER
    for partner_id, currency in accounts:
        name = account_name(partner_id, currency)
        fold = ledger.pop(name, Fold())
        if await _account_differences(world, partner_id, currency, fold, before):
            found += await _account_differences(world, partner_id, currency, fold, before)
    found += [Found(DifferenceCode.LEDGER_AND_ACCOUNT, name, str(fold), "no account") for name, fold in ledger.items()]
    found += await _payout_differences(world)
    found += await _month_differences(world, accounts)
    done = replace(
        begun,
        done_at=world.clock.now(),
        histories=sum(each.histories for each in results),
        entries=sum(each.entries for each in results),
        accounts=len(accounts),
        pending=sum(each.pending for each in results),
        differences=len(found),
        found=tuple(found[:MOST_KEPT]),
    )
    await world.audit.finish(done)
    if found:
        codes = sorted({str(each.code) for each in found})
        told = {"reconciliationId": begun.reconciliation_id, "differences": len(found), "codes": codes}
        log.error("the books do not agree", extra=told)
        telemetry.count("cpor.reconciliation.differences", len(found))
    return done


async def _account_differences(world: MoneyWorld, partner_id: str, currency: str, ledger: Fold, before: datetime) -> list[Found]:
    # The account first: what is closed or reserved after this reading belongs to a later reconciliation.
    stored = await world.accounts.account(partner_id, currency)
    if stored is None:
        name = account_name(partner_id, currency)
        return [] if ledger == Fold() else [Found(DifferenceCode.LEDGER_AND_ACCOUNT, name, str(ledger), "no account")]
    statements = [each for each in await world.accounts.statements(partner_id) if each.currency == currency]
    transfers = [each for each in await world.payouts.transfers_of(partner_id) if each.currency == currency]
    wanted = PostingFilter(currency=currency)
    postings = [each async for each in world.accounts.postings(partner_id, wanted)]
    return list(check_account(stored.account, statements, postings, transfers, ledger, before))


async def _payout_differences(world: MoneyWorld) -> list[Found]:
    found: list[Found] = []
    for payout in await world.payouts.all():
        listed = await world.payouts.listed(payout.month)
        stored = [await world.payouts.transfer(each.month, each.partner_id, each.currency) for each in listed]
        own = [each.transfer for each in stored if each is not None]
        try:
            content: bytes | None = await world.files.get(CONTAINER, file_name(payout.month))
        except NotFound:
            content = None
        found += check_payout(payout, listed, own, content)
    return found


async def _month_differences(world: MoneyWorld, accounts: Sequence[tuple[str, str]]) -> list[Found]:
    found: list[Found] = []
    for closing in await world.months.closings():
        statements = [await world.accounts.statement(partner, currency, closing.month) for partner, currency in accounts]
        found += check_month(closing, [each for each in statements if each is not None])
    return found
