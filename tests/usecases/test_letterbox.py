"""The mail provider that crash tests look into keeps the port's promises: one small suite on it and on the real one."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, timedelta
from secrets import token_hex

import pytest

from infra.local.maildev import Maildev
from shared.adapters.mail.message import Sender
from shared.adapters.mail.smtp import SmtpMailer, SmtpServer
from shared.domain.notice import Letter, MailFateUnknown, MailKind, PermanentMailFailure, TransientMailFailure
from shared.ports.outside import Mailer
from tests.faults import Fault, Faults, Killed
from tests.usecases.system import MONDAY, Letterbox, SetClock, System

type Arrived = Callable[[str], int]
FAILURES = [PermanentMailFailure("550"), TransientMailFailure("450"), MailFateUnknown("no answer")]


def a_letter() -> Letter:
    return Letter(
        kind=MailKind.CONSENT_REQUEST,
        operation_id=token_hex(8),
        to_address=f"{token_hex(4)}@contoso.example",
        to_name="Ada Kowalski",
        language="en",
        claim_id="claim",
        programme_name="Demonstration term",
        partner_name="Northwind Cloud",
        customer_domain="contoso.example",
        workloads=("Microsoft Teams",),
        link="https://partner-of-record.example/consent/token",
        manage_link="https://partner-of-record.example/manage/token",
        answer_by=MONDAY + timedelta(days=14),
    )


@pytest.fixture(params=["letterbox", "smtp"])
async def provider(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Mailer, Arrived]]:
    """A mailer, and how many letters to an address have arrived."""
    if request.param == "letterbox":
        kept = Letterbox(SetClock())
        yield kept, lambda address: sum(letter.to_address == address for letter in kept.letters)
        return
    catcher: Maildev = request.getfixturevalue("maildev")
    server, sender = SmtpServer(catcher.smtp_host, catcher.smtp_port), Sender("record@cpor.example", "Partner of record")
    mailer = SmtpMailer(server, sender, SetClock().now)
    yield mailer, lambda address: len(catcher.mailbox.wait_for(address))
    await mailer.close()


async def test_a_letter_that_is_taken_arrives_once_and_is_receipted(provider: tuple[Mailer, Arrived]) -> None:
    mailer, arrived = provider
    letter = a_letter()
    receipt = await mailer.send(letter)
    assert receipt.operation_id == letter.operation_id
    assert receipt.accepted_at == MONDAY
    assert receipt.accepted_at.tzinfo is UTC
    assert receipt.provider_id
    assert arrived(letter.to_address) == 1


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
async def test_a_letter_that_is_not_taken_is_not_kept(failure: Exception) -> None:
    kept = Letterbox(SetClock(), refusing={MailKind.CONSENT_REQUEST: failure})
    with pytest.raises(type(failure)):
        await kept.send(a_letter())
    assert kept.letters == []


async def test_a_dead_process_sends_no_mail(system: System) -> None:
    """Otherwise a test could count a letter that no real process would have sent."""
    world = system.process(faults := Faults().inject(1, Fault.KILL_BEFORE))
    with pytest.raises(Killed):
        await world.records.timeline("c8000000-00000000000000000000")
    assert faults.is_dead
    with pytest.raises(Killed):
        await world.mailer.send(a_letter())
    assert system.letterbox.letters == []
