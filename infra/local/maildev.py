"""The mail catcher: takes every mail by SMTP, sends none on, and shows them on a page and by an API.

Guarantees that both its ports answer when it is yielded, and that nothing of it runs afterwards.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from infra.local.mailbox import Mailbox
from infra.local.node_programs import node_command
from infra.local.ports import LOOPBACK, free_port, wait_until_answered
from infra.local.process import Child, NotStarted

STARTING_TAKES_AT_MOST_S = 60.0
# A free port may be taken by someone else before the catcher binds it; nobody is that unlucky this often.
TRIES_FOR_A_FREE_PORT = 5


@dataclass(frozen=True)
class Maildev:
    """A running mail catcher."""

    smtp_port: int
    web_port: int
    child: Child

    @property
    def smtp_host(self) -> str:
        return LOOPBACK

    @property
    def page(self) -> str:
        return f"http://{LOOPBACK}:{self.web_port}"

    @property
    def mailbox(self) -> Mailbox:
        return Mailbox(self.page)


@contextmanager
def maildev(
    *, folder: Path | None = None, log: Path | None = None, smtp_port: int | None = None, web_port: int | None = None
) -> Iterator[Maildev]:
    """Run the mail catcher, by default on free ports, forgetting its mails. Raises NotStarted if it cannot start."""
    with TemporaryDirectory(prefix="maildev-") as scratch:
        mails = folder or Path(scratch) / "mails"
        mails.mkdir(parents=True, exist_ok=True)
        caught = _start(mails, log or Path(scratch) / "log", smtp_port, web_port)
        try:
            yield caught
        finally:
            caught.child.stop()


def _start(mails: Path, log: Path, smtp_port: int | None, web_port: int | None) -> Maildev:
    ports_were_given = smtp_port is not None and web_port is not None
    for tries_left in reversed(range(1 if ports_were_given else TRIES_FOR_A_FREE_PORT)):
        smtp, web = smtp_port or free_port(), web_port or free_port()
        child = Child("The mail catcher", _command(mails, smtp, web), log=log)
        try:
            child.wait_for_line("SMTP Server running at", timeout_s=STARTING_TAKES_AT_MOST_S)
            # It says that its page is running before anybody can open it.
            wait_until_answered(web, timeout_s=STARTING_TAKES_AT_MOST_S)
            return Maildev(smtp, web, child)
        except BaseException as failure:
            child.stop()
            if not isinstance(failure, (NotStarted, TimeoutError)) or not tries_left:
                raise
    raise AssertionError("every path above returns or raises")


def _command(mails: Path, smtp_port: int, web_port: int) -> list[str]:
    listen = ["--ip", LOOPBACK, "--smtp", str(smtp_port), "--web-ip", LOOPBACK, "--web", str(web_port)]
    return node_command("maildev/bin/maildev", *listen, "--mail-directory", str(mails))
