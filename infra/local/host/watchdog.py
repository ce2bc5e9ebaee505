"""The functionTimeout: a function that runs longer takes its process down.

It watches from a thread of its own, so a handler that blocks the event loop is caught as well. Nothing is cleaned up on
purpose: on the platform the worker is killed too, and what the app does not survive there it should not survive here.
"""

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

FUNCTION_TIMED_OUT = 75
"""Exit code of a host that ended because a function ran too long; the next start may well succeed."""


class Watchdog:
    """Ends the process when anything watched takes longer than `limit` seconds; None watches nothing."""

    def __init__(self, limit: float | None) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._deadlines: dict[object, tuple[float, str]] = {}
        self._thread: threading.Thread | None = None

    @property
    def watched(self) -> list[str]:
        """Names of what runs now."""
        with self._lock:
            return [name for _, name in self._deadlines.values()]

    @contextmanager
    def watching(self, name: str) -> Iterator[None]:
        """Watch the block; `name` is told if it takes too long."""
        token = object()
        limit = float("inf") if self._limit is None else self._limit
        with self._lock:
            self._deadlines[token] = (time.monotonic() + limit, name)
            if self._thread is None and self._limit is not None:
                self._thread = threading.Thread(target=self._watch, args=(self._limit,), name="watchdog", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                del self._deadlines[token]

    def _watch(self, limit: float) -> None:
        while True:
            time.sleep(min(1.0, limit / 10))
            with self._lock:
                # All have the same limit, so the first that began is the first that is due.
                deadline, name = next(iter(self._deadlines.values()), (float("inf"), ""))
            if time.monotonic() > deadline:
                sys.stdout.flush()
                sys.stderr.write(f"Function {name} ran longer than functionTimeout ({limit:g} s); the host ends.\n")
                sys.stderr.flush()
                os._exit(FUNCTION_TIMED_OUT)
