"""Mails are limited by partner, by customer's domain and by address: what would ask once too often is refused."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.claim import status
from shared.domain.errors import ClaimIncomplete
from shared.domain.lifecycle import Status
from shared.domain.limit import Limited, LimitReached, Limits
from shared.domain.partner import Partner
from shared.domain.submission import Edit
from shared.ports.world import World
from shared.usecases import claims, limits, partner_moves, partners
from shared.usecases.people import NewPerson
from tests.contract.record_builders import creation
from tests.usecases.crash import begin
from tests.usecases.steps import CALLS, SIGNING, Step, ask_to_sign, told_of_refusals
from tests.usecases.system import (
    CLAIM_ID,
    DOMAIN,
    PARTNER,
    TENANT,
    System,
    call,
    complete_draft,
    current,
    draft,
    poe,
    seen,
    under_review,
    wanted,
)

ASKING = ("create and submit at once", "submit", "resend", "ask to sign")


def leave(world: World, what: Limited, amount: int) -> None:
    """Uses up all but so many mails."""
    rate = limits.limits_of(world, PARTNER).rate(what)
    key = {Limited.MAILS: PARTNER.partner_id, Limited.MAILS_TO_DOMAIN: f"{TENANT}/{DOMAIN}"}[what]
    world.limiter.take(what, key, rate, world.clock.now(), rate.most - amount)


def named(world: World, partner: Partner, address: str) -> None:
    """A claim is made that names this person."""
    toll = limits.Toll(world, partner)
    toll.name(TENANT, address)
    toll.paid(toll.decided(creation(TENANT)).after)


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
async def test_another_contact_who_is_asked_at_once_is_one_of_the_mails(system: System, what: Limited) -> None:
    """R-293: else one name after the other could be mailed at the same customer, each for the first time."""
    claim = await under_review(system)
    leave(system.world, what, 5)  # The submission has taken two of them.
    bea, cleo = (NewPerson(name, f"{name}@{DOMAIN}") for name in ("bea", "cleo"))
    after = await partner_moves.edit_claim(system.world, PARTNER, CLAIM_ID, Edit(), bea, seen(claim))
    with pytest.raises(LimitReached):
        await partner_moves.edit_claim(system.world, PARTNER, CLAIM_ID, Edit(), cleo, seen(after))
    assert (await system.world.records.claim(CLAIM_ID)).claim == after


async def test_another_contact_of_a_draft_costs_no_mail(system: System) -> None:
    """R-293"""
    claim = await draft(system)
    leave(system.world, Limited.MAILS, 0)
    bea = NewPerson("Bea", f"bea@{DOMAIN}")
    await partner_moves.edit_claim(system.world, PARTNER, CLAIM_ID, Edit(), bea, seen(claim))


@pytest.mark.parametrize("what", [Limited.MAILS, Limited.MAILS_TO_DOMAIN])
async def test_a_request_to_sign_that_is_one_mail_too_many_is_refused_and_changes_nothing(system: System, what: Limited) -> None:
    """R-293, R-121"""
    claim = await draft(system)
    leave(system.world, what, 1)
    with pytest.raises(LimitReached):
        await ask_to_sign(system.world)
    assert (await system.world.records.claim(CLAIM_ID)).claim == claim


async def enrolled(system: System) -> None:
    await partners.enrol(system.world, replace(PARTNER, mail="claims@northwind.example"))


def with_limits(world: World, monkeypatch: pytest.MonkeyPatch, **figures: int) -> None:
    """What the programme allows from now on, in this worker."""
    programme = world.programmes.programme("demo")
    tight = replace(programme.policy.limits, **figures)
    changed = replace(programme, policy=replace(programme.policy, limits=tight))
    monkeypatch.setattr(world.programmes, "programme", lambda _: changed)


@pytest.mark.parametrize("figure", ["mails_per_partner_a_day", "mails_per_domain_a_day"])
async def test_a_worker_knows_what_the_others_let_a_partner_ask(
    system: System, monkeypatch: pytest.MonkeyPatch, figure: str
) -> None:
    """R-310: each worker has seen one move; the day's figure is one of all of them."""
    await enrolled(system)
    await under_review(system)
    other = system.process()
    known = await limits.counted_partner(other, PARTNER.partner_id)
    assert (known.asked.claims, known.asked.mails) == (1, 2)
    with_limits(other, monkeypatch, **{figure: 4})
    await partner_moves.resend_consent(other, known, CLAIM_ID, call("again"))
    await system.settle()
    third = system.process()
    with_limits(third, monkeypatch, **{figure: 4})
    known = await limits.counted_partner(third, PARTNER.partner_id)
    with pytest.raises(LimitReached):
        await partner_moves.resend_consent(third, known, CLAIM_ID, call("once more"))
    system.clock.advance(timedelta(days=1))
    await partner_moves.resend_consent(third, known, CLAIM_ID, call("once more"))


