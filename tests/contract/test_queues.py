"""Queue messages as the Functions trigger takes them; an announcement may be lost, a job's message may not."""

import json
from base64 import b64decode
from datetime import UTC, datetime, timedelta

import pytest
from azure.storage.queue.aio import QueueClient

from shared.adapters import names
from shared.adapters.queues import QueueJobs
from shared.ports.failures import StoreUnavailable
from tests.faults import Fault, Faults
from tests.usecases.system import System


async def raw(system: System, name: str) -> list[str]:
    """The messages as they lie in the queue; it is empty afterwards."""
    async with QueueClient.from_connection_string(system.settings.storage, name) as plain:
        found = [message async for message in plain.receive_messages(messages_per_page=32)]
        await plain.clear_messages()
    for message in found:
        assert message.expires_on is not None
        assert message.expires_on > datetime.now(UTC) + timedelta(days=365), "a message must not expire unread"
    return [message.content for message in found]


@pytest.fixture(autouse=True)
async def _empty(system: System) -> None:
    for name in (names.OUTBOX, names.IMPORTS):
        await system.world.queue(name).clear_messages()


async def test_a_message_is_base64_and_says_only_where_to_look(system: System) -> None:
    """The trigger puts what is not base64 into the poison queue at once."""
    await system.world.outbox.announce("7f", ["out!1", "out!ü"])
    (content,) = await raw(system, names.OUTBOX)
    assert json.loads(b64decode(content, validate=True)) == {"bucket": "7f", "rowKeys": ["out!1", "out!ü"]}


async def test_fifty_rows_with_the_longest_keys_fit_one_message(system: System) -> None:
    key = "out!" + "x" * 508
    await system.world.outbox.announce("7f", [key] * 50)
    (content,) = await raw(system, names.OUTBOX)
    assert len(content) < 64 * 1024


async def test_a_lost_announcement_is_no_error(system: System, caplog: pytest.LogCaptureFixture) -> None:
    """The rows stand in the store, and the sweep finds them."""
    await system.unreachable().outbox.announce("7f", ["out!1"])
    assert ["announcement lost" in record.message for record in caplog.records if record.name.startswith("shared")] == [True]
    assert "out!1" not in caplog.text


async def test_a_jobs_message_that_cannot_be_sent_is_an_error(system: System) -> None:
    lost = system.unreachable()
    with pytest.raises(StoreUnavailable):
        await QueueJobs(lambda: lost.queue(names.IMPORTS)).send({"part": "1"})


@pytest.mark.parametrize("fault", [Fault.LOSE_ANSWER, Fault.ANSWER_503_AFTER])
async def test_an_announcement_whose_answer_was_lost_may_come_twice_but_comes(system: System, fault: Fault) -> None:
    await system.process(Faults().inject(1, fault)).outbox.announce("7f", ["out!1"])
    assert 1 <= len(await raw(system, names.OUTBOX)) <= 2
