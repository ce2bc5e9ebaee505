"""The mail provider is down for an hour: nothing is lost, nothing that was acknowledged is sent twice, and storage is left alone.

The provider is a stand-in on a port; everything between it and the tables is real, and the hour is one of the app's clock. An
ordinary run sends 100 mails, and its timer looks where they are; `OUTAGE_MAILS=1000` is what docs/measurements.md tells of, with
the timer's look at everything.
"""

import os
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

from shared.adapters import names, rows
from shared.adapters.mail.communication_services import CommunicationServicesMailer
from shared.adapters.mail.message import Sender
from shared.bootstrap import AzureWorld
from shared.domain.claim import Claim, DueKind, Scan
from shared.domain.identity import BUCKETS, bucket_of, new_claim_id
from shared.domain.notice import MailKind
from shared.domain.person import Person
from shared.ports.outside import Mailer
from shared.usecases.outbox import sweep
from tests.domain.claim_builders import TEAMS, draft, judged, screening
from tests.faults import Faults
from tests.mail_vendor import Credentials, MailVendor, Mood, mail_vendor
from tests.usecases.system import DOMAIN, TENANT, System

MAILS = int(os.environ.get("OUTAGE_MAILS", "100"))
SWEPT = BUCKETS if MAILS >= 1_000 else [bucket_of(TENANT)]
# Minute by minute: what the provider does with what it gets.
HOUR = [Mood.BUSY] * 20 + [Mood.TAKES_AND_DROPS] * 10 + [Mood.DROPS] * 10 + [Mood.DOWN] * 20


async def asked_claims(system: System) -> list[Claim]:
    """Claims whose two mails are due, written as a batch each; the words before them are left out."""
    made = []
    for number in range(MAILS // 2):
        claim_id = new_claim_id(TENANT, "4711001", f"outage-{number}")
        drafted = replace(draft(TEAMS, claim_id=claim_id), tenant_id=TENANT, contact_id=f"{claim_id}.contact")
        claim = judged(screening(drafted), Scan.CLEAN)
        claim = replace(claim, dues=tuple(due for due in claim.dues if due.kind is DueKind.MAIL))
        person = Person(claim.contact_id, TENANT, "Ada", f"ada.{number}@{DOMAIN}", "salt")
        mails = [row for key, row in rows._owned(claim).items() if key.startswith("out!")]
        batch: list[Any] = [("create", each) for each in (rows.claim_row(claim), rows.person_row(person), *mails)]
        await system.world.table(names.RECORDS).submit_transaction(batch)
        made.append(claim)
    return made


def worker(system: System, vendor: MailVendor, counter: Faults) -> AzureWorld:
    """A process that sends by the provider's interface."""
    world = system.process(counter)
    sender = Sender("mail@record.example", "Partner of record")
    mailer = CommunicationServicesMailer(vendor.endpoint, Credentials(), sender, system.clock.now)
    world.__dict__["mailer"] = cast("Mailer", mailer)
    return world


async def minute(system: System, world: AzureWorld) -> None:
    """What happens in a minute: the timer, then every message."""
    system.clock.advance(timedelta(minutes=1))
    await sweep(world, SWEPT)
    for _ in range(4):
        messages = await system.take_messages()
        for message in messages:
            # Bringing lists up to date is other work, done by another worker here, and not the mails' cost.
            lists = tuple(key for key in message.row_keys if key.endswith(".project"))
            mails = tuple(key for key in message.row_keys if key not in lists)
            await system.handle(message._replace(row_keys=mails), world)
            await system.handle(message._replace(row_keys=lists))


async def test_an_hour_without_a_provider_loses_nothing_and_sends_nothing_twice(system: System) -> None:
    """R-33, R-223"""
    claims = await asked_claims(system)
    system.clock.advance(timedelta(minutes=2))
    async with mail_vendor() as vendor:
        counter = Faults()
        world = worker(system, vendor, counter)
        for mood in HOUR:
            vendor.mood = mood
            await minute(system, world)
        assert vendor.acknowledged == []
        tried = sum(vendor.tries.values())
        assert tried < 40, "a provider that is down is hardly asked"
        vendor.mood = Mood.TAKES
        for _ in range(40):
            await minute(system, world)
        stored = await system.rows(names.RECORDS, bucket_of(TENANT))
        fates = [row["fate"] for row in stored if row["RowKey"].startswith("mail!")]
        assert (len(fates), set(fates)) == (MAILS, {"accepted"})
        assert len(vendor.taken) == MAILS, "a mail is lost"
        again = {operation for operation in vendor.acknowledged if vendor.acknowledged.count(operation) > 1}
        assert again == set(), "an acknowledged mail was sent again"
        left = {row["mail"] for row in stored if row["RowKey"].startswith("out!") and row.get("mail")}
        assert left == {MailKind.CONSENT_REMINDER}
        ids = {claim.claim_id for claim in claims}
        started = [rows.claim_of(row).window.asked_at for row in stored if row["RowKey"].removeprefix("claim!") in ids]
        assert len(started) == len(claims)
        assert all(started), "a request that was taken starts its clock"
        # The timer's look at the outbox, the list of suppressed addresses and the tries in the hour (six requests each) cost the
        # same for one mail and for a thousand.
        fixed = sum(sent.operation == "table query" for sent in counter.trail) + 6 * tried
        print(f"{MAILS} mails, {tried} tries in the hour, {counter.total / MAILS:.2f} storage requests a mail")  # noqa: T201
        assert counter.total - fixed <= 5 * MAILS, (counter.total, fixed)
        assert MAILS < 1_000 or counter.total <= 5 * MAILS, counter.total
