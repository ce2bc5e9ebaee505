"""What a partner does with a claim it has: edit it, take a document out, remark, ask the customer again, come back after its end.

Each is one move of the domain on the partner's own claim. Safe to run twice: with an idempotency key a call has its effect once,
and an edit names the version that it is about. A suspended partner reads and does none of this.
"""

from collections.abc import Callable

from shared.domain import contact, ending, review, submission
from shared.domain.attestation import Statement
from shared.domain.attesting import attest
from shared.domain.claim import Change, Claim
from shared.domain.errors import InvalidInput
from shared.domain.partner import Partner
from shared.domain.person import Person
from shared.domain.policy import Policy
from shared.domain.submission import Edit
from shared.domain.timeline import Act
from shared.domain.transition import joined
from shared.ports.records import Call
from shared.ports.world import World
from shared.usecases import limits
from shared.usecases.as_read import AsRead, whatever
from shared.usecases.claims import mail_address, require_active, require_attester, require_supported
from shared.usecases.moves import Decide, actor_of, move, owned_by
from shared.usecases.people import NewPerson, named


async def edit_claim(
    world: World, partner: Partner, claim_id: str, edit: Edit, asked: NewPerson | None, as_read: AsRead[Claim] = whatever
) -> Claim:
    """The claim with other content, another contact, or both at once (R-09).

    Raises StaleVersion, ActionNotAllowed, InvalidInput; LimitReached, PartnerPaused where the contact is to be asked at once.
    """
    require_active(partner)
    stored = await world.records.claim(claim_id)
    claim = owned_by(partner.partner_id, stored.claim)
    as_read(claim)
    if edit == Edit() and asked is None:
        raise InvalidInput("", "Name at least one field that is to change.")
    programme = world.programmes.programme(claim.programme_id)
    require_supported(programme, edit.scopes or ())
    person: Person | None = None
    is_verified, toll = False, limits.Toll(world, partner)
    if asked is not None:
        toll.name(claim.tenant_id, mail_address(asked.mail))
        person, is_verified = await named(world, claim, "contact", asked, "contact.mail")

    def decide(current: Claim, act: Act) -> Change:
        if person is None:
            return submission.edit(current, act, programme.policy_for(current.country), edit)
        edited = None if edit == Edit() else submission.edit(current, act, programme.policy_for(current.country), edit)
        so_far, policy, said = edited.after if edited else current, programme.policy_for(current.country), person.commitment
        corrected = contact.correct(so_far, act, policy, person.person_id, is_verified=is_verified, commitment=said)
        change = joined(edited, corrected) if edited else corrected
        return toll.ask(change) if contact.asks_at_once(so_far) else toll.decided(change)

    return toll.paid(await move(world, claim_id, actor_of(partner), decide, loaded=stored, person=person, as_read=as_read))


async def remove_proof(
    world: World, partner: Partner, claim_id: str, document_id: str, as_read: AsRead[Claim] = whatever
) -> Claim:
    """The draft without this document (R-111). Raises NotFound, ActionNotAllowed."""
    decide = _own(world, partner, lambda claim, act, _: submission.detach(claim, act, document_id))
    return await move(world, claim_id, actor_of(partner), decide, as_read=as_read)


async def attest_proof(
    world: World,
    partner: Partner,
    claim_id: str,
    document_id: str,
    attestation: Statement,
    call: Call | None,
    as_read: AsRead[Claim] = whatever,
) -> Claim:
    """The claim, whose document somebody of its partner has compared with what the customer signed (R-320).

    Raises NotFound, ActionNotAllowed, InvalidInput when nobody is named.
    """
    require_attester(partner, attestation)
    decide = _own(world, partner, lambda claim, act, _: attest(claim, act, document_id, attestation))
    return await move(world, claim_id, actor_of(partner), decide, call=call, as_read=as_read)


async def comment(
    world: World, partner: Partner, claim_id: str, words: str, call: Call | None, as_read: AsRead[Claim] = whatever
) -> Claim:
    """A remark in the timeline. Raises ActionNotAllowed."""
    decide = _own(world, partner, lambda claim, act, _: review.comment(claim, act, words))
    return await move(world, claim_id, actor_of(partner), decide, call=call, as_read=as_read)


async def reopen(world: World, partner: Partner, claim_id: str, call: Call | None, as_read: AsRead[Claim] = whatever) -> Claim:
    """Back from an action deadline that passed, once (R-17). Raises TooLate, ScopeTaken, ActionNotAllowed."""
    return await move(world, claim_id, actor_of(partner), _own(world, partner, ending.reopen), call=call, as_read=as_read)


async def dispute(
    world: World, partner: Partner, claim_id: str, words: str, call: Call | None, as_read: AsRead[Claim] = whatever
) -> Claim:
    """An appeal against a rejection, once (R-18). Raises TooLate, ScopeTaken, ActionNotAllowed."""
    decide = _own(world, partner, lambda claim, act, policy: ending.dispute(claim, act, policy, words))
    return await move(world, claim_id, actor_of(partner), decide, call=call, as_read=as_read)


async def resend_consent(
    world: World, partner: Partner, claim_id: str, call: Call | None, as_read: AsRead[Claim] = whatever
) -> Claim:
    """Asks the same contact once more; links mailed before are void (R-07). Raises ActionNotAllowed, LimitReached."""
    toll = limits.Toll(world, partner)
    decide = _own(world, partner, lambda claim, act, policy: toll.ask(contact.resend(claim, act, policy)))
    return toll.paid(await move(world, claim_id, actor_of(partner), decide, call=call, as_read=as_read))


def _own(world: World, partner: Partner, decide: Callable[[Claim, Act, Policy], Change]) -> Decide:
    """The move by the policy of the claim's programme, of a partner that is not suspended."""
    require_active(partner)

    def decided(claim: Claim, act: Act) -> Change:
        return decide(claim, act, world.programmes.programme(claim.programme_id).policy_for(claim.country))

    return decided
