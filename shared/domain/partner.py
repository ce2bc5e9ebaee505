"""A partner as the programme knows it: who may act for it, in which programmes, and whether it may act at all."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from shared.domain.asked import Asked


@dataclass(frozen=True, slots=True)
class TokenClient:
    """An application registration whose tokens act for the partner: the issuing directory and the application id, both GUIDs."""

    directory_id: str
    app_id: str


class Right(StrEnum):
    """What a partner may let a distributor do for it."""

    SUBMIT = "submit"
    READ = "read"
    EARNINGS = "earnings"


@dataclass(frozen=True, slots=True)
class Grant:
    """What this distributor, a partner itself, may do for the partner whose profile says so."""

    distributor_id: str
    rights: tuple[Right, ...]


@dataclass(frozen=True, slots=True)
class Suspension:
    """A time during which the partner's clocks stood still; `until` is None while it lasts."""

    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Acting:
    """Who really acts: the distributor, unless the partner acts itself, and the person, as whoever calls asserts."""

    distributor_id: str | None = None
    user: str | None = None


@dataclass(frozen=True, slots=True)
class Partner:
    """The company that claims. `partner_id` is its MPN location id; `mail` is where the programme writes to it.

    `language` is the one in which it is written to.
    `paused_at`: so many customers refused that it asks no further ones until an operator has looked and put the profile again.
    No part of the profile: `acting`, who acts for the partner in the call at hand, and `asked`, what it asked for today.
    """

    partner_id: str
    name: str
    mail: str
    programmes: tuple[str, ...]
    clients: tuple[TokenClient, ...] = ()
    suspended: bool = False
    grants: tuple[Grant, ...] = ()
    suspensions: tuple[Suspension, ...] = ()
    paused_at: datetime | None = None
    language: str = "en"
    acting: Acting = field(default=Acting(), compare=False)
    asked: Asked = field(default=Asked(), compare=False)

    def grants_to(self, distributor_id: str, right: Right) -> bool:
        """May this distributor do that for the partner (R-290)?"""
        return any(grant.distributor_id == distributor_id and right in grant.rights for grant in self.grants)

    def frozen_between(self, since: datetime, until: datetime) -> timedelta:
        """For how much of that time the partner was suspended: so much longer its clocks run (R-294)."""
        spans = (min(s.until or until, until) - max(s.since, since) for s in self.suspensions)
        return sum((span for span in spans if span > timedelta()), timedelta())


def suspended_as(wanted: Partner, known: Partner | None, now: datetime) -> Partner:
    """The wanted profile with the history of suspensions that is known, and the one that begins or ends now."""
    history = known.suspensions if known is not None else ()
    was = bool(history) and history[-1].until is None
    if wanted.suspended and not was:
        history = (*history, Suspension(now))
    elif was and not wanted.suspended:
        history = (*history[:-1], replace(history[-1], until=now))
    return replace(wanted, suspensions=history)
