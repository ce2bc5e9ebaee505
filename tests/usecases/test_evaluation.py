"""The money guarantee: however often, at once, or interrupted evaluation runs, and whatever changes in between, each milestone is
booked once, to the tenure in which it was reached, and the ledger adds up to what the plain model owes.

Workers die at every request and lose every answer; imports and ended associations come in between at every request.
"""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from infra.local.azurite import Azurite
from shared.adapters import ledger_rows, names, rows
from shared.bootstrap import create_stores
from shared.domain.association import Association
from shared.domain.errors import NotFound
from shared.domain.evaluation import Tally
from shared.domain.identity import BUCKETS, bucket_of
from shared.domain.ledger import EntryKind
from shared.domain.partner import Partner
from shared.domain.programme_versions import only
from shared.domain.usage import Snapshot
from shared.ports.failures import StoreUnavailable
from shared.usecases import evaluation, old_runs
from tests.domain.earning_builders import ANNA, BERT, PROGRAMME, TENANT, export, history, snapshot, tenure
from tests.faults import Fault, Faults, Killed
from tests.money_books import BUCKET, CARL, NIGHT, tenants_of
from tests.money_site import Site

OTHER = next(tenant for tenant in tenants_of(BUCKET, 2) if tenant != TENANT)
ANNAS = tenure("2026-02-01", ended="2026-03-15")
BERTS = tenure("2026-03-20", partner=BERT, claim="claim-b")
OTHERS = replace(tenure("2026-02-01", partner=CARL, claim="claim-c"), tenant_id=OTHER)


@pytest.fixture
async def site(azurite: Azurite) -> AsyncIterator[Site]:
    made = Site(azurite)
    await create_stores(made.world)
    await made.forget()
    yield made
    await made.close()


async def usual(site: Site) -> list[dict[str, Any]]:
    """Anna reached 15 % and left, Bert then reached 40 %; Carl's milestone was booked last month and has been corrected away.

    Returns the bucket's rows, to begin again from.
    """
    await site.hold(ANNAS, BERTS, OTHERS)
    await site.bring(snapshot("2026-01-31", 100), snapshot("2026-02-28", 160, exported="2026-03-01"), tenant=OTHER)
    await site.evaluate(evaluation_id="run-0")
    assert len(await site.ledger(OTHER)) == 1
    await site.bring(snapshot("2026-02-28", 120, exported="2026-03-05"), tenant=OTHER)
    await site.bring(snapshot("2026-01-31", 100), snapshot("2026-02-28", 160), snapshot("2026-03-31", 450))
    return await site.rows()


async def begin_again(site: Site, stored: list[dict[str, Any]]) -> None:
    """The bucket as `usual` left it."""
    await site.restore(stored)
    site.tenures = {rows.tenure_key(each): each for each in (ANNAS, BERTS, OTHERS)}
    site.exports[TENANT, "teams"] = [snapshot("2026-01-31", 100), snapshot("2026-02-28", 160), snapshot("2026-03-31", 450)]


async def requests_of_a_run(site: Site) -> Faults:
    faults = Faults()
    await site.evaluate(site.process(faults))
    return faults


async def test_each_milestone_is_booked_to_the_tenure_in_which_it_was_reached(site: Site) -> None:
    """R-50 R-60 R-62 R-64"""
    await usual(site)
    part = await site.evaluate()
    told = [(b.entry.kind, b.entry.milestone_id, b.entry.partner_id, b.entry.amount_minor) for b in await site.ledger()]
    assert told == [(EntryKind.EARNING, "teams-15", ANNA, 2_000), (EntryKind.EARNING, "teams-40", BERT, 4_000)]
    assert [b.entry.kind for b in await site.ledger(OTHER)] == [EntryKind.EARNING, EntryKind.REVERSAL]
    assert part.associations == 3
    assert part.tally == Tally(earned=2, reversed=1, amounts={"EUR": 4_000})
    await site.paid_once()


async def test_evaluating_twice_books_once(site: Site) -> None:
    """R-62"""
    await usual(site)
    await site.evaluate()
    stored = await site.rows()
    again = await site.evaluate(evaluation_id="run-2")
    assert await site.rows() == stored
    assert again.tally == Tally()


async def test_evaluating_twice_at_once_books_once(site: Site) -> None:
    """R-62"""
    stored = await usual(site)
    for _ in range(5):
        await begin_again(site, stored)
        worlds = [site.process() for _ in range(3)]
        parts = await asyncio.gather(*(site.evaluate(world) for world in worlds))
        await site.paid_once()
        # Each worker tells what the run has booked, whichever of them booked it.
        assert {part.tally.earned for part in parts} == {2}
        assert [each.tally for each in await site.world.run_book.parts("run-1")] == [await site.tally()]


