"""Contests over a real store: two partners, one customer, and never two holders of a scope, or none where there should be one."""

import asyncio
from collections.abc import Awaitable

import pytest

from shared.adapters import names
from shared.domain.association import EndReason
from shared.domain.claim import Claim, Hold, status
from shared.domain.errors import ActionNotAllowed, ConsentMissing, InvalidInput, NotFound, ScopeContested
from shared.domain.identity import bucket_of, new_claim_id
from shared.domain.lifecycle import Status
from shared.domain.notice import MailKind
from shared.domain.partner import Partner
from shared.ports.world import World
from shared.usecases import claims, contests, reviews
from tests.faults import Faults
from tests.usecases.crash import survives
from tests.usecases.portrait import portraits
from tests.usecases.steps import Step, calls, clicks
from tests.usecases.system import (
    CLAIM_ID,
    EXCHANGE,
    PARTNER,
    REVIEWER,
    RIVAL,
    TEAMS,
    TENANT,
    THIRD,
    Arrange,
    System,
    call,
    complete_draft,
    current,
    poe,
    wanted,
)

INCUMBENT = new_claim_id(TENANT, RIVAL.partner_id, "rival")
EVIDENCE = "We deployed it in March."


async def holder(system: System, *scopes: str) -> None:
    """A rival holds these scopes, with a claim under review."""
    await system.world.partners.enrol(RIVAL)
    await claims.create_claim(system.world, RIVAL, wanted(*(scopes or (TEAMS,))), "rival", call("rival"))
    await claims.attach_proof(system.world, RIVAL, INCUMBENT, poe(), "poe.pdf", None)
    await claims.submit_claim(system.world, RIVAL, INCUMBENT, None)
    await system.settle()


async def on_record(system: System) -> None:
    """The rival is on record, by the customer's click."""
    await holder(system)
    await reviews.approve(system.world, REVIEWER, INCUMBENT, None, confirms_contact=False)
    await clicks(system, {TEAMS: True})(system.world)
    await system.settle()


async def challenger(system: System) -> None:
    """The rival is on record for one scope, and the sample claim asks for it and another."""
    await on_record(system)
    await complete_draft(system)


def contests_it(world: World) -> Awaitable[Claim]:
    return contests.contest_scopes(world, PARTNER, CLAIM_ID, EVIDENCE, call("contest"))


async def contesting(system: System) -> None:
    """The contest is open, and the customer has been asked."""
    await challenger(system)
    await contests_it(system.world)
    await system.settle()


async def agreed_with_challenger(system: System) -> None:
    await contesting(system)
    await clicks(system, {TEAMS: True, EXCHANGE: True})(system.world)
    await system.settle()


def wins(world: World) -> Awaitable[Claim]:
    return contests.decide_for_challenger(world, REVIEWER, CLAIM_ID, "Shown.", call("decide"), confirms_contact=False)


def loses(world: World) -> Awaitable[Claim]:
    return contests.decide_for_incumbent(world, REVIEWER, CLAIM_ID, "The incumbent deployed it.", call("decide"))


def incumbent_ends(world: World) -> Awaitable[Claim]:
    return claims.withdraw_claim(world, RIVAL, INCUMBENT, None, call("withdraw"))


async def contesting_what_is_under_review(system: System) -> None:
    await holder(system)
    await complete_draft(system)
    await contests_it(system.world)
    await system.settle()


async def contesting_unscreened(system: System) -> None:
    """The challenger's proof is still being scanned."""
    await holder(system)
    await complete_draft(system)
    await contests_it(system.world)


async def claim_of(system: System, claim_id: str) -> Claim:
    return (await system.world.records.claim(claim_id)).claim


async def assert_sound(system: System) -> None:
    """Every row is its claim's, and of each scope there is one holder at most and one standing tenure at most."""
    await system.settle()
    await portraits(system)
    rows = await system.rows(names.RECORDS, bucket_of(TENANT))
    tenures = [row["scope"] for row in rows if row["RowKey"].startswith("assoc!") and "endedAt" not in row]
    assert len(set(tenures)) == len(tenures)
    found = [await claim_of(system, each) for each in await portraits(system)]
    held = [s.scope for claim in found for s in claim.scopes if s.hold is Hold.HELD]
    assert len(set(held)) == len(held)
    assert {s.scope for claim in found for s in claim.scopes if s.hold is Hold.CONTESTED} <= set(held), "nobody to contest with"


