"""What a partner asked for on one day, counted off the timelines of its claims: the same for every worker (R-310).

Counted are the moves that the daily limits are about, whoever makes them: a claim that submits itself counts like one that its
partner submits. Who counts, and that each entry counts once, is the projection's business.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from shared.domain.lifecycle import Event

if TYPE_CHECKING:
    from shared.domain.telling import Telling

MAILS_OF_ASKING: Final = 2
"""A notification and a request."""
_CREATED: Final = f"claim.{Event.CREATE}"
_ASKING: Final = frozenset(f"claim.{event}" for event in (Event.SUBMIT, Event.CONTEST, Event.RESEND, Event.ASK_TO_SIGN))
# A partner may ask thousands of customers a day, and all of this is one row: whom it asked least is forgotten first.
_MOST_DOMAINS: Final = 500


@dataclass(frozen=True, slots=True)
class Asked:
    """Claims that were created and mails that were asked for on `day` (UTC); `by_domain`: the mails, under `domain_key`."""

    day: date = date.min
    claims: int = 0
    mails: int = 0
    by_domain: Mapping[str, int] = field(default_factory=dict)

    def on(self, day: date) -> "Asked":
        """What was asked for on that day: of another day than this nothing is known, or of interest."""
        return self if self.day == day else Asked(day)

    def counting(self, told: Iterable["Telling"], domain: str) -> "Asked":
        """With these events of one claim, whose customer's `domain_key` this is; a later day begins anew."""
        day, claims, mails, by_domain = self.day, self.claims, self.mails, dict(self.by_domain)
        for one in told:
            if one.at.date() > day:
                day, claims, mails, by_domain = one.at.date(), 0, 0, {}
            if one.at.date() == day and one.kind == _CREATED:
                claims += 1
            elif one.at.date() == day and one.kind in _ASKING:
                mails += MAILS_OF_ASKING
                by_domain[domain] = by_domain.pop(domain, 0) + MAILS_OF_ASKING
        if len(by_domain) > _MOST_DOMAINS:
            # They stand in the order in which they were asked last: of the others asked least, the first was so longest ago.
            del by_domain[min((name for name in by_domain if name != domain), key=lambda name: by_domain[name])]
        return Asked(day, claims, mails, by_domain)


def domain_key(tenant_id: str, domain: str) -> str:
    """A short name for one domain of one customer."""
    return sha256(f"{tenant_id}/{domain}".encode()).hexdigest()[:12]
