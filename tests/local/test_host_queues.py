"""Queue triggers of the local host, against the real emulator: at least once, given back on failure, then set aside."""

import base64
import json
import signal
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import QueueClient

from infra.local.azurite import Azurite, azurite
from infra.local.ports import free_port
from tests.local.conftest import Serve
from tests.local.hosted import KEYS, App, eventually

HANDLER = """
@app.queue_trigger("msg", "%QUEUE%", connection="AzureWebJobsStorage")
async def handle(msg: func.QueueMessage) -> None:
    body = msg.get_body().decode()
    note("begun", body, msg.dequeue_count)
    {action}
    note("done", body)
"""

UP = """
@app.route(route="up")
async def up(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("up")
"""


@dataclass
class Queue:
    """A queue of this test alone, and its poison queue, which the host has to make itself."""

    name: str
    client: QueueClient
    poison: QueueClient

    def put(self, *texts: str) -> None:
        """Put messages as a careful sender does, in base64."""
        for text in texts:
            self.client.send_message(base64.b64encode(text.encode()).decode())

    def is_empty(self) -> bool:
        """Nothing waits and nothing is being handled."""
        return self.client.get_queue_properties().approximate_message_count == 0

    def set_aside(self) -> list[str]:
        """What lies in the poison queue, as stored."""
        try:
            return [message.content for message in self.poison.peek_messages(32)]
        except ResourceNotFoundError:
            return []


def clients(name: str, connection_string: str) -> Queue:
    """Clients for a queue that may not exist yet."""
    made = [QueueClient.from_connection_string(connection_string, queue) for queue in (name, f"{name}-poison")]
    return Queue(name, *made)


@pytest.fixture
def queue(azurite: Azurite) -> Iterator[Queue]:
    """An empty queue that exists."""
    queue = clients(f"q-{uuid.uuid4().hex}", azurite.connection_string)
    queue.client.create_queue()
    yield queue
    queue.client.close()
    queue.poison.close()


@pytest.fixture
def listening(serve_with_storage: Serve, queue: Queue) -> Callable[..., App]:
    """Makes an app whose one handler does `action` between its two notes."""

    def write(action: str = "pass", **queues: object) -> App:
        return serve_with_storage(HANDLER.format(action=action), {"extensions": {"queues": queues}}, QUEUE=queue.name)

    return write


def test_a_message_is_decoded_handled_and_deleted(serve_with_storage: Serve, queue: Queue) -> None:
    app = serve_with_storage(
        """
        @app.queue_trigger("msg", "%QUEUE%", connection="AzureWebJobsStorage")
        async def handle(msg: func.QueueMessage) -> None:
            lives = (msg.expiration_time - msg.insertion_time).days
            hidden = msg.time_next_visible > msg.insertion_time
            note(msg.get_body().decode(), msg.id, msg.dequeue_count, bool(msg.pop_receipt), lives, hidden)
        """,
        QUEUE=queue.name,
    )
    sent = queue.client.send_message(base64.b64encode("grüß".encode()).decode())
    app.host()
    [(_, _, *told)] = app.wait_for_notes(1)
    assert told == ["grüß", sent.id, 1, True, 7, True]
    eventually(queue.is_empty, "deletion")


def test_a_missing_queue_is_made(serve_with_storage: Serve, azurite: Azurite) -> None:
    queue = clients(f"q-{uuid.uuid4().hex}", azurite.connection_string)
    app = serve_with_storage(HANDLER.format(action="pass"), QUEUE=queue.name)
    app.host()

    def put() -> bool:
        try:
            queue.put("first")
        except ResourceNotFoundError:
            return False
        return True

    eventually(put, "the queue")
    app.wait_for_notes(1, "done")


def test_a_failing_message_comes_back_at_once_five_times_and_is_then_set_aside(
    listening: Callable[..., App], queue: Queue
) -> None:
    app = listening("raise ValueError('never')")
    queue.put("bad")
    app.host()
    assert eventually(queue.set_aside, "poison") == [base64.b64encode(b"bad").decode()]
    tries = app.notes("begun")
    assert [note[4] for note in tries] == [1, 2, 3, 4, 5]
    # Ten minutes would pass if failures were not given back.
    assert tries[-1][1] - tries[0][1] < 10
    eventually(queue.is_empty, "deletion")