@pytest.mark.parametrize("fault", Fault)
async def test_a_run_that_fails_at_any_request_and_is_taken_up_again_books_once(site: Site, fault: Fault) -> None:
    """R-62 R-93"""
    stored = await usual(site)
    requests = (await requests_of_a_run(site)).total
    assert requests > 7
    for number in range(1, requests + 1):
        await begin_again(site, stored)
        faults = Faults().inject(number, fault)
        with contextlib.suppress(Killed, StoreUnavailable):
            await site.evaluate(site.process(faults))
        assert faults.is_spent
        part = await site.evaluate()
        await site.paid_once()
        assert len(await site.ledger()) == 2
        assert len(await site.ledger(OTHER)) == 2
        assert part.tally == Tally(earned=2, reversed=1, amounts={"EUR": 4_000}), f"the run miscounts after request {number}"


async def test_a_run_that_is_taken_up_after_an_import_tells_all_it_has_booked(site: Site) -> None:
    """R-93"""
    await usual(site)
    await site.evaluate()
    await site.bring(snapshot("2026-02-28", 170, pau=6000, exported="2026-04-01"))
    part = await site.evaluate()
    assert part.tally == await site.tally()
    assert part.tally.reversed == 2


@pytest.mark.parametrize("fault", [Fault.LOSE_ANSWER, Fault.ANSWER_503_AFTER])
async def test_a_lost_answer_to_a_booking_is_no_failure(site: Site, fault: Fault) -> None:
    """R-93"""
    stored = await usual(site)
    trail = (await requests_of_a_run(site)).trail
    batches = [sent.number for sent in trail if sent.operation == "table batch"]
    assert len(batches) == 2
    for number in batches:
        await begin_again(site, stored)
        part = await site.evaluate(site.process(Faults().inject(number, fault)))
        assert part.tally == await site.tally() == Tally(earned=2, reversed=1, amounts={"EUR": 4_000})
        await site.paid_once()


async def ends_in_march(site: Site) -> None:
    await site.end(BERTS, "2026-03-25")


async def changes_hands(site: Site) -> None:
    await site.end(BERTS, "2026-03-25")
    await site.hold(tenure("2026-03-26", submitted="2026-03-01", partner=CARL, claim="claim-d"))


async def corrected_down(site: Site) -> None:
    await site.bring(snapshot("2026-03-31", 170, exported="2026-04-10"))


async def corrected_earlier(site: Site) -> None:
    """Anna turns out to have reached both."""
    await site.bring(snapshot("2026-02-28", 440, exported="2026-04-10"))


async def evaluated(site: Site) -> None:
    await site.evaluate(evaluation_id="run-2")


async def annas_end_is_corrected(site: Site) -> None:
    """It never happens by itself; but whoever mends data by hand must not be overtaken either."""
    await site.end(ANNAS, "2026-02-20")


MEANWHILE: list[Callable[[Site], Awaitable[None]]] = [
    ends_in_march,
    changes_hands,
    corrected_down,
    corrected_earlier,
    annas_end_is_corrected,
    evaluated,
]


@pytest.mark.parametrize("meanwhile", MEANWHILE, ids=lambda each: each.__name__)
@pytest.mark.parametrize("when", ["before", "after"])
async def test_whatever_comes_in_between_at_any_request_each_milestone_is_owed_once(
    site: Site, meanwhile: Callable[[Site], Awaitable[None]], when: str
) -> None:
    """R-50 R-62 R-93"""
    stored = await usual(site)
    requests = (await requests_of_a_run(site)).total
    for number in range(1, requests + 1):
        await begin_again(site, stored)
        faults = Faults()
        plan = faults.before if when == "before" else faults.after
        plan(number, lambda: meanwhile(site))
        part = await site.evaluate(site.process(faults))
        assert faults.is_spent
        assert part.tally == await site.tally(), "the run counts what another one booked"
        await site.evaluate(evaluation_id="run-3")
        await site.paid_once()


@pytest.mark.parametrize("meanwhile", MEANWHILE, ids=lambda each: each.__name__)
async def test_nothing_is_booked_on_what_was_read_before_it_changed(
    site: Site, meanwhile: Callable[[Site], Awaitable[None]]
) -> None:
    """R-93: not even to be reversed by the next run."""
    stored = await usual(site)
    trail = (await requests_of_a_run(site)).trail
    await begin_again(site, stored)
    first_batch = next(
        sent.number for sent in trail if sent.operation == "table batch" and (TENANT < OTHER or sent.number > _first_batch(trail))
    )
    await site.evaluate(site.process(Faults().before(first_batch, lambda: meanwhile(site))))
    await site.evaluate(evaluation_id="run-3")
    assert [b for b in await site.ledger() if b.entry.kind is EntryKind.REVERSAL] == []
    await site.paid_once()


