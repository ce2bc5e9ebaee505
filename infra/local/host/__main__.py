"""`python -m infra.local.host`: read the options, run the host, end with its exit code."""

import asyncio
import os
import sys

from infra.local.host import logs, options
from infra.local.host.refusal import Refusal

REFUSED = 1


def main() -> int:
    """Run the host; a reason not to start becomes one sentence on standard error."""
    chosen = options.parse()
    try:
        logs.configure(chosen.log)
        # Imported here, so that --help and a wrong flag answer at once.
        from infra.local.host import server

        # Not asyncio.run: that would cancel, and then wait for, whatever outlived its grace.
        return asyncio.Runner().run(server.run(chosen))
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return REFUSED


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Handlers that still run cannot all be stopped, and would hold up an ordinary exit; the platform kills its worker, too.
    os._exit(code)
