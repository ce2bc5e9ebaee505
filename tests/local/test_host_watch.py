"""The watch over the local host: whatever should end it does."""

import _thread
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.host_watch import HostWatch, PartEnded
from infra.local.process import Child
from infra.local.system import Host

LONG_ENOUGH_S = 5.0


@pytest.fixture
def part(tmp_path: Path) -> Iterator[Child]:
    """A process that runs until it is stopped."""
    child = Child("A part", [sys.executable, "-c", "input()"], log=tmp_path / "log")
    yield child
    child.stop()


def test_a_signal_that_wakes_nobody_is_seen_all_the_same(part: Child) -> None:
    """A signal between Python's last look and its sleep leaves a mark and interrupts nothing, as `interrupt_main` does."""
    storage = Child("Storage", [sys.executable, "-c", "input()"], log=part.log)
    watch = HostWatch(lambda: Host("", part), [storage], on_ready=lambda: None)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    mark, give_up = threading.Timer(0.3, _thread.interrupt_main), threading.Timer(LONG_ENOUGH_S, storage.stop)
    try:
        mark.start()
        give_up.start()
        with pytest.raises(KeyboardInterrupt):
            watch.keep_running()
    finally:
        give_up.cancel()
        signal.signal(signal.SIGINT, before)
        storage.stop()


def test_losing_a_part_that_the_host_needs_ends_it(part: Child) -> None:
    storage = Child("Storage", [sys.executable, "-c", "print('Out of space')"], log=part.log)
    try:
        with pytest.raises(PartEnded, match=r"Storage ended by itself \(Out of space\)"):
            HostWatch(lambda: Host("", part), [storage], on_ready=lambda: None).keep_running()
    finally:
        storage.stop()
