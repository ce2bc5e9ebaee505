"""How a claim ends without a decision: withdrawn by its partner, or expired; and the ways back, reopening and dispute."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from shared.domain.calendar import add_days
from shared.domain.claim import Change, Claim, Consent, Due, DueKind, Hold, Review, ScopeClaim, Window
from shared.domain.errors import TooLate
from shared.domain.lifecycle import Event, Status
from shared.domain.policy import Policy
from shared.domain.review import waiting_for_partner
from shared.domain.timeline import Act, Fact
from shared.domain.transition import admits, closed, done, moved, unmoved

_EXPIRING: Final = {
    DueKind.ACTION_OVERDUE: Event.ACTION_OVERDUE,
    DueKind.DRAFT_IDLE: Event.DRAFT_IDLE,
    DueKind.RESERVATION: Event.RESERVATION_OVER,
    DueKind.UNDELIVERED: Event.UNDELIVERED,
}


def withdraw(claim: Claim, act: Act, words: str | None = None) -> Change:
    """The partner gives the claim up: its holds are free at once and waiting mails are cancelled (R-39)."""
    admits(claim, Event.WITHDRAW, act.actor.kind)
    return closed(claim, act, Status.WITHDRAWN, Fact(Event.WITHDRAW, {}, words))


def expire(claim: Claim, act: Act, due: Due) -> Change:
    """A deadline passed that ends an unfinished claim (R-15); on a claim that has moved on it is recorded and changes nothing.

    Nor does an overdue action on one with an association that its customer granted: a customer or a reviewer ends that (R-401).
    """
    event = _EXPIRING[due.kind]
    is_granted = any(each.is_standing and each.consent is Consent.GRANTED for each in claim.scopes)
    if not admits(claim, event, act.actor.kind) or (event is Event.ACTION_OVERDUE and is_granted):
        return unmoved(claim, act, event, dues=done(claim, due))
    return closed(claim, act, Status.EXPIRED, Fact(event))


def reopen(claim: Claim, act: Act, policy: Policy) -> Change:
    """Once, within 30 days after the partner let its deadline pass: POE and answers are kept, holds are taken again (R-17)."""
    admits(claim, Event.REOPEN, act.actor.kind)
    closing = claim.closing
    lapsed = closing is not None and closing.cause is Event.ACTION_OVERDUE
    if not lapsed or claim.reopened or closing is None or act.at - closing.at > timedelta(days=policy.reopen_days):
        raise TooLate("Only a claim whose action deadline passed can be reopened, once, within the programme's days.")
    reservation = Due(DueKind.RESERVATION, add_days(act.at, policy.reservation_days), claim.seq + 1)
    fields = waiting_for_partner(claim, act, policy)
    fields["dues"] = (*fields["dues"], reservation)
    return moved(claim, act, Fact(Event.REOPEN), scopes=_taken_again(claim), closing=None, reopened=True, **fields)


def dispute(claim: Claim, act: Act, policy: Policy, words: str) -> Change:
    """Once, within 30 days after a rejection: back to screening with all holds taken again, for another reviewer (R-18).

    The claim keeps its first submission, so that the high-water mark stays where it was frozen, and every answer that was given.
    """
    admits(claim, Event.DISPUTE, act.actor.kind)
    if claim.closing is None or claim.disputed or act.at - claim.closing.at > timedelta(days=policy.dispute_days):
        raise TooLate("A rejection can be disputed once, within the programme's days.")
    screen = Due(DueKind.SCREEN, act.at, claim.seq + 1)
    reservation = Due(DueKind.RESERVATION, add_days(act.at, policy.reservation_days), claim.seq + 1)
    return moved(
        claim,
        act,
        Fact(Event.DISPUTE, {}, words),
        scopes=_taken_again(claim),
        closing=None,
        disputed=True,
        assignee=None if claim.assignee == claim.rejected_by else claim.assignee,
        review=Review.NOT_STARTED,
        screened=False,
        window=Window(since_seq=claim.seq + 1),
        review_left_days=None,
        dues=(screen, reservation),
    )


def _taken_again(claim: Claim) -> tuple[ScopeClaim, ...]:
    """The scopes with their holds wanted again; what the customer refused, and a tenure that has ended, stay given up."""
    gone = {s.scope for s in claim.scopes if s.consent is Consent.REFUSED or s.ended_at is not None}
    if len(gone) == len(claim.scopes):
        raise TooLate("Nothing is left of this claim that could be asked for again.")
    return tuple(s if s.scope in gone else replace(s, hold=Hold.HELD) for s in claim.scopes)
