"""What providers report after they took a mail: late, twice, in any order, and of mails that nobody has noted yet."""

import asyncio
import json
from datetime import timedelta
from itertools import permutations

import azure.functions as func
import pytest

from functions.mail_events import take_mail_event
from shared import bootstrap
from shared.adapters import ledger_rows, names
from shared.domain.association import Suspension
from shared.domain.claim import status
from shared.domain.delivery import Delivery, Report, address_hash
from shared.domain.errors import NotFound
from shared.domain.identity import bucket_of
from shared.domain.lifecycle import Status
from shared.domain.notice import MailKind, RecipientRefused
from shared.domain.view import summary
from shared.usecases import partner_moves
from shared.usecases.mail_reports import allow_again, suppress, suppressed, take_report
from shared.usecases.outbox import sweep
from tests.faults import Faults
from tests.usecases.portrait import letters, portrait
from tests.usecases.steps import active, approved, screened
from tests.usecases.system import CLAIM_ID, DOMAIN, PARTNER, TENANT, System, call, current, submitted, under_review

ADA = f"ada@{DOMAIN}"


def report(system: System, delivery: Delivery, kind: MailKind = MailKind.CONSENT_REQUEST) -> Report:
    """What the provider says of the newest mail of this kind."""
    letter = system.letterbox.of(kind)[-1]
    return Report(letter.operation_id, delivery, letter.to_address)


async def test_a_bounce_stops_the_clock_and_asking_again_restarts_it(system: System) -> None:
    """R-06, R-07, R-220: the partner sees it and whose move it is; the old mail's reports touch the new window no more."""
    await approved(system)
    bounce = report(system, Delivery.BOUNCED)
    assert await take_report(system.world, bounce)
    await system.settle()
    claim = await current(system)
    assert (claim.window.delivery, claim.window.ends_at) == (Delivery.BOUNCED, None)
    assert (summary(claim).next_actor, summary(claim).waiting_for) == ("partner", "contact")
    await system.pass_days(3)
    assert [consent for _, consent, *_ in (await portrait(system)).scopes] == ["pending", "pending"]

    await allow_again(system.world, address_hash(ADA))
    await partner_moves.resend_consent(system.world, PARTNER, CLAIM_ID, call("again"))
    await system.settle()
    assert (await current(system)).window.delivery is Delivery.ACCEPTED
    await take_report(system.world, bounce)
    assert await suppressed(system.world) == (), "an old report, told again, overrules no operator"
    await system.pass_days(16)
    assert status(await current(system)) is Status.ACTIVE


async def test_silence_never_counts_for_a_mail_that_came_back(system: System) -> None:
    """R-36, R-220: nobody corrects the contact for 14 days: the claim expires and its holds go."""
    await approved(system)
    await take_report(system.world, report(system, Delivery.BOUNCED))
    await system.pass_days(14)
    assert status(await current(system)) is Status.AWAITING_CONSENT
    await system.pass_days(2)
    drawn = await portrait(system)
    assert (drawn.status, drawn.holds) == ("expired", ())


async def test_reports_in_any_order_and_twice_end_in_the_same_claim(system: System) -> None:
    """R-220"""
    await approved(system)
    snapshot = await system.snapshot()
    told = [report(system, each) for each in (Delivery.DELIVERED, Delivery.BOUNCED)]
    windows = set()
    for order in permutations([*told, told[1]]):
        await system.restore(snapshot)
        for each in order:
            await take_report(system.process(), each)
        await system.settle()
        drawn = await portrait(system)
        assert drawn.events.count("mail_bounced") == 1
        windows.add((drawn.window, drawn.status, (await current(system)).window.delivery))
    assert len(windows) == 1


