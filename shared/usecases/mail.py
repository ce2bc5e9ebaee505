"""A mail leaves the outbox: due -> sending -> accepted, or unknown, or failed.

A mail cannot be sent exactly once across a crash, so it is sent at most once without a human: whoever moves the row to `sending` is
the only one who sends. A row that nobody settled for 15 minutes is `unknown`: the partner sees it, no clock starts, nothing is resent
blindly. The tokens of its links exist in this function and in the mail; the store gets their hashes.
"""

from datetime import datetime, timedelta
from typing import Final

from shared.domain import consent
from shared.domain.claim import Change, Claim, Consent
from shared.domain.errors import NotFound
from shared.domain.lifecycle import ActorKind, Event
from shared.domain.link import Link, Purpose, hash_of, token_for
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
from shared.ports import MailFate, Stored, Work, WorkState, World
from shared.usecases.moves import move

MAILER: Final = Actor(ActorKind.SYSTEM, "mail")
SETTLED_WITHIN: Final = timedelta(minutes=15)
MOST_TRIES: Final = 8
_LINK_LIFE: Final = timedelta(days=60)
_TO_PARTNER: Final = frozenset({MailKind.ACTION_REQUIRED, MailKind.APPROVED, MailKind.REJECTED})
_ASKS: Final = frozenset({MailKind.CONSENT_REQUEST, MailKind.CONSENT_REMINDER})


async def send_mail(world: World, public_url: str, work: Work) -> None:
    """Sends the mail of an outbox row, unless the claim no longer wants it or somebody else is sending it."""
    now = world.clock.now()
    if work.state is WorkState.SENDING:
        if work.since is not None and now - work.since >= SETTLED_WITHIN:
            await _lost(world, work, Event.MAIL_UNKNOWN, "unsettled")
        return
    stored = await world.records.claim(work.claim_id)
    if work.due is None or work.due not in stored.claim.dues:
        return
    programme = world.programmes.programme(stored.claim.programme_id)
    try:
        letter, links = await _letter(world, public_url, stored.claim, programme, work, now)
    except NotFound:
        await _lost(world, work, Event.MAIL_FAILED, "recipient_erased")
        return
    owner = world.entropy.token()
    if not await world.records.begin_sending(work, owner, now, links):
        return
    try:
        receipt = await world.mailer.send(letter)
    except TransientMailFailure:
        await _later(world, work, now)
    except PermanentMailFailure:
        await _lost(world, work, Event.MAIL_FAILED, "refused_by_provider")
    except MailFateUnknown:
        await _lost(world, work, Event.MAIL_UNKNOWN, "no_answer")
    else:
        await _accepted(world, work, stored, programme, letter, receipt)


async def _accepted(world: World, work: Work, stored: Stored, programme: Programme, letter: Letter, receipt: MailReceipt) -> None:
    due = work.due
    assert due is not None
    ends_at = letter.answer_by or receipt.accepted_at

    def decide(claim: Claim, act: Act) -> Change:
        return consent.mail_accepted(claim, act, programme.policy, due, ends_at)

    fate = MailFate(letter.operation_id, work.claim_id, letter.kind, "accepted", receipt.accepted_at, receipt.provider_id)
    await move(world, work.claim_id, MAILER, decide, fate=fate, loaded=stored)


async def _lost(world: World, work: Work, event: Event, code: str) -> None:
    due = work.due
    assert due is not None

    def decide(claim: Claim, act: Act) -> Change | None:
        return consent.mail_lost(claim, act, due, event, code) if due in claim.dues else None

    fate_name = "unknown" if event is Event.MAIL_UNKNOWN else "failed"
    fate = MailFate(due.id_for(work.claim_id), work.claim_id, str(due.mail), fate_name, world.clock.now())
    await move(world, work.claim_id, MAILER, decide, fate=fate)


async def _later(world: World, work: Work, now: datetime) -> None:
    """Waits longer after every failure: 1, 2, 4 ... minutes; after the last try the mail has failed."""
    if work.attempts + 1 >= MOST_TRIES:
        await _lost(world, work, Event.MAIL_FAILED, "provider_unavailable")
        return
    sending = await world.records.work(work.bucket, work.row_key)
    if sending is not None:
        wait = timedelta(minutes=2**work.attempts)
        await world.records.put_back(sending, state=WorkState.DUE, not_before=now + wait, attempts=work.attempts + 1)


async def _letter(
    world: World, public_url: str, claim: Claim, programme: Programme, work: Work, now: datetime
) -> tuple[Letter, tuple[Link, ...]]:
    due = work.due
    assert due is not None and due.mail is not None
    kind = due.mail
    links: list[Link] = []

    def mailed(purpose: Purpose) -> str:
        token = token_for(work.bucket, world.entropy.token())
        links.append(Link(hash_of(token), work.bucket, purpose, claim.claim_id, now + _LINK_LIFE))
        return f"{public_url}/{purpose}/{token}"

    if kind in _TO_PARTNER:
        partner = await world.partners.partner(claim.partner_id)
        name, address = partner.name, partner.mail
    else:
        person = await world.records.person(claim.tenant_id, claim.contact_id)
        name, address = person.name, person.address
    names = {f"workload:{w.workload_id}": w.name for w in programme.workloads}
    answer_by = claim.window.ends_at or (consent.answer_by(now, programme.policy) if kind is MailKind.CONSENT_REQUEST else None)
    letter = Letter(
        kind=kind,
        operation_id=due.id_for(claim.claim_id),
        to_address=address,
        to_name=name,
        language=claim.language,
        claim_id=claim.claim_id,
        programme_name=programme.name,
        partner_name=claim.partner_name,
        customer_domain=claim.domain,
        workloads=tuple(names[s.scope] for s in claim.scopes if _concerns(kind, s.consent)),
        link=mailed(Purpose.CONSENT) if kind in _ASKS else None,
        manage_link=None if kind in _TO_PARTNER else mailed(Purpose.MANAGE),
        answer_by=answer_by,
        words=claim.note if kind not in _TO_PARTNER else None,
        outcome=tuple((names[s.scope], str(s.consent)) for s in claim.scopes),
        silence_counts=claim.contact_verified and not programme.policy.answer_required,
    )
    return letter, tuple(links)


def _concerns(kind: MailKind, answer: Consent) -> bool:
    return kind not in _ASKS or answer is Consent.PENDING