def _first_batch(trail: list[Any]) -> int:
    return next(int(sent.number) for sent in trail if sent.operation == "table batch")


async def test_a_life_at_random_ends_in_what_is_owed(site: Site) -> None:
    """R-44 R-45 R-50 R-62 R-93: imports in any order, tenures ending, workers dying, and evaluation whenever it likes."""
    for seed in range(8):
        dice = random.Random(seed)  # noqa: S311  # Reproducible on purpose.
        await site.forget()
        site.tenures.clear()
        site.exports.clear()
        current = tenure("2026-02-01", submitted="2026-01-20", claim="claim-0")
        await site.hold(current)
        for step in range(12):
            day = date(2025, 12, 1) + timedelta(days=dice.randrange(200))
            counts = dice.choice([90, 150, 160, 400, 450, 700]), dice.choice([100, 1000, 1000, 5000])
            exported = (day + timedelta(days=dice.choice([0, 5, 60, 100]))).isoformat()
            await site.bring(Snapshot(day, *counts, export(exported, dice.choice("ab") * 12)))
            if dice.random() < 0.3 and current.is_standing:
                handed = current.active_from + timedelta(days=dice.randrange(1, 30))
                await site.end(current, handed.date().isoformat())
                begun = (handed + timedelta(days=dice.randrange(2))).date().isoformat()
                current = tenure(begun, partner=dice.choice([ANNA, BERT]), claim=f"claim-{step + 1}")
                await site.hold(current)
            faults = Faults().inject(dice.randrange(1, 7), dice.choice(list(Fault)))
            try:
                await site.evaluate(site.process(faults), f"run-{step}")
            except (Killed, StoreUnavailable):
                continue
        await site.evaluate(evaluation_id="last")
        await site.paid_once()


async def test_a_partner_that_is_not_enrolled_gets_nothing(site: Site) -> None:
    """R-59"""
    stranger = "9000009"
    await site.hold(replace(ANNAS, partner_id=stranger))
    await site.bring(snapshot("2026-01-31", 100), snapshot("2026-02-28", 160))
    await site.evaluate()
    assert await site.ledger() == []
    await site.enrol(stranger)
    await site.evaluate(evaluation_id="run-2")
    assert [b.entry.partner_id for b in await site.ledger()] == [stranger]


async def test_a_partner_that_leaves_the_programme_keeps_and_earns_what_its_tenure_reached(site: Site) -> None:
    """R-59"""
    await usual(site)
    await site.world.partners.enrol(Partner(BERT, "Bert", "bert@bert.example", programmes=()))
    await site.evaluate()
    await site.paid_once()


async def test_a_programme_is_evaluated_until_its_corrections_are_surely_in(site: Site) -> None:
    """R-90"""
    await site.hold(ANNAS)
    await site.bring(snapshot("2026-01-31", 100), snapshot("2026-02-28", 160))
    last_correction = PROGRAMME.last_day + timedelta(days=PROGRAMME.correction_window_days)
    site.clock.time = NIGHT.replace(year=2025)
    await site.evaluate(evaluation_id="before the term")
    assert await site.ledger() == []
    site.clock.time = NIGHT + (last_correction + timedelta(days=8) - NIGHT.date())
    await site.evaluate(evaluation_id="much too late")
    assert await site.ledger() == []
    site.clock.time -= timedelta(days=1)
    await site.evaluate(evaluation_id="after a week of missed nights")
    assert len(await site.ledger()) == 1


async def test_a_worker_with_other_programmes_books_nothing(site: Site) -> None:
    """R-94"""
    await usual(site)
    run = site.run()
    site.programmes = (only(replace(PROGRAMME, version=2, minimum_seats=10)),)
    with pytest.raises(evaluation.OtherProgrammes):
        await evaluation.evaluate_bucket(site.process(), run, BUCKET)
    assert await site.ledger() == []
    assert await site.world.run_book.parts("run-1") == ()


async def test_overlapping_programmes_pay_each_their_own(azurite: Azurite) -> None:
    """R-66"""
    autumn = replace(PROGRAMME, programme_id="autumn", currency="USD")
    site = Site(azurite, PROGRAMME, autumn)
    await create_stores(site.world)
    await site.forget()
    await site.hold(ANNAS)
    await site.bring(snapshot("2026-01-31", 100), snapshot("2026-02-28", 160))
    part = await site.evaluate()
    assert [(b.entry.programme_id, b.entry.currency) for b in await site.ledger()] == [("autumn", "USD"), ("spring", "EUR")]
    assert part.tally.amounts == {"EUR": 2_000, "USD": 2_000}
    await site.close()


