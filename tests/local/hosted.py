"""A function app made up for one test, served by the real host in a process of its own.

The app notes what happens to it in a file (`note(...)`), because that survives even a crash.
"""

import http.client
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import Any

ROOT = Path(__file__).parents[2]
READY = "Host ready on http://127.0.0.1:"
PATIENCE_S = 15.0
KEYS = {"LOCAL_HOST_MASTER_KEY": "master", "LOCAL_HOST_FUNCTION_KEY": "function"}
PREAMBLE = """
import asyncio, json, os, sys, threading, time
import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

def note(*words):
    with open(os.environ["NOTES"], "a") as notes:
        notes.write(json.dumps([os.getpid(), time.time(), *words]) + "\\n")

"""


def eventually[Found](look: Callable[[], Found | None], what: str, patience_s: float = PATIENCE_S) -> Found:
    """Look until something is found, and return it."""
    until = time.monotonic() + patience_s
    while not (found := look()):
        assert time.monotonic() < until, f"{what} did not happen within {patience_s} s"
        threading.Event().wait(0.02)
    return found


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, as it came over the wire."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def all(self, name: str) -> list[str]:
        """Every value of a header, in order."""
        return [value for key, value in self.headers if key.lower() == name]

    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


@dataclass
class Host:
    """One host process. `output` grows while it runs."""

    process: subprocess.Popen[str]
    output: list[str] = field(default_factory=list)
    port: int = 0

    def listen(self) -> None:
        """Collect what it prints, in the background."""

        def collect() -> None:
            assert self.process.stdout
            for line in self.process.stdout:
                self.output.append(line.rstrip("\n"))

        self._collector = threading.Thread(target=collect, daemon=True)
        self._collector.start()

    def ready(self) -> "Host":
        """Wait for the ready mark."""

        def mark() -> str | None:
            assert self.process.poll() is None, "\n".join(self.output)
            return next((line for line in self.output if line.startswith(READY)), None)

        self.port = int(eventually(mark, "ready").removeprefix(READY))
        return self

    def ended(self, patience_s: float = PATIENCE_S) -> int:
        """Wait for its end; the exit code."""
        code = self.process.wait(patience_s)
        self._collector.join(patience_s)
        return code

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; the exit code."""
        self.process.send_signal(number)
        return self.ended()

    def call(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        patience_s: float = PATIENCE_S,
    ) -> Answer:
        """Ask over a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=patience_s)
        try:
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            return Answer(response.status, response.getheaders(), response.read())
        finally:
            connection.close()


@dataclass
class App:
    """A throwaway app in a folder, and the hosts that serve it."""

    folder: Path
    environment: Mapping[str, str]
    hosts: list[Host] = field(default_factory=list)

    def start(self, *arguments: str, **settings: str) -> Host:
        """Start a host on a free port, without waiting for it."""
        command = [sys.executable, "-m", "infra.local.host", "--app", str(self.folder), "--port", "0", *arguments]
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**self.environment, **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        host = Host(process)
        host.listen()
        self.hosts.append(host)
        return host

    def host(self, *arguments: str, **settings: str) -> Host:
        """Start a host and wait until it is ready."""
        return self.start(*arguments, **settings).ready()

    def notes(self, first_word: object = None) -> list[list[Any]]:
        """What the app noted, each as [process id, time, words...]; only those beginning with a word, if one is given."""
        file = Path(self.environment["NOTES"])
        lines = file.read_text().splitlines() if file.exists() else []
        notes = [json.loads(line) for line in lines]
        return [note for note in notes if first_word is None or note[2] == first_word]

    def wait_for_notes(self, count: int, first_word: object = None, patience_s: float = PATIENCE_S) -> list[list[Any]]:
        """Wait until so many notes are there."""

        def enough() -> bool:
            failed = [line for host in self.hosts for line in host.output if "The host failed" in line]
            assert not failed, failed
            return len(self.notes(first_word)) >= count

        eventually(enough, f"{count} notes of {first_word}", patience_s)
        return self.notes(first_word)

    def close(self) -> None:
        """End every host, whatever it does."""
        for host in self.hosts:
            if host.process.poll() is None:
                host.process.kill()
            host.ended()
            assert host.process.stdout
            host.process.stdout.close()


def write_app(folder: Path, environment: Mapping[str, str], source: str, host_json: Mapping[str, Any] | None = None) -> App:
    """Write function_app.py (its preamble included) and host.json."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "function_app.py").write_text(PREAMBLE + dedent(source))
    (folder / "host.json").write_text(json.dumps({"version": "2.0", **(host_json or {})}))
    return App(folder, {**environment, **KEYS, "NOTES": str(folder / "notes.jsonl")})
