"""Send letters by SMTP over one connection that is kept, and say exactly what became of each.

A letter the server refused, one that certainly did not leave, and one that may have left are three different failures: only the
second may be sent again. All conversation happens on one thread of its own, so letters never interleave and a cancelled caller
can't leave half a conversation behind. Nothing here logs: a letter holds an address and the only copy of a link.
"""

import asyncio
import re
import smtplib
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from shared.adapters.mail.message import Envelope, Sender, compose
from shared.domain.notice import (
    Letter,
    MailFateUnknown,
    MailReceipt,
    PermanentMailFailure,
    ProviderUnavailable,
    RecipientRefused,
    TransientMailFailure,
)

_READY_FOR_CONTENT = 354
# RFC 3463: the mailbox does not exist, is written wrongly, has moved or is switched off. A bare 550 may as well mean that the
# server does not relay for us, which is no fault of the address.
_NO_SUCH_MAILBOX = re.compile(rb"5\.(?:1\.[12369]|1\.10|2\.1)\b")
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
# Refusals that are about us (shutting down, not logged in), not about the letter: somebody repairs them, and the letter goes.
_ABOUT_THE_CONNECTION = {421, 530, 534, 535, 538}


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where to hand letters over. With `starttls` a server that can't encrypt gets nothing."""

    host: str
    port: int
    starttls: bool = False
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout_seconds: float = 30


class SmtpMailer:
    """The mailer port over SMTP. `clock` gives aware UTC; `traceparent` the W3C trace context of the work at hand, if any."""

    def __init__(
        self,
        server: SmtpServer,
        sender: Sender,
        clock: Callable[[], datetime],
        traceparent: Callable[[], str | None] | None = None,
    ) -> None:
        self._server = server
        self._sender = sender
        self._clock = clock
        self._traceparent = traceparent
        self._connection: smtplib.SMTP | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="smtp")

    async def send(self, letter: Letter) -> MailReceipt:
        """Render a letter and hand it over. Raises a `MailFailure`, which says whether sending it again is right."""
        trace = self._traceparent() if self._traceparent else None
        if trace is not None and not _TRACEPARENT.fullmatch(trace):
            trace = None
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._deliver, letter, trace)

    async def has_taken(self, operation_id: str) -> bool | None:  # noqa: ARG002
        """None: nobody who speaks SMTP can tell what became of a letter whose answer was lost."""
        return None

    async def close(self) -> None:
        """Say goodbye to the server; letters still waiting go first."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._say_goodbye)
        self._thread.shutdown(wait=False)

    def _deliver(self, letter: Letter, traceparent: str | None) -> MailReceipt:
        envelope = compose(letter, self._sender, self._clock(), traceparent)
        connection = self._connected()
        try:
            _hand_over(connection, envelope)
        except PermanentMailFailure:
            # The server is fine and refused this letter; a fresh start of the conversation keeps the connection.
            self._start_over()
            raise
        except BaseException:
            self._hang_up()
            raise
        return MailReceipt(letter.operation_id, accepted_at=self._clock(), provider_id=envelope.message_id)

    def _connected(self) -> smtplib.SMTP:
        """The kept connection if the server still answers on it, else a new one."""
        if self._connection is not None and not _is_alive(self._connection):
            self._hang_up()
        if self._connection is None:
            try:
                self._connection = _connect(self._server, self._sender.domain)
            except (OSError, smtplib.SMTPException) as error:
                # A refused login or a missing STARTTLS is no fault of the letter, so no letter is given up for it.
                raise ProviderUnavailable(_named("connect", error)) from None
        return self._connection

    def _start_over(self) -> None:
        try:
            if self._connection is not None:
                self._connection.rset()
        except (OSError, smtplib.SMTPException):
            self._hang_up()

    def _say_goodbye(self) -> None:
        if self._connection is not None:
            with suppress(OSError, smtplib.SMTPException):
                self._connection.quit()
        self._hang_up()

    def _hang_up(self) -> None:
        """Close without a word: a server that just failed to answer would only keep the next letter waiting."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _connect(server: SmtpServer, own_name: str) -> smtplib.SMTP:
    connection = smtplib.SMTP(server.host, server.port, local_hostname=own_name, timeout=server.timeout_seconds)
    try:
        if server.starttls:
            connection.starttls(context=ssl.create_default_context())
        connection.ehlo_or_helo_if_needed()
        if server.username is not None:
            connection.login(server.username, server.password or "")
    except BaseException:
        connection.close()
        raise
    return connection


def _is_alive(connection: smtplib.SMTP) -> bool:
    try:
        code, _ = connection.noop()
    except (OSError, smtplib.SMTPException):
        return False
    return code < 400


def _hand_over(connection: smtplib.SMTP, envelope: Envelope) -> None:
    """One SMTP transaction, step by step: `smtplib.sendmail` can't tell a loss before the final dot from one after it."""
    try:
        _accept("sender", *connection.mail(envelope.sender))
        _accept("recipient", *connection.rcpt(envelope.recipient))
        _accept("data", *connection.docmd("DATA"), wanted=_READY_FOR_CONTENT)
        connection.send(envelope.content)
    except (OSError, smtplib.SMTPException) as error:
        raise TransientMailFailure(_named("hand over", error)) from None
    try:
        connection.send(b".\r\n")
        answer = connection.getreply()
    except (OSError, smtplib.SMTPException) as error:
        raise MailFateUnknown(_named("final answer", error)) from None
    _accept("content", *answer)


def _accept(step: str, code: int, answer: bytes, wanted: int | None = None) -> None:
    """Go on, or raise what the code means. The server's words are dropped, as they may repeat the address."""
    if code == wanted or (wanted is None and 200 <= code < 300):
        return
    if step == "recipient" and code >= 500 and _NO_SUCH_MAILBOX.match(answer):
        raise RecipientRefused(f"no such mailbox: {code}")
    if 500 <= code < 600 and code not in _ABOUT_THE_CONNECTION:
        raise PermanentMailFailure(f"{step} refused with {code}")
    if code in _ABOUT_THE_CONNECTION:
        raise ProviderUnavailable(f"{step} put off with {code}")
    raise TransientMailFailure(f"{step} put off with {code}")


def _named(step: str, error: Exception) -> str:
    code = getattr(error, "smtp_code", None)
    return f"{step}: {type(error).__name__}" + (f" {code}" if code else "")
