"""What a partner does with its claims: create, attach proof, submit, withdraw, read."""

from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256

from shared.domain import consent, ending, submission
from shared.domain.association import WORKLOAD_SCOPE
from shared.domain.attestation import Statement
from shared.domain.attesting import attest
from shared.domain.claim import Change, Claim, Proof, Scan, ScopeClaim
from shared.domain.errors import (
    AskedTooSoon,
    InvalidInput,
    KeyReused,
    NotEnrolled,
    NotFound,
    Obstacle,
    PartnerSuspended,
    ProofRefused,
)
from shared.domain.identity import bucket_of, domain_name, new_claim_id, tenant_id
from shared.domain.lifecycle import ActorKind, Event
from shared.domain.partner import Partner
from shared.domain.person import Person
from shared.domain.poe import media_type_of, require_plain_name, safe_name
from shared.domain.poe_checks import Report, name_refusals, with_attestation
from shared.domain.programme import Programme
from shared.domain.proof_form import subject_of
from shared.domain.timeline import Act, Entry
from shared.domain.transition import admits, joined
from shared.ports.failures import AnswerExists
from shared.ports.records import Call
from shared.ports.world import World
from shared.usecases import limits
from shared.usecases.as_read import AsRead, whatever
from shared.usecases.moves import act_of, actor_of, announce, move, owned_by
from shared.usecases.poe_reports import blob_name, content_of, faults_now

_MOST_PROOFS = 20


@dataclass(frozen=True, slots=True)
class NewClaim:
    """What a partner asks for; everything as it came in, still unchecked."""

    tenant_id: str
    domain: str
    customer_name: str
    country: str
    programme_id: str
    scopes: tuple[str, ...]
    contact_name: str
    contact_mail: str
    language: str
    note: str | None = None
    external_reference: str | None = None
    public_sector: bool = False
    submit_when_ready: bool = False


async def create_claim(world: World, partner: Partner, wanted: NewClaim, key: str, call: Call) -> Claim:
    """A new draft.

    The same call again answers with the first draft; its id is a function of the call, so a crash in between cannot make two.
    Raises InvalidInput, NotEnrolled, PartnerSuspended, KeyReused.
    """
    world.calls.require_same(call)
    claim_id = new_claim_id(tenant_id(wanted.tenant_id), partner.partner_id, key)
    first = await world.records.creation(claim_id, call)
    if first is not None:
        return first
    toll = limits.Toll(world, partner)
    change, contact = await draft_of(world, partner, wanted, claim_id, toll)
    await world.partners.begin_call(partner.partner_id, call)
    return toll.paid(await keep_new(world, toll.decided(change), contact, call))


async def draft_of(world: World, partner: Partner, wanted: NewClaim, claim_id: str, toll: limits.Toll) -> tuple[Change, Person]:
    """The draft under this id, not stored yet, and its contact.

    Raises InvalidInput, NotEnrolled, PartnerSuspended, LimitReached.
    """
    require_active(partner)
    if wanted.programme_id not in partner.programmes:
        raise NotEnrolled(f"You are not enrolled in the programme {wanted.programme_id}.")
    programme = world.programmes.programme(wanted.programme_id)
    require_supported(programme, wanted.scopes)
    tenant, domain = tenant_id(wanted.tenant_id), domain_name(wanted.domain)
    toll.name(tenant, mail_address(wanted.contact_mail))
    contact = Person(f"{claim_id}.contact", tenant, wanted.contact_name, mail_address(wanted.contact_mail), world.entropy.token())
    act = act_of(world, actor_of(partner))
    claim = Claim(
        claim_id=claim_id,
        tenant_id=tenant,
        domain=domain,
        customer_name=wanted.customer_name,
        country=wanted.country,
        partner_id=partner.partner_id,
        partner_name=partner.name,
        programme_id=wanted.programme_id,
        language=wanted.language,
        contact_id=contact.person_id,
        contact_verified=await world.directory.is_verified(tenant, domain, contact.mail_domain),
        created_at=act.at,
        updated_at=act.at,
        scopes=tuple(ScopeClaim(scope) for scope in wanted.scopes),
        note=wanted.note,
        external_reference=wanted.external_reference,
        public_sector=wanted.public_sector,
        submit_when_ready=wanted.submit_when_ready,
    )
    return submission.create(claim, act, programme.policy, contact.commitment), contact