def holds(claim: Claim) -> dict[str, str]:
    return {s.scope: str(s.hold) for s in claim.scopes}


async def test_a_contest_holds_what_is_free_and_tells_the_incumbent_nothing_of_who(system: System) -> None:
    """R-24, R-255"""
    await contesting(system)
    claim, incumbent = await current(system), await claim_of(system, INCUMBENT)
    assert (status(claim), holds(claim)) == (Status.CONTESTING, {TEAMS: "contested", EXCHANGE: "held"})
    assert (status(incumbent), holds(incumbent)) == (Status.ACTIVE, {TEAMS: "held"})
    told = (await system.world.records.timeline(INCUMBENT))[-1]
    assert (str(told.event), told.data, told.words) == ("challenged", {"scopes": [TEAMS]}, None)
    assert PARTNER.partner_id not in str(told)
    await assert_sound(system)


async def test_the_challenger_wins_by_the_customers_click(system: System) -> None:
    """R-80, R-256: one moment, both claims, and those who lose are told."""
    await agreed_with_challenger(system)
    won = await wins(system.world)
    lost = await claim_of(system, INCUMBENT)
    assert (status(won), status(lost)) == (Status.ACTIVE, Status.ENDED)
    (begun,) = (t for t in won.tenures if t.scope == TEAMS)
    (ended,) = lost.tenures
    assert (begun.active_from, ended.end_reason) == (ended.ended_at, EndReason.CONTEST_LOST)
    await system.settle()
    assert [letter.partner_name for letter in system.letterbox.of(MailKind.ASSOCIATION_ENDED)] == [RIVAL.name]
    assert [letter.partner_name for letter in system.letterbox.of(MailKind.APPROVED)][-1:] == [PARTNER.name]
    (news,) = system.letterbox.of(MailKind.CLAIM_NEWS)
    assert (news.to_address, news.event, news.workloads) == (RIVAL.mail, "scope_lost", ("Microsoft Teams",)), "R-336"
    assert PARTNER.name not in repr(news)
    await assert_sound(system)


async def test_silence_wins_no_contest(system: System) -> None:
    """R-80"""
    await contesting(system)
    with pytest.raises(ConsentMissing):
        await wins(system.world)
    await assert_sound(system)


async def test_a_challenger_that_loses_is_rejected_and_the_incumbent_stays(system: System) -> None:
    """R-81"""
    await contesting(system)
    assert status(await loses(system.world)) is Status.REJECTED
    await system.settle()
    assert holds(await claim_of(system, INCUMBENT)) == {TEAMS: "held"}
    assert [letter.words for letter in system.letterbox.of(MailKind.REJECTED)] == ["The incumbent deployed it."]
    await assert_sound(system)


@pytest.mark.parametrize(
    ("prepare", "then"),
    [(contesting_what_is_under_review, Status.UNDER_REVIEW), (contesting_unscreened, Status.SCREENING)],
    ids=["screened", "still being screened"],
)
async def test_what_the_incumbent_lets_go_passes_over_at_once(system: System, prepare: Arrange, then: Status) -> None:
    """R-19: by one batch, without a moment in which anybody else could take it."""
    await prepare(system)
    await incumbent_ends(system.world)
    claim = await current(system)
    assert (status(claim), holds(claim)) == (then, {TEAMS: "held", EXCHANGE: "held"})
    told = (await system.world.records.timeline(CLAIM_ID))[-1]
    assert RIVAL.partner_id not in str(told)
    await assert_sound(system)
    await system.settle()
    assert status(await current(system)) is Status.UNDER_REVIEW


async def test_nothing_passes_to_a_challenger_that_has_given_up(system: System) -> None:
    await contesting_what_is_under_review(system)
    await claims.withdraw_claim(system.world, PARTNER, CLAIM_ID, None, None)
    await incumbent_ends(system.world)
    assert await system.world.records.taken(TENANT, [TEAMS, EXCHANGE]) == ()
    await assert_sound(system)


async def another_challenger(system: System, partner: Partner = THIRD, *scopes: str) -> str:
    await system.world.partners.enrol(partner)
    made = await claims.create_claim(system.world, partner, wanted(*(scopes or (TEAMS,))), "third", call(partner.partner_id))
    await claims.attach_proof(system.world, partner, made.claim_id, poe(), "poe.pdf", None)
    return made.claim_id


