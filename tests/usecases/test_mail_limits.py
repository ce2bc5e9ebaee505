"""Mails are limited by partner, by customer's domain and by address: what would ask once too often is refused."""

from dataclasses import replace

import pytest

from shared.domain.errors import ClaimIncomplete
from shared.domain.limit import Limited, LimitReached
from shared.ports.world import World
from shared.usecases import claims, limits, partner_moves
from tests.usecases.steps import ask_to_sign
from tests.usecases.system import CLAIM_ID, DOMAIN, PARTNER, TENANT, System, call, complete_draft, draft, under_review, wanted


def leave(world: World, what: Limited, amount: int) -> None:
    """Uses up all but so many mails."""
    rate = limits.limits_of(world, PARTNER).rate(what)
    key = {Limited.MAILS: PARTNER.partner_id, Limited.MAILS_TO_DOMAIN: f"{TENANT}/{DOMAIN}"}[what]
    world.limiter.take(what, key, rate, world.clock.now(), rate.most - amount)


@pytest.mark.parametrize("what", [Limited.MAILS, Limited.MAILS_TO_DOMAIN])
async def test_a_submission_whose_mails_are_too_many_is_refused_and_changes_nothing(system: System, what: Limited) -> None:
    """R-293"""
    claim = await complete_draft(system)
    leave(system.world, what, 1)
    with pytest.raises(LimitReached):
        await claims.submit_claim(system.world, PARTNER, CLAIM_ID, call("submit"))
    assert (await system.world.records.claim(CLAIM_ID)).claim == claim


async def test_asking_again_counts_and_a_refused_attempt_does_not(system: System) -> None:
    """R-293"""
    await draft(system)
    leave(system.world, Limited.MAILS, 4)
    for _ in range(5):
        with pytest.raises(ClaimIncomplete):
            await claims.submit_claim(system.world, PARTNER, CLAIM_ID, None)
    await system.forget()
    await under_review(system)
    await partner_moves.resend_consent(system.world, PARTNER, CLAIM_ID, call("again"))
    with pytest.raises(LimitReached):
        await partner_moves.resend_consent(system.world, PARTNER, CLAIM_ID, call("once more"))


@pytest.mark.parametrize("what", [Limited.MAILS, Limited.MAILS_TO_DOMAIN])
async def test_a_request_to_sign_that_is_one_mail_too_many_is_refused_and_changes_nothing(system: System, what: Limited) -> None:
    """R-293, R-121"""
    claim = await draft(system)
    leave(system.world, what, 1)
    with pytest.raises(LimitReached):
        await ask_to_sign(system.world)
    assert (await system.world.records.claim(CLAIM_ID)).claim == claim


async def test_one_person_is_named_only_so_often_by_all_partners_together(system: System) -> None:
    """R-293"""
    most = limits.limits_of(system.world, PARTNER).mails_per_address_a_day
    for number in range(most):
        partner = replace(PARTNER, partner_id=f"47110{number:02d}")
        limits.require_address(system.world, partner, TENANT, f"ADA@{DOMAIN}" if number % 2 else f"ada@{DOMAIN}")
    with pytest.raises(LimitReached):
        await claims.create_claim(system.world, PARTNER, wanted(), "create", call("create"))
    limits.require_address(system.world, PARTNER, TENANT, f"eve@{DOMAIN}")
