"""A contest: two or more claims of one customer change together, or not at all."""

from dataclasses import replace

import pytest

from shared.domain import consent, contact, contest, ending, submission
from shared.domain.association import EndReason
from shared.domain.claim import Claim, DueKind, Scan, status
from shared.domain.errors import ConsentMissing, ContactUnconfirmed, InvalidInput
from shared.domain.lifecycle import Event, Status
from tests.domain.claim_builders import (
    BOTH,
    CUSTOMER,
    EXCHANGE,
    MONDAY,
    PARTNER,
    POLICY,
    RITA,
    SYSTEM,
    TEAMS,
    active,
    agreed,
    awaiting_consent,
    by,
    contesting,
    days_after,
    draft,
    ended,
    holds,
    incumbent_of,
    judged,
    kinds,
    refused,
    reminded,
    silent,
    the,
    under_review,
    won,
)

FRIDAY = days_after(MONDAY, 4)


def in_progress(*scopes: str) -> Claim:
    return replace(under_review(draft(*scopes, claim_id="c1a1b2c3-00000000000000000003")), partner_id="3000003")


def test_what_a_change_frees_is_what_it_held_before() -> None:
    """R-19: whatever ends the incumbent's hold, the challenger can take over in the same batch."""
    assert contest.freed(ending.withdraw(under_review(), by(PARTNER))) == set(BOTH)
    one = consent.end(active(), by(CUSTOMER), frozenset({TEAMS}), "no_longer_wanted")
    assert contest.freed(one) == {TEAMS}
    assert contest.freed(replace(one, before=None)) == frozenset()


def test_what_the_incumbent_lets_go_passes_over_and_the_review_begins_in_earnest() -> None:
    """R-19."""
    claim = contesting(TEAMS)
    after = contest.take_over(claim, by(SYSTEM, FRIDAY), POLICY, {TEAMS}).after
    assert (status(after), holds(after)) == (Status.UNDER_REVIEW, {TEAMS: "held", EXCHANGE: "held"})
    assert the(after, DueKind.REVIEW_OVERDUE).at.isoformat() == "2026-03-14T00:00:00+00:00"
    assert after.review_due_at == the(after, DueKind.REVIEW_OVERDUE).at


def test_the_contest_goes_on_for_what_is_not_let_go() -> None:
    """R-19."""
    claim = contesting(*BOTH)
    after = contest.take_over(claim, by(SYSTEM, FRIDAY), POLICY, {TEAMS, "workload:yammer"}).after
    assert (status(after), holds(after)) == (Status.CONTESTING, {TEAMS: "held", EXCHANGE: "contested"})
    assert after.review_due_at == claim.review_due_at


def test_what_others_let_go_is_no_business_of_the_claim() -> None:
    """R-11, R-19."""
    claim = contesting(TEAMS)
    change = contest.take_over(claim, by(SYSTEM), POLICY, {EXCHANGE})
    assert (holds(change.after), change.entries[0].data["noEffect"]) == (holds(claim), True)


def test_a_contest_that_is_won_closes_the_incumbents_tenure_and_begins_the_challengers_at_one_moment() -> None:
    """R-80, R-336."""
    challenger, incumbent = agreed(contesting(TEAMS)), incumbent_of(TEAMS)
    mine, theirs = won(challenger, incumbent, at=FRIDAY)
    assert (status(mine.after), status(theirs.after)) == (Status.ACTIVE, Status.ENDED)
    assert {t.active_from for t in mine.after.tenures} == {FRIDAY}
    assert [(t.ended_at, t.end_reason) for t in theirs.after.tenures] == [(FRIDAY, EndReason.CONTEST_LOST)]
    assert contest.freed(theirs) == {TEAMS}
    assert holds(mine.after) == {TEAMS: "held", EXCHANGE: "held"}
    assert (kinds(mine.after.dues), kinds(theirs.after.dues)) == (
        ["approved", "decision_receipt", "notification"],
        ["association_ended", "claim_news"],
    )


