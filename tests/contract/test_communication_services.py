"""Mail by the vendor's REST interface, against a stand-in for it: what travels, and what each answer means for the letter."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from azure.core.exceptions import ClientAuthenticationError

from shared.adapters.mail.communication_services import CommunicationServicesMailer
from shared.adapters.mail.gate import WorkersGate
from shared.domain.notice import (
    MailFailure,
    MailFateUnknown,
    MailKind,
    PermanentMailFailure,
    ProviderUnavailable,
)
from tests.contract.test_mail import NOW, SENDER, TRACEPARENT, a_letter
from tests.mail_vendor import Credentials, MailVendor, Mood, mail_vendor

OPERATION = "3f000000-0000-8000-8000-000000000001"
LETTER = replace(a_letter(), operation_id=OPERATION)


@pytest.fixture
async def vendor() -> AsyncIterator[MailVendor]:
    async with mail_vendor() as vendor:
        yield vendor


@pytest.fixture
async def mailer(vendor: MailVendor) -> AsyncIterator[CommunicationServicesMailer]:
    made = CommunicationServicesMailer(vendor.endpoint, Credentials(), SENDER, lambda: NOW, lambda: TRACEPARENT)
    yield made
    await made.close()


async def test_a_letter_arrives_whole(vendor: MailVendor, mailer: CommunicationServicesMailer) -> None:
    receipt = await mailer.send(LETTER)
    assert (receipt.operation_id, receipt.accepted_at, receipt.provider_id) == (OPERATION, NOW, OPERATION)
    (message,) = vendor.taken.values()
    assert message["senderAddress"] == SENDER.address
    assert message["recipients"] == {"to": [{"address": "anna@fabrikam.example", "displayName": "Anna Berg"}]}
    assert message["replyTo"] == [{"address": SENDER.help_address, "displayName": SENDER.display_name}]
    assert message["userEngagementTrackingDisabled"] is True
    assert message["headers"] == {"Auto-Submitted": "auto-generated", "traceparent": TRACEPARENT}
    for body in ("plainText", "html"):
        assert LETTER.link in message["content"][body]
    assert "\n" not in message["content"]["subject"]


async def test_only_a_reminder_says_how_to_stop_reminders(vendor: MailVendor, mailer: CommunicationServicesMailer) -> None:
    await mailer.send(replace(a_letter(MailKind.CONSENT_REMINDER), operation_id=OPERATION))
    assert "List-Unsubscribe" in vendor.taken[OPERATION]["headers"]


@pytest.mark.parametrize(
    ("mood", "failure"),
    [
        (Mood.BUSY, ProviderUnavailable),
        (Mood.DOWN, ProviderUnavailable),
        (Mood.FORBIDS, ProviderUnavailable),
        (Mood.REFUSES, PermanentMailFailure),
        (Mood.BREAKS, MailFateUnknown),
        (Mood.KNOWS, MailFateUnknown),
        (Mood.DROPS, MailFateUnknown),
        (Mood.TAKES_AND_DROPS, MailFateUnknown),
    ],
)
async def test_what_an_answer_means_for_the_letter(
    vendor: MailVendor, mailer: CommunicationServicesMailer, mood: Mood, failure: type[MailFailure]
) -> None:
    vendor.mood = mood
    with pytest.raises(MailFailure) as raised:
        await mailer.send(LETTER)
    assert type(raised.value) is failure
    assert "anna" not in str(raised.value)
    wait = timedelta(minutes=2) if mood is Mood.BUSY else None
    assert getattr(raised.value, "retry_after", None) == wait


async def test_a_provider_that_is_not_there_has_taken_nothing(vendor: MailVendor) -> None:
    gone = CommunicationServicesMailer("http://127.0.0.1:1", Credentials(), SENDER, lambda: NOW)
    with pytest.raises(ProviderUnavailable):
        await gone.send(LETTER)
    with pytest.raises(ProviderUnavailable):
        await gone.has_taken(OPERATION)
    await gone.close()
    assert vendor.tries == {}


async def test_a_provider_that_never_answers_may_have_taken_it(vendor: MailVendor) -> None:
    hasty = CommunicationServicesMailer(vendor.endpoint, Credentials(), SENDER, lambda: NOW, timeout_seconds=1e-6)
    with pytest.raises((MailFateUnknown, ProviderUnavailable)):
        await hasty.send(LETTER)
    await hasty.close()


async def test_without_a_token_nothing_leaves(vendor: MailVendor) -> None:
    class NoCredentials:
        async def get_token(self, *scopes: str) -> object:
            raise ClientAuthenticationError(f"no identity for {scopes}")

    lost = CommunicationServicesMailer(vendor.endpoint, NoCredentials(), SENDER, lambda: NOW)
    with pytest.raises(ProviderUnavailable):
        await lost.send(LETTER)
    await lost.close()
    assert vendor.tries == {}


async def test_the_provider_can_be_asked_what_became_of_a_letter(vendor: MailVendor, mailer: CommunicationServicesMailer) -> None:
    assert await mailer.has_taken(OPERATION) is False
    vendor.mood = Mood.TAKES_AND_DROPS
    with pytest.raises(MailFateUnknown):
        await mailer.send(LETTER)
    with pytest.raises(ProviderUnavailable):
        await mailer.has_taken(OPERATION)
    vendor.mood = Mood.TAKES
    assert await mailer.has_taken(OPERATION) is True


@pytest.mark.parametrize("address", ["anna@fabrikam.example\r\nBcc: eve@evil.example", "anna", "<script>@x.example", "@", ""])
async def test_what_is_no_address_never_leaves(vendor: MailVendor, mailer: CommunicationServicesMailer, address: str) -> None:
    with pytest.raises(PermanentMailFailure):
        await mailer.send(replace(LETTER, to_address=address))
    assert vendor.tries == {}


def test_the_gate_keeps_to_the_providers_quota() -> None:
    """R-223: a bucket of tokens: as many at once as a minute allows, then one as each is refilled."""
    gate = WorkersGate(30)
    assert [gate.may_pass(NOW) for _ in range(31)] == [True] * 30 + [False]
    assert not gate.may_pass(NOW + timedelta(seconds=1))
    assert gate.may_pass(NOW + timedelta(seconds=2))
    assert [gate.may_pass(NOW + timedelta(minutes=2)) for _ in range(31)].count(True) == 30


def test_a_provider_that_is_down_is_left_alone_for_longer_and_longer() -> None:
    """R-223: one tries, the others wait for how it fares; Retry-After is a minimum."""
    gate, now = WorkersGate(None), NOW
    pauses = []
    for _ in range(7):
        until = gate.close(now, None)
        pauses.append((until - now) // timedelta(minutes=1))
        assert gate.is_closed(until - timedelta(seconds=1))
        assert not gate.may_pass(until - timedelta(seconds=1))
        assert [gate.may_pass(until) for _ in range(3)] == [True, False, False]
        now = until
    assert pauses == [1, 2, 4, 8, 16, 16, 16]
    assert gate.close(now, timedelta(hours=1)) == now + timedelta(hours=1)
    gate.open()
    assert gate.may_pass(now)
    assert gate.close(now, None) == now + timedelta(minutes=1)
