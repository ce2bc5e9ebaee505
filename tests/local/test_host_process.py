"""The host as a process: what it says at its start, why it refuses, how it ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from http.client import RemoteDisconnected
from typing import Any

import pytest

from infra.local.host.__main__ import REFUSED
from infra.local.host.watchdog import FUNCTION_TIMED_OUT
from tests.local.conftest import Serve
from tests.local.hosted import KEYS, PREAMBLE, READY, ROOT, App, Host, eventually
from tests.local.test_host_queues import Queue, queue

__all__ = ["queue"]

HELLO = """
@app.route(route="hello")
async def hello(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("hello")
"""
SLOW = """
@app.route(route="slow")
async def slow(req: func.HttpRequest) -> func.HttpResponse:
    note("begun")
    await asyncio.sleep(float(req.params["seconds"]))
    note("done")
    return func.HttpResponse("done")
"""
FIRST_LINE = PREAMBLE.count("\n") + 1
STORAGE = "AccountName=a;AccountKey=YQ==;BlobEndpoint=http://127.0.0.1:1/a;QueueEndpoint=http://127.0.0.1:1/a"


def ended_early(host: Host) -> tuple[int, list[str]]:
    """The exit code of a host that ends by itself, and all it said but for what the vendor's library warns of in passing."""
    return host.ended(), [line for line in host.output if "Auth level is not applied" not in line]


def test_the_start_is_told_in_a_line_and_ends_with_the_ready_mark(serve: Serve) -> None:
    app = serve(
        HELLO
        + """
@app.queue_trigger("msg", "%QUEUE%", connection="AzureWebJobsStorage")
async def send(msg: func.QueueMessage) -> None: ...

@app.timer_trigger("timer", "0 0 2 * * *")
async def nightly(timer: func.TimerRequest) -> None: ...
""",
        QUEUE="mails",
        AzureWebJobsStorage=STORAGE,
    )
    said, mark = app.host().output[:2]
    assert said == "Functions (3, HTTP under /api): hello [ANY /hello]; send [queue mails]; nightly [timer 0 0 2 * * *]"
    assert mark.startswith(READY)


def test_keys_nobody_has_set_are_made_up_and_shown(serve: Serve) -> None:
    app = serve(HELLO.replace('route="hello"', 'route="hello", auth_level=func.AuthLevel.FUNCTION'))
    host = app.host(**dict.fromkeys(KEYS, ""))
    shown = {line.split()[0]: line.split()[-1] for line in host.output if "is not set" in line}
    assert set(shown) == set(KEYS)
    assert len(set(shown.values())) == 2
    for key in shown.values():
        assert len(key) >= 32
        assert host.call("GET", "/api/hello", headers={"x-functions-key": key}).status == 200
    assert host.call("GET", "/api/hello", headers={"x-functions-key": ""}).status == 401


def test_a_taken_port_is_said_in_a_sentence(serve: Serve) -> None:
    app = serve(HELLO)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, said = ended_early(app.start("--port", str(port)))
    assert code == REFUSED
    assert said == [f"Port {port} on 127.0.0.1 cannot be used: Address already in use."]


def test_two_hosts_never_share_a_port(serve: Serve) -> None:
    app = serve(HELLO)
    first = app.host()
    assert app.start("--port", str(first.port)).ended() == REFUSED
    assert first.call("GET", "/api/hello").body == b"hello"


TWICE = HELLO + HELLO.replace('route="hello"', 'route="other"')
TIMED = '@app.timer_trigger("timer", "{}")\nasync def tick(timer: func.TimerRequest) -> None: ...\n'
QUEUED = (
    '@app.queue_trigger("msg", "{}", connection="AzureWebJobsStorage")\nasync def send(msg: func.QueueMessage) -> None: ...\n'
)


@pytest.mark.parametrize(
    ("source", "host_json", "settings", "sentence"),
    [
        (
            "import absent",
            {},
            {},
            f"The app could not be indexed: ModuleNotFoundError: No module named 'absent' (function_app.py, line {FIRST_LINE}).",
        ),
        (
            "raise ValueError('a reason')",
            {},
            {},
            f"The app could not be indexed: ValueError: a reason (function_app.py, line {FIRST_LINE}).",
        ),
        ("def broken(:", {}, {}, "The app could not be indexed: SyntaxError: "),
        (TWICE, {}, {}, "The app could not be indexed: ValueError: Function hello does not have a unique function name"),
        ("", {}, {}, "The app has no functions."),
        (TIMED.format("0 0 2 * *  * *"), {}, {"AzureWebJobsStorage": STORAGE}, "The schedule of function tick cannot be used: "),
        (TIMED.format("0 0 0 30 2 *"), {}, {"AzureWebJobsStorage": STORAGE}, "The schedule of function tick cannot be used: "),
        (TIMED.format("%NO_SUCH%"), {}, {}, "The app refers to %NO_SUCH%, and there is no such setting."),
        (TIMED.format("0 0 2 * * *"), {}, {"AzureWebJobsStorage": ""}, "The setting AzureWebJobsStorage must hold a storage"),
        (
            QUEUED.format("mails"),
            {},
            {"AzureWebJobsStorage": "rubbish"},
            "The setting AzureWebJobsStorage is no storage connection",
        ),
        (
            HELLO.replace('"hello"', '"a/{b:regex(x)}"'),
            {},
            {},
            "The route of function hello has a part the local host does not know: ",
        ),
        (HELLO.replace('"hello"', '"{*rest}/a"'), {}, {}, "In the route of function hello something follows an optional part: "),
        (
            HELLO.replace('"hello"', '"Administration"'),
            {},
            {},
            "The route of function hello begins like the host's own: Administration.",
        ),
        (
            HELLO + HELLO.replace("def hello", "def again"),
            {},
            {},
            "Functions hello and again have the same route and method: hello.",
        ),
        (HELLO, {"functionTimeout": "ten minutes"}, {}, "host.json cannot be used: 'ten minutes' is not a time span (hh:mm:ss)."),
        (
            HELLO,
            {"extensions": {"queues": {"batchSize": 33}}},
            {},
            "host.json cannot be used: batchSize is 33, not between 1 and 32.",
        ),
        (
            '@app.blob_trigger("blob", path="a/b", connection="AzureWebJobsStorage")\ndef f(blob: func.InputStream): ...',
            {},
            {},
            "Function f has a trigger of type blobTrigger, which the local host does not serve.",
        ),
    ],
)
def test_an_app_that_cannot_be_served_is_refused_in_a_sentence(
    serve: Serve, source: str, host_json: Mapping[str, Any], settings: dict[str, str], sentence: str
) -> None:
    code, said = ended_early(serve(source, host_json, **settings).start())
    assert code == REFUSED
    assert said[-1].startswith(sentence)
    assert len(said) == 1


@pytest.mark.parametrize(
    ("missing", "sentence"), [("function_app.py", "There is no function_app.py in "), ("host.json", "There is no host.json in ")]
)
def test_a_missing_file_is_said_in_a_sentence(serve: Serve, missing: str, sentence: str) -> None:
    app = serve(HELLO)
    (app.folder / missing).unlink()
    code, [said] = ended_early(app.start())
    assert code == REFUSED
    assert said.startswith(sentence)


@pytest.mark.parametrize(
    ("kind", "wait"),
    [("async ", "await asyncio.sleep(60)"), ("async ", "time.sleep(60)"), ("", "time.sleep(60)")],
    ids=["waiting", "blocking the event loop", "in a thread"],
)
def test_a_function_over_its_time_takes_the_process_down(serve: Serve, kind: str, wait: str) -> None:
    app = serve(
        f"""
        @app.route(route="stuck")
        {kind}def stuck(req: func.HttpRequest) -> func.HttpResponse:
            note("begun")
            {wait}
        """,
        {"functionTimeout": "00:00:01"},
    )
    host = app.host()
    with ThreadPoolExecutor() as callers:
        call = callers.submit(host.call, "GET", "/api/stuck")
        code = host.ended(5)
        # The connection simply breaks: nobody is left to answer.
        assert isinstance(call.exception(), OSError)
    assert code == FUNCTION_TIMED_OUT
    assert host.output[-1] == "Function stuck ran longer than functionTimeout (1 s); the host ends."


def test_quick_functions_never_wake_the_watchdog(serve: Serve) -> None:
    app = serve(SLOW, {"functionTimeout": "00:00:02"})
    host = app.host()
    for _ in range(4):
        assert host.call("GET", "/api/slow?seconds=0.7").status == 200
    assert host.process.poll() is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_host_but_not_the_request_it_is_answering(serve: Serve, number: int) -> None:
    app = serve(SLOW)
    host = app.host()
    with ThreadPoolExecutor() as callers:
        call = callers.submit(host.call, "GET", "/api/slow?seconds=1")
        app.wait_for_notes(1, "begun")
        assert host.stop(number) == 0
        assert (call.result().status, call.result().body) == (200, b"done")


def test_the_end_does_not_wait_for_ever(serve: Serve) -> None:
    app = serve(SLOW + SLOW.replace("async ", "").replace("slow", "threaded").replace("await asyncio", "time"))
    host = app.host("--shutdown-grace", "1")
    with ThreadPoolExecutor() as callers:
        calls = [callers.submit(host.call, "GET", f"/api/{path}?seconds=60") for path in ("slow", "threaded")]
        app.wait_for_notes(2, "begun")
        begun = time.monotonic()
        assert host.stop() == 0
        assert time.monotonic() - begun < 4
        assert [type(call.exception()) for call in calls] == [RemoteDisconnected] * 2
    assert any("Ended while" in line and "slow" in line and "threaded" in line for line in host.output)
    assert not any("Traceback" in line for line in host.output)


def test_an_idle_host_ends_at_once_and_silently(serve: Serve) -> None:
    host = serve(HELLO).host()
    begun = time.monotonic()
    assert host.stop() == 0
    assert time.monotonic() - begun < 3
    assert len(host.output) == 2


def test_a_message_in_hand_is_finished_before_the_end(serve_with_storage: Serve, queue: Queue) -> None:
    app = serve_with_storage(
        """
        @app.queue_trigger("msg", "%QUEUE%", connection="AzureWebJobsStorage")
        async def handle(msg: func.QueueMessage) -> None:
            note("begun")
            await asyncio.sleep(1)
            note("done")
        """,
        QUEUE=queue.name,
    )
    queue.put("one")
    host = app.host()
    app.wait_for_notes(1, "begun")
    assert host.stop() == 0
    assert len(app.notes("done")) == 1
    assert queue.is_empty()


def test_an_app_with_http_only_imports_no_storage_client(serve: Serve) -> None:
    host = serve(
        """
        @app.route(route="imported")
        async def imported(req: func.HttpRequest) -> func.HttpResponse:
            clients = ("azure.storage", "azure.core", "aiohttp")
            return func.HttpResponse(json.dumps([name for name in sys.modules if name.startswith(clients)]))
        """
    ).host()
    assert host.call("GET", "/api/imported").json() == []


def test_accesses_are_logged_only_on_request(serve: Serve) -> None:
    app = serve(HELLO)
    silent, telling = app.host(), app.host("--log", "info,uvicorn.access=info")
    for host in (silent, telling):
        assert host.call("GET", "/api/hello").status == 200
    eventually(lambda: any("/api/hello" in line for line in telling.output), "a line in the log")
    silent.stop()
    assert not any("/api/hello" in line for line in silent.output)


def test_every_choice_is_told_by_help() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "infra.local.host", "--help"], cwd=ROOT, env=os.environ, capture_output=True, text=True, check=True
    ).stdout
    for flag in ("--app", "--port", "--host", "--http-timeout", "--message-visibility", "LOCAL_HOST_LEASE_DURATION"):
        assert flag in said


def test_the_folder_of_the_app_is_the_current_one_and_first_to_import_from(serve: Serve) -> None:
    app: App = serve(
        """
        import neighbour

        @app.route(route="where")
        async def where(req: func.HttpRequest) -> func.HttpResponse:
            return func.HttpResponse(json.dumps([os.getcwd(), neighbour.NAME]))
        """
    )
    (app.folder / "neighbour.py").write_text("NAME = 'next door'")
    assert app.host().call("GET", "/api/where").json() == [str(app.folder), "next door"]


def test_a_lease_the_storage_would_refuse_is_refused_at_once(serve: Serve) -> None:
    code, said = ended_early(serve(HELLO).start("--lease-duration", "5"))
    assert code != 0
    assert "a lease takes 15 to 60 seconds, not 5" in said[-1]
