"""Runs a module as `python -m` would, and ends it when standard input ends, which is when its owner is gone.

`python -m infra.local.leash some.module its arguments`. The owner is a `process.Child`.
"""

import os
import runpy
import signal
import sys
import threading

ENDING_TAKES_AT_MOST_S = 10.0


def end_with_the_owner() -> None:
    """Wait for the end of standard input, then ask this process to stop, then make it."""
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(ENDING_TAKES_AT_MOST_S)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    threading.Thread(target=end_with_the_owner, name="leash", daemon=True).start()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