async def keep_new(world: World, change: Change, contact: Person, call: Call) -> Claim:
    """Stores a new claim and tells the queue; the same call again gets the first answer. Raises ScopeTaken, KeyReused."""
    claim = change.after
    try:
        due = await world.records.commit(None, change, call=call, person=contact)
    except AnswerExists:
        first = await world.records.creation(claim.claim_id, call)
        if first is None:
            raise KeyReused from None  # For something else about this customer.
        return first
    world.calls.note(call)
    await announce(world, bucket_of(claim.tenant_id), due)
    return claim


async def attach_proof(
    world: World,
    partner: Partner,
    claim_id: str,
    content: bytes,
    name: str,
    call: Call | None,
    attestation: Statement | None = None,
    as_read: AsRead[Claim] = whatever,
) -> tuple[Claim, Proof, Report]:
    """Stores the document once under its own hash and attaches it, attested if its partner does so at once (R-320).

    The report says what a reviewer would object to. Twice with the same content is one document. Raises ProofRefused for a
    file that can never be a proof for this claim (R-85), InvalidInput for an attestation that names nobody.
    """
    require_active(partner)
    require_attester(partner, attestation)
    stored = await world.records.claim(claim_id)
    claim = owned_by(partner.partner_id, stored.claim)
    require_room(claim)
    actor = actor_of(partner)
    with world.room.hold(len(content)):
        proof, report = await inspected(world, claim, content, name)
        submission.attach(claim, act_of(world, actor, claim), proof)  # Refuses before anything is stored.
        await store_document(world, claim_id, proof, content)

    def decide(current: Claim, act: Act) -> Change:
        return attached(current, act, proof, attestation)

    after = await move(world, claim_id, actor, decide, call=call, loaded=stored, as_read=as_read)
    kept = next((each for each in after.proofs if each.sha256 == proof.sha256), proof)
    return after, kept, with_attestation(report, kept.attestation, actor.user if attestation else None)


def attached(claim: Claim, act: Act, proof: Proof, attestation: Statement | None) -> Change:
    """The claim with one more document, and what its partner attests of it."""
    change = submission.attach(claim, act, proof)
    return change if attestation is None else joined(change, attest(change.after, act, proof.document_id, attestation))


def require_attester(partner: Partner, attestation: Statement | None) -> None:
    """An attestation is a person's: raises InvalidInput where nobody is named (R-320)."""
    if attestation is not None and partner.acting.user is None:
        raise InvalidInput("Acting-User", "Name the person who attests: an application has compared nothing.")


def require_room(claim: Claim) -> None:
    """Raises InvalidInput when the claim has as many documents as it can have."""
    if len(claim.proofs) >= _MOST_PROOFS:
        raise InvalidInput("document", f"A claim has at most {_MOST_PROOFS} documents.")


async def inspected(world: World, claim: Claim, content: bytes, name: str) -> tuple[Proof, Report]:
    """The document as a proof for this claim, and what a reviewer would object to. Raises ProofRefused (R-85)."""
    require_plain_name(name)
    programme, now = world.programmes.programme(claim.programme_id), world.clock.now()
    subject, max_bytes = subject_of(claim, programme), programme.policy.poe_max_bytes
    report = await world.inspector.inspect(content, now=now, subject=subject, max_bytes=max_bytes)
    media_type = media_type_of(content)
    refusals = (*report.refusals(), *name_refusals(name, media_type))
    if media_type is None or refusals:
        raise ProofRefused(tuple(Obstacle(check.code, f"{check.finding} {check.advice}") for check in refusals))
    digest = sha256(content).hexdigest()
    faults = tuple(check.code for check in report.obstacles())
    is_scan = report.is_of_scan
    return Proof(digest[:20], digest, len(content), media_type, safe_name(name), now, faults=faults, is_scan=is_scan), report


async def store_document(world: World, claim_id: str, proof: Proof, content: bytes) -> None:
    """Stores the document under its claim and its own hash; again is the same."""
    await world.files.put("proofs", blob_name(claim_id, proof.sha256), content, proof.media_type)


async def submit_claim(
    world: World, partner: Partner, claim_id: str, call: Call | None, as_read: AsRead[Claim] = whatever
) -> Claim:
    """Takes every scope of the claim or none, and begins screening. What the customer refused lately is not asked again (R-05).

    Raises ClaimIncomplete, AskedTooSoon, ScopeTaken, ActionNotAllowed.
    """
    require_active(partner)
    stored, *others = await world.records.claims_beside(claim_id, partner.partner_id)
    faults, toll = await faults_now(world, stored.claim), limits.Toll(world, partner)

    def decide(claim: Claim, act: Act) -> Change:
        policy = world.programmes.programme(claim.programme_id).policy_for(claim.country)
        change = submission.submit(claim, act, policy, faults)
        consent.require_waited(claim, (other.claim for other in others), act.at, policy)
        return toll.ask(change)

    return toll.paid(await move(world, claim_id, actor_of(partner), decide, call=call, loaded=stored, as_read=as_read))