def test_a_contest_is_never_won_on_silence() -> None:
    """R-80: granted by click, and for each contested scope."""
    for challenger in (contesting(TEAMS), silent(reminded(contesting(TEAMS))).after, agreed(contesting(TEAMS), EXCHANGE)):
        with pytest.raises(ConsentMissing) as refusal:
            won(challenger, incumbent_of(TEAMS))
        assert TEAMS in refusal.value.scopes


def test_a_contest_is_not_won_while_another_scope_is_unanswered() -> None:
    """R-80: the claim becomes active as a whole, so the customer must owe nothing."""
    with pytest.raises(ConsentMissing) as refusal:
        won(agreed(contesting(TEAMS), TEAMS), incumbent_of(TEAMS))
    assert refusal.value.scopes == (EXCHANGE,)


def test_silence_is_enough_for_the_scope_that_nobody_contests() -> None:
    """R-80, R-34."""
    challenger = silent(reminded(agreed(contesting(TEAMS), TEAMS))).after
    assert status(won(challenger, incumbent_of(TEAMS))[0].after) is Status.ACTIVE


def test_an_unverified_contact_must_be_confirmed_to_win() -> None:
    """R-80, like an approval."""
    challenger = agreed(contesting(TEAMS, claim=draft(verified=False)))
    with pytest.raises(ContactUnconfirmed):
        won(challenger, incumbent_of(TEAMS))
    changes = contest.win(challenger, [incumbent_of(TEAMS)], by(RITA, FRIDAY), confirms_contact=True)
    assert status(changes[0].after) is Status.ACTIVE


def test_an_incumbent_keeps_what_was_not_contested() -> None:
    """R-80."""
    challenger = agreed(contesting(TEAMS, claim=draft(TEAMS)))
    _, theirs = won(challenger, incumbent_of(*BOTH), at=FRIDAY)
    assert status(theirs.after) is Status.ACTIVE
    assert {t.scope: t.is_standing for t in theirs.after.tenures} == {TEAMS: False, EXCHANGE: True}


def test_all_incumbents_lose_at_once() -> None:
    """R-80: nobody wins one scope and waits for another."""
    challenger = agreed(contesting(*BOTH))
    changes = won(challenger, incumbent_of(TEAMS), in_progress(EXCHANGE), at=FRIDAY)
    assert [status(change.after) for change in changes] == [Status.ACTIVE, Status.ENDED, Status.REJECTED]
    assert [contest.freed(change) for change in changes[1:]] == [{TEAMS}, {EXCHANGE}]
    assert kinds(changes[2].after.dues) == ["rejected"]


def test_a_claim_in_progress_goes_on_without_what_it_lost() -> None:
    """R-80: and is active if only that was still unanswered."""
    lost = contest.lose_scopes(in_progress(*BOTH), by(RITA, FRIDAY), frozenset({TEAMS}))
    assert (status(lost.after), lost.entries[0].event) == (Status.UNDER_REVIEW, Event.SCOPE_LOST)
    settled = contest.lose_scopes(awaiting_consent(agreed(under_review(), EXCHANGE)), by(RITA, FRIDAY), frozenset({TEAMS}))
    assert status(settled.after) is Status.ACTIVE
    assert [t.scope for t in settled.after.tenures] == [EXCHANGE]


def test_a_loss_leaves_no_report_about_what_was_lost() -> None:
    """R-225, R-372: the reported scope is gone, and nobody waits for a reviewer to look into it."""
    silent_about_teams = silent(reminded(awaiting_consent(agreed(under_review(), EXCHANGE)))).after
    claim = contact.report_unknown(silent_about_teams, by(CUSTOMER, silent_about_teams.updated_at), None).after
    after = contest.lose_scopes(claim, by(RITA, claim.updated_at), frozenset({TEAMS})).after
    assert (status(after), after.reported_unknown) == (Status.ACTIVE, False)


