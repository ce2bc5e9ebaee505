"""Imports of usage: late, duplicate, disordered and corrected files all end in the same histories, whatever dies in between.

What a row means and how histories merge is proved in the domain's tests; here it is the way from the file to the store and back.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest

from infra.local.azurite import Azurite
from shared.adapters import names
from shared.bootstrap import create_stores
from shared.domain.errors import InvalidInput
from shared.domain.programme_versions import only
from shared.domain.usage import HistoryTooLong, Snapshot, UsageHistory, pack, rank_of
from shared.domain.usage_file import FileFormat
from shared.domain.usage_import import MOST_KEPT_FAULTS, Counts, ImportStatus, UsageImport
from shared.ports.failures import StoreUnavailable
from shared.usecases import usage_import
from tests.domain.earning_builders import PROGRAMME, TENANT
from tests.faults import Fault, Faults, Killed
from tests.money_books import BUCKET, NIGHT, tenants_of
from tests.money_site import Site

HEADER = "CustomerTenantId\tWorkloadName\tMonth\tPaidAvailableUnits\tMonthlyActiveUsers"
EXPORTED = datetime(2026, 6, 30, tzinfo=UTC)


@pytest.fixture
async def site(azurite: Azurite) -> AsyncIterator[Site]:
    made = Site(azurite)
    await create_stores(made.world)
    await made.forget()
    yield made
    await made.close()


def row(month: str = "2026-05", mau: object = 160, pau: object = 1000, tenant: str = TENANT, workload: str = "Teams") -> str:
    return f"{tenant}\t{workload}\t{month}\t{pau}\t{mau}"


def tsv(*rows: str) -> bytes:
    return ("\n".join((HEADER, *rows)) + "\n").encode()


async def bring(site: Site, content: bytes, exported_at: datetime = EXPORTED, form: FileFormat = FileFormat.TSV) -> UsageImport:
    """A file, accepted and worked off."""
    job = await usage_import.accept(site.world, content, form, exported_at)
    return await usage_import.work_off(site.world, job.import_id)


async def counts_of(site: Site, tenant: str = TENANT, workload: str = "teams") -> dict[str, tuple[int, int]]:
    """What is stored of a customer's workload: MAU and PAU by date."""
    stored = await site.world.usage.histories(BUCKET, {tenant})
    return {str(each.date): (each.mau, each.pau) for each in stored[tenant, workload][0].snapshots}


async def test_a_file_becomes_history(site: Site) -> None:
    """R-40 R-43"""
    job = await bring(site, tsv(row("2026-04", 150), row("05/2026", 160), row("2026-05", 5, 200, workload="exo")))
    assert job.status is ImportStatus.DONE
    assert job.counts == Counts(rows=3, merged=3)
    assert await counts_of(site) == {"2026-04-30": (150, 1000), "2026-05-31": (160, 1000)}
    assert await counts_of(site, workload="exchange") == {"2026-05-31": (5, 200)}
    assert await site.world.import_book.load(job.import_id) == job


FORMS = {
    "tabs": (FileFormat.TSV, tsv(row())),
    "tabs with a mark of byte order": (FileFormat.TSV, b"\xef\xbb\xbf" + tsv(row())),
    "tabs with Windows line ends": (FileFormat.TSV, tsv(row()).replace(b"\n", b"\r\n")),
    "no line end at the end": (FileFormat.TSV, tsv(row()).rstrip()),
    "empty lines between": (FileFormat.TSV, tsv("", row(), "\t\t", "")),
    "a quotation mark in a column that nobody reads": (
        FileFormat.TSV,
        f'CustomerName\t{HEADER}\n"Contoso\t{row()}\n'.encode(),
    ),
    "commas": (FileFormat.CSV, tsv(row()).replace(b"\t", b",")),
    "commas within quotation marks": (
        FileFormat.CSV,
        f'\ufeffName,{HEADER.replace("\t", ",")}\r\n"Contoso, ""the"" Ltd",{TENANT},"Teams","2026-05",1000,"160"\r\n'.encode(),
    ),
    "bytes that are no text in a column that nobody reads": (
        FileFormat.TSV,
        f"CustomerName\t{HEADER}\n".encode() + b"Contos\xf8\t" + row().encode(),
    ),
}