async def obstacles_to(world: World, partner: Partner, claim_id: str, as_read: AsRead[Claim] = whatever) -> tuple[Obstacle, ...]:
    """Everything that stands between the claim and its submission, without doing anything. Raises ActionNotAllowed."""
    stored, *others = await world.records.claims_beside(claim_id, partner.partner_id)
    as_read(stored.claim)
    admits(stored.claim, Event.SUBMIT, ActorKind.PARTNER)
    return await find_obstacles(world, stored.claim, [other.claim for other in others])


async def find_obstacles(world: World, claim: Claim, others: Collection[Claim]) -> tuple[Obstacle, ...]:
    """Everything in the way of submitting the claim now; `others` are its partner's claims about the same customer."""
    missing = submission.obstacles(claim, await faults_now(world, claim))
    if claim.submitted_at is not None:
        return missing
    taken = await world.records.taken(claim.tenant_id, (s.scope for s in claim.scopes))
    sentence = "{} has been taken by another claim or association since {:%d %B %Y}."
    found = (*missing, *(Obstacle("scope_taken", sentence.format(t.scope, t.since)) for t in taken))
    try:
        policy = world.programmes.programme(claim.programme_id).policy_for(claim.country)
        consent.require_waited(claim, others, world.clock.now(), policy)
    except AskedTooSoon as refusal:
        return (*found, Obstacle(refusal.code, refusal.sentence))
    return found


async def withdraw_claim(
    world: World, partner: Partner, claim_id: str, words: str | None, call: Call | None, as_read: AsRead[Claim] = whatever
) -> Claim:
    """Gives the claim up; its holds are free at once. Raises ActionNotAllowed."""

    def decide(claim: Claim, act: Act) -> Change:
        return ending.withdraw(claim, act, words)

    return await move(world, claim_id, actor_of(partner), decide, call=call, as_read=as_read)


async def read_claim(world: World, partner: Partner, claim_id: str) -> Claim:
    """The partner's claim. Raises NotFound for a missing one and for another partner's."""
    return owned_by(partner.partner_id, (await world.records.claim(claim_id)).claim)


async def read_timeline(world: World, claim: Claim) -> tuple[Entry, ...]:
    """All that happened up to this state of the claim, oldest first; what came since it was read has another head."""
    return await world.records.timeline(claim.claim_id, until=claim.seq)


def require_active(partner: Partner) -> None:
    """Raises PartnerSuspended."""
    if partner.suspended:
        raise PartnerSuspended


def require_supported(programme: Programme, scopes: tuple[str, ...]) -> None:
    """Raises InvalidInput for a scope that the programme does not know or the product does not support yet (R-02)."""
    known = {WORKLOAD_SCOPE + workload.workload_id for workload in programme.workloads}
    for scope in scopes:
        if scope.startswith("subscription:"):
            raise InvalidInput("scopes", "Scopes of subscriptions are not supported yet.")
        if scope not in known:
            raise InvalidInput("scopes", f"The programme knows no scope like this; it knows {', '.join(sorted(known))}.")


def mail_address(text: str, field: str = "contact.mail") -> str:
    """The address, trimmed, its domain in its one spelling. Raises InvalidInput, which names the field."""
    local, at, domain = text.strip().rpartition("@")
    printable = local.isascii() and local.isprintable() and not any(c in ' <>()[],;:"\\' for c in local)
    if not at or not local or not printable or len(text) > 254:
        raise InvalidInput(field, "This is not a mail address.")
    try:
        return f"{local}@{domain_name(domain)}"
    except InvalidInput as error:
        raise InvalidInput(field, "This is not a mail address.") from error


async def read_proof(world: World, claim: Claim, document_id: str) -> tuple[str, str, bytes]:
    """Name, media type and content of a document that was found clean or that we made ourselves. Raises NotFound."""
    proof = next((p for p in claim.proofs if p.document_id == document_id and (p.scan is Scan.CLEAN or p.sealed_for)), None)
    if proof is None:
        raise NotFound
    return proof.name, proof.media_type, await content_of(world, claim, proof)