async def test_a_scope_is_contested_by_one_claim_at_a_time(system: System) -> None:
    """R-255: and by the next one when that is over."""
    await contesting(system)
    third = await another_challenger(system)
    with pytest.raises(ScopeContested):
        await contests.contest_scopes(system.world, THIRD, third, EVIDENCE, None)
    await loses(system.world)
    assert holds(await contests.contest_scopes(system.world, THIRD, third, EVIDENCE, None)) == {TEAMS: "contested"}
    await assert_sound(system)


async def test_of_two_challengers_at_once_one_is_told_of_the_other(system: System) -> None:
    """R-255"""
    await challenger(system)
    third = await another_challenger(system)
    outcomes = await asyncio.gather(
        contests_it(system.process()),
        contests.contest_scopes(system.process(), THIRD, third, EVIDENCE, None),
        return_exceptions=True,
    )
    assert sorted(type(each).__name__ for each in outcomes) == ["Claim", "ScopeContested"]
    await assert_sound(system)


async def test_what_is_free_is_not_contested(system: System) -> None:
    await complete_draft(system)
    with pytest.raises(InvalidInput):
        await contests_it(system.world)


async def test_nobody_contests_its_own_claim(system: System) -> None:
    await complete_draft(system)
    await claims.submit_claim(system.world, PARTNER, CLAIM_ID, None)
    again = await claims.create_claim(system.world, PARTNER, wanted(TEAMS), "again", call("again"))
    await claims.attach_proof(system.world, PARTNER, again.claim_id, poe(), "poe.pdf", None)
    with pytest.raises(InvalidInput):
        await contests.contest_scopes(system.world, PARTNER, again.claim_id, EVIDENCE, None)


async def test_another_partners_claim_is_not_there_to_contest_with(system: System) -> None:
    await challenger(system)
    with pytest.raises(NotFound):
        await contests.contest_scopes(system.world, THIRD, CLAIM_ID, EVIDENCE, None)


# Two writers at once


def batch_of(counter: Faults) -> int:
    (number,) = (sent.number for sent in counter.trail if sent.operation == "table batch")
    return number


async def test_an_incumbent_that_leaves_while_it_is_contested_leaves_nothing_to_contest(system: System) -> None:
    """R-255: the contest sees that nothing is taken any more, and opens none with nobody."""
    await holder(system)
    await complete_draft(system)
    snapshot = await system.snapshot()
    counter = Faults()
    await contests_it(system.process(counter))
    await system.restore(snapshot)
    plan = Faults().before(batch_of(counter), lambda: incumbent_ends(system.world))
    with pytest.raises(InvalidInput):
        await contests_it(system.process(plan))
    assert plan.is_spent
    assert status(await current(system)) is Status.DRAFT
    await assert_sound(system)


async def test_a_contest_that_opens_while_the_incumbent_leaves_gets_the_scope(system: System) -> None:
    """R-19: the withdrawal was decided without the contest, and is decided again with it."""
    await holder(system)
    await complete_draft(system)
    snapshot = await system.snapshot()
    counter = Faults()
    await incumbent_ends(system.process(counter))
    await system.restore(snapshot)
    plan = Faults().before(batch_of(counter), lambda: contests_it(system.world))
    await incumbent_ends(system.process(plan))
    assert plan.is_spent
    assert holds(await current(system)) == {TEAMS: "held", EXCHANGE: "held"}
    await assert_sound(system)


async def test_a_decision_and_the_incumbents_leaving_at_once_both_hold(system: System) -> None:
    """R-80, R-19: whichever comes first, the challenger has the scope, once."""
    await contesting_what_is_under_review(system)
    await clicks(system, {TEAMS: True, EXCHANGE: True})(system.world)
    outcomes = await asyncio.gather(wins(system.process()), incumbent_ends(system.process()), return_exceptions=True)
    assert {type(each) for each in outcomes} <= {Claim, ActionNotAllowed}
    assert holds(await current(system)) == {TEAMS: "held", EXCHANGE: "held"}
    await assert_sound(system)


STEPS = [
    Step("contest", calls(challenger, contests_it)),
    Step("contest won", calls(agreed_with_challenger, wins)),
    Step("contest lost", calls(contesting, loses)),
    Step("incumbent leaves", calls(contesting_what_is_under_review, incumbent_ends)),
]


@pytest.mark.parametrize("step", STEPS, ids=str)
async def test_a_crash_at_any_request_changes_nothing_in_the_end(system: System, step: Step) -> None:
    """R-19, R-80, R-81, R-255, R-256: both claims, their holds and tenures are as without a fault."""
    assert await survives(system, step, expects_answer=True)
