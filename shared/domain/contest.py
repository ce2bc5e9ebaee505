"""A contest: a claim for a scope that another holds. It ends when the incumbent lets go, or a reviewer arbitrates.

Two or more claims of one customer change together: each function returns every Change, and the caller writes them in one
batch, in which the hold passes over. What is decided is the whole claim; nobody wins one scope and waits for another.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

from shared.domain.assignment import require_decider
from shared.domain.association import EndReason
from shared.domain.calendar import add_business_days
from shared.domain.claim import Change, Claim, Closing, Consent, Due, DueKind, Hold, Review, consent_stands, status
from shared.domain.errors import ConsentMissing, ContactUnconfirmed, InvalidInput
from shared.domain.lifecycle import Event, Status
from shared.domain.notice import MailKind
from shared.domain.policy import Policy
from shared.domain.review import require_seen
from shared.domain.timeline import Act, Fact
from shared.domain.transition import admits, closed, given_up, mails, moved, scopes_where, settled, unmoved, without
from shared.domain.window import no_longer_asking


def contested(claim: Claim) -> frozenset[str]:
    """The scopes that the claim asks for and another holds."""
    return frozenset(s.scope for s in claim.scopes if s.hold is Hold.CONTESTED)


def held(claim: Claim) -> frozenset[str]:
    """The scopes that the claim holds."""
    return frozenset(s.scope for s in claim.scopes if s.hold is Hold.HELD)


def challenge(incumbent: Claim, act: Act, scopes: Collection[str], challenger_id: str) -> Change:
    """The incumbent, told that another asks for these scopes of it and not who (R-255): it changes nothing of what it has."""
    challenged = frozenset(scopes) & held(incumbent)
    if not admits(incumbent, Event.CHALLENGE, act.actor.kind):
        return unmoved(incumbent, act, Event.CHALLENGE)
    marked = scopes_where(incumbent, lambda s: replace(s, challenged_by=challenger_id) if s.scope in challenged else s)
    return moved(incumbent, act, Fact(Event.CHALLENGE, {"scopes": sorted(challenged)}), scopes=marked)


def challengers(change: Change, scopes: Collection[str]) -> frozenset[str]:
    """The claims that have contested these scopes of the claim as it was; whether they still do, each says itself."""
    before = change.before.scopes if change.before else ()
    return frozenset(s.challenged_by for s in before if s.scope in scopes and s.challenged_by is not None)


def freed(change: Change) -> frozenset[str]:
    """The scopes whose hold this change gives up."""
    return (held(change.before) if change.before else frozenset()) - held(change.after)


def taken(change: Change) -> frozenset[str]:
    """The scopes whose hold this change takes."""
    return held(change.after) - (held(change.before) if change.before else frozenset())


def take_over(challenger: Claim, act: Act, policy: Policy, scopes: Collection[str]) -> Change:
    """The incumbent let these scopes go: their holds pass over, and with the last of them the review begins in earnest (R-19)."""
    ours = contested(challenger) & frozenset(scopes)
    if not admits(challenger, Event.RELEASE, act.actor.kind) or not ours:
        return unmoved(challenger, act, Event.RELEASE)
    scopes_now = scopes_where(challenger, lambda s: replace(s, hold=Hold.HELD) if s.scope in ours else s)
    fact = Fact(Event.RELEASE, {"scopes": sorted(ours)})
    if ours != contested(challenger) or not challenger.screened:
        return moved(challenger, act, fact, scopes=scopes_now)
    review_due = add_business_days(act.at, policy.review_business_days, policy.holidays)
    dues = (*without(challenger, DueKind.REVIEW_OVERDUE), Due(DueKind.REVIEW_OVERDUE, review_due, challenger.seq + 1))
    return moved(challenger, act, fact, scopes=scopes_now, review_due_at=review_due, dues=dues)


def win(
    challenger: Claim,
    incumbents: Sequence[Claim],
    act: Act,
    words: str | None = None,
    *,
    confirms_contact: bool = False,
    confirms_scan: bool = False,
) -> tuple[Change, ...]:
    """The challenger's change and each incumbent's: holds swap, tenures close and begin, now and never earlier (R-80).

    Raises ConsentMissing unless the customer clicked for every contested scope and owes no other answer, ContactUnconfirmed,
    ScanUnconfirmed and ReviewAssigned like an approval, InvalidInput when the incumbents are not exactly those who hold the
    contested scopes of this customer.
    """
    admits(challenger, Event.ARBITRATE_WON, act.actor.kind)
    require_decider(challenger, act)
    wanted = contested(challenger)
    losses = [(incumbent, held(incumbent) & wanted) for incumbent in incumbents]
    at_stake = [scope for _, scopes in losses for scope in scopes]
    is_another = any(i.tenant_id != challenger.tenant_id or not scopes for i, scopes in losses)
    if is_another or sorted(at_stake) != sorted(wanted):
        raise InvalidInput("incumbents", "Name each claim that holds a contested scope, once, and no other.")
    if not (challenger.contact_verified or challenger.contact_confirmed or confirms_contact):
        raise ContactUnconfirmed
    require_seen(challenger, confirms_scan=confirms_scan)
    confirmed = replace(challenger, contact_confirmed=challenger.contact_confirmed or confirms_contact)
    unclicked = {s.scope for s in challenger.live if s.scope in wanted and s.consent is not Consent.GRANTED}
    if unclicked or not consent_stands(confirmed):
        unsettled = {s.scope for s in challenger.live if s.consent is Consent.PENDING}
        raise ConsentMissing(tuple(sorted(unclicked | unsettled)))
    together = replace(act, at=max(act.at, challenger.updated_at, *(i.updated_at for i in incumbents)))
    won = settled(
        challenger,
        together,
        Fact(Event.ARBITRATE_WON, {"scopes": sorted(wanted), "scanConfirmed": confirms_scan}, words),
        scopes=scopes_where(challenger, lambda s: replace(s, hold=Hold.HELD)),
        review=Review.APPROVED,
        contact_confirmed=confirmed.contact_confirmed,
        dues=(*challenger.dues, *mails(challenger, together.at, (MailKind.APPROVED,))),
    )
    return won, *(lose_scopes(incumbent, together, scopes) for incumbent, scopes in losses)


def lose(challenger: Claim, act: Act, words: str) -> Change:
    """The incumbents keep what they hold; the whole claim is rejected (R-81). Raises ReviewAssigned."""
    admits(challenger, Event.ARBITRATE_LOST, act.actor.kind)
    require_decider(challenger, act)
    verdict = {"review": Review.REJECTED, "rejected_by": act.actor.id, "reason_code": "contest_lost"}
    told = mails(challenger, act.at, (MailKind.REJECTED,))
    return closed(challenger, act, Status.REJECTED, Fact(Event.ARBITRATE_LOST, {}, words), told, **verdict)


def lose_scopes(incumbent: Claim, act: Act, lost: frozenset[str]) -> Change:
    """The incumbent without these scopes; a claim in progress goes on with what is left, and ends with its last scope (R-80)."""
    admits(incumbent, Event.SCOPE_LOST, act.actor.kind)
    if not lost or not lost <= held(incumbent):
        raise InvalidInput("scopes", "The claim does not hold all of these scopes.")
    scopes = scopes_where(incumbent, lambda s: given_up(s, act, EndReason.CONTEST_LOST) if s.scope in lost else s)
    after = replace(incumbent, scopes=scopes)
    fact = Fact(Event.SCOPE_LOST, {"scopes": sorted(lost)})
    was_active = status(incumbent) is Status.ACTIVE
    to_customer = (MailKind.ASSOCIATION_ENDED,) if was_active else ()
    to_partner = MailKind.CLAIM_NEWS if was_active or after.live else MailKind.REJECTED
    told = mails(incumbent, act.at, (*to_customer, to_partner))
    if not after.live:
        closing = Closing(Status.ENDED if was_active else Status.REJECTED, act.at, Event.SCOPE_LOST)
        return moved(incumbent, act, fact, scopes=scopes, closing=closing, dues=told)
    waiting = incumbent.dues if after.is_asking else no_longer_asking(incumbent.dues)
    is_reported = incumbent.reported_unknown and after.is_asking
    return settled(incumbent, act, fact, scopes=scopes, dues=(*waiting, *told), reported_unknown=is_reported)
