"""Whom we ask: another contact, the same one once more, and a mail that came back.

What makes a contact verified is a port's business; here it only decides whether silence may count. Links that were mailed before
`Claim.links_from` are void: a new window never shares its links with an old one.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from shared.domain.claim import Change, Claim, Consent, Due, ScopeClaim, Window, consent_stands, status
from shared.domain.consent import mail_accepted
from shared.domain.delivery import REACHED_NOBODY, Delivery
from shared.domain.errors import ActionNotAllowed
from shared.domain.lifecycle import TRANSITIONS, Event, Status
from shared.domain.notice import ASKING, ASKS_FOR_ANSWER, MailKind
from shared.domain.policy import Policy
from shared.domain.shown import Shown, noted
from shared.domain.submission import idle_again
from shared.domain.timeline import Act, Fact, Json
from shared.domain.transition import admits, joined, mails, moved, scopes_where, unmoved
from shared.domain.window import ask, ask_later, no_longer_asking, stop, undelivered


def report_unknown(claim: Claim, act: Act, words: str | None, shown: Shown | None = None) -> Change:
    """The customer does not know this partner: nothing goes on until a reviewer has looked into it (R-225).

    The clock stops and nobody is reminded; what rested on silence is owed again. A click stands, for whoever clicked knew whom.
    The customer has a receipt, and the partner is told (R-334).
    """
    is_open = any(s.consent in (Consent.PENDING, Consent.IMPLIED) for s in claim.live)
    if not admits(claim, Event.REPORT_UNKNOWN, act.actor.kind) or not is_open or claim.reported_unknown:
        return unmoved(claim, act, Event.REPORT_UNKNOWN, noted(shown), words=words)
    was_silent = any(s.consent is Consent.IMPLIED for s in claim.live)
    scopes = scopes_where(claim, lambda s: replace(s, consent=Consent.PENDING) if s.consent is Consent.IMPLIED else s)
    # A window that had ended cannot go on: should somebody be asked again, it is from the beginning.
    window = Window(since_seq=claim.window.since_seq) if was_silent else stop(claim, act.at)
    told = mails(claim, act.at, (MailKind.DECISION_RECEIPT, MailKind.CLAIM_NEWS))
    fields: dict[str, Any] = {"scopes": scopes, "window": window, "dues": (*no_longer_asking(claim.dues), *told)}
    return moved(claim, act, Fact(Event.REPORT_UNKNOWN, noted(shown), words), reported_unknown=True, **fields)


def resend(claim: Claim, act: Act, policy: Policy) -> Change:
    """The same contact is asked again: a new window, and old links are void (R-07). Raises ActionNotAllowed when nobody is
    asked, or while a reviewer has to look into whom (R-225)."""
    admits(claim, Event.RESEND, act.actor.kind)
    if not claim.is_asking or claim.reported_unknown:
        raise ActionNotAllowed(Event.RESEND, status(claim))
    return moved(claim, act, Fact(Event.RESEND), links_from=act.at, **ask(claim, act.at, policy, claim.dues))


def correct(claim: Claim, act: Act, policy: Policy, contact_id: str, *, is_verified: bool, commitment: str) -> Change:
    """Another contact, who is asked anew for every answer still owed; links of the former contact are void (R-07, R-09).

    Answers that stand rest on the former person and go on standing. A click of somebody whom nobody had verified or confirmed
    does not become good because a verified person takes over: it is owed again.
    """
    admits(claim, Event.EDIT, act.actor.kind)
    if claim.reported_unknown:
        raise ActionNotAllowed(Event.EDIT, status(claim))
    fact = Fact(Event.EDIT, {"fields": ["contact"], "contact": contact_id, "contactCommitment": commitment})
    return _replaced(claim, act, policy, fact, contact_id, is_verified=is_verified)


def may_forward(claim: Claim, policy: Policy) -> bool:
    """May whom we ask pass the request on? Not where nothing is asked, a reviewer looks into it, or it went round too often."""
    is_admitted = (status(claim), Event.FORWARD) in TRANSITIONS
    return is_admitted and claim.is_asking and not claim.reported_unknown and claim.forwards < policy.most_forwards


def forward(claim: Claim, act: Act, policy: Policy, contact_id: str, commitment: str, shown: Shown | None = None) -> Change:
    """Whom we ask is not the right person and names a colleague, who is asked for every answer still owed, with all the time
    there is (R-332). The caller has verified the colleague's domain. The former contact has a receipt, and the partner is told.
    """
    if not may_forward(claim, policy):
        return unmoved(claim, act, Event.FORWARD, noted(shown))
    data: dict[str, Json] = {"former": claim.contact_id, "contact": contact_id, "contactCommitment": commitment, **noted(shown)}
    change = _replaced(claim, act, policy, Fact(Event.FORWARD, data), contact_id, is_verified=True)
    told = mails(claim, act.at, (MailKind.FORWARD_RECEIPT, MailKind.CLAIM_NEWS))
    return replace(change, after=replace(change.after, forwards=claim.forwards + 1, dues=(*change.after.dues, *told)))


def _replaced(claim: Claim, act: Act, policy: Policy, fact: Fact, contact_id: str, *, is_verified: bool) -> Change:
    """Another person is asked for whatever is owed; while the claim is being screened, as soon as that is over."""
    open_now = replace(claim, scopes=_owed_anew(claim))
    fields: dict[str, Any] = {"scopes": open_now.scopes, "dues": idle_again(claim, act.at)}
    if asks_at_once(claim):
        fields |= ask(open_now, act.at, policy, claim.dues)
    elif open_now.is_asking:
        fields |= ask_later(claim, claim.dues)
    fields |= {"contact_id": contact_id, "contact_verified": is_verified, "links_from": act.at, "forwards": 0}
    return moved(claim, act, fact, **fields, contact_confirmed=consent_stands(claim))


def asks_at_once(claim: Claim) -> bool:
    """Would another contact be mailed at once? An answer is owed, and no screening has to end first."""
    return replace(claim, scopes=_owed_anew(claim)).is_asking and status(claim) is not Status.SCREENING


def _owed_anew(claim: Claim) -> tuple[ScopeClaim, ...]:
    """The scopes as another contact finds them: the click of a person whom nobody had verified or confirmed is owed again."""
    if claim.contact_verified or claim.contact_confirmed:
        return claim.scopes
    return scopes_where(claim, lambda s: replace(s, consent=Consent.PENDING) if s.consent is Consent.GRANTED else s)


def reported(claim: Claim, act: Act, policy: Policy, mail: Due, told: Delivery, ends_at: datetime) -> Change | None:
    """What the provider tells of a mail (R-220); None when the claim has nothing to learn from it. `ends_at` is the end of the
    window that the mail named.

    A provider may speak before the sender has noted that it took the mail: then this is the first word, and the second.
    """
    if mail in claim.dues:
        taken = mail_accepted(claim, act, policy, mail, ends_at)
        after = reported(taken.after, act, policy, mail, told, ends_at)
        return joined(taken, after) if after else taken
    if told in REACHED_NOBODY:
        return bounced(claim, act, policy, mail, told)
    return delivered(claim, act, mail) if told is Delivery.DELIVERED and mail.mail is MailKind.CONSENT_REQUEST else None


def delivered(claim: Claim, act: Act, mail: Due) -> Change:
    """The consent request lies in the customer's mailbox. Of an earlier window's, or of one that was given up, it is noted and
    starts nothing (R-33)."""
    data: dict[str, Json] = {"mail": mail.mail, "operation": mail.id_for(claim.claim_id)}
    is_awaited = _is_of_this_window(claim, mail) and claim.window.delivery is Delivery.ACCEPTED
    if not admits(claim, Event.DELIVERED, act.actor.kind) or not is_awaited:
        return unmoved(claim, act, Event.DELIVERED, data)
    return moved(claim, act, Fact(Event.DELIVERED, data), window=replace(claim.window, delivery=Delivery.DELIVERED))


def bounced(claim: Claim, act: Act, policy: Policy, mail: Due, told: Delivery = Delivery.BOUNCED) -> Change:
    """The mail reached nobody, although it may have been accepted (R-06, R-08).

    Pending: the clock stops and the contact must be corrected. Implied: pending again, and an association that rests on it
    accrues nothing until the customer answers or a reviewer decides. Granted, or a mail of an earlier window: nothing.
    """
    data: dict[str, Json] = {"mail": mail.mail, "operation": mail.id_for(claim.claim_id), "code": told}
    is_ours = _is_of_this_window(claim, mail) and mail.mail in (*ASKING, *ASKS_FOR_ANSWER)
    is_open = any(s.consent in (Consent.PENDING, Consent.IMPLIED) for s in claim.live)
    if not admits(claim, Event.BOUNCE, act.actor.kind) or not (is_ours and is_open):
        return unmoved(claim, act, Event.BOUNCE, data)
    scopes = scopes_where(claim, lambda s: replace(s, consent=Consent.PENDING) if s.consent is Consent.IMPLIED else s)
    after = replace(claim, scopes=scopes)
    dues = (*no_longer_asking(claim.dues), *undelivered(after, act.at, policy))
    window = replace(claim.window, asked_at=None, ends_at=None, left_seconds=None, reminders=0, delivery=told)
    return moved(claim, act, Fact(Event.BOUNCE, data), scopes=scopes, window=window, dues=dues)


def _is_of_this_window(claim: Claim, mail: Due) -> bool:
    return mail.seq >= claim.window.since_seq
