"""Mail as a server and a reader get it.

Proved here against a real SMTP conversation: one connection carries many letters, a letter that may have left is never reported
as one that did not, what a stranger wrote can add no header, no markup and no link, and every mail says what the customer must
know, in plain text and in HTML.
"""

import asyncio
import email
import email.policy
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from infra.local.mailbox import Mailbox
from infra.local.maildev import Maildev
from shared.adapters.mail.message import Sender
from shared.adapters.mail.render import render
from shared.adapters.mail.smtp import SmtpMailer, SmtpServer
from shared.domain.notice import (
    Letter,
    MailFailure,
    MailFateUnknown,
    MailKind,
    PermanentMailFailure,
    ProviderUnavailable,
    TransientMailFailure,
    WaitingClaim,
)
from shared.domain.wording import BEFORE_SIGNING, WHAT_IT_DOES_NOT_DO, WHAT_THE_PARTNER_SEES

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
SENDER = Sender("mail@record.example", "Partner of record", help_address="help@record.example")
LINK = "https://record.example/c/Jx8rW2ksQ0mVt5aLhT3eYw"
MANAGE_LINK = "https://record.example/m/9pQd2LxZ0bTn7sWcVu4kRg"
ASKING = (MailKind.CONSENT_REQUEST, MailKind.CONSENT_REMINDER)
TO_CUSTOMERS_ASKED = (MailKind.NOTIFICATION, *ASKING)
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
DROP = "drop"


def a_letter(kind: MailKind = MailKind.CONSENT_REQUEST) -> Letter:
    return Letter(
        kind=kind,
        operation_id="3f-op-0001",
        to_address="anna@fabrikam.example",
        to_name="Anna Berg",
        language="en",
        claim_id="3f-8a1c-0042",
        programme_name="Usage Incentive 2026",
        partner_name="Contoso Consulting",
        customer_domain="fabrikam.example",
        workloads=("Microsoft Teams", "Exchange Online"),
        link=LINK if kind in ASKING else None,
        manage_link=MANAGE_LINK,
        answer_by=datetime(2026, 12, 4, 17, tzinfo=UTC),
        words="We moved your mailboxes in May.",
        outcome=(("Microsoft Teams", "granted"), ("Exchange Online", "refused")),
        amount=(1_234_500, "EUR"),
        waiting=(WaitingClaim("fabrikam.example", "Contoso Consulting", NOW), WaitingClaim("adatum.example", "Tailspin", NOW)),
    )


