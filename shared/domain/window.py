"""The consent window: the customer is asked by mail, a clock runs, stops while the claim waits for its partner, and goes on.

Each function returns the fields of the claim that change; `dues` in them replaces all that was due. The caller says what is due
besides, so that one transition can stop one clock and start another.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from shared.domain.calendar import add_days
from shared.domain.claim import Claim, Consent, Due, DueKind, Window
from shared.domain.delivery import Delivery
from shared.domain.notice import ASKING, ASKS_FOR_ANSWER, MailKind
from shared.domain.policy import Policy
from shared.domain.transition import mails, scopes_where


def ask(claim: Claim, now: datetime, policy: Policy, dues: Iterable[Due]) -> dict[str, Any]:
    """Everything unanswered becomes pending and a new window begins with two mails; answers that were given stay (R-30).

    The claim expires if the mails cannot be delivered (R-36), unless an association rests on it: then a reviewer decides.
    """
    scopes = scopes_where(claim, lambda s: replace(s, consent=Consent.PENDING) if s.consent is Consent.NOT_ASKED else s)
    later = ask_later(claim, dues)
    asking = (*later["dues"], *mails(claim, now, ASKING), *undelivered(claim, now, policy))
    return {"scopes": scopes, **later, "dues": asking}


def ask_later(claim: Claim, dues: Iterable[Due]) -> dict[str, Any]:
    """A new window in which nobody is asked yet: `go_on` does it, once the screening of the claim is over (R-370)."""
    kept = tuple(d for d in no_longer_asking(dues) if d.mail is not MailKind.NOTIFICATION)
    return {"window": Window(since_seq=claim.seq + 1), "dues": kept}


def undelivered(claim: Claim, now: datetime, policy: Policy) -> tuple[Due, ...]:
    """The deadline for reaching the customer at all; none where an association stands that only a reviewer may end (R-36)."""
    if claim.is_suspended:
        return ()
    return (Due(DueKind.UNDELIVERED, add_days(now, policy.undelivered_days), claim.seq + 1),)


def begin(claim: Claim, ends_at: datetime, now: datetime, policy: Policy, dues: Iterable[Due]) -> dict[str, Any]:
    """The clock of a request that the mail provider took just now; while the claim waits for its partner it stands still."""
    window = replace(claim.window, asked_at=now, ends_at=ends_at, delivery=Delivery.ACCEPTED)
    remind_at = now + timedelta(days=policy.reminder_after_days)
    clock = (
        Due(DueKind.MAIL, remind_at, claim.seq + 1, MailKind.CONSENT_REMINDER),
        Due(DueKind.CONSENT_WINDOW, ends_at, claim.seq + 1),
    )
    return {"window": window, "dues": (*dues, *clock)}


def stop(claim: Claim, now: datetime) -> Window:
    """The window with its clock stopped, while the claim waits for its partner (R-31)."""
    if claim.window.ends_at is None:
        return claim.window
    return replace(claim.window, ends_at=None, left_seconds=max(0, int((claim.window.ends_at - now).total_seconds())))


def go_on(claim: Claim, now: datetime, policy: Policy, dues: tuple[Due, ...]) -> dict[str, Any]:
    """The window running again for the time that was left (R-31). A request that was cancelled unsent, because the claim had
    ended in between, is made again; with nothing left to answer nothing happens."""
    window, unasked = claim.window, claim.window.asked_at is None
    if not claim.is_asking or claim.reported_unknown:
        return {"dues": dues}
    if unasked and not any(d.kind is DueKind.UNDELIVERED for d in dues):
        return ask(claim, now, policy, dues)
    if window.left_seconds is None:
        return {"dues": dues}
    ends_at = now + timedelta(seconds=window.left_seconds)
    clock: list[Due] = [Due(DueKind.CONSENT_WINDOW, ends_at, claim.seq + 1)]
    for after_days in policy.reminders_after_days[window.reminders :][:1]:
        remind_at = max(now, ends_at - timedelta(days=policy.consent_window_days - after_days))
        if window.reminders == 0 or remind_at < ends_at:
            clock.append(Due(DueKind.MAIL, remind_at, claim.seq + 1, MailKind.CONSENT_REMINDER))
    return {"window": replace(window, ends_at=ends_at, left_seconds=None), "dues": (*dues, *clock)}


def clock_stopped(dues: Iterable[Due]) -> tuple[Due, ...]:
    """What is due apart from the consent clock."""
    return tuple(d for d in dues if d.kind is not DueKind.CONSENT_WINDOW and d.mail is not MailKind.CONSENT_REMINDER)


def no_longer_asking(dues: Iterable[Due]) -> tuple[Due, ...]:
    """What is due once nobody is being asked any more: neither clock nor request, and nothing to deliver."""
    return tuple(d for d in clock_stopped(dues) if d.kind is not DueKind.UNDELIVERED and d.mail not in ASKS_FOR_ANSWER)
