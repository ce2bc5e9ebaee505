"""Documents are opened at arm's length: in a process with limits of its own, whose end harms one document and nobody else."""

import asyncio
import os
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from shared.adapters.contained_inspector import ContainedInspector
from shared.adapters.inspection_process import AT_ONCE, STARTED, packed_question
from shared.adapters.poe_inspector import inspect
from shared.domain.poe import POE_MAX_BYTES
from shared.domain.poe_checks import CheckCode, Report
from shared.ports.failures import InspectionUnavailable
from tests.architecture.rules import ROOT
from tests.contract.test_poe_form import SUBJECT as OF_OUR_FORM
from tests.contract.test_poe_hostile import one_giant_object
from tests.contract.test_poe_inspector import NOW, SUBJECT, picture, signed_poe, unsigned_pdf

PATIENCE_S = 40
ORDINARY = {
    "signed": signed_poe(),
    "unsigned": unsigned_pdf(),
    "picture": picture("PNG"),
    "empty": b"",
    "cut": signed_poe()[:900],
}


@pytest.fixture(scope="module")
def inspector() -> Iterator[ContainedInspector]:
    inspector = ContainedInspector()
    yield inspector
    inspector.stop()


async def asked(inspector: ContainedInspector, content: bytes) -> Report:
    return await inspector.inspect(content, now=NOW, subject=SUBJECT, max_bytes=POE_MAX_BYTES)


@pytest.mark.parametrize("name", ORDINARY)
async def test_it_reports_what_the_inspector_finds(inspector: ContainedInspector, name: str) -> None:
    assert await asked(inspector, ORDINARY[name]) == inspect(ORDINARY[name], now=NOW, subject=SUBJECT)


async def test_the_whole_question_arrives(inspector: ContainedInspector) -> None:
    """Names beyond ASCII, several workloads, a limit and a moment of its own."""
    content = unsigned_pdf(3, "Zażółć gęślą jaźń")
    here = inspect(content, now=NOW.replace(year=2019), subject=OF_OUR_FORM, max_bytes=500)
    assert await inspector.inspect(content, now=NOW.replace(year=2019), subject=OF_OUR_FORM, max_bytes=500) == here


async def test_many_callers_each_get_their_own_report_though_one_document_exhausts_its_process(
    inspector: ContainedInspector,
) -> None:
    contents = [*ORDINARY.values()] * 4 + [one_giant_object()] + [*ORDINARY.values()] * 4
    reports = await asyncio.gather(*(asked(inspector, content) for content in contents))
    fine = {content: inspect(content, now=NOW, subject=SUBJECT) for content in ORDINARY.values()}
    for content, report in zip(contents, reports, strict=True):
        if content in fine:
            assert report == fine[content]
        else:
            assert CheckCode.TOO_COMPLEX in [check.code for check in report.refusals()]


def test_callers_on_event_loops_of_their_own_share_it(inspector: ContainedInspector) -> None:
    with ThreadPoolExecutor(4) as threads:
        reports = list(threads.map(lambda _: asyncio.run(asked(inspector, signed_poe())), range(8)))
    assert reports == [inspect(signed_poe(), now=NOW, subject=SUBJECT)] * 8


async def test_a_process_that_was_killed_is_replaced(inspector: ContainedInspector) -> None:
    before = await asked(inspector, signed_poe())
    killed = process_of(inspector)
    killed.kill()
    assert await asked(inspector, signed_poe()) == before
    assert process_of(inspector).pid != killed.pid


async def test_where_no_process_starts_nothing_is_said_of_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    """The partner is told to come again, not that the proof is bad."""
    inspector = ContainedInspector()
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(InspectionUnavailable):
        await asked(inspector, signed_poe())
    monkeypatch.undo()
    assert (await asked(inspector, signed_poe())).refusals() == ()
    inspector.stop()


async def test_nothing_of_the_app_s_settings_is_within_a_document_s_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CPOR_CURSOR_KEY", "a key that signs links")
    monkeypatch.setenv("IDENTITY_ENDPOINT", "http://where-tokens-come-from")
    inspector = ContainedInspector()
    await asked(inspector, b"")
    told = environment_of(process_of(inspector))
    inspector.stop()
    assert b"PYTHONPATH=" in told
    assert b"CPOR_" not in told
    assert b"IDENTITY_" not in told