@pytest.mark.parametrize("form", FORMS)
async def test_files_in_every_form_say_the_same(site: Site, form: str) -> None:
    """R-97"""
    file_format, content = FORMS[form]
    job = await bring(site, content, form=file_format)
    assert job.counts == Counts(rows=1, merged=1)
    assert await counts_of(site) == {"2026-05-31": (160, 1000)}


BAD = [
    (row(tenant="contoso.com"), "malformed_tenant", "CustomerTenantId"),
    (row(workload="Planner"), "unknown_workload", "WorkloadName"),
    (row("May 2026"), "malformed_date", "Month"),
    (row("2026-05-15"), "ambiguous_date", "Month"),
    (row("2026-07"), "future_date", "Month"),
    (row(mau=-1), "negative_count", "MonthlyActiveUsers"),
    (row(mau="1,234"), "malformed_count", "MonthlyActiveUsers"),
    (row(pau=""), "missing_column", "PaidAvailableUnits"),
    (TENANT, "missing_column", "WorkloadName"),
    (row() + "\tone cell too many", "malformed_line", ""),
    (row() + " " * 10_000, "malformed_line", ""),
]


async def test_bad_lines_are_refused_with_number_and_code_and_stop_nothing(site: Site) -> None:
    """R-41 R-42 R-97"""
    lines = [line for line, _, _ in BAD]
    job = await bring(site, tsv(row("2026-04", 1), *lines, row("2026-06", 2)))
    faults = await site.world.import_book.faults(job.import_id)
    assert [(each.line, each.code, each.column) for each in faults] == [
        (number, code, column) for number, (_, code, column) in enumerate(BAD, start=3)
    ]
    assert job.counts == Counts(rows=len(BAD) + 2, merged=2, refused=len(BAD))
    assert await counts_of(site) == {"2026-04-30": (1, 1000), "2026-06-30": (2, 1000)}


async def test_a_stray_quotation_mark_costs_its_own_line_only(site: Site) -> None:
    """R-97"""
    stray = f'{TENANT},"Teams,2026-04,1000,140'
    content = "\n".join((HEADER.replace("\t", ","), stray, row().replace("\t", ","))).encode()
    job = await bring(site, content, form=FileFormat.CSV)
    assert job.counts == Counts(rows=2, merged=1, refused=1)
    assert [each.line for each in await site.world.import_book.faults(job.import_id)] == [2]


async def test_counts_are_exact_where_the_kept_lines_are_bounded(site: Site) -> None:
    """R-97"""
    job = await bring(site, tsv(*[row(mau="many")] * (MOST_KEPT_FAULTS + 234)))
    assert job.counts.refused == MOST_KEPT_FAULTS + 234
    faults = await site.world.import_book.faults(job.import_id)
    assert [each.line for each in faults] == list(range(2, MOST_KEPT_FAULTS + 2))


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", HEADER.replace("Month\t", "").encode(), (HEADER + "\tMonth").encode(), tsv(row()).replace(b"\t", b";")],
)
async def test_a_file_without_the_columns_is_refused_at_once(site: Site, content: bytes) -> None:
    """R-97"""
    with pytest.raises(InvalidInput):
        await usage_import.accept(site.world, content, FileFormat.TSV, EXPORTED)
    assert await site.rows(table=names.JOBS, partition="import!") == []


async def test_an_export_time_to_come_is_refused(site: Site) -> None:
    """R-78: it would outrank every export until then."""
    with pytest.raises(InvalidInput):
        await usage_import.accept(site.world, tsv(row()), FileFormat.TSV, NIGHT.replace(day=2))


async def test_a_row_exported_after_its_correction_window_changes_nothing_and_is_told(site: Site) -> None:
    """R-45 R-77"""
    job = await bring(site, tsv(row("2026-04", 150), row("2026-03", 140), row("2026-02", 130)), datetime(2026, 6, 29, tzinfo=UTC))
    assert job.counts == Counts(rows=3, merged=2, late=1)
    assert [(each.line, each.code) for each in await site.world.import_book.faults(job.import_id)] == [(4, "too_late")]
    assert "2026-02-28" not in await counts_of(site)


