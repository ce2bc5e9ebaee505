"""Signing online: a partner asks; whoever has the mailed link signs, uploads what it signed by hand, declines, or passes it on.

Seeing never writes. Safe to run twice, and at once: a document is stored under its own hash before the claim hears of it, and the
claim is changed in one batch that lands only while the request is open. Whoever comes second is told what stands (R-120).
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from shared.domain import signing
from shared.domain.claim import Change, Claim, Proof
from shared.domain.errors import FormChanged, NotFound, Obstacle, ProofRefused, SignerUnverified
from shared.domain.evidence import Authentication, Evidence
from shared.domain.form_content import Answers, Form
from shared.domain.lifecycle import ActorKind
from shared.domain.link import Purpose
from shared.domain.partner import Partner
from shared.domain.person import Person
from shared.domain.poe_checks import CheckCode
from shared.domain.programme import Programme
from shared.domain.proof_form import TEXT_VERSION, Activity, Subject, subject_of
from shared.domain.signing import Standing, standing
from shared.domain.timeline import Act, Actor, Json
from shared.ports.records import Call, Stored
from shared.ports.world import World
from shared.usecases import limits
from shared.usecases.as_read import AsRead, whatever
from shared.usecases.claims import inspected, require_active, require_room, store_document
from shared.usecases.consent import LinkUnusable, follow_link
from shared.usecases.moves import actor_of, move, owned_by
from shared.usecases.people import NewPerson, named
from shared.usecases.poe_reports import content_of


@dataclass(frozen=True, slots=True)
class Signature:
    """What a person typed and ticked to sign, and which document it had read: its id, and in which language."""

    form_id: str
    language: str
    name: str
    title: str
    typed: str
    activities: frozenset[Activity]


@dataclass(frozen=True, slots=True)
class OpenedRequest:
    """What a link to sign leads to: the claim, and the timeline entry whose request the link is about."""

    stored: Stored
    seq: int

    @property
    def claim(self) -> Claim:
        return self.stored.claim

    @property
    def standing(self) -> Standing:
        return standing(self.claim, self.seq)


@dataclass(frozen=True, slots=True)
class Answered:
    """The claim after an answer to a request, and whether this answer is the one that counts."""

    claim: Claim
    seq: int
    counts: bool

    @property
    def standing(self) -> Standing:
        return standing(self.claim, self.seq)

    @property
    def has_copy(self) -> bool:
        """Is there a sealed document of this request? Its partner may have taken it out of the draft again."""
        return any(p.sealed_for == self.seq for p in self.claim.proofs)


async def request_signature(
    world: World,
    partner: Partner,
    claim_id: str,
    asked: NewPerson | None,
    call: Call | None,
    as_read: AsRead[Claim] = whatever,
    *,
    submits: bool | None,
) -> Claim:
    """Mails somebody of the customer, the claim's contact if nobody is named, a link to sign (R-121).

    Raises SigningOff, SignerUnverified, ActionNotAllowed, InvalidInput, FormNotPrintable, LimitReached.
    """
    require_active(partner)
    _ = world.sealer  # Nobody is asked for a signature that could not be sealed.
    stored = await world.records.claim(claim_id)
    claim = owned_by(partner.partner_id, stored.claim)
    programme = world.programmes.programme(claim.programme_id)
    # A form that cannot be printed is found out by whoever can mend it, and not by the signer.
    await asyncio.to_thread(world.forms.make_form, subject_of(claim, programme), claim.language)
    signer = await _signer(world, claim, asked or await _contact(world, claim), "signer.mail")
    toll = limits.Toll(world, partner)

    def decide(current: Claim, act: Act) -> Change:
        require_room(current)
        toll.name(claim.tenant_id, signer.address)
        policy, commitment = programme.policy, signer.commitment
        return toll.ask(signing.ask_to_sign(current, act, policy, signer.person_id, commitment, submits=submits))

    actor = actor_of(partner)
    return toll.paid(await move(world, claim_id, actor, decide, call=call, loaded=stored, person=signer, as_read=as_read))


async def open_request(world: World, token: str) -> OpenedRequest:
    """What the link is about, by reads only; a request that is settled still shows how. Raises LinkUnusable."""
    link, stored = await follow_link(world, token, Purpose.SIGN)
    if link.seq is None:
        raise LinkUnusable
    return OpenedRequest(stored, link.seq)


def form_of(world: World, claim: Claim, language: str) -> tuple[Subject, Form]:
    """What the signer reads: the whole form as text."""
    subject = subject_of(claim, world.programmes.programme(claim.programme_id))
    return subject, world.forms.read_form(subject, language)


async def document_of(world: World, opened: OpenedRequest, language: str) -> tuple[str, str, bytes]:
    """Name, media type and content: the form while it is to be signed, the sealed document once it is. Raises LinkUnusable."""
    claim = opened.claim
    if opened.standing is Standing.OPEN:
        subject = subject_of(claim, world.programmes.programme(claim.programme_id))
        return _file_name(subject), "application/pdf", await asyncio.to_thread(world.forms.make_form, subject, language)
    proof = next((p for p in claim.proofs if p.sealed_for == opened.seq), None)
    if proof is None:
        raise LinkUnusable
    return proof.name, proof.media_type, await content_of(world, claim, proof)


async def sign(world: World, opened: OpenedRequest, signature: Signature) -> Answered:
    """The form, filled in and sealed, becomes the claim's proof.

    Raises FormChanged when the claim was edited since the form was read, FormNotPrintable, InvalidInput.
    """
    claim = opened.claim
    if opened.standing is not Standing.OPEN:
        return Answered(claim, opened.seq, counts=False)
    programme = world.programmes.programme(claim.programme_id)
    subject = _unchanged(claim, programme, signature.form_id)
    signer = await _asked(world, claim)
    # Never before the request, whatever this worker's clock says.
    signed_at = max(world.clock.now(), claim.updated_at)
    answers = Answers(signature.name, signature.title, signature.typed, signed_at.date(), signature.activities)
    document = await asyncio.to_thread(world.forms.complete_form, subject, signature.language, answers)
    evidence = Evidence(
        claim_id=claim.claim_id,
        form_id=subject.form_id,
        customer_name=claim.customer_name,
        signer_name=signature.name,
        signer_title=signature.title,
        signer_address=signer.address,
        authentication=Authentication.MAILED_LINK,
        signed_at=signed_at,
        text_version=TEXT_VERSION,
        language=signature.language,
    )
    sealed = await world.sealer.seal(document, evidence)
    proof, _ = await inspected(world, claim, sealed, _file_name(subject))
    await store_document(world, claim.claim_id, proof, sealed)
    said: dict[str, Json] = {
        "document": proof.document_id,
        "formId": subject.form_id,
        "textVersion": TEXT_VERSION,
        "language": signature.language,
        "authentication": str(evidence.authentication),
    }

    def decide(current: Claim, act: Act) -> Change:
        _unchanged(current, programme, signature.form_id)
        return signing.sign(current, act, proof, said)

    return await _recorded(world, opened, decide)


async def upload_signed(world: World, opened: OpenedRequest, content: bytes, name: str) -> Answered:
    """The document that was signed by hand becomes the claim's proof, if it has no fault that the signer can still mend (R-123).

    Raises ProofRefused, InvalidInput.
    """
    if opened.standing is not Standing.OPEN:
        return Answered(opened.claim, opened.seq, counts=False)
    with world.room.hold(len(content)):
        proof = await _taken(world, opened.claim, content, name)
    return await _recorded(world, opened, lambda current, act: signing.upload(current, act, proof))


async def _taken(world: World, claim: Claim, content: bytes, name: str) -> Proof:
    """The document that a signer uploads, stored. Raises ProofRefused, InvalidInput."""
    proof, report = await inspected(world, claim, content, name)
    # What the signer uploads it attests by uploading it.
    if faults := [check for check in report.obstacles() if check.code is not CheckCode.UNATTESTED]:
        raise ProofRefused(tuple(Obstacle(check.code, f"{check.finding} {check.advice}") for check in faults))
    await store_document(world, claim.claim_id, proof, content)
    return proof


async def decline(world: World, opened: OpenedRequest, reason: str | None) -> Answered:
    """The signer does not sign."""
    return await _recorded(world, opened, lambda current, act: signing.decline(current, act, reason))


async def delegate(world: World, opened: OpenedRequest, colleague: NewPerson) -> Answered:
    """A colleague is asked instead, and the link that was opened is of no use any more (R-122).

    Raises SignerUnverified, InvalidInput.
    """
    if opened.standing is not Standing.OPEN:
        return Answered(opened.claim, opened.seq, counts=False)
    claim = opened.claim
    signer = await _signer(world, claim, colleague, "mail")
    policy = world.programmes.programme(claim.programme_id).policy

    return await _recorded(
        world,
        opened,
        lambda current, act: signing.delegate(current, act, policy, signer.person_id, signer.commitment),
        person=signer,
    )


async def _recorded(
    world: World, opened: OpenedRequest, decide: Callable[[Claim, Act], Change], *, person: Person | None = None
) -> Answered:
    """The answer, if it is the first to this request; one that comes after another is told of that and not recorded. One to a
    claim that has moved on is recorded without effect (R-11), unless it brings a person, whom nobody needs then."""
    found = opened.standing

    def first(current: Claim, act: Act) -> Change | None:
        nonlocal found
        found = standing(current, opened.seq)
        is_late = found is Standing.OVER and person is None
        return decide(current, act) if found is Standing.OPEN or is_late else None

    claim = await move(world, opened.claim.claim_id, _customer(opened.claim), first, loaded=opened.stored, person=person)
    return Answered(claim, opened.seq, counts=found is Standing.OPEN)


async def _signer(world: World, claim: Claim, wanted: NewPerson, field: str) -> Person:
    """Raises InvalidInput for what is no address, SignerUnverified for one outside the customer's verified domains."""
    signer, is_verified = await named(world, claim, "signer", wanted, field)
    if not is_verified:
        raise SignerUnverified
    return signer


async def _contact(world: World, claim: Claim) -> NewPerson:
    contact = await world.records.person(claim.tenant_id, claim.contact_id)
    return NewPerson(contact.name, contact.address)


async def _asked(world: World, claim: Claim) -> Person:
    try:
        return await world.records.person(claim.tenant_id, _customer(claim).id)
    except NotFound as error:
        raise LinkUnusable from error  # Whoever was erased is not asked any more.


def _customer(claim: Claim) -> Actor:
    # The person is whoever holds the link that was mailed to the signer; the timeline names the signer's id, not the person.
    return Actor(ActorKind.CUSTOMER, claim.signature.signer_id if claim.signature else claim.contact_id)


def _unchanged(claim: Claim, programme: Programme, form_id: str) -> Subject:
    subject = subject_of(claim, programme)
    if subject.form_id != form_id:
        raise FormChanged
    return subject


def _file_name(subject: Subject) -> str:
    return f"proof of execution {subject.form_id}.pdf"