class ScriptedServer:
    """A small SMTP server that keeps what it takes and, where a script says so, refuses or drops the line."""

    def __init__(self, **script: str) -> None:
        self.script = script
        self.mails: list[EmailMessage] = []
        self.commands: list[str] = []
        self.connections = 0
        self.port = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            if await self._answer(writer, "GREETING", "220 ready"):
                await self._converse(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        usual = {"EHLO": "250-record.example\r\n250 8BITMIME", "DATA": "354 go on", "QUIT": "221 bye"}
        while line := await reader.readline():
            self.commands.append(verb := line.split()[0].decode().upper())
            if not await self._answer(writer, verb, usual.get(verb, "250 ok")):
                return
            if verb == "DATA" and "DATA" not in self.script:
                content = await reader.readuntil(b"\r\n.\r\n")
                if "CONTENT" not in self.script:
                    self.mails.append(_parsed(content))
                if not await self._answer(writer, "CONTENT", "250 taken"):
                    return

    async def _answer(self, writer: asyncio.StreamWriter, step: str, usual: str) -> bool:
        reply = self.script.get(step, usual)
        if reply != DROP:
            writer.write(reply.encode() + b"\r\n")
            await writer.drain()
        return reply != DROP


def _parsed(content: bytes) -> EmailMessage:
    undotted = content.removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n.")
    parsed = email.message_from_bytes(undotted, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def talk(server: ScriptedServer, conversation: Callable[[SmtpMailer], Awaitable[None]], **options: object) -> None:
    """Run a conversation of one mailer with a server, and end both."""

    async def run() -> None:
        listening = await asyncio.start_server(server, "127.0.0.1", 0)
        server.port = listening.sockets[0].getsockname()[1]
        address = SmtpServer("127.0.0.1", server.port, timeout_seconds=5, **options)  # type: ignore[arg-type]
        mailer = SmtpMailer(address, SENDER, clock=lambda: NOW, traceparent=lambda: TRACEPARENT)
        try:
            await conversation(mailer)
        finally:
            await mailer.close()
            listening.close()

    asyncio.run(run())


def received(letter: Letter) -> EmailMessage:
    server = ScriptedServer()

    async def conversation(mailer: SmtpMailer) -> None:
        await mailer.send(letter)

    talk(server, conversation)
    [mail] = server.mails
    return mail


def failure_of(server: ScriptedServer, letter: Letter | None = None, **options: object) -> MailFailure:
    failures = []

    async def conversation(mailer: SmtpMailer) -> None:
        with pytest.raises(MailFailure) as caught:
            await mailer.send(letter or a_letter())
        failures.append(caught.value)

    talk(server, conversation, **options)
    return failures[0]


def test_a_letter_arrives_with_both_bodies_and_the_headers_of_an_automatic_mail() -> None:
    mail = received(a_letter())

    assert str(mail["From"]) == "Partner of record <mail@record.example>"
    assert str(mail["To"]) == "Anna Berg <anna@fabrikam.example>"
    assert mail["Message-ID"] == "<3f-op-0001@record.example>"
    assert mail["Date"].datetime == NOW
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Reply-To"].addresses[0].addr_spec == "help@record.example"
    assert mail["traceparent"] == TRACEPARENT
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.system
@pytest.mark.parametrize("kind", list(MailKind))
def test_a_real_mail_server_reads_every_mail_as_it_was_meant(kind: MailKind, maildev: Maildev, mailbox: Mailbox) -> None:
    letter = replace(a_letter(kind), to_address=f"{kind}@fabrikam.example", to_name="Zoë Ünal, Ltd")

    async def send() -> None:
        mailer = SmtpMailer(SmtpServer(maildev.smtp_host, maildev.smtp_port), SENDER, clock=lambda: NOW)
        await mailer.send(letter)
        await mailer.close()

    asyncio.run(send())
    [mail] = mailbox.wait_for(letter.to_address)

    rendered = render(letter, help_address=SENDER.help_address)
    assert mail.subject == rendered.subject
    assert mail.text.split() == rendered.text.split()
    assert "<h1" in mail.html
    assert (LINK in mail.links) is (kind in ASKING)


def test_a_reader_whose_country_has_its_own_help_is_sent_there() -> None:
    mail = received(replace(a_letter(MailKind.CONSENT_REMINDER), help_address="hilfe@record.example"))
    assert mail["Reply-To"].addresses[0].addr_spec == "hilfe@record.example"
    assert str(mail["List-Unsubscribe"]).strip().startswith("<mailto:hilfe@record.example?")
    for part in mail.iter_parts():
        assert "Write to hilfe@record.example, and a person will answer." in " ".join(part.get_content().split())


def test_a_receipt_names_the_operation_the_moment_and_the_message() -> None:
    receipts = []

    async def conversation(mailer: SmtpMailer) -> None:
        receipts.append(await mailer.send(a_letter()))

    talk(ScriptedServer(), conversation)

    assert (receipts[0].operation_id, receipts[0].accepted_at) == ("3f-op-0001", NOW)
    assert receipts[0].provider_id == "<3f-op-0001@record.example>"


def test_only_a_reminder_offers_to_stop_and_never_by_one_click() -> None:
    for kind in MailKind:
        mail = received(a_letter(kind))
        assert ("List-Unsubscribe" in mail) is (kind in (MailKind.CONSENT_REMINDER, MailKind.SIGNATURE_REMINDER))
        assert "List-Unsubscribe-Post" not in mail


def test_many_letters_at_once_share_one_connection_and_never_interleave() -> None:
    server = ScriptedServer()
    letters = [replace(a_letter(), operation_id=f"3f-op-{number}") for number in range(20)]

    async def conversation(mailer: SmtpMailer) -> None:
        await asyncio.gather(*(mailer.send(letter) for letter in letters))

    talk(server, conversation)

    assert server.connections == 1
    assert {mail["Message-ID"] for mail in server.mails} == {f"<{letter.operation_id}@record.example>" for letter in letters}


def test_a_connection_the_server_closed_meanwhile_is_made_anew() -> None:
    server = ScriptedServer()

    async def conversation(mailer: SmtpMailer) -> None:
        await mailer.send(a_letter())
        server.script = {"NOOP": DROP}
        await mailer.send(a_letter())

    talk(server, conversation)

    assert (server.connections, len(server.mails)) == (2, 2)


def test_after_a_refused_letter_the_next_one_goes_over_the_same_connection() -> None:
    server = ScriptedServer(RCPT="550 no such person")

    async def conversation(mailer: SmtpMailer) -> None:
        with pytest.raises(PermanentMailFailure):
            await mailer.send(a_letter())
        server.script = {}
        await mailer.send(a_letter())

    talk(server, conversation)

    assert (server.connections, len(server.mails)) == (1, 1)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ({"MAIL": "553 not you"}, PermanentMailFailure),
        ({"RCPT": "550 no such person"}, PermanentMailFailure),
        ({"RCPT": "450 greylisted"}, TransientMailFailure),
        ({"RCPT": "421 shutting down"}, ProviderUnavailable),
        ({"DATA": "554 no"}, PermanentMailFailure),
        ({"DATA": "451 not now"}, TransientMailFailure),
        ({"CONTENT": "554 looks like spam"}, PermanentMailFailure),
        ({"CONTENT": "452 disk full"}, TransientMailFailure),
        ({"MAIL": "530 log in first"}, ProviderUnavailable),
        ({"GREETING": "554 no service"}, ProviderUnavailable),
        ({"GREETING": DROP}, ProviderUnavailable),
        ({"RCPT": DROP}, TransientMailFailure),
        ({"DATA": DROP}, TransientMailFailure),
        ({"CONTENT": DROP}, MailFateUnknown),
    ],
    ids=lambda value: " ".join(f"{step} {reply}" for step, reply in value.items()) if isinstance(value, dict) else value.__name__,
)
def test_each_failure_says_whether_the_letter_may_be_sent_again(script: dict[str, str], expected: type[MailFailure]) -> None:
    assert type(failure_of(ScriptedServer(**script))) is expected


