"""The suppression list on the wire."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Self

from functions.wire import Line, Wire
from shared.domain.delivery import Delivery, Suppression


class WhyIn(StrEnum):
    """Why an operator puts an address on the list."""

    BOUNCED = "bounced"
    COMPLAINED = "complained"


class SuppressionIn(Wire):
    """An address that no mail may go to; only its hash is kept."""

    mail: Line
    reason: WhyIn


class SuppressionOut(Wire):
    address_hash: str
    reason: Delivery
    since: datetime

    @classmethod
    def of(cls, each: Suppression) -> Self:
        return cls(address_hash=each.address_hash, reason=each.reason, since=each.since)


class SuppressionsOut(Wire):
    value: list[SuppressionOut]

    @classmethod
    def of(cls, found: Iterable[Suppression]) -> Self:
        return cls(value=[SuppressionOut.of(each) for each in found])
