"""A new link for whoever has an old one: asked for on the page that an old link shows, mailed to the contact on record."""

from datetime import timedelta
from typing import Final

from shared.domain.claim import Change, Claim
from shared.domain.lifecycle import Event
from shared.domain.notice import MailKind
from shared.domain.timeline import Act, Fact
from shared.domain.transition import mails, moved

LINKS_A_DAY: Final = 3
_A_DAY: Final = timedelta(days=1)


def ask_for_link(claim: Claim, act: Act) -> Change | None:
    """A mail with a new link becomes due, however the claim stands; None while one waits, or after three in 24 hours (R-341).

    It changes nothing that the claim is about.
    """
    recent = tuple(at for at in claim.links_asked_at if act.at - at < _A_DAY)
    is_waiting = any(due.mail is MailKind.MANAGE_LINK for due in claim.dues)
    if is_waiting or len(recent) >= LINKS_A_DAY:
        return None
    dues = (*claim.dues, *mails(claim, act.at, (MailKind.MANAGE_LINK,)))
    return moved(claim, act, Fact(Event.ASK_FOR_LINK), links_asked_at=(*recent, act.at), dues=dues)
