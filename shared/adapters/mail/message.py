"""Turn a letter into the bytes a mail server takes: headers that can't be forged from a name, and both bodies.

The Message-ID derives from the operation id, so a letter sent twice is recognisably one. Talking to the server is left to others.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import quote

from shared.adapters.mail.render import render
from shared.domain.notice import Letter, MailKind, PermanentMailFailure
from shared.domain.wording import one_line

_NAME_LIMIT = 64
_REMINDERS = {MailKind.CONSENT_REMINDER, MailKind.SIGNATURE_REMINDER}
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*")


@dataclass(frozen=True, slots=True)
class Sender:
    """Who mails are from. Questions and replies go to the letter's `help_address`, else to this one, else to `address`."""

    address: str
    display_name: str
    help_address: str | None = None

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class Envelope:
    """What SMTP needs: `content` has its lines ended by CRLF and its leading dots doubled, without the final dot."""

    sender: str
    recipient: str
    message_id: str
    content: bytes


def compose(letter: Letter, sender: Sender, written_at: datetime, traceparent: str | None = None) -> Envelope:
    """The whole mail as bytes. Raises `PermanentMailFailure` for an address that can be none."""
    to = mail_address(letter.to_address, letter.to_name)
    mail = EmailMessage(policy=SMTP)
    message_id = f"<{quote(letter.operation_id, safe='')}@{sender.domain}>"
    help_address = letter.help_address or sender.help_address
    rendered = render(letter, help_address=help_address)

    mail["From"] = mail_address(sender.address, sender.display_name)
    mail["To"] = to
    mail["Subject"] = rendered.subject
    mail["Date"] = format_datetime(written_at)
    mail["Message-ID"] = message_id
    if help_address:
        mail["Reply-To"] = mail_address(help_address, sender.display_name)
    for name, value in headers_of(letter, sender).items():
        mail[name] = value
    if traceparent:
        mail["traceparent"] = traceparent
    mail.set_content(rendered.text, cte="quoted-printable")
    mail.add_alternative(rendered.html, subtype="html", cte="quoted-printable")

    content = re.sub(rb"(?m)^\.", b"..", mail.as_bytes())
    return Envelope(sender.address, to.addr_spec, message_id, content)


def headers_of(letter: Letter, sender: Sender) -> dict[str, str]:
    """What a mail says of itself beside who it is from and for."""
    headers = {"Auto-Submitted": "auto-generated"}
    if letter.kind in _REMINDERS:
        # No List-Unsubscribe-Post beside it: a mail client's one click must never count as an answer.
        headers["List-Unsubscribe"] = _ways_to_stop(letter, letter.help_address or sender.help_address or sender.address)
    return headers


def mail_address(spec: str, name: str) -> Address:
    """An address that every server takes: a domain outside ASCII gets its ASCII form, a local part has none.

    Raises PermanentMailFailure for an address that can be none.
    """
    local, _, domain = spec.rpartition("@")
    try:
        host = domain if domain.isascii() else domain.encode("idna").decode("ascii")
        if not _LOCAL_PART.fullmatch(local) or not _DOMAIN.fullmatch(host):
            raise ValueError
        return Address(display_name=one_line(name, _NAME_LIMIT), username=local, domain=host)
    except (ValueError, IndexError, UnicodeError, HeaderParseError):
        raise PermanentMailFailure("the address is not one that mail servers take") from None


def _ways_to_stop(letter: Letter, mailbox: str) -> str:
    ways = [f"<mailto:{mailbox}?subject=stop%20reminders%20{quote(letter.operation_id, safe='')}>"]
    return ", ".join(ways + ([f"<{letter.link}>"] if letter.link else []))