def test_a_server_that_is_not_there_is_a_transient_failure() -> None:
    async def run() -> None:
        free = await asyncio.start_server(ScriptedServer(), "127.0.0.1", 0)
        port = free.sockets[0].getsockname()[1]
        free.close()
        await free.wait_closed()
        with pytest.raises(TransientMailFailure):
            await SmtpMailer(SmtpServer("127.0.0.1", port), SENDER, clock=lambda: NOW).send(a_letter())

    asyncio.run(run())


def test_where_encryption_is_asked_for_a_server_without_it_gets_nothing() -> None:
    server = ScriptedServer()
    assert type(failure_of(server, starttls=True)) is ProviderUnavailable
    assert "MAIL" not in server.commands


@pytest.mark.parametrize(
    "address", ["", "anna", "@b.example", "a b@c.example", "a@b\r\nBcc: x@c.example", "a@b@c.example", "jörg@c.example"]
)
def test_an_address_that_is_none_is_a_permanent_failure_before_any_conversation(address: str) -> None:
    server = ScriptedServer()
    assert type(failure_of(server, replace(a_letter(), to_address=address))) is PermanentMailFailure
    assert server.connections == 0


def test_a_domain_outside_ascii_is_written_in_its_ascii_form() -> None:
    assert received(replace(a_letter(), to_address="anna@bücher.example"))["To"].addresses[0].domain == "xn--bcher-kva.example"


def test_neither_address_nor_link_shows_in_a_log_or_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    failure = failure_of(ScriptedServer(RCPT="550 anna@fabrikam.example unknown"))
    shown = f"{failure!r} {failure.__cause__} {caplog.text}"
    assert "anna" not in shown
    assert "record.example/c/" not in shown


HOSTILE = {
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "header": "Contoso\r\nBcc: victim@elsewhere.example\r\n\r\nNew body",
    "direction": "Contoso \u202egpj.tnemucod\u2066 \u200f",
    "separator": "Contoso\u2028Subject: x\x00\x07\x1b[31m",
    "surrogate": "Contoso \ud800 Ltd",
    "template": "{{ 7*7 }} {% include 'layout.txt' %} %(partner)s",
    "long": "Contoso " + "x" * 10_000,
    "look-alike": "Contoso \u0440\u0430ypal.example micr\u043esoft.com",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("kind", list(MailKind))
def test_what_strangers_wrote_adds_no_header_no_markup_and_stays_legible(kind: MailKind, text: str) -> None:
    letter = replace(a_letter(kind), to_name=text, partner_name=text, customer_domain=text, words=text, workloads=(text,))
    mail = received(replace(letter, outcome=((text, text),), waiting=(WaitingClaim(text, text, NOW),)))

    assert "Bcc" not in mail
    assert len(str(mail["Subject"])) <= 200
    for part in mail.iter_parts():
        content = part.get_content().replace("\r\n", "\n")
        assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f\x00-\x08\x0b-\x1f\u2028]", content)
        assert len(content) < 40_000
        if part.get_content_type() == "text/html":
            assert "<script" not in content
            assert "<img" not in content
        assert not re.search("[\u0430-\u044f]", content)
        if text.startswith("{{"):
            assert "{{ 7*7 }}" in content.replace("&#39;", "'")


