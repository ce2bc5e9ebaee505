"""What became of a mail after it left: what its provider told, and whom no mail goes to any more.

A provider reports late, twice and in any order. So bad news sticks: a mail that came back did not arrive, whatever is told later.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final


class Delivery(StrEnum):
    """How far a mail has come. `accepted` is the provider's first word; without a better one it counts as delivered in time."""

    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    SUPPRESSED = "suppressed"
    COMPLAINED = "complained"
    FILTERED = "filtered"
    FAILED = "failed"
    UNKNOWN = "unknown"


REACHED_NOBODY: Final = frozenset(
    {Delivery.BOUNCED, Delivery.SUPPRESSED, Delivery.COMPLAINED, Delivery.FILTERED, Delivery.FAILED}
)
"""After these nobody has read the mail, or nobody wants to: silence says nothing."""

SUPPRESSES: Final = frozenset({Delivery.BOUNCED, Delivery.SUPPRESSED, Delivery.COMPLAINED})
"""After these the address gets no further mail. A spam filter, or a server that failed, may take the next one."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a provider tells of one mail; `address` is whom it was for, where the provider says so."""

    operation_id: str
    delivery: Delivery
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Suppression:
    """An address that no mail goes to, known by its hash only, with the reason and since when (aware UTC)."""

    address_hash: str
    reason: Delivery
    since: datetime


def is_news(known: Delivery | None, told: Delivery) -> bool:
    """Does this change what is known? The same again does not, nor does anything once the mail has reached nobody."""
    if known in REACHED_NOBODY:
        return False
    return told in REACHED_NOBODY or known is not Delivery.DELIVERED


def address_hash(address: str) -> str:
    """What stands for a mail address where the address itself must not stand; upper and lower case are one address."""
    return sha256(address.strip().lower().encode()).hexdigest()
