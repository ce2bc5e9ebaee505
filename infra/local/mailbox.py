"""What arrived at the mail catcher, read as a person would: by address, with the links in it."""

import json
import re
import threading
import time
from dataclasses import dataclass, field
from html import unescape
from urllib.request import Request, urlopen

ASKED_EVERY_S = 0.05
ARRIVING_TAKES_AT_MOST_S = 30.0
HREF = re.compile(r"""href\s*=\s*["']([^"']+)["']""", re.IGNORECASE)
ADDRESS_IN_TEXT = re.compile(r"https?://[^\s<>\"')\]]+")


@dataclass(frozen=True)
class Mail:
    """One mail as it was received. Addresses are lower case."""

    id: str
    sender: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    html: str
    headers: dict[str, str] = field(default_factory=dict)
    attachments: tuple[str, ...] = ()

    @property
    def links(self) -> list[str]:
        """Every web address in it, those of the page first, each once."""
        found = [unescape(link) for link in HREF.findall(self.html)] + ADDRESS_IN_TEXT.findall(self.text)
        return list(dict.fromkeys(link.rstrip(".,;") for link in found if link.startswith("http")))

    def link(self, part: str) -> str:
        """The first link that contains a part, for instance `/consent/`. Raises LookupError with what there is."""
        for link in self.links:
            if part in link:
                return link
        raise LookupError(f"No link with {part!r} in {self.subject!r}; it has {self.links}")


@dataclass(frozen=True)
class Mailbox:
    """A client of the mail catcher's API at `address`."""

    address: str

    def mails(self, to: str | None = None) -> list[Mail]:
        """All mails, or those to one address, oldest first."""
        everything = [_mail(row) for row in json.loads(self._ask("GET", "/email"))]
        return [mail for mail in everything if to is None or to.lower() in mail.recipients]

    def wait_for(self, to: str | None = None, *, count: int = 1, timeout_s: float = ARRIVING_TAKES_AT_MOST_S) -> list[Mail]:
        """The mails to an address, once there are at least so many. Raises TimeoutError with what has arrived by then."""
        until = time.monotonic() + timeout_s
        pause = threading.Event()
        while len(arrived := self.mails(to)) < count:
            if time.monotonic() > until:
                subjects = [(mail.recipients, mail.subject) for mail in self.mails()]
                so_far = f"{len(arrived)} of {count} mails to {to or 'anybody'} in {timeout_s:g} s"
                raise TimeoutError(f"{so_far}; arrived: {subjects}")
            pause.wait(ASKED_EVERY_S)
        return arrived

    def delete_all(self) -> None:
        self._ask("DELETE", "/email/all")

    def _ask(self, method: str, path: str) -> bytes:
        # The address is this machine's own, made by the code that started the catcher.
        with urlopen(Request(self.address + path, method=method), timeout=10) as answer:  # noqa: S310
            body: bytes = answer.read()
            return body


def _mail(row: dict[str, object]) -> Mail:
    return Mail(
        id=str(row["id"]),
        sender=next(iter(_addresses(row.get("from"))), ""),
        recipients=tuple(address for part in ("to", "cc", "calculatedBcc") for address in _addresses(row.get(part))),
        subject=str(row.get("subject") or ""),
        text=str(row.get("text") or ""),
        html=str(row.get("html") or ""),
        headers={str(name).lower(): str(value) for name, value in _mapping(row.get("headers")).items()},
        attachments=tuple(str(_mapping(part).get("fileName", "")) for part in _listed(row.get("attachments"))),
    )


def _addresses(people: object) -> list[str]:
    return [str(_mapping(person).get("address", "")).lower() for person in _listed(people)]


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _mapping(value: object) -> dict[object, object]:
    return value if isinstance(value, dict) else {}