@pytest.mark.parametrize("kind", list(MailKind))
def test_a_strangers_writing_direction_ends_with_what_the_stranger_wrote(kind: MailKind) -> None:
    text = "\u05e0\u05d5\u05e8\u05ea'\u05d5\u05d9\u05e0\u05d3"
    letter = replace(a_letter(kind), to_name=text, partner_name=text, customer_domain=text, words=text, workloads=(text,))
    body = render(replace(letter, outcome=((text, text),))).html.partition("<body")[2]
    # The subject, as a preview and as a label, is a line of its own.
    elsewhere = re.sub('<bdi>.*?</bdi>|aria-label="[^"]*"|<div style="display:none[^>]*>[^<]*</div>', "", body, flags=re.DOTALL)
    assert text.split("'")[0] not in elsewhere


def test_a_partners_words_bring_no_link_of_their_own() -> None:
    words = "Click https://evil.example/login or www.evil.example or evil.example/login, or mail peter@contoso.example"
    mail = render(replace(a_letter(), words=words, partner_name="Contoso https://evil.example/"))
    for body in (mail.text, mail.html):
        assert "evil.example" not in body
        assert "peter@contoso.example" in body


def test_a_reviewers_words_to_a_partner_keep_their_links() -> None:
    mail = render(replace(a_letter(MailKind.ACTION_REQUIRED), words="See https://help.example/poe#date"))
    assert "https://help.example/poe#date" in mail.text


@pytest.mark.parametrize("kind", TO_CUSTOMERS_ASKED)
def test_whoever_is_asked_reads_what_it_means_in_both_bodies(kind: MailKind) -> None:
    mail = render(a_letter(kind))
    for body in (_words(mail.text), _words(re.sub("<[^>]+>", "", mail.html))):
        for promise in WHAT_THE_PARTNER_SEES + WHAT_IT_DOES_NOT_DO:
            assert promise in body
        for fact in (
            "Contoso Consulting",
            "fabrikam.example",
            "Microsoft Teams",
            "Exchange Online",
            "4 December 2026, 17:00 UTC",
        ):
            assert fact in body
        assert "may be paid by the programme" in body
        assert "at any time later, without giving a reason" in body
        assert "We moved your mailboxes in May." in body


def test_only_mails_that_ask_carry_the_link_that_decides() -> None:
    for kind in MailKind:
        mail = render(a_letter(kind))
        assert (LINK in mail.text, LINK in mail.html) == (kind in ASKING, kind in ASKING)


@pytest.mark.parametrize("kind", ASKING)
def test_silence_is_explained_only_where_it_counts(kind: MailKind) -> None:
    counting = _words(render(a_letter(kind)).text)
    not_counting = _words(render(replace(a_letter(kind), silence_counts=False)).text)
    assert "we take it that you do not object" in counting
    assert "never consent to processing personal data" in counting
    assert "do not object" not in not_counting
    assert "without your answer there will be no association" in not_counting


def test_a_receipt_says_what_was_recorded_for_each_workload() -> None:
    text = render(a_letter(MailKind.DECISION_RECEIPT)).text
    assert "- Microsoft Teams: Agreed" in text
    assert "- Exchange Online: Refused" in text


@pytest.mark.parametrize("kind", list(MailKind))
@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_how_to_find_out_whether_a_mail_is_real_is_text_and_no_link(kind: MailKind, language: str) -> None:
    """R-335: in both bodies, with the reference to type; a mail that has no such page says nothing of it."""
    letter = replace(a_letter(kind), language=language, check_at="https://record.example/check")
    mail, without = render(letter), render(replace(letter, check_at=None))
    for body in (mail.text, mail.html):
        assert "record.example/check" in _words(body)
    assert not re.search(r'href="[^"]*check', mail.html)
    for body in (without.text, without.html):
        assert "/check" not in body
    if kind not in (MailKind.REVIEW_DIGEST, MailKind.PAID):
        assert letter.claim_id in mail.text


NEWS = {
    "consent_forwarded": "has passed your request on to a colleague",
    "reported_unknown": "they do not know Contoso Consulting",
    "scope_lost": "another partner is recorded for these workloads of fabrikam.example",
}


@pytest.mark.parametrize(("event", "said"), NEWS.items(), ids=NEWS)
def test_a_partner_reads_what_others_did_to_its_claim(event: str, said: str) -> None:
    """R-332, R-334, R-336: each news in its own words, in subject and both bodies."""
    mail = render(replace(a_letter(MailKind.CLAIM_NEWS), event=event))
    others = [render(replace(a_letter(MailKind.CLAIM_NEWS), event=other)) for other in NEWS if other != event]
    for body in (_words(mail.text), _words(re.sub("<[^>]+>", "", mail.html))):
        assert said in body
        assert "Microsoft Teams" in body
    assert mail.subject not in {other.subject for other in others}
    assert all(said not in _words(other.text) for other in others)