async def test_each_day_has_the_window_of_the_programmes_whose_term_it_is_in(site: Site) -> None:
    """R-77"""
    patient = replace(PROGRAMME, programme_id="winter", first_day=date(2025, 10, 1), last_day=date(2026, 1, 31))
    site.programmes = (only(PROGRAMME), only(replace(patient, correction_window_days=200)))
    world = site.process()
    content = tsv(row("2025-11", 1), row("2026-01", 2), row("2026-02", 3), row("2025-08", 4), row("2026-05", 5))
    job = await usage_import.accept(world, content, FileFormat.TSV, datetime(2026, 6, 15, tzinfo=UTC))
    done = await usage_import.work_off(world, job.import_id)
    faults = await world.import_book.faults(done.import_id)
    # November and January are winter's; February is only spring's; August is nobody's and has the longest window, 200 days.
    assert [each.line for each in faults] == [4, 5]
    assert done.counts == Counts(rows=5, merged=3, late=2)


async def test_files_in_any_order_end_in_the_same_history(site: Site) -> None:
    """R-44"""
    files = [
        (tsv(row("2026-05", 160), row("2026-04", 100)), datetime(2026, 6, 1, tzinfo=UTC)),
        (tsv(row("2026-05", 170)), datetime(2026, 6, 5, tzinfo=UTC)),
        (tsv(row("2026-05", 150), row("2026-03", 90)), datetime(2026, 6, 3, tzinfo=UTC)),
    ]
    ended = set()
    for order in permutations(files):
        await site.forget()
        for content, exported_at in order:
            await bring(site, content, exported_at)
        (stored,) = await site.rows("usage!")
        ended.add(stored["history"])
        assert await counts_of(site) == {"2026-03-31": (90, 1000), "2026-04-30": (100, 1000), "2026-05-31": (170, 1000)}
    assert len(ended) == 1


async def test_an_outranked_file_is_counted_as_unchanged(site: Site) -> None:
    """R-44"""
    await bring(site, tsv(row(mau=170)), datetime(2026, 6, 5, tzinfo=UTC))
    older = await bring(site, tsv(row(mau=160), row("2026-04", 1)), datetime(2026, 6, 3, tzinfo=UTC))
    assert older.counts == Counts(rows=2, merged=1, unchanged=1)
    assert (await counts_of(site))["2026-05-31"] == (170, 1000)


async def test_one_file_that_says_two_things_of_a_date_is_read_cautiously(site: Site) -> None:
    """R-46"""
    job = await bring(site, tsv(row(mau=160), row(mau=150), row(mau=150)))
    assert job.counts == Counts(rows=3, merged=1, unchanged=2)
    assert await counts_of(site) == {"2026-05-31": (150, 1000)}


async def test_the_same_file_twice_is_one_import_and_writes_nothing(site: Site) -> None:
    """R-78"""
    first = await bring(site, tsv(row()))
    stored = await site.rows("usage!")
    faults = Faults()
    world = site.process(faults)
    again = await usage_import.accept(world, tsv(row()), FileFormat.TSV, EXPORTED)
    assert again == first
    assert await usage_import.work_off(world, first.import_id) == first
    assert await site.rows("usage!") == stored
    assert faults.counts["queue put"] == 0
    assert faults.counts["table batch"] == 0


async def test_the_same_rows_in_another_file_with_the_same_rank_write_no_history(site: Site) -> None:
    """R-44"""
    await bring(site, tsv(row()))
    stored = await site.rows("usage!")
    # Sorts below the first file's hash or above it; either way the older export changes nothing.
    await bring(site, tsv(row(), ""), EXPORTED.replace(day=29))
    assert await site.rows("usage!") == stored


async def test_an_import_leaves_alone_what_is_booked(site: Site) -> None:
    """R-62"""
    await bring(site, tsv(row()))
    (stored,) = await site.rows("usage!")
    await site.write([("update", {**stored, "booked": "[]", "talliedFor": "run-1"}, {"mode": "merge"})])
    await bring(site, tsv(row("2026-04", 1)))
    (after,) = await site.rows("usage!")
    assert (after["booked"], after["talliedFor"]) == ("[]", "run-1")


