"""Files laid down in the drop: taken once, whatever dies or comes in between, and refused where somebody sees it."""

import contextlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import azure.functions as func
import pytest

from functions.wire.usage_drops import name_in
from infra.local.azurite import Azurite
from shared.adapters import names
from shared.bootstrap import create_stores
from shared.domain.errors import NotFound
from shared.domain.usage_file import FileFormat
from shared.domain.usage_import import Counts, ImportStatus
from shared.ports.failures import StoreUnavailable
from shared.usecases import usage_drop, usage_import
from tests.faults import Fault, Faults, Killed
from tests.money_books import NIGHT
from tests.money_site import Site
from tests.usecases.test_usage_import import EXPORTED, counts_of, row, tsv


@pytest.fixture
async def site(azurite: Azurite) -> AsyncIterator[Site]:
    made = Site(azurite)
    await create_stores(made.world)
    await made.forget()
    made.clock.time = datetime.now(UTC) + timedelta(hours=1)
    container = made.world.blob_service.get_container_client(names.USAGE_DROP)
    async for blob in container.list_blobs():
        await container.delete_blob(blob.name)
    yield made
    await made.close()


async def lay_down(site: Site, name: str, content: bytes, exported_at: str = EXPORTED.isoformat()) -> None:
    container = site.world.blob_service.get_container_client(names.USAGE_DROP)
    await container.upload_blob(name, content, overwrite=True, metadata={"ExportTime": exported_at} if exported_at else None)


async def test_a_dropped_file_is_the_import_that_posting_it_is(site: Site) -> None:
    """R-193 R-78"""
    await lay_down(site, "may/export.tsv", tsv(row(), row("2026-04", 150)))
    taken = await usage_drop.take(site.world, "may/export.tsv")
    assert taken is not None
    assert (taken.status, taken.exported_at) == (ImportStatus.QUEUED, EXPORTED)
    done = await usage_import.work_off(site.world, taken.import_id)
    assert done.counts == Counts(rows=2, merged=2)
    assert await counts_of(site) == {"2026-04-30": (150, 1000), "2026-05-31": (160, 1000)}
    posted = await usage_import.accept(site.world, tsv(row(), row("2026-04", 150)), done.file_format, EXPORTED)
    assert posted == done


async def test_a_file_is_taken_once(site: Site) -> None:
    """R-193"""
    await lay_down(site, "export.csv", tsv(row()).replace(b"\t", b","))
    assert await usage_drop.take(site.world, "export.csv") is not None
    assert await usage_drop.take(site.world, "export.csv") is None
    with pytest.raises(NotFound):
        await site.world.drop.look_at("export.csv")


@pytest.mark.parametrize("fault", Fault)
async def test_taking_that_fails_at_any_request_is_done_the_next_time(site: Site, fault: Fault) -> None:
    """R-193"""
    await lay_down(site, "export.tsv", tsv(row(mau=99)))
    faults = Faults()
    await usage_drop.take(site.process(faults), "export.tsv")
    assert faults.total >= 6
    for number in range(1, faults.total + 1):
        await site.forget()
        content = tsv(row(mau=100 + number), row("2026-04", 100 + fault.value))
        await lay_down(site, "export.tsv", content)
        await site.world.queue(names.IMPORTS).clear_messages()
        with contextlib.suppress(Killed, StoreUnavailable):
            await usage_drop.take(site.process(Faults().inject(number, fault)), "export.tsv")
        await usage_drop.take(site.world, "export.tsv")
        job = await usage_import.accept(site.world, content, FileFormat.TSV, EXPORTED)
        properties = await site.world.queue(names.IMPORTS).get_queue_properties()
        assert (properties.approximate_message_count or 0) >= 1, f"after request {number} nobody will work it off"
        assert (await usage_import.work_off(site.world, job.import_id)).counts.merged == 2
        assert [each async for each in site.world.drop.waiting()] == []


async def test_a_file_that_is_overwritten_while_it_is_taken_stays_for_the_next_time(site: Site) -> None:
    """R-193"""
    await lay_down(site, "export.tsv", tsv(row(mau=1)))
    faults = Faults()
    await usage_drop.take(site.process(faults), "export.tsv")
    for number in range(2, faults.total + 1):
        await site.forget()
        await lay_down(site, "export.tsv", tsv(row(mau=number)))
        plan = Faults().before(number, lambda: lay_down(site, "export.tsv", tsv(row("2026-04", 7))))
        await usage_drop.take(site.process(plan), "export.tsv")
        taken = await usage_drop.take(site.world, "export.tsv")
        assert taken is not None, f"the second file is lost at request {number}"
        await usage_import.work_off(site.world, taken.import_id)
        assert (await counts_of(site))["2026-04-30"] == (7, 1000)


@pytest.mark.parametrize(
    ("name", "content", "exported_at"),
    [
        ("notes.docx", b"PK\x03\x04", ""),
        ("export.tsv", tsv(row()), "yesterday"),
        ("export.tsv", tsv(row()), "2026-06-30T00:00:00"),
        ("export.tsv", tsv(row()), "2099-01-01T00:00:00Z"),
    ],
)
async def test_a_file_that_is_no_export_is_an_import_that_failed_and_says_why(
    site: Site, name: str, content: bytes, exported_at: str
) -> None:
    """R-193"""
    await site.world.queue(names.IMPORTS).clear_messages()
    await lay_down(site, name, content, exported_at)
    taken = await usage_drop.take(site.world, name)
    assert taken is not None
    assert taken.status is ImportStatus.FAILED
    assert (await site.world.import_book.load(taken.import_id)).failure == taken.failure
    assert [each async for each in site.world.drop.waiting()] == []
    assert (await site.world.queue(names.IMPORTS).get_queue_properties()).approximate_message_count == 0


async def test_the_sweep_announces_what_has_lain_there_for_a_while(site: Site) -> None:
    """R-193"""
    await site.world.queue(names.USAGE_DROPS).clear_messages()
    await lay_down(site, "a b/\u00e4.tsv", tsv(row()))
    site.clock.time = datetime.now(UTC)
    assert await usage_drop.announce_waiting(site.world) == 0
    site.clock.time += timedelta(minutes=3)
    assert await usage_drop.announce_waiting(site.world) == 1
    (message,) = [each async for each in site.world.queue(names.USAGE_DROPS).receive_messages()]
    assert name_in(func.QueueMessage(body=_told(message.content)).get_body()) == "a b/\u00e4.tsv"
    await site.world.queue(names.USAGE_DROPS).clear_messages()
    site.clock.time = NIGHT


def _told(content: str) -> bytes:
    from base64 import b64decode

    return b64decode(content) if not content.startswith("{") else content.encode()


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ({"subject": "/blobServices/default/containers/usage-drop/blobs/may/a%20b.tsv", "eventType": "x"}, "may/a b.tsv"),
        ({"subject": "/blobServices/default/containers/proofs/blobs/x.pdf"}, None),
        ({"name": "a.csv"}, "a.csv"),
        ({"name": 7}, None),
        ([], None),
    ],
)
def test_an_event_names_the_file_it_tells_of(told: object, name: str | None) -> None:
    """R-193"""
    assert name_in(json.dumps(told).encode()) == name