async def test_a_claim_that_submits_itself_counts_and_is_held_up_at_the_limit(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-310, R-311"""
    await enrolled(system)
    eager = replace(wanted(), submit_when_ready=True)
    await claims.create_claim(system.world, PARTNER, eager, "create", call("create"))
    await claims.attach_proof(system.world, PARTNER, CLAIM_ID, poe(), "poe.pdf", None)
    with monkeypatch.context() as patch:
        with_limits(system.world, patch, mails_per_partner_a_day=1)
        await system.settle()
        held_up = await current(system)
        assert (status(held_up), [each.code for each in held_up.held_up_by]) == (Status.DRAFT, ["limit_reached"])
    await partner_moves.edit_claim(system.world, PARTNER, CLAIM_ID, Edit(note="Ready."), None)
    await system.settle()
    assert status(await current(system)) is not Status.DRAFT
    assert (await limits.counted_partner(system.world, PARTNER.partner_id)).asked.mails == 2


async def test_a_claim_that_was_held_up_by_a_limit_submits_itself_once_more_fits(system: System) -> None:
    """R-384: until midnight it says so, once, and then nobody has to call anything."""
    await enrolled(system)
    eager = replace(wanted(), submit_when_ready=True)
    await claims.create_claim(system.world, PARTNER, eager, "create", call("create"))
    leave(system.world, Limited.MAILS, 0)
    await claims.attach_proof(system.world, PARTNER, CLAIM_ID, poe(), "poe.pdf", None)
    await system.settle()
    held_up = await current(system)
    assert [each.code for each in held_up.held_up_by] == ["limit_reached"]
    await system.pass_days(1)
    claim = await current(system)
    assert (status(claim), claim.held_up_by) == (Status.UNDER_REVIEW, ())


async def test_a_claim_of_a_paused_partner_does_not_submit_itself(system: System) -> None:
    """R-295, R-311"""
    await enrolled(system)
    eager = replace(wanted(), submit_when_ready=True)
    await claims.create_claim(system.world, PARTNER, eager, "create", call("create"))
    await told_of_refusals(system, Limits().pause_after_refusals)
    await claims.attach_proof(system.world, PARTNER, CLAIM_ID, poe(), "poe.pdf", None)
    await system.settle()
    held_up = await current(system)
    assert (status(held_up), [each.code for each in held_up.held_up_by]) == (Status.DRAFT, ["partner_paused"])


async def test_one_person_is_named_only_so_often_by_all_partners_together(system: System) -> None:
    """R-293"""
    most = limits.limits_of(system.world, PARTNER).mails_per_address_a_day
    for number in range(most):
        partner = replace(PARTNER, partner_id=f"47110{number:02d}")
        named(system.world, partner, f"ADA@{DOMAIN}" if number % 2 else f"ada@{DOMAIN}")
    with pytest.raises(LimitReached):
        await claims.create_claim(system.world, PARTNER, wanted(), "create", call("create"))
    named(system.world, PARTNER, f"eve@{DOMAIN}")


@pytest.mark.parametrize("step", [one for one in (*CALLS, *SIGNING) if one.name in ASKING], ids=str)
async def test_a_repeated_call_has_its_answer_at_the_limit_and_uses_nothing(system: System, step: Step) -> None:
    """R-312"""
    start = await begin(system, step)
    await system.restore(start.snapshot)
    world, rate = system.process(), limits.limits_of(system.world, PARTNER).rate(Limited.MAILS)
    leave(world, Limited.MAILS, 2)
    first = await start.act(world)
    with pytest.raises(LimitReached):
        world.limiter.check(Limited.MAILS, PARTNER.partner_id, rate, world.clock.now())
    assert await start.act(world) == first
    other = system.process()
    leave(other, Limited.MAILS, 4)
    for _ in range(3):
        assert await start.act(other) == first
    other.limiter.check(Limited.MAILS, PARTNER.partner_id, rate, world.clock.now(), 4)
