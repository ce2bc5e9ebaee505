"""A mail leaves the outbox: due -> sending -> accepted, or unknown, or failed.

A mail cannot be sent exactly once across a crash, so it is sent at most once without a human: whoever moves the row to `sending`
is the only one who sends. A row that nobody settled for 15 minutes is `unknown`: the partner sees it, no clock starts, nothing is
resent blindly. The tokens of its links exist in this function and in the mail; the store gets their hashes.
"""

from datetime import datetime, timedelta
from typing import Final

from shared import telemetry
from shared.domain import consent
from shared.domain.claim import Change, Claim, Due
from shared.domain.errors import NotFound
from shared.domain.lifecycle import ActorKind, Event
from shared.domain.notice import (
    Letter,
    MailFateUnknown,
    MailKind,
    MailReceipt,
    PermanentMailFailure,
    TransientMailFailure,
)
from shared.domain.programme import Programme
from shared.domain.timeline import Act, Actor
from shared.ports.records import MailFate, Stored, Work, WorkState
from shared.ports.world import World
from shared.usecases.letters import letter_for
from shared.usecases.moves import move

MAILER: Final = Actor(ActorKind.SYSTEM, "mail")
SETTLED_WITHIN: Final = timedelta(minutes=15)
MOST_TRIES: Final = 8
_TO_PARTNER: Final = frozenset({MailKind.ACTION_REQUIRED, MailKind.APPROVED, MailKind.REJECTED})
_ASKS: Final = frozenset({MailKind.CONSENT_REQUEST, MailKind.CONSENT_REMINDER})


async def send_mail(world: World, public_url: str, work: Work, due: Due) -> None:
    """Sends the mail of an outbox row, unless the claim no longer wants it or somebody else is sending it."""
    now = world.clock.now()
    if work.state is WorkState.SENDING:
        if work.since is not None and now - work.since >= SETTLED_WITHIN:
            await _lost(world, work, due, Event.MAIL_UNKNOWN, "unsettled")
        return
    stored = await world.records.claim(work.claim_id)
    if due not in stored.claim.dues or due.mail is None:
        return
    programme = world.programmes.programme(stored.claim.programme_id)
    try:
        letter, links = await letter_for(world, public_url, stored.claim, programme, due, due.mail, now)
    except NotFound:
        await _lost(world, work, due, Event.MAIL_FAILED, "recipient_erased")
        return
    owner = world.entropy.token()
    if not await world.records.begin_sending(work, owner, now, links):
        return
    try:
        receipt = await world.mailer.send(letter)
    except TransientMailFailure:
        await _later(world, work, due, now)
    except PermanentMailFailure:
        await _lost(world, work, due, Event.MAIL_FAILED, "refused_by_provider")
    except MailFateUnknown:
        await _lost(world, work, due, Event.MAIL_UNKNOWN, "no_answer")
    else:
        await _accepted(world, due, stored, programme, letter, receipt)


async def _accepted(world: World, due: Due, stored: Stored, programme: Programme, letter: Letter, receipt: MailReceipt) -> None:
    ends_at = letter.answer_by or receipt.accepted_at

    def decide(claim: Claim, act: Act) -> Change:
        return consent.mail_accepted(claim, act, programme.policy, due, ends_at)

    fate = MailFate(letter.operation_id, stored.claim.claim_id, letter.kind, "accepted", receipt.accepted_at, receipt.provider_id)
    await move(world, stored.claim.claim_id, MAILER, decide, fate=fate, loaded=stored)
    telemetry.count("cpor.mails", kind=letter.kind, fate="accepted")


async def _lost(world: World, work: Work, due: Due, event: Event, code: str) -> None:
    def decide(claim: Claim, act: Act) -> Change | None:
        return consent.mail_lost(claim, act, due, event, code) if due in claim.dues else None

    fate_name = "unknown" if event is Event.MAIL_UNKNOWN else "failed"
    fate = MailFate(due.id_for(work.claim_id), work.claim_id, str(due.mail), fate_name, world.clock.now())
    await move(world, work.claim_id, MAILER, decide, fate=fate)
    telemetry.count("cpor.mails", kind=str(due.mail), fate=fate_name)


async def _later(world: World, work: Work, due: Due, now: datetime) -> None:
    """Waits longer after every failure: 1, 2, 4 ... minutes; after the last try the mail has failed."""
    if work.attempts + 1 >= MOST_TRIES:
        await _lost(world, work, due, Event.MAIL_FAILED, "provider_unavailable")
        return
    sending = await world.records.work(work.bucket, work.row_key)
    if sending is not None:
        wait = timedelta(minutes=2**work.attempts)
        await world.records.put_back(sending, state=WorkState.DUE, not_before=now + wait, attempts=work.attempts + 1)