@pytest.mark.parametrize(
    "incumbents",
    [
        [],
        [incumbent_of(EXCHANGE)],
        [incumbent_of(TEAMS), incumbent_of(EXCHANGE)],
        [incumbent_of(TEAMS), in_progress(TEAMS)],
        [replace(incumbent_of(TEAMS), tenant_id="11111111-2222-3333-4444-555555555555")],
        [ended(incumbent_of(TEAMS), [TEAMS])],
    ],
    ids=["nobody", "of another scope", "one too many", "two of one scope", "another customer's", "one that has ended"],
)
def test_those_who_lose_are_exactly_those_who_hold(incumbents: list[Claim]) -> None:
    """R-80."""
    with pytest.raises(InvalidInput):
        won(agreed(contesting(TEAMS)), *incumbents)


def test_a_contest_takes_effect_now_even_if_a_clock_lags() -> None:
    """R-80: never before what has already happened to any of the claims."""
    incumbent = replace(incumbent_of(TEAMS), updated_at=FRIDAY)
    mine, theirs = won(agreed(contesting(TEAMS)), incumbent, at=MONDAY)
    assert mine.after.tenures[0].active_from == theirs.after.tenures[0].ended_at == FRIDAY


def test_whoever_loses_a_contest_is_rejected_and_told_why() -> None:
    """R-81."""
    change = contest.lose(contesting(TEAMS), by(RITA), "The incumbent deployed it.")
    assert (status(change.after), change.after.reason_code) == (Status.REJECTED, "contest_lost")
    assert set(holds(change.after).values()) == {"released"}
    assert (kinds(change.after.dues), change.entries[0].words) == (["rejected"], "The incumbent deployed it.")


def test_a_claim_cannot_lose_what_it_does_not_hold() -> None:
    """R-80."""
    for claim, scopes in ((under_review(draft(TEAMS)), {EXCHANGE}), (contesting(TEAMS), {TEAMS}), (under_review(), set[str]())):
        with pytest.raises(InvalidInput):
            contest.lose_scopes(claim, by(RITA), frozenset(scopes))


def test_a_customer_who_refuses_the_challenger_ends_the_contest() -> None:
    """R-35."""
    assert status(refused(contesting(TEAMS))) is Status.REFUSED


def test_an_incumbent_is_marked_only_for_what_it_holds_and_not_told_by_whom() -> None:
    """R-255"""
    incumbent = incumbent_of(TEAMS)
    change = contest.challenge(incumbent, by(SYSTEM, incumbent.updated_at), BOTH, "c1a1b2c3-00000000000000000009")
    assert {s.scope: s.challenged_by for s in change.after.scopes} == {TEAMS: "c1a1b2c3-00000000000000000009"}
    assert change.entries[0].data == {"scopes": [TEAMS]}
    assert (status(change.after), change.after.dues, change.after.tenures) == (Status.ACTIVE, incumbent.dues, incumbent.tenures)
    ends = consent.end(change.after, by(CUSTOMER, incumbent.updated_at), frozenset({TEAMS}), "over")
    assert contest.challengers(ends, contest.freed(ends)) == {"c1a1b2c3-00000000000000000009"}
    assert contest.challengers(ends, {EXCHANGE}) == frozenset()


def test_a_scope_passes_to_a_challenger_that_is_still_being_screened() -> None:
    """R-19: its review has its own beginning, when the proof is clean."""
    claim = draft()
    unscreened = submission.contest(claim, by(PARTNER, claim.updated_at), POLICY, (TEAMS,), "we deployed it").after
    passed = contest.take_over(unscreened, by(SYSTEM, claim.updated_at), POLICY, (TEAMS,)).after
    assert (status(passed), holds(passed), passed.review_due_at) == (Status.SCREENING, {TEAMS: "held", EXCHANGE: "held"}, None)
    assert status(judged(passed, Scan.CLEAN)) is Status.UNDER_REVIEW
