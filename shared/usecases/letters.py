"""What a mail says: the letter for one piece of mail work, and the links that only this letter will hold."""

from datetime import datetime, timedelta
from typing import Final

from shared.domain import consent
from shared.domain.claim import Claim, Consent, Due, DueKind
from shared.domain.identity import bucket_of
from shared.domain.link import Link, Purpose, hash_of, token_for
from shared.domain.notice import Letter, MailKind
from shared.domain.person import Person
from shared.domain.policy import Policy
from shared.domain.programme import Programme
from shared.ports.world import World

# A mail promises that an association can be ended at any later time, so the link that ends it outlives every term.
LINK_LIFE: Final = {Purpose.CONSENT: timedelta(days=60), Purpose.MANAGE: timedelta(days=5 * 365)}
_TO_PARTNER: Final = frozenset({MailKind.ACTION_REQUIRED, MailKind.APPROVED, MailKind.REJECTED})
_ASKS: Final = frozenset({MailKind.CONSENT_REQUEST, MailKind.CONSENT_REMINDER})


async def letter_for(
    world: World,
    public_url: str,
    claim: Claim,
    programme: Programme,
    due: Due,
    kind: MailKind,
    now: datetime,
    people: dict[str, Person],
) -> tuple[Letter, tuple[Link, ...]]:
    """The letter, and the rows of its links. The tokens are minted here and stand in the letter only.

    `people` are those whom a letter of the same message has just gone to. Raises NotFound when the person it goes to was erased.
    """
    links: list[Link] = []
    # Never before the change that made the letter due, whatever this worker's clock says: it may have voided older links.
    issued_at = max(now, claim.updated_at)

    def mailed(purpose: Purpose) -> str:
        token = token_for(bucket_of(claim.tenant_id), world.entropy.token())
        bucket, expires_at = bucket_of(claim.tenant_id), now + LINK_LIFE[purpose]
        links.append(Link(hash_of(token), bucket, purpose, claim.claim_id, issued_at, expires_at))
        return f"{public_url}/{purpose}/{token}"

    name, address = await _recipient(world, claim, kind, people)
    names = {f"workload:{w.workload_id}": w.name for w in programme.workloads}
    letter = Letter(
        kind=kind,
        operation_id=due.operation_for(claim.claim_id),
        to_address=address,
        to_name=name,
        language=claim.language,
        claim_id=claim.claim_id,
        programme_name=programme.name,
        partner_name=claim.partner_name,
        customer_domain=claim.domain,
        workloads=tuple(names[s.scope] for s in claim.scopes if kind not in _ASKS or s.consent is Consent.PENDING),
        link=mailed(Purpose.CONSENT) if kind in _ASKS else None,
        manage_link=None if kind in _TO_PARTNER else mailed(Purpose.MANAGE),
        answer_by=_answer_by(claim, programme.policy_for(claim.country), kind, now),
        words=await _words(world, claim, kind, due),
        outcome=tuple((names[s.scope], str(s.consent)) for s in claim.scopes),
        silence_counts=claim.contact_verified and not programme.policy_for(claim.country).answer_required,
        help_address=programme.help_for(claim.country),
    )
    return letter, tuple(links)


async def _recipient(world: World, claim: Claim, kind: MailKind, people: dict[str, Person]) -> tuple[str, str]:
    if kind in _TO_PARTNER:
        partner = await world.partners.partner(claim.partner_id)
        return partner.name, partner.mail
    person = people.get(claim.contact_id) or await world.records.person(claim.tenant_id, claim.contact_id)
    people[claim.contact_id] = person
    return person.name, person.address


async def _words(world: World, claim: Claim, kind: MailKind, due: Due) -> str | None:
    """The partner's note where it asks; else the words of whoever caused the mail, from the timeline entry it came with."""
    if kind in _ASKS or kind is MailKind.NOTIFICATION:
        return claim.note
    entry = await world.records.entry(claim.claim_id, due.seq)
    return None if entry is None else entry.words


def _answer_by(claim: Claim, policy: Policy, kind: MailKind, now: datetime) -> datetime | None:
    match kind:
        case MailKind.CONSENT_REQUEST:
            return consent.answer_by(now, policy)
        case MailKind.NOTIFICATION:
            return claim.window.ends_at or consent.answer_by(now, policy)
        case MailKind.ACTION_REQUIRED:
            return next((d.at for d in claim.dues if d.kind is DueKind.ACTION_OVERDUE), None)
        case MailKind.REJECTED if claim.closing is not None:
            return claim.closing.at + timedelta(days=policy.dispute_days)
        case MailKind.CONSENT_REMINDER:
            return claim.window.ends_at
        case _:
            return None