def large_file() -> bytes:
    """More customers of one bucket than fit a batch, and one of another."""
    return tsv(*(row(tenant=tenant) for tenant in tenants_of(BUCKET, 130)), row(tenant=tenants_of("00", 1)[0]))


async def test_a_hundred_rows_travel_in_one_batch(site: Site) -> None:
    """R-98"""
    job = await usage_import.accept(site.world, large_file(), FileFormat.TSV, EXPORTED)
    faults = Faults()
    done = await usage_import.work_off(site.process(faults), job.import_id)
    assert done.counts == Counts(rows=131, merged=131)
    # Two batches of the large bucket, one of the other, two for the state of the import.
    assert faults.counts["table batch"] == 5
    assert faults.counts["table query"] <= 4
    await site.restore([], "00")


async def test_histories_that_stand_already_are_read_a_thousand_and_written_a_hundred_a_request(site: Site) -> None:
    """R-98 R-191: what keeps a million rows affordable."""
    tenants = tenants_of(BUCKET, 250)
    rows = [row(tenant=tenant, workload=workload) for tenant in tenants for workload in ("Teams", "EXO")]
    await bring(site, tsv(*rows), EXPORTED.replace(day=29))
    job = await usage_import.accept(site.world, tsv(*rows), FileFormat.TSV, EXPORTED)
    faults = Faults()
    done = await usage_import.work_off(site.process(faults), job.import_id)
    assert done.counts == Counts(rows=500, merged=500)
    of_records = [sent for sent in faults.trail if sent.operation == "table query" and names.RECORDS in sent.path]
    assert len(of_records) == 1
    # Five of histories, two of the import's own state.
    assert faults.counts["table batch"] == 7


async def work_off_or_die(site: Site, faults: Faults, import_id: str) -> None:
    with contextlib.suppress(Killed, StoreUnavailable):
        await usage_import.work_off(site.process(faults), import_id)


@pytest.mark.parametrize("fault", Fault)
async def test_an_import_that_fails_at_any_request_and_is_taken_up_again_ends_the_same(site: Site, fault: Fault) -> None:
    """R-78 R-98"""
    content = tsv(row("2026-04", 1), row(), row("2026-03", "many"), row(workload="EXO"), row("2026-01"))
    await bring(site, tsv(row("2026-04", 7)), EXPORTED.replace(day=29))
    before = await site.rows()
    faults = Faults()
    job = await usage_import.accept(site.world, content, FileFormat.TSV, EXPORTED)
    done = await usage_import.work_off(site.process(faults), job.import_id)
    expected = await site.rows()
    assert done.counts == Counts(rows=5, merged=3, late=1, refused=1)
    assert faults.total >= 7
    for number in range(1, faults.total + 1):
        await site.forget()
        await site.restore(before)
        job = await usage_import.accept(site.world, content, FileFormat.TSV, EXPORTED)
        plan = Faults().inject(number, fault)
        await work_off_or_die(site, plan, job.import_id)
        assert plan.is_spent
        assert await usage_import.work_off(site.world, job.import_id) == replace(done, accepted_at=job.accepted_at)
        assert [_without_time(each) for each in await site.rows()] == [_without_time(each) for each in expected]
        assert len(await site.world.import_book.faults(job.import_id)) == 2


def _without_time(stored: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in stored.items() if name != "Timestamp"}


@pytest.mark.parametrize("fault", Fault)
async def test_an_upload_that_fails_at_any_request_is_accepted_the_next_time(site: Site, fault: Fault) -> None:
    """R-78"""
    faults = Faults()
    await usage_import.accept(site.process(faults), tsv(row("2026-01", fault.value)), FileFormat.TSV, EXPORTED)
    for number in range(1, faults.total + 1):
        await site.forget()
        content = tsv(row(mau=number), row("2026-04", fault.value))
        await site.world.queue(names.IMPORTS).clear_messages()
        with contextlib.suppress(Killed, StoreUnavailable):
            await usage_import.accept(site.process(Faults().inject(number, fault)), content, FileFormat.TSV, EXPORTED)
        job = await usage_import.accept(site.world, content, FileFormat.TSV, EXPORTED)
        properties = await site.world.queue(names.IMPORTS).get_queue_properties()
        assert (properties.approximate_message_count or 0) >= 1, f"after request {number} nobody will work it off"
        assert (await usage_import.work_off(site.world, job.import_id)).counts.merged == 2


