"""A partner whom customers refuse too often asks no further ones until a person has looked."""

from dataclasses import replace

import pytest

from shared.domain.errors import PartnerPaused
from shared.domain.limit import Limits
from shared.usecases import claims, partners
from tests.usecases.steps import clicks, told_of_refusals
from tests.usecases.system import CLAIM_ID, EXCHANGE, PARTNER, TEAMS, System, call, complete_draft, under_review


async def test_after_too_many_refusals_nobody_is_asked_until_somebody_has_looked(system: System) -> None:
    """R-295"""
    await complete_draft(system)
    await told_of_refusals(system, Limits().pause_after_refusals - 1)
    assert (await system.world.partners.partner(PARTNER.partner_id)).paused_at is None
    await told_of_refusals(system, 1)
    paused = await system.world.partners.partner(PARTNER.partner_id)
    assert paused.paused_at == system.clock.now()
    with pytest.raises(PartnerPaused):
        await claims.submit_claim(system.world, paused, CLAIM_ID, call("submit"))
    await partners.enrol(system.world, PARTNER)
    looked_at = await system.world.partners.partner(PARTNER.partner_id)
    assert looked_at.paused_at is None
    await claims.submit_claim(system.world, looked_at, CLAIM_ID, call("submit"))
    await told_of_refusals(system, 1)
    assert (await system.world.partners.partner(PARTNER.partner_id)).paused_at is None, "they pile up anew"


async def test_one_customer_that_refuses_pauses_nobody(system: System) -> None:
    """R-295: and the refusal is counted, by the way that every answer takes."""
    await under_review(system)
    await clicks(system, {TEAMS: False, EXCHANGE: False})(system.world)
    await system.settle()
    assert (await system.world.partners.partner(PARTNER.partner_id)).paused_at is None
    await told_of_refusals(system, Limits().pause_after_refusals - 1)
    assert (await system.world.partners.partner(PARTNER.partner_id)).paused_at is not None
    await partners.enrol(system.world, replace(PARTNER, name="Northwind Ltd"))