def test_a_failing_message_does_not_hold_up_others(listening: Callable[..., App], queue: Queue) -> None:
    app = listening("assert body != 'bad'")
    queue.put("bad", "good", "better")
    app.host()
    assert {note[3] for note in app.wait_for_notes(2, "done")} == {"good", "better"}


def test_tries_and_pause_between_them_follow_host_json(listening: Callable[..., App], queue: Queue) -> None:
    app = listening("raise ValueError('never')", maxDequeueCount=2, visibilityTimeout="00:00:02")
    queue.put("bad")
    app.host()
    eventually(queue.set_aside, "poison")
    first, second = app.notes("begun")
    assert second[1] - first[1] >= 1.9


@pytest.mark.parametrize("raw", ["plain text", "!!!!", "YWJj="])
def test_what_is_not_base64_is_set_aside_without_a_try(listening: Callable[..., App], queue: Queue, raw: str) -> None:
    app = listening()
    queue.client.send_message(raw)
    queue.put("good")
    app.host()
    assert eventually(queue.set_aside, "poison") == [raw]
    app.wait_for_notes(1, "done")
    assert {note[3] for note in app.notes("begun")} == {"good"}


def test_plain_text_is_taken_where_host_json_says_so(listening: Callable[..., App], queue: Queue) -> None:
    app = listening(messageEncoding="none")
    queue.client.send_message("plain text")
    app.host()
    assert app.wait_for_notes(1, "done")[0][3] == "plain text"


def test_bytes_that_are_no_text_arrive_as_bytes(serve_with_storage: Serve, queue: Queue) -> None:
    app = serve_with_storage(
        """
        @app.queue_trigger("msg", "%QUEUE%", connection="AzureWebJobsStorage")
        def handle(msg: func.QueueMessage) -> None:
            note(msg.get_body().hex(), threading.current_thread() is threading.main_thread())
        """,
        QUEUE=queue.name,
    )
    queue.client.send_message(base64.b64encode(b"\xff\x00").decode())
    app.host()
    assert app.wait_for_notes(1)[0][2:] == ["ff00", False]


@pytest.mark.parametrize(("batch_size", "threshold", "at_once"), [(4, 0, 4), (2, 2, 4)])
def test_a_batch_runs_at_once_and_the_threshold_bounds_it(
    listening: Callable[..., App], queue: Queue, batch_size: int, threshold: int, at_once: int
) -> None:
    app = listening("await asyncio.sleep(0.3)", batchSize=batch_size, newBatchThreshold=threshold)
    queue.put(*(str(number) for number in range(12)))
    app.host()
    app.wait_for_notes(12, "done")
    changes = [1 if note[2] == "begun" else -1 for note in app.notes()]
    assert max(sum(changes[: count + 1]) for count in range(len(changes))) == at_once


def test_a_message_stays_invisible_as_long_as_it_is_handled(listening: Callable[..., App], queue: Queue) -> None:
    app = listening("await asyncio.sleep(5)")
    queue.put("long")
    app.host("--message-visibility", "3")
    app.wait_for_notes(1, "done")
    eventually(queue.is_empty, "deletion")
    assert len(app.notes("begun")) == 1


def test_after_a_crash_the_message_comes_again_once_it_is_visible(listening: Callable[..., App], queue: Queue) -> None:
    app = listening("os._exit(3) if msg.dequeue_count == 1 else None")
    queue.put("heavy")
    crashed = app.host("--message-visibility", "2")
    assert crashed.ended() == 3
    app.host("--message-visibility", "2")
    app.wait_for_notes(1, "done")
    first, second = app.notes("begun")
    assert (first[4], second[4]) == (1, 2)
    assert second[1] - first[1] >= 1.9
    eventually(queue.is_empty, "deletion")