def test_it_ends_with_its_worker_however_that_ends() -> None:
    worker = """
import asyncio, os, signal
from shared.adapters.contained_inspector import ContainedInspector
from tests.contract.test_contained_inspector import asked
inspector = ContainedInspector()
asyncio.run(asked(inspector, b""))
print(inspector._process.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", worker], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    until = time.monotonic() + PATIENCE_S
    while is_running(int(done.stdout)):
        assert time.monotonic() < until, "it outlives its worker"
        time.sleep(0.05)


FAR = {"MOST_PROCESSOR_SECONDS": 1_000, "MOST_SECONDS": 1_000, "MOST_MEMORY_BYTES": 10**10}


@pytest.mark.parametrize(
    ("limits", "hostile"),
    [
        ({"MOST_PROCESSOR_SECONDS": 1}, "while True: pass"),
        ({"MOST_SECONDS": 1}, "time.sleep(1_000)"),
        ({"MOST_MEMORY_BYTES": 100_000_000}, "bytearray(200_000_000)"),
        ({}, "Path('written').open('wb', buffering=0).write(b'x')"),
    ],
)
def test_the_kernel_ends_what_a_document_may_do(limits: dict[str, int], hostile: str, tmp_path: Path) -> None:
    """R-140: a parser that a document has taken over, with one limit near and the others far."""
    limited = taken_over(hostile, {**FAR, **limits}, tmp_path)
    with limited as control, put_before(control) as document, document.makefile("rb") as answer:
        assert answer.read() == STARTED


def test_at_most_two_documents_are_open_at_once(tmp_path: Path) -> None:
    """R-140: what one may hold is held twice and no more; the third begins when one has ended."""
    heard = list[str]()
    with taken_over("time.sleep(1_000)", {**FAR, "MOST_SECONDS": 1}, tmp_path) as control, selectors.DefaultSelector() as any_of:
        for _ in range(AT_ONCE + 1):
            any_of.register(put_before(control), selectors.EVENT_READ)
        while waiting := any_of.get_map():
            for key, _ in any_of.select(PATIENCE_S) or pytest.fail(f"{len(waiting)} are never answered"):
                document = waiting[key.fd].fileobj
                assert isinstance(document, socket.socket)
                said = document.recv(1)
                heard.append("began" if said else "ended")
                if not said:
                    any_of.unregister(document)
                    document.close()
    assert heard[: AT_ONCE + 1] == ["began"] * AT_ONCE + ["ended"]
    assert sorted(heard) == ["began"] * (AT_ONCE + 1) + ["ended"] * (AT_ONCE + 1)


@contextmanager
def taken_over(hostile: str, limits: dict[str, int], folder: Path) -> Iterator[socket.socket]:
    """The inspection process as it is, but for its limits, and for a parser that does what a document told it."""
    program = f"""
import socket, time
from pathlib import Path
from shared.adapters import inspection_process
from shared.domain.poe_checks import Report
def inspect(content, **asked):
    {hostile}
    return Report(())
inspection_process.inspect = inspect
vars(inspection_process).update({limits})
inspection_process.serve(socket.socket(fileno=0))
"""
    control, given = socket.socketpair()
    with control:
        with given:
            environment = {**os.environ, "PYTHONPATH": str(ROOT)}
            process = subprocess.Popen([sys.executable, "-c", program], stdin=given.fileno(), cwd=folder, env=environment)
        yield control
    assert process.wait(PATIENCE_S) == 0


def put_before(control: socket.socket) -> socket.socket:
    """Hands a document over, and the question with it."""
    ours, theirs = socket.socketpair()
    with theirs:
        socket.send_fds(control, [b"+"], [theirs.fileno()])
    ours.settimeout(PATIENCE_S)
    ours.sendall(packed_question(NOW, SUBJECT, 1))
    ours.shutdown(socket.SHUT_WR)
    return ours


def test_a_document_finds_every_parser_loaded(tmp_path: Path) -> None:
    """What a child had to import it would import for every document anew."""
    script = """
import sys
from shared.adapters.poe_inspector import inspect, load_parsers
from shared.domain.proof_form import Subject
from datetime import UTC, datetime
from pathlib import Path
load_parsers()
before = set(sys.modules)
subject = Subject("c", "t", "d", "c", "p", "p", "p", ("w",))
for file in sys.argv[1:]:
    inspect(Path(file).read_bytes(), now=datetime(2020, 3, 10, tzinfo=UTC), subject=subject)
print(sorted(set(sys.modules) - before))
"""
    files = [tmp_path / name for name in ORDINARY]
    for file in files:
        file.write_bytes(ORDINARY[file.name])
    done = subprocess.run([sys.executable, "-c", script, *files], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def process_of(inspector: ContainedInspector) -> "subprocess.Popen[bytes]":
    assert inspector._process
    return inspector._process


def environment_of(process: "subprocess.Popen[bytes]") -> bytes:
    return Path(f"/proc/{process.pid}/environ").read_bytes()


def is_running(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False
