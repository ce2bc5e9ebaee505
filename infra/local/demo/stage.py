"""The stage of the demo: asks the system as its users do, prints what was asked and what came back, and stops at a surprise."""

import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode
from uuid import uuid4

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from infra.local.demo.client import Answer, send
from infra.local.demo.surprise import Surprise
from infra.local.mailbox import Mail
from infra.local.system import System

LOOKED_EVERY_S = 0.1
WIDTH = 118


@dataclass(frozen=True)
class Caller:
    """Somebody with a token."""

    name: str
    token: str


class Stage:
    """The running system, and the story so far. `patience_s` bounds every wait."""

    def __init__(self, system: System, console: Console, patience_s: float) -> None:
        self.system, self.console, self.patience_s = system, console, patience_s
        self.steps = 0

    def step(self, title: str) -> None:
        """Begins the next chapter."""
        self.steps += 1
        self.console.print()
        self.console.print(Text.assemble((f"{self.steps:>3}  ", "bold cyan"), (title, "bold")))

    def ask(
        self,
        caller: Caller,
        method: str,
        path: str,
        body: object | None = None,
        *,
        expects: int,
        headers: Mapping[str, str] | None = None,
        shown: bool = True,
    ) -> Answer:
        """Asks the API as this caller; bytes travel as they are, anything else as JSON. Raises Surprise for another status."""
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        needed = {"Authorization": f"Bearer {caller.token}", "Content-Type": "application/json"}
        if method == "POST":
            needed["Idempotency-Key"] = str(uuid4())
        if shown:
            self._asked(method, path, caller.name)
        answer = send(method, self.system.api + path, content, {**needed, **(headers or {})})
        if shown:
            self._answered(answer)
        return _expected(answer, expects)

    def visit(self, link: str, form: Mapping[str, str] | None = None) -> Answer:
        """Opens a mailed link as a browser would, or sends a form there. Raises Surprise unless it shows a page."""
        method = "GET" if form is None else "POST"
        content = None if form is None else urlencode(form).encode()
        path = link.removeprefix(self.system.api)
        purpose = path.split("/")[1]
        self._asked(method, f"/{purpose}/(the token in the mail)", "the customer, by link")
        answer = send(method, self.system.api + path, content, {"Content-Type": "application/x-www-form-urlencoded"})
        self._answered(answer)
        return _expected(answer, 200)

    def mails(self, to: str, subjects: Mapping[str, str]) -> dict[str, Mail]:
        """Waits for one mail to this address for each part of a subject, and prints them. Raises Surprise if one is missing."""

        def arrived() -> dict[str, Mail] | None:
            there = {name: self._newest(to, part) for name, part in subjects.items()}
            found = {name: mail for name, mail in there.items() if mail is not None}
            return found if len(found) == len(subjects) else None

        wanted = " and ".join(f"“{part}”" for part in subjects.values())
        found = self.eventually(f"mail to {to} with {wanted} in its subject", arrived, self._all_subjects)
        for mail in found.values():
            self.fact("mail", f"to {to}: {mail.subject}")
        return found

    def link_in(self, mail: Mail, part: str) -> str:
        """The mail's link to one of our pages. Raises Surprise without one."""
        try:
            return mail.link(part)
        except LookupError as error:
            raise Surprise(f"The mail “{mail.subject}” should have a link with {part}, and has none.") from error

    def eventually[Found](self, what: str, look: Callable[[], Found | None], instead: Callable[[], str]) -> Found:
        """Looks until something is found. Raises Surprise, saying what was there instead, when patience is at an end."""
        until, pause = time.monotonic() + self.patience_s, threading.Event()
        while (found := look()) is None:
            if time.monotonic() > until:
                raise Surprise(f"There should have been {what} within {self.patience_s:g} s, and there was {instead()}.")
            pause.wait(LOOKED_EVERY_S)
        return found

    def facts(self, rows: Mapping[str, object]) -> None:
        """What came back, as far as the story needs it."""
        table = Table.grid(padding=(0, 2))
        table.add_column(style="dim", min_width=12, no_wrap=True)
        table.add_column(overflow="fold")
        for name, value in rows.items():
            table.add_row(name, Text(str(value)))
        self.console.print(Padding(table, (0, 0, 0, 7), expand=False))

    def fact(self, name: str, value: object) -> None:
        self.facts({name: value})

    def lines(self, rows: Iterable[Iterable[str]]) -> None:
        """A table that is sent."""
        table = Table.grid(padding=(0, 3))
        for row in rows:
            table.add_row(*(Text(cell, style="dim") for cell in row))
        self.console.print(Padding(table, (0, 0, 0, 7), expand=False))

    def expect(self, what: str, expected: object, came: object) -> None:
        """Raises Surprise unless what came is what was expected."""
        if came != expected:
            raise Surprise(f"{what} should have been {expected}, and was {came}.")

    def now(self) -> datetime:
        """The time as the system sees it (aware UTC)."""
        return self.system.clock.now()

    def let_time_pass_until(self, moment: datetime) -> None:
        """Moves the system's clock, by a setting that production refuses."""
        self.system.clock.advance(moment - self.now())
        self.fact("clock", f"moved to {moment:%d %B %Y, %H:%M} UTC")

    def _newest(self, to: str, part: str) -> Mail | None:
        return next((mail for mail in reversed(self.system.mailbox.mails(to)) if part in mail.subject), None)

    def _all_subjects(self) -> str:
        return ", ".join(f"“{mail.subject}”" for mail in self.system.mailbox.mails()) or "no mail at all"

    def _asked(self, method: str, path: str, who: str) -> None:
        # The answer ends the line.
        self.console.print(Text.assemble("     ", (f"{method} {path}", "bold blue"), (f"  {who}", "dim")), end="", soft_wrap=True)

    def _answered(self, answer: Answer) -> None:
        style = "green" if answer.status < 300 else "yellow"
        self.console.print(Text.assemble("  ", (f"{answer.status} {answer.reason}", style)), soft_wrap=True)


def money(amount_minor: int, currency: str = "EUR") -> str:
    """An amount as people write it."""
    return f"{currency} {amount_minor // 100:,}.{amount_minor % 100:02}"


def _expected(answer: Answer, status: int) -> Answer:
    if answer.status == status:
        return answer
    problem = answer.document if "json" in answer.headers.get("content-type", "") else {}
    why = f" ({problem.get('code')}: {problem.get('detail')})" if problem else ""
    raise Surprise(f"{answer.asked} should have answered {status}, and answered {answer.status}{why}.")