def test_a_message_that_kills_its_host_each_time_is_set_aside_in_the_end(listening: Callable[..., App], queue: Queue) -> None:
    app = listening("os._exit(3)", maxDequeueCount=1)
    queue.put("deadly")
    assert app.host("--message-visibility", "1").ended() == 3
    app.host("--message-visibility", "1")
    eventually(queue.set_aside, "poison")
    assert len(app.notes("begun")) == 1


def test_by_default_a_message_is_invisible_for_ten_minutes(listening: Callable[..., App], queue: Queue) -> None:
    app = listening("note('until', msg.time_next_visible.timestamp() - time.time())")
    queue.put("one")
    app.host()
    assert 590 < app.wait_for_notes(1, "until")[0][3] <= 600


def test_what_fails_in_a_poison_queue_stays_there(serve_with_storage: Serve, queue: Queue) -> None:
    app = serve_with_storage(
        HANDLER.format(action="raise ValueError('never')"),
        {"extensions": {"queues": {"maxDequeueCount": 1}}},
        QUEUE=queue.poison.queue_name,
    )
    queue.poison.create_queue()
    queue.poison.send_message(base64.b64encode(b"bad").decode())
    app.host("--message-visibility", "1")
    assert [note[4] for note in app.wait_for_notes(3, "begun")][:3] == [1, 2, 3]
    with pytest.raises(ResourceNotFoundError):
        QueueClient.from_queue_url(queue.poison.url + "-poison", queue.poison.credential).get_queue_properties()


def test_two_hosts_share_a_queue_and_each_message_is_handled_once(listening: Callable[..., App], queue: Queue) -> None:
    app = listening("await asyncio.sleep(0.05)")
    first, second = app.start(), app.start()
    first.ready()
    second.ready()
    texts: list[str] = []

    def both_take_part() -> bool:
        more = [str(len(texts) + number) for number in range(20)]
        queue.put(*more)
        texts.extend(more)
        return {note[0] for note in app.notes("done")} == {first.process.pid, second.process.pid}

    eventually(both_take_part, "work on both hosts")
    app.wait_for_notes(len(texts), "done")
    eventually(queue.is_empty, "deletion")
    assert sorted(note[3] for note in app.notes("begun")) == sorted(texts)


def test_http_is_answered_before_storage_is_there_and_messages_once_it_is(serve: Serve, queue: Queue) -> None:
    port = free_port()
    with azurite(queue_port=port) as elsewhere:
        connection_string = elsewhere.connection_string
    app = serve(
        HANDLER.format(action="pass") + UP,
        QUEUE=queue.name,
        AzureWebJobsStorage=connection_string,
    )
    host = app.host()
    assert host.call("GET", "/api/up").body == b"up"
    eventually(lambda: any("is tried again" in line for line in host.output), "a line about the queue")
    with azurite(queue_port=port):
        late = clients(queue.name, connection_string)

        def put() -> bool:
            try:
                late.put("late")
            except ResourceNotFoundError:
                return False
            return True

        eventually(put, "the queue")
        app.wait_for_notes(1, "done")
        host.stop(signal.SIGKILL)
        assert sum("is tried again" in line for line in host.output) == 1


def test_a_queue_function_can_be_run_by_hand(listening: Callable[..., App]) -> None:
    app = listening()
    host = app.host()
    body = json.dumps({"input": "by hand"}).encode()
    assert host.call("POST", "/admin/functions/handle", body).status == 401
    assert host.call("POST", "/admin/functions/handle", body, {"x-functions-key": "function"}).status == 401
    master = {"x-functions-key": KEYS["LOCAL_HOST_MASTER_KEY"]}
    assert host.call("POST", "/admin/functions/nothing", body, master).status == 404
    assert host.call("GET", "/admin/functions/handle", None, master).status == 404
    assert host.call("POST", "/admin/functions/handle", b"[", master).status == 400
    assert host.call("POST", "/admin/functions/handle", body, master).status == 202
    assert app.wait_for_notes(1, "done")[0][3] == "by hand"
    assert [note[3] for note in app.notes("begun")] == ["by hand"]