def test_a_receipt_of_a_report_says_that_a_person_looks_into_it() -> None:
    """R-334: and lists no answer, for none was given."""
    given = replace(a_letter(MailKind.DECISION_RECEIPT), event="reported_unknown", outcome=(("Microsoft Teams", "pending"),))
    mail = render(given)
    for body in (_words(mail.text), _words(re.sub("<[^>]+>", "", mail.html))):
        assert "You told us that you do not know Contoso Consulting" in body
        assert "This is what we recorded" not in body


def test_a_colleague_reads_why_it_is_asked() -> None:
    """R-332"""
    named, first = render(replace(a_letter(), forwarded=True)), render(a_letter())
    assert "A colleague of yours was asked first, and named you." in named.text
    assert "A colleague of yours was asked first, and named you." in named.html
    assert "A colleague" not in first.text + first.html


@pytest.mark.parametrize("kind", [MailKind.SIGNATURE_REQUEST, MailKind.SIGNATURE_REMINDER])
def test_whoever_is_asked_to_sign_reads_what_a_signature_is_and_is_not(kind: MailKind) -> None:
    mail = render(replace(a_letter(kind), link=LINK))
    for body in (_words(mail.text), _words(re.sub("<[^>]+>", "", mail.html))):
        for sentence in (*BEFORE_SIGNING, *WHAT_THE_PARTNER_SEES, *WHAT_IT_DOES_NOT_DO):
            assert sentence in body
        assert "Nothing happens: without your signature there is no proof" in body
        assert LINK in body


def test_a_payment_and_a_digest_name_what_they_are_about() -> None:
    paid = render(a_letter(MailKind.PAID))
    assert paid.subject == "Paid: 12,345.00 EUR to Contoso Consulting"
    assert "We have paid 12,345.00 EUR to Contoso Consulting." in _words(paid.text)
    digest = render(a_letter(MailKind.REVIEW_DIGEST))
    assert digest.subject == "2 claims wait for review"
    assert "- adatum.example, Tailspin: 20 November 2026" in digest.text
    assert render(replace(a_letter(MailKind.REVIEW_DIGEST), waiting=())).subject == "0 claims wait for review"


@pytest.mark.parametrize("kind", [MailKind.ACTION_REQUIRED, MailKind.CONSENT_REMINDER, MailKind.SIGNATURE_REMINDER])
@pytest.mark.parametrize(
    ("ends_at", "day"),
    [(datetime(2026, 12, 5, tzinfo=UTC), "4 December 2026"), (datetime(2026, 12, 4, 0, 1, tzinfo=UTC), "4 December 2026")],
    ids=["at midnight", "on the day"],
)
def test_a_subject_names_the_last_day_that_is_still_in_time(kind: MailKind, ends_at: datetime, day: str) -> None:
    """R-374: a deadline is the first moment after its last day, and that moment is a day later by its date."""
    mail = render(replace(a_letter(kind), answer_by=ends_at))
    assert f"by {day}" in mail.subject
    digest = render(replace(a_letter(MailKind.REVIEW_DIGEST), waiting=(WaitingClaim("adatum.example", "Tailspin", ends_at),)))
    assert day in digest.text


@pytest.mark.parametrize("kind", list(MailKind))
def test_optional_parts_may_be_missing(kind: MailKind) -> None:
    bare = replace(a_letter(kind), to_name="", manage_link=None, answer_by=None, words=None, outcome=(), amount=None, waiting=())
    mail = render(bare)
    for body in (mail.subject, mail.text, mail.html):
        assert "None" not in body
    assert "Hello," in mail.text


@pytest.mark.parametrize("kind", list(MailKind))
def test_html_mails_fetch_nothing_and_run_nothing(kind: MailKind) -> None:
    html = render(a_letter(kind)).html
    assert not re.search(r"<(script|img|link|iframe|form)\b|url\(|@import", html)
    assert set(re.findall(r'href="([^"]+)"', html)) <= {LINK, MANAGE_LINK}


@pytest.mark.parametrize("asked_for", ["nl", "../../etc", "en-GB", "", "xx" * 500])
def test_a_language_without_a_catalogue_is_answered_in_english(asked_for: str) -> None:
    mail = render(replace(a_letter(), language=asked_for))
    assert "Hello Anna Berg," in mail.text
    assert '<html lang="en" ' in mail.html


def _words(text: str) -> str:
    return " ".join(text.split())
