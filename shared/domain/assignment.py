"""Which reviewer has a review: it is taken, given on, given back, and decided by nobody else meanwhile.

A review that nobody has is anybody's to decide. One that somebody has is not locked away: whoever says so takes it over, and the
timeline says that, too.
"""

from shared.domain.claim import Change, Claim
from shared.domain.errors import OtherReviewerNeeded, ReviewAssigned
from shared.domain.lifecycle import Event
from shared.domain.timeline import Act, Fact
from shared.domain.transition import admits, moved


def require_decider(claim: Claim, act: Act) -> None:
    """Raises OtherReviewerNeeded for whoever rejected what is disputed (R-18), ReviewAssigned while another reviewer has the
    review (R-301)."""
    _require_other(claim, act.actor.id)
    if claim.assignee not in (None, act.actor.id):
        raise ReviewAssigned


def assign(claim: Claim, act: Act, assignee: str | None, *, takes_over: bool) -> Change | None:
    """The review with this reviewer from now on, or with nobody; None if that is so already (R-300).

    Raises ReviewAssigned when somebody else has it and nothing was said of taking over: whoever looked at an old list took it
    for free. Raises OtherReviewerNeeded for whoever rejected what is disputed.
    """
    admits(claim, Event.ASSIGN, act.actor.kind)
    _require_other(claim, assignee)
    if assignee == claim.assignee:
        return None
    if claim.assignee not in (None, act.actor.id) and not takes_over:
        raise ReviewAssigned
    return moved(claim, act, Fact(Event.ASSIGN, {"assignee": assignee, "before": claim.assignee}), assignee=assignee)


def _require_other(claim: Claim, reviewer: str | None) -> None:
    # A dispute that its own reviewer decides again is no second look.
    if claim.disputed and reviewer is not None and reviewer == claim.rejected_by:
        raise OtherReviewerNeeded
