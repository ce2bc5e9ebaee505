"""The mailbox shows what arrived, by address, and waits no longer than it must."""

import smtplib
from email.message import EmailMessage
from uuid import uuid4

import pytest

from infra.local.mailbox import Mail, Mailbox
from infra.local.maildev import Maildev


def send(maildev: Maildev, to: str, subject: str = "A question", html: str = "", copy: str = "") -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "programme@example.com", to, subject
    if copy:
        message["Cc"] = copy
    message.set_content("Please look at https://example.com/check.")
    if html:
        message.add_alternative(html, subtype="html")
    with smtplib.SMTP(maildev.smtp_host, maildev.smtp_port, timeout=10) as smtp:
        smtp.send_message(message)


@pytest.fixture
def address() -> str:
    return f"{uuid4()}@customer.example"


def test_a_mail_is_found_by_its_address_whatever_its_case(maildev: Maildev, mailbox: Mailbox, address: str) -> None:
    send(maildev, address.upper(), "Consent")
    (mail,) = mailbox.wait_for(address)
    assert (mail.subject, mail.sender, mail.recipients) == ("Consent", "programme@example.com", (address,))


def test_a_copy_counts_as_received(maildev: Maildev, mailbox: Mailbox, address: str) -> None:
    send(maildev, "somebody-else@customer.example", copy=address)
    assert len(mailbox.wait_for(address)) == 1


def test_waiting_for_more_than_arrive_tells_what_did(maildev: Maildev, mailbox: Mailbox, address: str) -> None:
    send(maildev, address, "The only one")
    mailbox.wait_for(address)
    with pytest.raises(TimeoutError, match=r"1 of 2 mails .*'The only one'"):
        mailbox.wait_for(address, count=2, timeout_s=0.2)


def test_links_come_from_page_and_text_each_once(maildev: Maildev, mailbox: Mailbox, address: str) -> None:
    send(
        maildev,
        address,
        html='<a href="https://example.com/consent/abc?a=1&amp;b=2">Answer</a> <a href="mailto:x@example.com">Write</a>',
    )
    (mail,) = mailbox.wait_for(address)
    assert mail.links == ["https://example.com/consent/abc?a=1&b=2", "https://example.com/check"]
    assert mail.link("/consent/") == "https://example.com/consent/abc?a=1&b=2"


def test_a_missing_link_is_told_with_those_there_are() -> None:
    mail = Mail("1", "a@example.com", ("b@example.com",), "Consent", "See https://example.com/check", "")
    with pytest.raises(LookupError, match=r"it has .*/check"):
        mail.link("/consent/")
