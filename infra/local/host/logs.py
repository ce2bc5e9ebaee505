"""What the host and the app write while they run: one line an entry, on standard error.

The libraries' chatter (requests of storage clients, accesses) is off unless asked for.
"""

import logging
import sys

from infra.local.host.refusal import Refusal

QUIET = {
    "azure": logging.WARNING,
    "uvicorn.error": logging.WARNING,
    "uvicorn.access": logging.WARNING,
    "asyncio": logging.WARNING,
}


def configure(wanted: str) -> None:
    """Set levels from `info` or `info,uvicorn.access=info,azure=debug`. Refusal: an unknown level."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for name, level in QUIET.items():
        logging.getLogger(name).setLevel(level)
    known = logging.getLevelNamesMapping()
    for item in filter(None, wanted.split(",")):
        name, _, level_name = item.strip().rpartition("=")
        if level_name.upper() not in known:
            raise Refusal(f"There is no log level {level_name!r}.")
        logging.getLogger(name or None).setLevel(known[level_name.upper()])
