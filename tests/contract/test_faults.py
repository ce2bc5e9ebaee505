"""The faulty wire fails as it says, proven with the real SDK against a real Azurite.

These tests also pin down how the SDK behaves when an answer is lost, which the record store's write rules rest on.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ServiceResponseError
from azure.data.tables import TableTransactionError, UpdateMode
from azure.data.tables.aio import TableClient, TableServiceClient
from azure.storage.blob.aio import BlobServiceClient, LinearRetry
from azure.storage.queue.aio import QueueServiceClient

from tests.faults import Fault, Faults, FaultyTransport, Killed

ROW = {"PartitionKey": "7f", "RowKey": "claim!1", "status": "draft"}
OTHER_ROW = {"PartitionKey": "7f", "RowKey": "event!1!1"}


@asynccontextmanager
async def table_through(faults: Faults, azurite: Any) -> AsyncIterator[TableClient]:
    """A new table behind the plan; making the table is not counted."""
    name = f"faults{uuid4().hex}"
    async with TableServiceClient.from_connection_string(azurite.connection_string) as service:
        await service.create_table(name)
    transport = FaultyTransport(faults, "table")
    async with TableClient.from_connection_string(azurite.connection_string, name, transport=transport) as table:
        yield table


async def row_keys(azurite: Any, table: TableClient) -> list[str]:
    """What is really stored, read past the plan."""
    async with TableClient.from_connection_string(azurite.connection_string, table.table_name) as plain:
        return [row["RowKey"] async for row in plain.list_entities()]


def retry_at_once() -> LinearRetry:
    """A policy for one client: an instance given to two of them ties their pipelines together."""
    return LinearRetry(backoff=0, random_jitter_range=0)


async def test_without_a_fault_requests_are_counted_and_answered(azurite: Any) -> None:
    """An empty plan is a counter: every request once, by operation and in order, without its query."""
    faults = Faults()
    async with table_through(faults, azurite) as table:
        await table.create_entity(ROW)
        await table.get_entity("7f", "claim!1")
        await table.submit_transaction([("upsert", ROW), ("create", OTHER_ROW)])
        found = [row["RowKey"] async for row in table.query_entities("PartitionKey eq @p", parameters={"p": "7f"})]
        await table.delete_entity(OTHER_ROW)
    assert found == ["claim!1", "event!1!1"]
    assert [sent.operation for sent in faults.trail] == [
        "table insert",
        "table get",
        "table batch",
        "table query",
        "table delete",
    ]
    assert faults.counts["table batch"] == 1
    assert faults.total == faults.counts.total() == 5
    assert faults.requests[1][0] == "GET"
    assert faults.requests[1][1].endswith("(PartitionKey='7f',RowKey='claim!1')")
    assert all("?" not in path and "sig=" not in path for _, path in faults.requests)


async def test_killed_before_the_request_leaves_nothing_behind(azurite: Any) -> None:
    faults = Faults().inject(1, Fault.KILL_BEFORE)
    async with table_through(faults, azurite) as table:
        with pytest.raises(Killed):
            await table.create_entity(ROW)
        assert await row_keys(azurite, table) == []


async def test_killed_after_the_request_leaves_its_effect_behind(azurite: Any) -> None:
    faults = Faults().inject(1, Fault.KILL_AFTER)
    async with table_through(faults, azurite) as table:
        with pytest.raises(Killed):
            await table.submit_transaction([("create", ROW), ("create", OTHER_ROW)])
        assert await row_keys(azurite, table) == ["claim!1", "event!1!1"]


async def test_a_dead_process_sends_nothing_more(azurite: Any) -> None:
    """Clean-up code under test can't repair after death what a real crash would have left."""
    faults = Faults().inject(1, Fault.KILL_AFTER)
    async with table_through(faults, azurite) as table:
        with pytest.raises(Killed):
            await table.create_entity(ROW)
        with pytest.raises(Killed):
            await table.delete_entity(ROW)
        assert await row_keys(azurite, table) == ["claim!1"]
    assert faults.total == 1


async def test_a_request_in_flight_at_death_is_applied_and_never_answered(azurite: Any) -> None:
    """Two tasks of one process: the second's answer arrives after the first has killed it."""
    faults = Faults()
    async with table_through(faults, azurite) as table:

        async def die() -> None:
            faults.is_dead = True

        faults.after(1, die)
        with pytest.raises(Killed):
            await table.create_entity(ROW)
        assert await row_keys(azurite, table) == ["claim!1"]


@pytest.mark.parametrize("fault", [Fault.LOSE_ANSWER, Fault.ANSWER_503_AFTER])
async def test_a_lost_answer_to_an_update_is_retried_and_reported_as_412_for_ones_own_success(azurite: Any, fault: Fault) -> None:
    faults = Faults().inject(2, fault)
    async with table_through(faults, azurite) as table:
        etag = (await table.create_entity(ROW))["etag"]
        with pytest.raises(ResourceModifiedError):
            await table.update_entity(
                {**ROW, "status": "screening"},
                mode=UpdateMode.REPLACE,
                etag=etag,
                match_condition=MatchConditions.IfNotModified,
            )
        assert (await table.get_entity("7f", "claim!1"))["status"] == "screening"
    assert faults.counts["table put"] == 2, "the SDK's retry is a request of its own"
    assert faults.is_spent


