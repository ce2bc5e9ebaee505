"""Limits against abuse: how often a partner may do what costs others something, as figures of the programme's policy.

A limit is a token bucket. Its whole state is one moment: when the bucket will be full again. Whoever keeps that moment, and for
how long, is the caller's business; here is decided only whether one more fits, and if not, from when it would (R-280).
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil
from typing import Final

from shared.domain.errors import DomainError

_MINUTE: Final = timedelta(minutes=1)
_DAY: Final = timedelta(days=1)


class Limited(StrEnum):
    """What is limited."""

    CLAIMS = "claims"
    AVAILABILITY = "availability"
    MAILS = "mails"
    MAILS_TO_DOMAIN = "mails_to_domain"
    MAILS_TO_ADDRESS = "mails_to_address"


@dataclass(frozen=True, slots=True)
class Limits:
    """The figures of one programme; every one is policy. A domain and an address are one customer's.

    A day is any 24 hours for what a worker counts itself, and a day of UTC for what all together did (`asked`).

    A partner whose customers refused so often within 30 days, and so large a share of those who answered, is paused.
    """

    claims_per_minute: int = 3_000
    availability_per_minute: int = 60
    mails_per_partner_a_day: int = 50_000
    mails_per_domain_a_day: int = 100
    mails_per_address_a_day: int = 50
    pause_after_refusals: int = 20
    pause_from_refusal_percent: int = 25

    def rate(self, what: Limited) -> "Rate":
        """How often this may happen."""
        match what:
            case Limited.CLAIMS:
                return Rate(self.claims_per_minute, _MINUTE)
            case Limited.AVAILABILITY:
                return Rate(self.availability_per_minute, _MINUTE)
            case Limited.MAILS:
                return Rate(self.mails_per_partner_a_day, _DAY)
            case Limited.MAILS_TO_DOMAIN:
                return Rate(self.mails_per_domain_a_day, _DAY)
            case Limited.MAILS_TO_ADDRESS:
                return Rate(self.mails_per_address_a_day, _DAY)


USUAL: Final = Limits()


@dataclass(frozen=True, slots=True)
class Rate:
    """At most so many at once, and as many again within this time."""

    most: int
    within: timedelta


class LimitReached(DomainError):
    """The partner does this more often than the programme allows; `retry_after_s` is when it may again, in whole seconds."""

    code = "limit_reached"

    def __init__(self, what: Limited, rate: Rate, wait: timedelta) -> None:
        words = str(what).replace("_", " ")
        span = "minute" if rate.within <= _MINUTE else "day"
        super().__init__(f"More {words} than this partner may have: {rate.most} a {span}. Try again after the time named.")
        self.retry_after_s = max(1, ceil(wait.total_seconds()))


def widest(limits: Iterable[Limits]) -> Limits:
    """Each figure at its largest: a partner of two programmes is not held to the tighter one (R-281)."""
    known = list(limits) or [USUAL]
    return Limits(**{each.name: max(getattr(one, each.name) for one in known) for each in fields(Limits)})


def require_left(what: Limited, rate: Rate, asked: int, now: datetime, amount: int) -> None:
    """Raises LimitReached when so many were asked for since midnight (UTC) that `amount` more would be too many (R-310)."""
    if asked + amount > rate.most:
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        raise LimitReached(what, rate, midnight + _DAY - now)


def spend(what: Limited, rate: Rate, full_at: datetime | None, now: datetime, amount: int = 1) -> datetime:
    """When the bucket will be full again, once `amount` is taken from it. Raises LimitReached when that much is not in it."""
    filled = now if full_at is None else max(full_at, now)
    after = filled + rate.within / rate.most * amount
    if after - now > rate.within:
        raise LimitReached(what, rate, after - now - rate.within)
    return after
