"""`make demo`: starts a system of its own, tells the story and stops it all. Exit code 0: everything was as told.

A surprise ends it with one sentence and the last lines of the host's log, exit code 1. Nothing needs to run before, and nothing
runs or stays afterwards.
"""

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress

from rich.console import Console
from rich.text import Text

from infra.local.demo import claiming, earning, ending
from infra.local.demo.case import Case
from infra.local.demo.stage import WIDTH, Stage
from infra.local.demo.surprise import Surprise
from infra.local.issuer import NoIssuerHere
from infra.local.process import NotStarted
from infra.local.system import System, local_system

STORY = (
    claiming.begin,
    claiming.enrol,
    claiming.claim,
    claiming.submit_without_proof,
    claiming.attach_proof,
    claiming.submit,
    claiming.receive_mails,
    claiming.agree,
    claiming.approve,
    earning.import_usage,
    earning.evaluate,
    earning.evaluate_twice_at_once,
    earning.explain,
    ending.claim_what_is_taken,
    ending.end_from_the_mail,
    ending.keep_what_was_earned,
    ending.verify_timeline,
)
PATIENCE_S = 90.0
LAST_LINES, LONGEST_LINE = 12, 200
INTERRUPTED = 130
STOPPING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def tell(system: System, console: Console, patience_s: float) -> int:
    """Tells the story; returns how many steps it had. Raises Surprise, with the step in its sentence."""
    stage = Stage(system, console, patience_s)
    case = Case(stage)
    for chapter in STORY:
        chapter(case)
    return stage.steps


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="make demo", description="Tell the whole story against a system started for it.")
    parser.add_argument("--patience", type=float, default=PATIENCE_S, help="seconds to wait for whatever happens by itself")
    parser.add_argument("--setting", action="append", default=[], metavar="NAME=VALUE", help="change a setting, to see it fail")
    wanted = parser.parse_args(arguments)
    settings = dict(setting.split("=", 1) for setting in wanted.setting if "=" in setting)
    console = Console(width=None if sys.stdout.isatty() else WIDTH, highlight=False, emoji=False)
    for number in STOPPING_SIGNALS:
        signal.signal(number, _interrupt)
    started = time.monotonic()
    try:
        with local_system(environment=settings) as system:
            console.print(f"A system of its own answers at {system.api}; it started in {time.monotonic() - started:.1f} s.")
            try:
                steps = tell(system, console, wanted.patience)
            except Surprise as surprise:
                _show(surprise, system, console)
                return 1
    except KeyboardInterrupt:
        console.print("\nStopped.")
        return INTERRUPTED
    except (NotStarted, NoIssuerHere) as reason:
        console.print(Text(str(reason), style="bold red"))
        return 1
    elapsed = time.monotonic() - started
    console.print(Text(f"\nEverything came as told: {steps} steps in {elapsed:.1f} s.", style="bold green"))
    return 0


def _show(surprise: Surprise, system: System, console: Console) -> None:
    console.print(Text(f"\nA surprise: {surprise}", style="bold red"))
    console.print(Text("The last the functions host said:", style="dim"))
    for host in system.hosts:
        with suppress(OSError):
            for line in host.child.log.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:]:
                console.print(Text(f"  {line[:LONGEST_LINE]}", style="dim"), soft_wrap=True)


def _interrupt(*_: object) -> None:
    # Once: whoever presses Ctrl-C twice must not cut the stopping short and leave processes behind.
    for number in STOPPING_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    # What the interruption leaves half made, as an answer of `http.client` may be, Python throws away with a complaint.
    sys.unraisablehook = lambda _: None
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
