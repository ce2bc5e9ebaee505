"""A suspended partner does nothing new, and loses nothing by the time that passes: its clocks stand still."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.claim import DueKind, status
from shared.domain.errors import PartnerSuspended
from shared.domain.lifecycle import Status
from shared.usecases import claims, partners, reviews
from tests.usecases.system import CLAIM_ID, PARTNER, REVIEWER, System, call, complete_draft, current, under_review


async def action_required(system: System) -> None:
    """A claim whose partner has five business days to act."""
    await under_review(system)
    await reviews.request_action(system.world, REVIEWER, CLAIM_ID, call("ask"), "poe_unclear", "Please mend it.")
    await system.settle()


async def suspend(system: System, *, suspended: bool) -> None:
    await partners.enrol(system.world, replace(PARTNER, suspended=suspended))


async def test_a_deadline_of_a_suspended_partner_does_not_come(system: System) -> None:
    """R-294: and once the suspension ends, as many days are left as were left when it began."""
    await action_required(system)
    claim = await current(system)
    overdue = next(due.at for due in claim.dues if due.kind is DueKind.ACTION_OVERDUE)
    left = overdue - system.clock.now()
    await system.pass_days(2)
    await suspend(system, suspended=True)
    await system.pass_days(12)
    assert status(await current(system)) is Status.ACTION_REQUIRED
    await suspend(system, suspended=False)
    await system.pass_days(left.days - 2)
    assert status(await current(system)) is Status.ACTION_REQUIRED
    await system.pass_days(3)
    assert status(await current(system)) is Status.EXPIRED


async def test_a_deadline_of_a_partner_that_was_suspended_long_ago_comes_when_it_says(system: System) -> None:
    """R-294: only the time since the clock began counts."""
    await suspend(system, suspended=True)
    system.clock.advance(timedelta(days=30))
    await suspend(system, suspended=False)
    system.clock.advance(timedelta(days=1))
    await action_required(system)
    overdue = next(due.at for due in (await current(system)).dues if due.kind is DueKind.ACTION_OVERDUE)
    await system.pass_days((overdue - system.clock.now()).days + 2)
    assert status(await current(system)) is Status.EXPIRED


async def test_enrolling_again_neither_begins_nor_ends_a_suspension(system: System) -> None:
    """R-294: a profile is written as a whole, as often as one likes."""
    for _ in range(2):
        await suspend(system, suspended=True)
        system.clock.advance(timedelta(days=1))
    (suspension,) = (await system.world.partners.partner(PARTNER.partner_id)).suspensions
    assert (suspension.since, suspension.until) == (system.clock.now() - timedelta(days=2), None)
    for _ in range(2):
        await suspend(system, suspended=False)
        system.clock.advance(timedelta(days=1))
    (suspension,) = (await system.world.partners.partner(PARTNER.partner_id)).suspensions
    assert suspension.until == system.clock.now() - timedelta(days=2)


async def test_a_suspended_partner_submits_nothing(system: System) -> None:
    await complete_draft(system)
    with pytest.raises(PartnerSuspended):
        await claims.submit_claim(system.world, replace(PARTNER, suspended=True), CLAIM_ID, call("submit"))