async def test_five_deliveries_of_one_report_at_once_have_one_effect(system: System) -> None:
    """R-220: the others find the claim changed and have nothing left to say that would change it."""
    await approved(system)
    told = report(system, Delivery.BOUNCED)
    await asyncio.gather(*(take_report(system.process(), told) for _ in range(5)))
    await system.settle()
    drawn = await portrait(system)
    assert drawn.window == ("", False, 0, False)
    assert drawn.due.count(("undelivered", "None", "2026-03-17")) == 1


async def test_a_report_that_overtakes_its_sender_starts_the_clock_once(system: System) -> None:
    """R-32, R-220: the provider reports while the sender waits for its answer."""
    await screened(system)
    (message,) = await system.take_messages()

    async def the_report_arrives() -> None:
        (sending,) = [row for row in await system.rows(names.RECORDS, bucket_of(TENANT)) if row.get("fate") == "sending"]
        assert await take_report(system.process(), Report(sending["RowKey"].removeprefix("mail!"), Delivery.DELIVERED, ADA))

    keys = [key for key in message.row_keys if key.endswith(".consent_request")]
    system.letterbox.meanwhile = the_report_arrives
    await system.handle(message._replace(row_keys=tuple(keys)))
    await system.recover()
    claim = await current(system)
    assert claim.window.delivery is Delivery.DELIVERED
    assert claim.window.asked_at is not None
    assert letters(system)["consent_request"] == 1


async def test_a_report_costs_little(system: System) -> None:
    """Reading the mail and the claim, writing both in one batch."""
    await under_review(system)
    counter = Faults()
    await take_report(system.process(counter), report(system, Delivery.DELIVERED))
    assert counter.total <= 3, counter.trail
    counter = Faults()
    await take_report(system.process(counter), report(system, Delivery.DELIVERED))
    assert counter.total == 1, counter.trail


async def test_a_mail_that_is_not_ours_is_nobodys_report(system: System) -> None:
    await under_review(system)
    for name in ("", "00000000-0000-8000-8000-000000000000", "mail!x", CLAIM_ID):
        assert not await take_report(system.world, Report(name, Delivery.BOUNCED, ADA))
    assert await suppressed(system.world) == ()


async def test_who_bounced_gets_no_mail_until_an_operator_says_so(system: System) -> None:
    """R-222: whatever the mail, and whoever asks; the list holds no address."""
    await approved(system)
    await take_report(system.world, report(system, Delivery.BOUNCED))
    (listed,) = await suppressed(system.world)
    assert (listed.address_hash, listed.reason, listed.since) == (address_hash(ADA), Delivery.BOUNCED, system.clock.now())
    sent = len(system.letterbox.letters)
    await partner_moves.resend_consent(system.world, PARTNER, CLAIM_ID, call("again"))
    await system.settle()
    assert len(system.letterbox.letters) == sent
    claim = await current(system)
    assert (claim.window.delivery, claim.window.asked_at) == (Delivery.SUPPRESSED, None)
    assert ("notification", "failed") in (await portrait(system)).fates
    dump = repr(await system.rows(names.SUPPRESSIONS, "address"))
    assert ADA not in dump

    await allow_again(system.world, listed.address_hash)
    with pytest.raises(NotFound):
        await allow_again(system.world, listed.address_hash)
    await partner_moves.resend_consent(system.world, PARTNER, CLAIM_ID, call("once more"))
    await system.settle()
    assert len(system.letterbox.letters) == sent + 2


async def test_another_worker_learns_of_a_suppressed_address_within_a_minute(system: System) -> None:
    """R-222"""
    elsewhere = system.process()
    assert await elsewhere.suppressions.reason(ADA) is None
    await suppress(system.world, ADA, Delivery.COMPLAINED)
    await suppress(system.world, ADA, Delivery.BOUNCED)
    system.clock.advance(timedelta(seconds=61))
    assert await elsewhere.suppressions.reason(ADA.upper()) is Delivery.COMPLAINED, "the first reason stays"


