"""The functions host of Microsoft's own Core Tools (`func`), where they are installed, in the place of `infra.local.host`.

Runs under `infra.local.leash` with that host's arguments, and tells in its words when it answers. The app gets the same settings
in its environment, which `func` puts above those of a `local.settings.json`.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from infra.local.ports import LOOPBACK, wait_until_answered
from infra.local.process import NotStarted
from infra.local.system import READY, STARTING_TAKES_AT_MOST_S

PROGRAM = "func"


def require() -> None:
    """Raises NotStarted where the Core Tools are not installed."""
    if shutil.which(PROGRAM) is None:
        raise NotStarted("Azure Functions Core Tools (func) are not installed here: install version 4, or use make run.")


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--app", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default=LOOPBACK)
    wanted = parser.parse_args(arguments)
    # `func` takes the Python that it finds first: the one that has the app's packages.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    command = [PROGRAM, "start", "--port", str(wanted.port)]
    running = subprocess.Popen(command, cwd=wanted.app, env={**os.environ, "PATH": path}, stdin=subprocess.DEVNULL)
    # Whoever ends this ends `func` first; without it nobody would.
    signal.signal(signal.SIGTERM, lambda *_: running.terminate())
    try:
        wait_until_answered(wanted.port, timeout_s=STARTING_TAKES_AT_MOST_S)
    except TimeoutError as late:
        running.terminate()
        print(late, flush=True)
    else:
        print(f"{READY} http://{wanted.host}:{wanted.port}", flush=True)
    return running.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
