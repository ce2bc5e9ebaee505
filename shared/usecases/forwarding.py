"""Whom we ask is not the right person, and passes the request on to a colleague.

Safe to run twice: the link that was used is void once the colleague is asked, so the same form sent again leads nowhere.
"""

from shared.domain import contact
from shared.domain.claim import Change, Claim
from shared.domain.errors import ContactUnverified
from shared.domain.shown import Shown
from shared.domain.timeline import Act
from shared.ports.records import Stored
from shared.ports.world import World
from shared.usecases import limits
from shared.usecases.consent import customer_of, require_same_window
from shared.usecases.moves import move
from shared.usecases.people import NewPerson, named


async def forward(world: World, opened: Stored, colleague: NewPerson, shown: Shown | None) -> Claim:
    """The claim, whose request goes to the colleague now; unchanged where it cannot be passed on (R-332, R-333).

    Raises ContactUnverified for an address outside the customer's verified domains, InvalidInput for none, LimitReached, and
    LinkUnusable when somebody else was asked in between.
    """
    claim = opened.claim
    programme = world.programmes.programme(claim.programme_id)
    policy = programme.policy_for(claim.country)
    if not contact.may_forward(claim, policy):
        return claim
    person, is_verified = await named(world, claim, "contact", colleague, "mail")
    if not is_verified:
        raise ContactUnverified
    limits.take_address(world, policy.limits, claim.tenant_id, person.address)

    def decide(current: Claim, act: Act) -> Change | None:
        require_same_window(current, opened)
        if not contact.may_forward(current, policy):
            return None
        return contact.forward(current, act, policy, person.person_id, person.commitment, shown)

    return await move(world, claim.claim_id, customer_of(claim), decide, loaded=opened, person=person)