async def test_a_mailbox_that_the_server_does_not_know_is_a_bounce(system: System) -> None:
    """R-220, R-222: a permanent refusal by SMTP says at once what others report later."""
    await submitted(system)
    system.letterbox.refusing[MailKind.CONSENT_REQUEST] = RecipientRefused("no such mailbox: 550")
    await system.settle()
    system.letterbox.refusing.clear()
    claim = await current(system)
    assert (claim.window.delivery, claim.window.asked_at) == (Delivery.BOUNCED, None)
    assert [each.reason for each in await suppressed(system.world)] == [Delivery.BOUNCED]
    await system.pass_days(16)
    assert (await portrait(system)).status == "expired"


async def test_a_bounced_reminder_stops_the_clock(system: System) -> None:
    """R-06, R-220: the request had arrived once; but whoever is gone by now has not stayed silent."""
    await approved(system)
    await system.pass_days(7)
    system.letterbox.refusing[MailKind.CONSENT_REMINDER] = RecipientRefused("no such mailbox: 550")
    await system.pass_days(1)
    system.letterbox.refusing.clear()
    claim = await current(system)
    assert (claim.window.delivery, claim.window.ends_at) == (Delivery.BOUNCED, None)


async def test_a_suspension_stands_on_the_tenures_row(system: System) -> None:
    """R-221: what the evaluation reads says from when on nothing accrues."""
    await approved(system)
    await system.pass_days(16)
    assert status(await current(system)) is Status.ACTIVE
    await take_report(system.world, report(system, Delivery.BOUNCED))
    stored = [row for row in await system.rows(names.RECORDS, bucket_of(TENANT)) if row["RowKey"].startswith("assoc!")]
    since = (await current(system)).updated_at
    assert [ledger_rows.tenure_of(row).tenure.suspensions for row in stored] == [(Suspension(since),)] * 2


async def test_the_queue_brings_what_event_grid_says(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-220: by the provider's own id, or by the Message-ID of a mail that went by SMTP."""
    await active(system)
    monkeypatch.setattr(bootstrap, "world", lambda: system.world)
    handler = take_mail_event.build().get_user_function()
    request, receipt = (system.letterbox.of(kind)[-1] for kind in (MailKind.CONSENT_REQUEST, MailKind.DECISION_RECEIPT))
    data = {"recipient": ADA, "sender": "record@x.example", "deliveryAttemptTimestamp": "2026-03-02T09:00:01.0+00:00"}
    events = [
        event(data | {"messageId": request.operation_id.upper(), "status": "Delivered"}),
        event(data | {"messageId": "x", "internetMessageId": f"<{receipt.operation_id}@x.example>", "status": "Bounced"}),
        event(data | {"messageId": request.operation_id, "status": "OutForDelivery"}),
        event({"status": "Bounced"}),
        {"eventType": "Microsoft.Communication.EmailEngagementTrackingReportReceived", "data": data},
    ]
    for each in events:
        await handler(func.QueueMessage(body=json.dumps(each).encode()))
    drawn = await portrait(system)
    assert drawn.events.count("mail_delivered") == 1
    assert drawn.events.count("mail_bounced without effect") == 1
    assert [each.address_hash for each in await suppressed(system.world)] == [address_hash(ADA)]


def event(data: dict[str, str]) -> dict[str, object]:
    return {
        "id": "1",
        "topic": "/subscriptions/x",
        "subject": "sender/x/message/y",
        "eventType": "Microsoft.Communication.EmailDeliveryReportReceived",
        "dataVersion": "1.0",
        "metadataVersion": "1",
        "eventTime": "2026-03-02T09:00:02Z",
        "data": data,
    }


async def test_nothing_is_left_to_do_after_a_report(system: System) -> None:
    """The outbox comes to rest whatever was reported."""
    await under_review(system)
    for kind in (MailKind.NOTIFICATION, MailKind.CONSENT_REQUEST):
        await take_report(system.world, report(system, Delivery.FILTERED, kind))
    assert await suppressed(system.world) == (), "a spam filter says nothing of the address"
    await system.recover()
    assert await sweep(system.world) == 0
