"""R-05: what a customer has refused is not asked again by the same partner for 90 days, and the wait costs no request."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.claim import Claim, status
from shared.domain.errors import AskedTooSoon, ScopeTaken
from shared.domain.lifecycle import Status
from shared.domain.partner import Partner
from shared.usecases import claims
from tests.faults import Faults
from tests.usecases.steps import clicks
from tests.usecases.system import CLAIM_ID as CLAIM
from tests.usecases.system import EXCHANGE, PARTNER, TEAMS, System, call, poe, under_review, wanted

OTHER = replace(PARTNER, partner_id="4711002")


async def refused(system: System, *scopes: str) -> None:
    """The customer refuses these scopes of the sample claim."""
    await under_review(system)
    await clicks(system, dict.fromkeys(scopes, False))(system.world)
    await system.settle()


async def ready(system: System, *scopes: str, partner: Partner = PARTNER) -> str:
    """The id of another draft for the same customer, with a proof signed the day before."""
    claim = await claims.create_claim(system.world, partner, wanted(*scopes), "again", call(f"again {partner.partner_id}"))
    signed_on = (system.clock.now() - timedelta(days=1)).date()
    await claims.attach_proof(system.world, partner, claim.claim_id, poe(signed_on=signed_on), "poe.pdf", None)
    return claim.claim_id


async def submit(system: System, claim_id: str, partner: Partner = PARTNER) -> Claim:
    return await claims.submit_claim(system.world, partner, claim_id, None)


async def test_the_same_partner_waits_and_is_told_until_when(system: System) -> None:
    await refused(system, TEAMS, EXCHANGE)
    claim_id = await ready(system, TEAMS)
    with pytest.raises(AskedTooSoon, match="workload:teams from 31 May 2026"):
        await submit(system, claim_id)
    assert await system.world.records.taken(wanted().tenant_id, [TEAMS]) == ()
    found = await claims.obstacles_to(system.world, PARTNER, claim_id)
    assert [obstacle.code for obstacle in found] == ["asked_too_soon"]


async def test_after_ninety_days_it_may_ask_again_and_not_a_second_earlier(system: System) -> None:
    await refused(system, TEAMS, EXCHANGE)
    refused_at = system.clock.time
    system.clock.time = refused_at + timedelta(days=90, seconds=-1)
    claim_id = await ready(system, TEAMS)
    with pytest.raises(AskedTooSoon):
        await submit(system, claim_id)
    system.clock.advance(timedelta(seconds=1))
    assert status(await submit(system, claim_id)) is Status.SCREENING


async def test_only_the_refused_scope_has_to_wait(system: System) -> None:
    """The rest of the refused claim goes on and holds what it holds: that is what another claim for it is told."""
    await refused(system, TEAMS)
    with pytest.raises(ScopeTaken) as told:
        await submit(system, await ready(system, EXCHANGE))
    assert [taken.scope for taken in told.value.taken] == [EXCHANGE]


async def test_a_refusal_holds_up_nobody_else(system: System) -> None:
    await refused(system, TEAMS, EXCHANGE)
    claim_id = await ready(system, TEAMS, partner=OTHER)
    assert status(await submit(system, claim_id, OTHER)) is Status.SCREENING


async def test_the_first_answer_of_a_submission_outlives_the_refusal(system: System) -> None:
    """A caller that lost its answer gets it, although by now it would have to wait."""
    await refused(system, TEAMS, EXCHANGE)
    first = await system.world.records.first_answer(CLAIM[:2], call("submit"))
    assert first is not None
    again = await claims.submit_claim(system.world, PARTNER, CLAIM, call("submit"))
    assert first == again


async def test_looking_for_refusals_costs_no_request(system: System) -> None:
    await refused(system, TEAMS, EXCHANGE)
    claim_id, counter = await ready(system, TEAMS), Faults()
    with pytest.raises(AskedTooSoon):
        await claims.submit_claim(system.process(counter), PARTNER, claim_id, None)
    assert [sent.operation for sent in counter.trail] == ["table query"], counter.trail
