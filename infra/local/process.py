"""A child process on a leash: it ends when its owner says so, and also when its owner dies.

Every child gets its own session, so that Ctrl-C in the terminal reaches only the owner, who then stops its children in order.
The leash is the child's standard input: a pipe whose other end only the owner holds. When the owner is gone, however it went,
the child reads the end of the file and stops itself; `node/leash.cjs` does that for Node, `infra.local.leash` for Python.
"""

import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

STOPPING_TAKES_AT_MOST_S = 10.0
# A signal that arrives just before Python goes to sleep on a lock does not wake it, so nobody here sleeps longer than this.
A_SIGNAL_IS_SEEN_WITHIN_S = 0.5


class NotStarted(Exception):
    """One sentence: which part of the local system did not start, and what to do."""


class Child:
    """A running child process whose output goes to a log file and, line by line, to whoever listens."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> None:
        self.name = name
        self.log = log
        self._on_line = on_line
        log.parent.mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            list(command),
            env={**os.environ, **(environment or {})},
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._lines: deque[str] = deque(maxlen=200)
        self._heard = threading.Condition()
        self._ended = False
        self._stopped = False
        self._listener = threading.Thread(target=self._listen, name=f"output of {name}", daemon=True)
        self._listener.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_running(self) -> bool:
        return self._process.poll() is None

    def wait_for_line(self, wanted: str, *, timeout_s: float) -> str:
        """The first line that contains what is wanted. Raises NotStarted if the child ends or keeps silent."""
        until = time.monotonic() + timeout_s
        with self._heard:
            while True:
                for line in self._lines:
                    if wanted in line:
                        return line
                if self._ended:
                    raise NotStarted(f"{self.name} ended while starting: {self.last_words()} (its output is in {self.log}).")
                left = until - time.monotonic()
                if left <= 0:
                    raise NotStarted(f"{self.name} did not answer within {timeout_s:.0f} s (its output is in {self.log}).")
                self._heard.wait(min(left, A_SIGNAL_IS_SEEN_WITHIN_S))

    def wait(self, timeout_s: float | None = None) -> int:
        """The exit code, once the child has ended. Raises TimeoutError if it has not by then."""
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired as late:
            raise TimeoutError(f"{self.name} still runs after {timeout_s} s") from late

    def last_words(self) -> str:
        """The last line it printed that says something."""
        return next((line for line in reversed(self._lines) if line.strip()), "it said nothing")

    def signal(self, number: int) -> None:
        """Send one signal to the child and everything it started."""
        with suppress(ProcessLookupError):  # It may have ended by itself a moment ago.
            os.killpg(self._process.pid, number)

    def stop(self, patience_s: float = STOPPING_TAKES_AT_MOST_S) -> None:
        """End the child: a request first, force once patience is at an end. Stopping twice does nothing."""
        if self._stopped:
            return
        self._stopped = True
        if patience_s and self.is_running():
            self.signal(signal.SIGTERM)
            with suppress(TimeoutError):
                self.wait(patience_s)
        # What is left cannot refuse: the child itself if it hangs, and anything it started that has outlived it.
        self.signal(signal.SIGKILL)
        self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()
        self._listener.join(timeout=1)

    def _listen(self) -> None:
        assert self._process.stdout
        with self.log.open("a", encoding="utf-8", errors="replace") as log, self._process.stdout as output:
            for raw in output:
                line = raw.decode("utf-8", "replace").rstrip("\n")
                log.write(line + "\n")
                log.flush()
                with self._heard:
                    self._lines.append(line)
                    self._heard.notify_all()
                if self._on_line:
                    self._on_line(line)
        with self._heard:
            self._ended = True
            self._heard.notify_all()
