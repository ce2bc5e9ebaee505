"""A mail leaves the outbox: due -> sending -> accepted, or unknown, or failed.

A mail cannot be sent exactly once across a crash, so it is sent at most once without a human: whoever moves the row to `sending`
is the only one who sends. A row that nobody settled for 15 minutes is `unknown`: the partner sees it, no clock starts, nothing is
resent blindly. The tokens of its links exist in this function and in the mail; the store gets their hashes.
"""

from datetime import datetime, timedelta
from typing import Final

from shared import telemetry
from shared.domain import consent, contact
from shared.domain.claim import Change, Claim, Due
from shared.domain.delivery import Delivery
from shared.domain.errors import NotFound
from shared.domain.lifecycle import ActorKind, Event
from shared.domain.notice import (
    Letter,
    MailFateUnknown,
    MailReceipt,
    PermanentMailFailure,
    RecipientRefused,
    TransientMailFailure,
)
from shared.domain.programme import Programme
from shared.domain.timeline import Act, Actor
from shared.domain.transition import joined
from shared.ports.records import MailFate, SentMail, Stored, Work, WorkState
from shared.ports.world import World
from shared.usecases.letters import letter_for
from shared.usecases.mail_reports import suppress
from shared.usecases.moves import move

MAILER: Final = Actor(ActorKind.SYSTEM, "mail")
SETTLED_WITHIN: Final = timedelta(minutes=15)
MOST_TRIES: Final = 8


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
    if await world.suppressions.reason(letter.to_address) is not None:
        await _lost(world, work, due, Event.MAIL_FAILED, "suppressed", Delivery.SUPPRESSED)
        return
    sent = SentMail(letter.operation_id, work.claim_id, due, letter.answer_by or now)
    if not await world.records.begin_sending(work, world.entropy.token(), now, sent, links):
        return
    await _hand_over(world, work, due, stored, programme, letter)


async def _hand_over(world: World, work: Work, due: Due, stored: Stored, programme: Programme, letter: Letter) -> None:
    """The provider gets the letter, and what it says of it is noted."""
    try:
        receipt = await world.mailer.send(letter)
    except TransientMailFailure:
        await _later(world, work, due, world.clock.now())
    except RecipientRefused:
        await suppress(world, letter.to_address, Delivery.BOUNCED)
        await _lost(world, work, due, Event.MAIL_FAILED, "recipient_refused", Delivery.BOUNCED)
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


async def _lost(world: World, work: Work, due: Due, event: Event, code: str, became: Delivery | None = None) -> None:
    """The mail has not arrived, or nobody knows; `became` says that nobody will ever be reached there."""

    def decide(claim: Claim, act: Act) -> Change | None:
        if due not in claim.dues:
            return None
        lost = consent.mail_lost(claim, act, due, event, code)
        if became is None:
            return lost
        policy = world.programmes.programme(claim.programme_id).policy
        return joined(lost, contact.bounced(lost.after, act, policy, due, became))

    fate_name = "unknown" if event is Event.MAIL_UNKNOWN else "failed"
    fate = MailFate(due.operation_for(work.claim_id), work.claim_id, str(due.mail), fate_name, world.clock.now())
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
