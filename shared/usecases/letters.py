"""What a mail says: the letter for one piece of mail work, and the links that only this letter will hold."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

from shared.domain import consent
from shared.domain.claim import Claim, Consent, Due, DueKind
from shared.domain.identity import bucket_of
from shared.domain.lifecycle import Event
from shared.domain.link import Link, Purpose, hash_of, token_for
from shared.domain.notice import ASKS_FOR_ANSWER, ASKS_TO_SIGN, Letter, MailKind
from shared.domain.person import Person
from shared.domain.policy import Policy
from shared.domain.programme import Programme
from shared.domain.timeline import Entry
from shared.ports.world import World

# A mail promises that an association can be ended at any later time, so its link outlives every term: it opens the page for some
# days only (`link.OPENS_FOR`), and after that mails a new one.
# A receipt's link to what was signed lives as long: it shows how the request was settled, and settles nothing.
_LONG: Final = timedelta(days=5 * 365)
LINK_LIFE: Final = {Purpose.CONSENT: timedelta(days=60), Purpose.MANAGE: _LONG, Purpose.SIGN: _LONG}
_TO_PARTNER: Final = frozenset(
    {MailKind.ACTION_REQUIRED, MailKind.APPROVED, MailKind.REJECTED, MailKind.CLAIM_NEWS, MailKind.SIGNATURE_OUTCOME}
)
# Whoever passed a request on has nothing to do with it any more.
_UNMANAGED: Final = frozenset({*_TO_PARTNER, MailKind.FORWARD_RECEIPT})
# What tells of an end names what has ended.
_OF_SOME: Final = frozenset({MailKind.ASSOCIATION_ENDED, MailKind.CLAIM_NEWS})
# What asks quotes the partner's note; everything else the words of whoever caused it, from the timeline entry it came with.
_FROM_THE_CLAIM: Final = ASKS_FOR_ANSWER | ASKS_TO_SIGN | {MailKind.NOTIFICATION}


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
    entry = None if kind in _FROM_THE_CLAIM else await world.records.entry(claim.claim_id, due.seq)
    signing = _Signing.of(claim, kind, entry)
    person_id = signing.signer_id or _former(kind, entry) or claim.contact_id
    links: list[Link] = []
    # Never before the change that made the letter due, whatever this worker's clock says: it may have voided older links.
    issued_at = max(now, claim.updated_at)

    def mailed(purpose: Purpose, until: datetime | None = None, seq: int = due.seq) -> str:
        token = token_for(bucket_of(claim.tenant_id), world.entropy.token())
        bucket, expires_at = bucket_of(claim.tenant_id), until or now + LINK_LIFE[purpose]
        links.append(Link(hash_of(token), bucket, purpose, claim.claim_id, issued_at, expires_at, seq, person_id))
        return f"{public_url}/{purpose}/{token}"

    name, address, language = await _recipient(world, claim, kind, person_id, people)
    policy = programme.policy_for(claim.country, public_sector=claim.public_sector)
    names = {f"workload:{w.workload_id}": w.name for w in programme.workloads}
    letter = Letter(
        kind=kind,
        operation_id=due.operation_for(claim.claim_id),
        to_address=address,
        to_name=name,
        language=language,
        claim_id=claim.claim_id,
        programme_name=programme.name,
        partner_name=claim.partner_name,
        customer_domain=claim.domain,
        workloads=tuple(names[scope] for scope in _about(claim, kind, entry)),
        link=_link(kind, entry, signing, mailed),
        manage_link=None if kind in _UNMANAGED else mailed(Purpose.MANAGE),
        answer_by=_answer_by(claim, policy, kind, now),
        words=claim.note if kind in _FROM_THE_CLAIM else entry.words if entry is not None else None,
        outcome=tuple((names[s.scope], str(s.consent)) for s in claim.scopes),
        silence_counts=claim.contact_verified and not policy.answer_required,
        help_address=programme.help_for(claim.country),
        event=None if entry is None else str(entry.event),
        forwarded=kind in ASKS_FOR_ANSWER and claim.forwards > 0,
        check_at=None if kind in _TO_PARTNER else f"{public_url}/check",
        submits_itself=claim.submit_when_ready,
    )
    return letter, tuple(links)


@dataclass(frozen=True, slots=True)
class _Signing:
    """What a mail about a signature is about: whose, for which request, and until when its link is good.

    A receipt looks at the entry it came with and not at the claim: somebody else may have been asked since.
    """

    signer_id: str | None = None
    seq: int = 0
    sign_by: datetime | None = None

    @classmethod
    def of(cls, claim: Claim, kind: MailKind, entry: Entry | None) -> Self:
        if kind in ASKS_TO_SIGN and claim.signature is not None:
            return cls(claim.signature.signer_id, claim.signature.seq, sign_by=claim.signature.sign_by)
        if kind not in (MailKind.SIGNATURE_RECEIPT, MailKind.SIGNATURE_OUTCOME) or entry is None:
            return cls()
        signer, request = entry.data.get("signer"), entry.data.get("request")
        return cls(
            signer_id=signer if isinstance(signer, str) else None,
            seq=request if isinstance(request, int) else 0,
        )


def _former(kind: MailKind, entry: Entry | None) -> str | None:
    """Who passed the request on, for the receipt of it."""
    former = entry.data.get("former") if entry is not None and kind is MailKind.FORWARD_RECEIPT else None
    return former if isinstance(former, str) else None


def _about(claim: Claim, kind: MailKind, entry: Entry | None) -> tuple[str, ...]:
    """The scopes that a letter is about: those still asked for, those that the entry names as gone, or all."""
    if kind in ASKS_FOR_ANSWER:
        return tuple(s.scope for s in claim.scopes if s.consent is Consent.PENDING)
    gone = (entry.data.get("scopes") or entry.data.get("refused")) if entry is not None and kind in _OF_SOME else None
    return tuple(s.scope for s in claim.scopes if not isinstance(gone, Sequence) or s.scope in gone)


def _link(kind: MailKind, entry: Entry | None, signing: _Signing, mailed: Callable[..., str]) -> str | None:
    """Where the reader is to go: to answer, to sign, or to its copy of what it signed."""
    if kind in ASKS_FOR_ANSWER:
        return mailed(Purpose.CONSENT)
    if kind in ASKS_TO_SIGN:
        return mailed(Purpose.SIGN, signing.sign_by, signing.seq)
    if kind is MailKind.SIGNATURE_RECEIPT and entry is not None and entry.event is Event.SIGN:
        return mailed(Purpose.SIGN, None, signing.seq)
    return None


async def _recipient(
    world: World, claim: Claim, kind: MailKind, person_id: str, people: dict[str, Person]
) -> tuple[str, str, str]:
    """Whom the mail goes to: name, address, and the language in which they are written to (R-363)."""
    if kind in _TO_PARTNER:
        partner = await world.partners.partner(claim.partner_id)
        return partner.name, partner.mail, partner.language
    person = people.get(person_id) or await world.records.person(claim.tenant_id, person_id)
    people[person_id] = person
    return person.name, person.address, claim.language


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
        case MailKind.SIGNATURE_REQUEST | MailKind.SIGNATURE_REMINDER if claim.signature is not None:
            return claim.signature.sign_by
        case _:
            return None