async def test_another_import_in_between_at_any_request_loses_nothing(site: Site) -> None:
    """R-44 R-98"""
    content = tsv(row("2026-04", 1), row(), row(workload="EXO"))
    faults = Faults()
    job = await usage_import.accept(site.world, content, FileFormat.TSV, EXPORTED)
    await usage_import.work_off(site.process(faults), job.import_id)
    for number in range(1, faults.total + 1):
        await site.forget()
        job = await usage_import.accept(site.world, content, FileFormat.TSV, EXPORTED)
        plan = Faults().before(number, lambda: bring(site, tsv(row("2026-06", 9), row("2026-04", 8)), EXPORTED.replace(hour=1)))
        done = await usage_import.work_off(site.process(plan), job.import_id)
        assert plan.is_spent
        assert done.counts.rows == 3
        assert await counts_of(site) == {"2026-04-30": (8, 1000), "2026-05-31": (160, 1000), "2026-06-30": (9, 1000)}
        assert await counts_of(site, workload="exchange") == {"2026-05-31": (160, 1000)}


async def test_many_imports_at_once_lose_nothing(site: Site) -> None:
    """R-98"""
    months = [f"2026-0{month}" for month in range(4, 7)]
    jobs = [
        await usage_import.accept(site.world, tsv(row(month, 100 + n)), FileFormat.TSV, EXPORTED.replace(hour=n))
        for n, month in enumerate(months)
    ]
    twice = [job.import_id for job in jobs] * 2
    await asyncio.gather(*(usage_import.work_off(site.process(), each) for each in twice), return_exceptions=True)
    for job in jobs:
        assert (await usage_import.work_off(site.world, job.import_id)).counts.merged == 1
    assert {mau for mau, _ in (await counts_of(site)).values()} == {100, 101, 102}


def _fits(snapshots: list[Snapshot]) -> bool:
    with contextlib.suppress(HistoryTooLong):
        return bool(pack(UsageHistory(TENANT, "teams", tuple(snapshots))))
    return False


async def test_a_history_that_is_full_refuses_its_rows_and_no_others(site: Site) -> None:
    """R-98"""
    moment = datetime(2026, 6, 1, tzinfo=UTC)
    snapshots = [
        Snapshot(date(2020, 1, 1) + timedelta(days=n), 9_999_999, 9_999_999, rank_of(moment + timedelta(seconds=n), "ab" * 6))
        for n in range(1_000)
    ]
    with pytest.raises(HistoryTooLong):
        pack(UsageHistory(TENANT, "teams", tuple(snapshots)))
    fits = next(n for n in range(999, 0, -1) if _fits(snapshots[:n]))
    await site.world.usage.save([(UsageHistory(TENANT, "teams", tuple(snapshots[:fits])), None)])
    other = tenants_of(BUCKET, 1)[0]
    job = await bring(site, tsv(row("2026-04", 1), row("2026-04", 2, tenant=other), row("2026-05", 3)))
    assert [(each.line, each.code) for each in await site.world.import_book.faults(job.import_id)] == [
        (2, "history_full"),
        (4, "history_full"),
    ]
    assert job.counts == Counts(rows=3, merged=1, refused=2)
    assert await counts_of(site, tenant=other) == {"2026-04-30": (2, 1000)}


async def test_an_import_that_failed_every_try_says_so_and_can_be_sent_again(site: Site) -> None:
    """R-78"""
    job = await usage_import.accept(site.world, tsv(row()), FileFormat.TSV, EXPORTED)
    await usage_import.give_up(site.world, job.import_id)
    failed = await site.world.import_book.load(job.import_id)
    assert failed.status is ImportStatus.FAILED
    assert failed.failure
    await site.world.queue(names.IMPORTS).clear_messages()
    await usage_import.accept(site.world, tsv(row()), FileFormat.TSV, EXPORTED)
    properties = await site.world.queue(names.IMPORTS).get_queue_properties()
    assert properties.approximate_message_count == 1
    done = await usage_import.work_off(site.world, job.import_id)
    await usage_import.give_up(site.world, job.import_id)
    assert await site.world.import_book.load(job.import_id) == done
