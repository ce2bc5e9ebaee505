"""`make run`: the whole system on this machine until Ctrl-C, with data that stay in `.local`.

Guarantees that a taken port or a second system on the same data is said in a sentence before anything starts, that the functions
host comes back when it dies, and that nothing runs on once this has ended. Losing storage or mail ends it, because without them
every answer would be wrong.
"""

import argparse
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, fields
from pathlib import Path
from secrets import token_urlsafe

from infra.local import core_tools
from infra.local.azurite import azurite
from infra.local.clock import DevelopmentClock
from infra.local.environment import AT_TWO_IN_THE_NIGHT, EVERY_FIVE_SECONDS, Parts, development_environment
from infra.local.folder import LOCAL, InUse, only_one
from infra.local.host_watch import HostWatch, PartEnded
from infra.local.issuer import Issuer, NoIssuerHere
from infra.local.maildev import maildev
from infra.local.node_programs import ROOT
from infra.local.ports import LOOPBACK, is_free
from infra.local.process import NotStarted
from infra.local.stores import make_stores
from infra.local.system import CORE_TOOLS, FUNCTION_KEY_SETTING, MASTER_KEY_SETTING, THIN_HOST, Host

HIGHEST_PORT = 65535
CLAMD_SOCKET = Path("/run/clamav/clamd.ctl")
"""Where Debian's `clamav-daemon` listens, if it runs: the system then uses it instead of the development scanner."""


class BadPort(Exception):
    """A port cannot be used; the message is the whole explanation."""


@dataclass(frozen=True)
class Ports:
    """Where everything listens. Each is overridden by the setting of its name, for instance CPOR_PORT."""

    port: int = 7071
    mailbox_port: int = 1080
    smtp_port: int = 1025
    blob_port: int = 10000
    queue_port: int = 10001
    table_port: int = 10002

    @classmethod
    def chosen(cls, environment: Mapping[str, str]) -> "Ports":
        """Read the overrides. Raises BadPort for what is no port, is asked for twice or is taken."""
        chosen: dict[str, int] = {}
        for part in fields(cls):
            setting = f"CPOR_{part.name.upper()}"
            text = environment.get(setting) or str(part.default)
            if not text.isdecimal() or not 0 < int(text) <= HIGHEST_PORT:
                raise BadPort(f"{setting} is {text!r}, and a port is a number from 1 to {HIGHEST_PORT}.")
            if int(text) in chosen.values():
                raise BadPort(f"Port {text} is asked for twice: give {setting} another.")
            if not is_free(int(text)):
                raise BadPort(f"Port {text} is taken: stop what listens there, or choose another, {setting}=<port> make run.")
            chosen[part.name] = int(text)
        return cls(**chosen)


def run(app: Path, folder: Path, program: str) -> None:
    """Run until interrupted. Raises KeyboardInterrupt then, and an exception whose message is a sentence before."""
    if program == CORE_TOOLS:
        core_tools.require()
    with only_one(folder), ExitStack() as parts:
        ports = Ports.chosen(os.environ)
        issuer, clock = Issuer(folder / "keys"), DevelopmentClock(folder / "clock")
        logs = folder / "log"
        print("Starting; Ctrl-C stops everything.", flush=True)
        storage = parts.enter_context(
            azurite(
                folder=folder / "azurite",
                log=logs / "azurite.log",
                blob_port=ports.blob_port,
                queue_port=ports.queue_port,
                table_port=ports.table_port,
            )
        )
        mails = parts.enter_context(
            maildev(folder=folder / "mail", log=logs / "mail.log", smtp_port=ports.smtp_port, web_port=ports.mailbox_port)
        )
        # Of all settings only these three may come from outside: a storage account in an environment must not become ours.
        settings = development_environment(
            Parts(
                storage=storage.connection_string,
                public_url=f"http://{LOOPBACK}:{ports.port}",
                smtp_host=mails.smtp_host,
                smtp_port=mails.smtp_port,
                jwks_file=issuer.jwks_file,
                clock_file=clock.file,
                outbox_schedule=os.environ.get("CPOR_SCHEDULE_OUTBOX", EVERY_FIVE_SECONDS),
                nightly_schedule=os.environ.get("CPOR_SCHEDULE_NIGHTLY", AT_TWO_IN_THE_NIGHT),
                scanner=f"unix://{CLAMD_SOCKET}" if CLAMD_SOCKET.is_socket() else "development",
                telemetry=os.environ.get("CPOR_TELEMETRY", "off"),
            )
        )

        if app == ROOT:
            make_stores(settings)
        # Made here rather than by the host, so that it stays the same when the host has to be started again.
        master_key = token_urlsafe(24)
        environment = {MASTER_KEY_SETTING: master_key, FUNCTION_KEY_SETTING: token_urlsafe(24), **settings}

        def start() -> Host:
            return Host.start(app, ports.port, environment, logs / "host.log", on_line=_pass_on, program=program)

        def announce() -> None:
            print(_addresses(settings["CPOR_PUBLIC_URL"], mails.page, master_key, folder), flush=True)
            if clock.offset():
                print(f"The app's clock is {clock.offset()} ahead of real time.", flush=True)

        watch = HostWatch(start, [storage.child, mails.child], announce)
        parts.callback(watch.stop)
        watch.keep_running()


def _addresses(api: str, mailbox_page: str, master_key: str, folder: Path) -> str:
    rows = {
        "API": f"{api}/v1",
        "API docs": f"{api}/docs",
        "Mailbox": mailbox_page,
        "A token": "make token ROLE=Partner PARTNER=1234567 (or ROLE=Reviewer, ROLE=Operator)",
        "A timer": f"curl -X POST {api}/admin/functions/NAME -H 'x-functions-key: {master_key}' -d '{{}}'",
        "Data": f"{folder} (make reset deletes them)",
    }
    return "\n" + "".join(f"  {name:<10}{value}\n" for name, value in rows.items())


def _pass_on(line: str) -> None:
    # The terminal may be gone; the log file has the line in any case.
    with suppress(OSError):
        print(line, flush=True)


def _interrupt(*_: object) -> None:
    # Once: whoever presses Ctrl-C twice must not cut the stopping short and leave processes behind.
    for number in STOPPING_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


STOPPING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="make run", description="Run the whole system on this machine.")
    parser.add_argument("--app", type=Path, default=ROOT, help="folder that holds function_app.py and host.json")
    parser.add_argument("--folder", type=Path, default=LOCAL, help="where the data stay")
    parser.add_argument(
        "--core-tools", action="store_const", dest="program", const=CORE_TOOLS, default=THIN_HOST, help="serve with func"
    )
    wanted = parser.parse_args(arguments)
    for number in STOPPING_SIGNALS:
        signal.signal(number, _interrupt)
    try:
        run(wanted.app.resolve(), wanted.folder.resolve(), wanted.program)
    except KeyboardInterrupt:
        print("Stopped.", flush=True)
    except (BadPort, InUse, NoIssuerHere, NotStarted, PartEnded, TimeoutError) as reason:
        print(reason, file=sys.stderr, flush=True)
        return 1
    except OSError as error:
        print(f"{error.filename or 'Something'} could not be used: {error.strerror}.", file=sys.stderr, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