# How much a night reads. Customers have one tenure each; some usage belongs to nobody's customer.
CUSTOMERS, STRANGERS = 1_150, 900


async def a_large_bucket(site: Site) -> tuple[list[str], list[str]]:
    """Writes many customers to whom nothing is due; returns whose tenures and whose usage there is."""
    tenants = tenants_of(BUCKET, CUSTOMERS + STRANGERS)
    held, used = random.Random(1).sample(tenants, CUSTOMERS), tenants  # noqa: S311
    batch: list[Any] = [
        ("upsert", rows.tenure_row(replace(tenure(partner=f"500{n % 12:04}"), tenant_id=tenant))) for n, tenant in enumerate(held)
    ]
    quiet = history(snapshot("2026-01-31", 100), snapshot("2026-02-28", 120))
    batch += [("upsert", ledger_rows.history_row(replace(quiet, tenant_id=tenant))) for tenant in used]
    await site.write(batch)
    return sorted(held), used


def page_counts(faults: Faults, table: str) -> int:
    return sum(sent.operation == "table query" and sent.path.endswith(f"/{table}()") for sent in faults.trail)


async def test_a_night_reads_each_row_of_the_two_ranges_once_and_nothing_else(site: Site) -> None:
    """R-95 R-350 R-352"""
    tenants_held, tenants_used = await a_large_bucket(site)
    held, used = len(tenants_held), len(tenants_used)
    read: list[int] = []
    columns: set[str] = set()

    def count_rows(response: Any) -> None:
        if response.http_request.url.partition("?")[0].endswith(f"/{names.RECORDS}()"):
            rows_told = response.http_response.json()["value"]
            read.append(len(rows_told))
            columns.update(*rows_told)

    faults = Faults()
    part = await site.evaluate(site.process(faults, raw_response_hook=count_rows))
    assert (part.associations, part.tally) == (held, Tally())
    pages = -(-held // 1_000) + -(-used // 1_000)
    assert page_counts(faults, names.RECORDS) == len(read) <= pages * 1.01
    assert sum(read) <= (held + used) * 1.01
    of_records = [sent for sent in faults.trail if names.RECORDS in sent.path]
    assert len(of_records) == len(read), "something else was read or written"
    assert {each for each in columns if "odata" not in each} <= {*ledger_rows.OF_TENURE, *ledger_rows.OF_USAGE}
    assert page_counts(faults, names.PARTNERS) == 0, "somebody was looked up to whom nothing can be due"
    for tenant in tenants_held[:48]:
        await site.bring(snapshot("2026-01-31", 160, exported="2026-03-05"), tenant=tenant)
    faults = await requests_of_a_run(site)
    assert page_counts(faults, names.PARTNERS) == 1, "all partners are looked up at once, whatever many there are"


async def test_a_history_in_which_nothing_can_be_due_is_not_even_unpacked(site: Site) -> None:
    """R-351: what follows the summary may be anything, as long as the summary promises nothing."""
    await site.hold(ANNAS)
    row = ledger_rows.history_row(history(snapshot("2026-02-28", 149)))
    await site.write([("upsert", row | {"history": row["history"].partition("|")[0] + "|and never read"})])
    assert (await site.evaluate()).associations == 1
    row = ledger_rows.history_row(history(snapshot("2026-02-28", 150)))
    await site.write([("upsert", row | {"history": row["history"].partition("|")[0] + "|and now read"})])
    with pytest.raises(ValueError, match="unpack"):
        await site.evaluate(evaluation_id="run-2")


async def test_a_run_that_dies_at_any_page_is_taken_up_again(site: Site) -> None:
    """R-62 R-93"""
    held, _ = await a_large_bucket(site)
    first, last = (replace(tenure(), tenant_id=each) for each in (held[0], held[-1]))
    await site.hold(first, last)
    for each in (first, last):
        await site.bring(snapshot("2026-01-31", 100), tenant=each.tenant_id)
        await site.bring(snapshot("2026-02-28", 160, exported="2026-03-02"), tenant=each.tenant_id)
    stored = await site.rows("usage!")
    paid = [row for row in stored if row["RowKey"].split("!")[1] in (first.tenant_id, last.tenant_id)]
    trail = (await requests_of_a_run(site)).trail
    pages = [sent.number for sent in trail if sent.operation == "table query" and names.RECORDS in sent.path]
    assert len(pages) >= 4
    for number in pages:
        for fault in (Fault.KILL_BEFORE, Fault.KILL_AFTER, Fault.LOSE_ANSWER, Fault.ANSWER_503_AFTER):
            booked = await site.rows("earned!")
            await site.write([("delete", row) for row in booked])
            await site.write([("upsert", row, {"mode": "replace"}) for row in paid])
            with contextlib.suppress(Killed, StoreUnavailable):
                await site.evaluate(site.process(Faults().inject(number, fault)))
            assert (await site.evaluate()).tally == Tally(earned=2, amounts={"EUR": 4_000})
            await site.paid_once()


async def test_of_a_bucket_without_associations_no_usage_is_read(site: Site) -> None:
    """R-95"""
    await site.bring(snapshot("2026-01-31", 100))
    faults = await requests_of_a_run(site)
    assert page_counts(faults, names.RECORDS) == 1


async def test_a_run_sends_one_message_a_bucket_and_again_is_the_same_run(site: Site) -> None:
    """R-96"""
    await site.world.queue(names.EVALUATION).clear_messages()
    buckets = (BUCKET, bucket_of(OTHER), "ff")
    run = await evaluation.start(site.world, "run-9", NIGHT.date(), buckets)
    site.clock.time += timedelta(minutes=5)
    assert await evaluation.start(site.world, "run-9", NIGHT.date(), buckets) == run
    properties = await site.world.queue(names.EVALUATION).get_queue_properties()
    assert properties.approximate_message_count == 6
    await site.world.queue(names.EVALUATION).clear_messages()


async def test_a_part_that_failed_is_told_and_never_hides_one_that_is_done(site: Site) -> None:
    """R-96"""
    await evaluation.start(site.world, "run-8", NIGHT.date(), ())
    await evaluation.give_up(site.world, "run-8", BUCKET)
    assert (await evaluation.progress(site.world, "run-8")).failed == 1
    await usual(site)
    await site.evaluate(evaluation_id="run-8")
    await evaluation.give_up(site.world, "run-8", BUCKET)
    told = await evaluation.progress(site.world, "run-8")
    assert (told.done, told.failed, told.associations, told.tally.earned) == (1, 0, 3, 2)


async def test_what_a_run_told_is_forgotten_after_a_quarter_and_what_it_booked_is_not(site: Site) -> None:
    """R-362"""
    await usual(site)
    await evaluation.start(site.world, "run-old", NIGHT.date(), ())
    for bucket in (BUCKET, *BUCKETS[:120]):
        await evaluation.give_up(site.world, "run-old", bucket)
    await site.evaluate(evaluation_id="run-old")
    booked = await site.rows("earned!")
    site.clock.time = NIGHT + timedelta(days=1)
    await evaluation.start(site.world, "run-new", NIGHT.date(), ())
    await evaluation.give_up(site.world, "run-new", BUCKET)
    site.clock.time = NIGHT + old_runs.KEPT_FOR
    assert await old_runs.forget_old_runs(site.world) == 0
    site.clock.time += timedelta(seconds=1)
    assert await old_runs.forget_old_runs(site.world) == 1
    assert await site.world.run_book.parts("run-old") == ()
    with pytest.raises(NotFound):
        await site.world.run_book.load("run-old")
    assert (await evaluation.progress(site.world, "run-new")).failed == 1
    assert await site.rows("earned!") == booked
    assert await old_runs.forget_old_runs(site.world) == 0


async def test_what_a_crash_leaves_of_an_old_run_is_forgotten_the_next_night(site: Site) -> None:
    """R-362"""
    for number in range(1, 7):
        site.clock.time = NIGHT
        await evaluation.start(site.world, "run-old", NIGHT.date(), ())
        for bucket in BUCKETS[:101]:
            await evaluation.give_up(site.world, "run-old", bucket)
        site.clock.time = NIGHT + old_runs.KEPT_FOR + timedelta(days=1)
        fault = Fault.KILL_AFTER if number % 2 else Fault.LOSE_ANSWER
        with contextlib.suppress(Killed, StoreUnavailable):
            await old_runs.forget_old_runs(site.process(Faults().inject(number, fault)))
        await old_runs.forget_old_runs(site.world)
        assert await site.rows("", names.JOBS, "run!run-old") == []


def test_the_scene_is_in_one_bucket() -> None:
    """What the other tests rest on."""
    assert bucket_of(OTHER) == BUCKET
    assert {type(each) for each in (ANNAS, BERTS, OTHERS)} == {Association}
