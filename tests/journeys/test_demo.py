"""`make demo` as a person runs it: the whole story on one machine, and what it says when something is not as told."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence

import pytest

from infra.local.node_programs import ROOT

pytestmark = pytest.mark.system

PATIENCE_S = 300.0


def demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs it to its end, without anything running before."""
    return subprocess.run(command(arguments), cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S, check=False)


def command(arguments: Sequence[str] = ()) -> list[str]:
    return [sys.executable, "-m", "infra.local.demo", *arguments]


def test_the_whole_story_comes_as_told() -> None:
    told = demo()
    assert told.returncode == 0, told.stdout[-3000:] + told.stderr
    assert told.stderr == ""
    assert re.fullmatch(r"Everything came as told: 17 steps in \d+\.\d s\.", told.stdout.splitlines()[-1])
    assert re.findall(r"^ {1,3}(\d+)  \S", told.stdout, re.MULTILINE)[:17] == [str(number) for number in range(1, 18)]
    # What the story is about, in figures a person can check by hand.
    for line in (
        "422 Unprocessable Content",
        "EUR 4,000.00",
        "EUR 6,000.00",
        "EUR 10,000.00",
        "409 Conflict",
        "ended_by_customer",
    ):
        assert line in told.stdout


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        # Nobody listens on the discard port: no mail ever arrives.
        pytest.param("CPOR_MAIL_SMTP_PORT=9", "There should have been mail to anna.berg@fabrikam.example", id="no mail"),
        pytest.param("CPOR_TOKEN_AUDIENCE=api://another", "should have answered 200, and answered 401", id="no token is good"),
        # The proof bears a date that has not come yet.
        pytest.param(
            "CPOR_CLOCK_FILE=", "should have answered 201, and answered 422 (proof_refused", id="a clock that does not move"
        ),
    ],
)
def test_a_surprise_ends_it_with_one_sentence(setting: str, sentence: str) -> None:
    told = demo("--patience", "6", "--setting", setting)
    surprises = [line for line in told.stdout.splitlines() if line.startswith("A surprise: ")]
    assert told.returncode == 1, told.stdout[-3000:]
    assert len(surprises) == 1
    words = " ".join(told.stdout.partition("A surprise: ")[2].split())
    assert sentence in words
    assert "The last the functions host said:" in words
    assert "Everything came as told" not in told.stdout
    assert "Traceback" not in told.stdout + told.stderr


def test_a_system_that_does_not_start_is_said_in_a_sentence() -> None:
    told = demo("--setting", "CPOR_STORAGE=")
    assert told.returncode == 1
    assert "CPOR_STORAGE" in told.stdout + told.stderr
    assert "Traceback" not in told.stdout + told.stderr


def test_ctrl_c_stops_it_and_everything_it_started() -> None:
    with subprocess.Popen(command(), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:
        # Whatever happens, the test ends.
        alarm = threading.Timer(PATIENCE_S, running.kill)
        alarm.start()
        try:
            assert running.stdout is not None
            first = running.stdout.readline()
            children = children_of(running.pid)
            running.send_signal(signal.SIGINT)
            rest = running.stdout.read()
            assert running.wait() == 130
        finally:
            alarm.cancel()
            running.kill()
    assert "answers at" in first
    assert rest.endswith("Stopped.\n")
    assert "Traceback" not in rest
    assert len(children) >= 3, "storage, mail and host were not found, so nothing was proved"
    assert [pid for pid in children if is_running(pid)] == []


def test_what_ctrl_c_leaves_half_made_is_not_told() -> None:
    script = """
import os, signal, time
from infra.local.demo import __main__ as demo

class HalfMade:
    def __del__(self):
        raise AttributeError("fp")

signal.signal(signal.SIGINT, demo._interrupt)
try:
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(10)
except KeyboardInterrupt:
    HalfMade()
    print("Stopped.")
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("Stopped.\n", "")


def children_of(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=True)
    return [int(child) for child in listed.stdout.split() if child]


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
