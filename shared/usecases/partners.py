"""What an operator does with partners. Safe to run twice: a profile is written as a whole."""

from dataclasses import replace

from shared.domain.errors import InvalidInput, NotFound
from shared.domain.identity import partner_id
from shared.domain.partner import Partner, suspended_as
from shared.ports.world import World
from shared.usecases.as_read import AsRead, whatever
from shared.usecases.claims import mail_address


async def read(world: World, wanted_id: str) -> Partner:
    """An enrolled partner. Raises NotFound, also for what could be no partner's id."""
    try:
        return await world.partners.partner(partner_id(wanted_id))
    except InvalidInput as error:
        raise NotFound from error


async def enrol(world: World, partner: Partner, as_read: AsRead[Partner | None] = whatever) -> Partner:
    """Enrols a partner or changes its profile. Raises InvalidInput, StaleVersion."""
    partner_id(partner.partner_id)
    checked = replace(partner, mail=mail_address(partner.mail))
    for programme in partner.programmes:
        try:
            world.programmes.programme(programme)
        except NotFound as error:
            raise InvalidInput("programmes", f"There is no programme {programme}.") from error
    for grant in partner.grants:
        if partner_id(grant.distributor_id) == partner.partner_id:
            raise InvalidInput("grants", "A partner acts for itself without a grant.")
    try:
        known = await world.partners.partner(partner.partner_id)
    except NotFound:
        known = None
    # Asked here, before anything is written, and again of what the profile is written over.
    as_read(known)
    checked = suspended_as(checked, known, world.clock.now())
    await world.partners.enrol(checked, as_read)
    return checked
