"""Keeps one functions host running: it is started again when it dies, after growing pauses while it does not stay up."""

import threading
import time
from collections.abc import Callable
from math import inf
from queue import Empty, SimpleQueue
from typing import NoReturn

from infra.local.process import A_SIGNAL_IS_SEEN_WITHIN_S, Child, NotStarted
from infra.local.system import Host

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0
# A host that lived this long has recovered, and its next death is a new one.
RECOVERED_AFTER_S = 60.0


class PartEnded(Exception):
    """A part that nothing works without has ended; the message is the whole explanation."""


class HostWatch:
    """Watches over the host that `start` starts, and over the parts it needs. `on_ready` is called after the first start."""

    def __init__(self, start: Callable[[], Host], needs: list[Child], on_ready: Callable[[], None]) -> None:
        self._start, self._on_ready = start, on_ready
        self._was_ready = False
        self._host: Host | None = None
        self._ended: SimpleQueue[Child] = SimpleQueue()
        for part in needs:
            self._watch(part)

    def keep_running(self) -> NoReturn:
        """Run until interrupted. Raises PartEnded when something the host needs has ended."""
        pause = FIRST_PAUSE_S
        while True:
            began = time.monotonic()
            self._live_once()
            if time.monotonic() - began > RECOVERED_AFTER_S:
                pause = FIRST_PAUSE_S
            print(f"The functions host is started again in {pause:.0f} s.", flush=True)
            self._wait_for_an_end(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    def stop(self) -> None:
        if self._host:
            self._host.child.stop()

    def _live_once(self) -> None:
        try:
            self._host = self._start()
        except NotStarted as failure:
            print(failure, flush=True)
            return
        child = self._host.child
        self._watch(child)
        if not self._was_ready:
            self._was_ready = True
            self._on_ready()
        self._wait_for_an_end()
        print(f"The functions host ended with code {child.wait()}.", flush=True)
        # Whatever it had started must not live on beside its successor.
        child.stop()

    def _watch(self, part: Child) -> None:
        def tell() -> None:
            part.wait()
            self._ended.put(part)

        threading.Thread(target=tell, name=f"end of {part.name}", daemon=True).start()

    def _wait_for_an_end(self, at_most_s: float = inf) -> None:
        until = time.monotonic() + at_most_s
        while (left := until - time.monotonic()) > 0:
            try:
                ended = self._ended.get(timeout=min(left, A_SIGNAL_IS_SEEN_WITHIN_S))
            except Empty:
                continue
            self._refuse_to_go_on_without(ended)
            return

    def _refuse_to_go_on_without(self, ended: Child) -> None:
        if self._host is None or ended is not self._host.child:
            raise PartEnded(f"{ended.name} ended by itself ({ended.last_words()}), so everything is stopped; see {ended.log}.")
