"""Ports of this machine: a free one, and a sentence about one that is taken."""

import random
import socket
import threading
import time
from itertools import islice

ASKED_EVERY_S = 0.02
LOOPBACK = "127.0.0.1"
OURS_TO_CHOOSE = range(10_000, 32_768)


def is_free(port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        # As servers do, so that a port whose last user closed a moment ago counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_ports(count: int) -> list[int]:
    """So many different ports that nobody uses now. Someone else may still be faster: whoever starts a server there tries again.

    They lie below those that Linux, macOS and Windows give to connections, so none of these takes one before its server starts.
    """
    tried_at_random = random.sample(OURS_TO_CHOOSE, len(OURS_TO_CHOOSE))
    return list(islice(filter(is_free, tried_at_random), count))


def free_port() -> int:
    """One such port."""
    return free_ports(1)[0]


def wait_until_answered(port: int, *, timeout_s: float) -> None:
    """Return once somebody accepts connections there. Raises TimeoutError if nobody does."""
    until = time.monotonic() + timeout_s
    pause = threading.Event()
    while True:
        try:
            socket.create_connection((LOOPBACK, port), timeout=1).close()
        except OSError:
            if time.monotonic() > until:
                raise TimeoutError(f"Nobody answers on port {port} after {timeout_s:.0f} s") from None
            pause.wait(ASKED_EVERY_S)
        else:
            return
