"""What the person at the terminal may choose: each option is a flag, most also a setting in the environment."""

import argparse
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAX_REQUEST_BYTES = 64 * 1024 * 1024
"""As the deployed host is told by `FUNCTIONS_REQUEST_BODY_SIZE_LIMIT`."""


@dataclass(frozen=True)
class Options:
    """The choices of one run; times are seconds.

    The defaults of `http_timeout` and `message_visibility` are the platform's. Polling and leases are
    quicker than in the cloud, because nobody pays for them here and a person waits.
    """

    app: Path
    port: int
    host: str
    http_timeout: float
    max_request_bytes: int
    message_visibility: int
    max_polling_interval: float
    lease_duration: int
    shutdown_grace: float
    log: str


def _lease(text: str) -> int:
    if not text.isdecimal() or not 15 <= int(text) <= 60:
        raise argparse.ArgumentTypeError(f"a lease takes 15 to 60 seconds, not {text}")
    return int(text)


# name, type, default, meaning. The setting is LOCAL_HOST_ and the name in capitals.
TUNABLES: tuple[tuple[str, Callable[[str], Any], str, str], ...] = (
    ("http_timeout", float, "230", "seconds an HTTP caller waits before a 504"),
    ("max_request_bytes", int, str(MAX_REQUEST_BYTES), "largest request body"),
    ("message_visibility", int, "600", "seconds a queue message stays hidden while it is handled (renewed at half)"),
    ("max_polling_interval", float, "1", "longest pause in seconds between two looks at an empty queue"),
    ("lease_duration", _lease, "15", "seconds (15 to 60) until another host takes over the timers of one that died"),
    ("shutdown_grace", float, "5", "seconds that work in flight gets to finish at shutdown"),
    ("log", str, "info", "level, and levels of single loggers: info,uvicorn.access=info"),
)


def parse(arguments: list[str] | None = None, environment: Mapping[str, str] = os.environ) -> Options:
    """Read flags, then settings, then defaults; argparse explains a wrong flag and exits."""
    parser = argparse.ArgumentParser(prog="python -m infra.local.host", description="Serve a function app on this machine.")
    parser.add_argument("--app", type=Path, default=Path(), help="folder that holds function_app.py and host.json")
    parser.add_argument("--port", type=int, default=7071, help="0 lets the system choose one")
    parser.add_argument("--host", default="127.0.0.1")
    for name, kind, default, meaning in TUNABLES:
        setting = f"LOCAL_HOST_{name.upper()}"
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=kind,
            default=environment.get(setting, default),
            help=f"{meaning} ({setting}, {default})",
        )
    chosen = vars(parser.parse_args(arguments))
    return Options(**{**chosen, "app": chosen["app"].resolve()})
