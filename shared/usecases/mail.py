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
    ProviderUnavailable,
    RecipientRefused,
    TransientMailFailure,
)
from shared.domain.person import Person
from shared.domain.timeline import Act, Actor
from shared.domain.transition import joined
from shared.ports.records import MailFate, SentMail, Stored, Work, WorkState
from shared.ports.world import World
from shared.usecases.letters import letter_for
from shared.usecases.mail_reports import suppress
from shared.usecases.moves import move

MAILER: Final = Actor(ActorKind.SYSTEM, "mail")
SETTLED_WITHIN: Final = timedelta(minutes=15)
# For so long a silent provider is asked what became of a mail, before nobody knows.
ASKED_FOR: Final = timedelta(days=1)
MOST_TRIES: Final = 8


async def send_mail(world: World, public_url: str, work: Work, due: Due, people: dict[str, Person]) -> None:
    """Sends the mail of an outbox row, unless the claim no longer wants it or somebody else is sending it."""
    now = world.clock.now()
    if work.state is WorkState.SENDING:
        if work.since is not None and now - work.since >= SETTLED_WITHIN:
            await _ask_provider(world, work, due, now)
        return
    stored = await world.records.claim(work.claim_id)
    if due not in stored.claim.dues or due.mail is None:
        return
    programme = world.programmes.programme(stored.claim.programme_id)
    try:
        letter, links = await letter_for(world, public_url, stored.claim, programme, due, due.mail, now, people)
    except NotFound:
        await _lost(world, work, due, Event.MAIL_FAILED, "recipient_erased")
        return
    if await world.suppressions.reason(letter.to_address) is not None:
        await _lost(world, work, due, Event.MAIL_FAILED, "suppressed", Delivery.SUPPRESSED)
        return
    sent = SentMail(letter.operation_id, work.claim_id, due, letter.answer_by or now, shown=world.words_of(letter))
    if not await world.records.begin_sending(work, world.entropy.token(), now, sent, links):
        return
    await _hand_over(world, work, due, stored, letter, sent)


async def _hand_over(world: World, work: Work, due: Due, stored: Stored, letter: Letter, sent: SentMail) -> None:
    """The provider gets the letter, and what it says of it is noted."""
    try:
        receipt = await world.mailer.send(letter)
    except ProviderUnavailable as failure:
        # No fault of this letter, so it costs it no try; this worker leaves the provider alone for a while.
        again_at = world.mail_gate.close(world.clock.now(), failure.retry_after)
        await _put_back(world, work, again_at, work.attempts)
    except TransientMailFailure:
        await _later(world, work, due, world.clock.now())
    except RecipientRefused:
        await suppress(world, letter.to_address, Delivery.BOUNCED)
        await _lost(world, work, due, Event.MAIL_FAILED, "recipient_refused", Delivery.BOUNCED)
    except PermanentMailFailure:
        await _lost(world, work, due, Event.MAIL_FAILED, "refused_by_provider")
    except MailFateUnknown:
        # The row stays as one whose sender is gone: when it is old enough the provider is asked what became of it.
        world.mail_gate.close(world.clock.now(), None)
    else:
        world.mail_gate.open()
        await _accepted(world, work, due, sent, receipt, stored)


async def _ask_provider(world: World, work: Work, due: Due, now: datetime) -> None:
    """What became of a mail that nobody settled: the provider may know, and else nobody does."""
    operation = due.operation_for(work.claim_id)
    try:
        has_taken = await world.mailer.has_taken(operation)
    except ProviderUnavailable:
        if work.since is not None and now - work.since < ASKED_FOR:
            return
        has_taken = None
    sent = await world.records.mail(operation)
    if has_taken and sent is not None:
        await _accepted(world, work, due, sent, MailReceipt(operation, now, operation))
    elif has_taken is False:
        await _put_back(world, work, None, work.attempts)
    else:
        await _lost(world, work, due, Event.MAIL_UNKNOWN, "unsettled")


async def _accepted(
    world: World, work: Work, due: Due, sent: SentMail, receipt: MailReceipt, loaded: Stored | None = None
) -> None:
    def decide(claim: Claim, act: Act) -> Change:
        policy = world.programmes.programme(claim.programme_id).policy_for(claim.country)
        return consent.mail_accepted(claim, act, policy, due, sent.answer_by, sent.shown)

    operation, told_at, named = receipt.operation_id, receipt.accepted_at, receipt.provider_id
    fate = MailFate(operation, work.claim_id, str(due.mail), "accepted", told_at, named)
    await move(world, work.claim_id, MAILER, decide, fate=fate, loaded=loaded)
    telemetry.count("cpor.mails", kind=str(due.mail), fate="accepted")


async def _lost(world: World, work: Work, due: Due, event: Event, code: str, became: Delivery | None = None) -> None:
    """The mail has not arrived, or nobody knows; `became` says that nobody will ever be reached there."""

    def decide(claim: Claim, act: Act) -> Change | None:
        if due not in claim.dues:
            return None
        lost = consent.mail_lost(claim, act, due, event, code)
        if became is None:
            return lost
        policy = world.programmes.programme(claim.programme_id).policy_for(claim.country)
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
    await _put_back(world, work, now + timedelta(minutes=2**work.attempts), work.attempts + 1)


async def _put_back(world: World, work: Work, not_before: datetime | None, attempts: int) -> None:
    sending = await world.records.work(work.bucket, work.row_key)
    if sending is not None:
        await world.records.put_back(sending, state=WorkState.DUE, not_before=not_before, attempts=attempts)