async def test_503_after_an_insert_is_reported_as_409_for_ones_own_success(azurite: Any) -> None:
    faults = Faults().inject(1, Fault.ANSWER_503_AFTER)
    async with table_through(faults, azurite) as table:
        with pytest.raises(ResourceExistsError):
            await table.create_entity(ROW)
        assert await row_keys(azurite, table) == ["claim!1"]
    assert faults.counts == {"table insert": 2}


async def test_503_after_a_batch_is_reported_as_409_for_ones_own_success(azurite: Any) -> None:
    faults = Faults().inject(1, Fault.ANSWER_503_AFTER)
    async with table_through(faults, azurite) as table:
        with pytest.raises(TableTransactionError) as refused:
            await table.submit_transaction([("create", ROW), ("create", OTHER_ROW)])
        assert refused.value.status_code == 409
        assert await row_keys(azurite, table) == ["claim!1", "event!1!1"]
    assert faults.counts == {"table batch": 2}


@pytest.mark.parametrize("write", ["insert", "merge", "batch"])
async def test_a_lost_answer_to_post_and_patch_is_not_retried_by_the_table_client(azurite: Any, write: str) -> None:
    """The table client retries a broken connection for PUT, GET and DELETE only: the error itself reaches the caller."""
    faults = Faults().inject(1, Fault.LOSE_ANSWER)
    async with table_through(faults, azurite) as table:
        writes: dict[str, Callable[[], Awaitable[object]]] = {
            "insert": lambda: table.create_entity(ROW),
            "merge": lambda: table.upsert_entity(ROW, mode=UpdateMode.MERGE),
            "batch": lambda: table.submit_transaction([("create", ROW)]),
        }
        with pytest.raises(ServiceResponseError):
            await writes[write]()
        assert await row_keys(azurite, table) == ["claim!1"]
    assert faults.counts == {f"table {write}": 1}


async def test_a_fault_happens_once(azurite: Any) -> None:
    faults = Faults().inject(1, Fault.KILL_BEFORE)
    assert not faults.is_spent
    async with table_through(faults, azurite) as table:
        with pytest.raises(Killed):
            await table.create_entity(ROW)
    assert faults.is_spent


async def test_another_writer_comes_in_just_before_the_request(azurite: Any) -> None:
    faults = Faults()
    async with table_through(faults, azurite) as table:

        async def overtake() -> None:
            async with TableClient.from_connection_string(azurite.connection_string, table.table_name) as rival:
                await rival.upsert_entity({**ROW, "status": "withdrawn"})

        faults.before(2, overtake)
        etag = (await table.create_entity(ROW))["etag"]
        with pytest.raises(ResourceModifiedError):
            await table.update_entity(ROW, etag=etag, match_condition=MatchConditions.IfNotModified)
        assert (await table.get_entity("7f", "claim!1"))["status"] == "withdrawn"
    assert faults.total == 3, "the rival's requests are not counted"


async def test_another_writer_comes_in_just_after_the_request(azurite: Any) -> None:
    faults = Faults()
    seen: list[list[str]] = []
    async with table_through(faults, azurite) as table:

        async def look() -> None:
            seen.append(await row_keys(azurite, table))

        faults.before(1, look).after(1, look)
        await table.create_entity(ROW)
    assert seen == [[], ["claim!1"]]


async def test_one_plan_numbers_the_requests_of_all_services(azurite: Any) -> None:
    faults, name = Faults(), f"faults-{uuid4().hex}"
    queues = QueueServiceClient.from_connection_string(
        azurite.connection_string, transport=FaultyTransport(faults, "queue"), retry_policy=retry_at_once()
    )
    blobs = BlobServiceClient.from_connection_string(
        azurite.connection_string, transport=FaultyTransport(faults, "blob"), retry_policy=retry_at_once()
    )
    async with table_through(faults, azurite) as table, queues, blobs:
        queue, container = queues.get_queue_client(name), blobs.get_container_client(name)
        await queue.create_queue()
        await container.create_container()
        await container.upload_blob("poe/1", b"%PDF")
        await table.create_entity(ROW)
        faults.inject(5, Fault.LOSE_ANSWER)
        await queue.send_message("7f")
        received = [message.content async for message in queue.receive_messages(max_messages=5)]
        faults.inject(faults.total + 1, Fault.LOSE_ANSWER)
        content = await (await container.download_blob("poe/1")).readall()
    assert [sent.operation for sent in faults.trail[:6]] == [
        "queue put queue",
        "blob put container",
        "blob put",
        "table insert",
        "queue put",
        "queue put",
    ]
    assert received == ["7f", "7f"], "the queue client repeats a message whose answer was lost"
    assert content == b"%PDF"
    assert [sent.number for sent in faults.trail] == list(range(1, faults.total + 1))


async def test_concurrent_requests_get_numbers_of_their_own(azurite: Any) -> None:
    faults = Faults()
    async with table_through(faults, azurite) as table:
        await asyncio.gather(*(table.create_entity({"PartitionKey": "7f", "RowKey": str(row)}) for row in range(20)))
    assert sorted(sent.number for sent in faults.trail) == list(range(1, 21))


async def test_requests_are_counted_from_one() -> None:
    with pytest.raises(ValueError, match="counted from 1"):
        Faults().inject(0, Fault.KILL_BEFORE)
