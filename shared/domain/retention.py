"""How long the people of a claim are kept once it has ended: the claim itself says when they are to be forgotten.

The day is a deadline like every other, an outbox row of the claim, so nobody looks through claims for old ones. While a claim has
not ended, and so while an association of it stands, there is no such day.
"""

from dataclasses import replace

from shared.domain.calendar import add_days
from shared.domain.claim import Change, Claim, Due, DueKind
from shared.domain.lifecycle import Event
from shared.domain.policy import Policy
from shared.domain.timeline import Act, Fact
from shared.domain.transition import admits, done, moved, unmoved, without


def scheduled(change: Change, policy: Policy) -> Change:
    """The change, and with it the day on which the people of a claim that it ends are forgotten; none for one that it takes up
    again (R-342)."""
    after, was_closed = change.after, change.before is not None and change.before.closing is not None
    if (after.closing is not None) is was_closed:
        return change
    dues = without(after, DueKind.FORGET)
    if after.closing is not None:
        dues = (*dues, Due(DueKind.FORGET, add_days(after.closing.at, policy.contact_retention_days), after.seq))
    return replace(change, after=replace(after, dues=dues))


def forgotten(claim: Claim, act: Act, due: Due) -> Change:
    """The people of an ended claim are forgotten; what is said of them elsewhere is ids and commitments (R-342)."""
    if not admits(claim, Event.FORGET, act.actor.kind):
        return unmoved(claim, act, Event.FORGET, dues=done(claim, due))
    return moved(claim, act, Fact(Event.FORGET), dues=done(claim, due))
