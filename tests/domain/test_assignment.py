"""Whom a review is with: taken, given on and given back on purpose, and decided by nobody else meanwhile."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain import assignment, contest, ending, review
from shared.domain.claim import Claim, Scan, status
from shared.domain.errors import OtherReviewerNeeded, ReviewAssigned
from shared.domain.lifecycle import Status
from shared.domain.timeline import Actor
from tests.domain.claim_builders import (
    MONDAY,
    OTTO,
    PARTNER,
    POLICY,
    RITA,
    TEAMS,
    action_required,
    agreed,
    awaiting_consent,
    by,
    contesting,
    incumbent_of,
    judged,
    rejected,
    resubmitted,
    under_review,
)

ANNA = "anna"


def assigned(claim: Claim, who: Actor, assignee: str | None, *, takes_over: bool = False) -> Claim:
    change = assignment.assign(claim, by(who, claim.updated_at), assignee, takes_over=takes_over)
    return claim if change is None else change.after


def ritas(claim: Claim) -> Claim:
    return assigned(claim, RITA, RITA.id)


# Who has the review, who moves it, to whom, whether taking over was said: whom it is with then, None where that is refused.
MOVES: list[tuple[str | None, Actor, str | None, bool, str]] = [
    (None, RITA, "rita", False, "rita"),
    (None, RITA, "otto", False, "otto"),
    (None, RITA, None, False, "nobody"),
    ("rita", RITA, "rita", False, "rita"),
    ("rita", RITA, "otto", False, "otto"),
    ("rita", RITA, None, False, "nobody"),
    ("rita", OTTO, "otto", False, "refused"),
    ("rita", OTTO, "anna", False, "refused"),
    ("rita", OTTO, None, False, "refused"),
    ("rita", OTTO, "rita", False, "rita"),
    ("rita", OTTO, "otto", True, "otto"),
    ("rita", OTTO, "anna", True, "anna"),
    ("rita", OTTO, None, True, "nobody"),
]


@pytest.mark.parametrize(("has", "who", "to", "takes_over", "then"), MOVES)
def test_a_review_goes_where_it_is_sent_and_from_another_only_on_purpose(
    has: str | None, who: Actor, to: str | None, takes_over: bool, then: str
) -> None:
    """R-300: whoever looks at an old list does not take a review from a colleague by accident."""
    claim = replace(under_review(), assignee=has)
    if then == "refused":
        with pytest.raises(ReviewAssigned):
            assigned(claim, who, to, takes_over=takes_over)
    else:
        assert (assigned(claim, who, to, takes_over=takes_over).assignee or "nobody") == then


def test_the_timeline_says_who_moved_a_review_from_whom_to_whom() -> None:
    """R-300."""
    change = assignment.assign(ritas(under_review()), by(OTTO), ANNA, takes_over=True)
    assert change is not None
    (entry,) = change.entries
    assert (entry.act.actor, dict(entry.data)) == (OTTO, {"assignee": "anna", "before": "rita"})


def test_what_is_so_already_is_no_entry() -> None:
    """R-300: taking twice is taking once."""
    for claim, to in ((ritas(under_review()), RITA.id), (under_review(), None)):
        assert assignment.assign(claim, by(RITA), to, takes_over=False) is None


def test_assigning_changes_nothing_else() -> None:
    claim = under_review()
    after = ritas(claim)
    assert replace(after, assignee=None, seq=claim.seq, head=claim.head, updated_at=claim.updated_at) == claim


DECISIONS: dict[str, tuple[Claim, Callable[[Claim, Actor], object]]] = {
    "approve": (under_review(), lambda c, who: review.approve(c, by(who, c.updated_at), POLICY)),
    "request action": (under_review(), lambda c, who: review.request_action(c, by(who, c.updated_at), POLICY, "code", "words")),
    "reject": (under_review(), lambda c, who: review.reject(c, by(who, c.updated_at), "code", "words")),
    "win": (agreed(contesting(TEAMS)), lambda c, who: contest.win(c, [incumbent_of(TEAMS)], by(who, c.updated_at))),
    "lose": (contesting(TEAMS), lambda c, who: contest.lose(c, by(who, c.updated_at), "words")),
}


@pytest.mark.parametrize("named", DECISIONS)
def test_while_a_reviewer_has_a_review_nobody_else_decides_it(named: str) -> None:
    """R-301: two people do not read the same proof to decide it twice; whoever takes it over decides."""
    claim, decide = DECISIONS[named]
    with pytest.raises(ReviewAssigned):
        decide(ritas(claim), OTTO)
    assert decide(ritas(claim), RITA)
    assert decide(assigned(ritas(claim), OTTO, OTTO.id, takes_over=True), OTTO)
    assert decide(claim, OTTO), "what nobody has is anybody's to decide"


def test_a_remark_is_free_to_everybody() -> None:
    """R-301."""
    claim = ritas(under_review())
    assert review.comment(claim, by(OTTO), "I know this customer.").after.assignee == "rita"


def test_a_review_comes_back_to_whoever_has_it() -> None:
    """R-301: the partner's answer, and the customer's, do not make it nobody's."""
    asked = action_required(ritas(under_review()))
    assert judged(resubmitted(asked), Scan.CLEAN).assignee == "rita"
    assert agreed(awaiting_consent(ritas(under_review()))).assignee == "rita"


def disputed(claim: Claim) -> Claim:
    back = ending.dispute(claim, by(PARTNER, MONDAY + timedelta(days=1)), POLICY, "It is signed on page two.").after
    return judged(back, Scan.CLEAN)


def test_a_dispute_is_not_with_whoever_rejected_the_claim() -> None:
    """R-18, R-300: it goes back to nobody, and comes to that reviewer neither by their own hand nor by another's."""
    claim = disputed(rejected(ritas(under_review())))
    assert (status(claim), claim.rejected_by, claim.assignee) == (Status.UNDER_REVIEW, "rita", None)
    for who in (RITA, OTTO):
        with pytest.raises(OtherReviewerNeeded):
            assigned(claim, who, "rita", takes_over=True)
    assert assigned(claim, RITA, "otto").assignee == "otto"


def test_whoever_rejected_a_claim_is_told_so_even_while_another_has_the_dispute() -> None:
    """R-18: told to take it over, it would try in vain."""
    claim = assigned(disputed(rejected(ritas(under_review()))), OTTO, OTTO.id)
    with pytest.raises(OtherReviewerNeeded):
        review.reject(claim, by(RITA, claim.updated_at), "code", "words")
