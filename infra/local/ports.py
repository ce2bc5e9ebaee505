"""Ports of this machine: a free one, and a sentence about one that is taken."""

import socket
import threading
import time

ASKED_EVERY_S = 0.02
LOOPBACK = "127.0.0.1"


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


def free_port() -> int:
    """A port nobody uses at this moment. Someone else may still be faster: whoever starts a server there tries again."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


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
