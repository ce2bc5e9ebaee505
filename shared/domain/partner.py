"""A partner as the programme knows it: who may act for it, in which programmes, and whether it may act at all."""

from dataclasses import dataclass, field
from enum import StrEnum


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
class Acting:
    """Who really acts: the distributor, unless the partner acts itself, and the person, as whoever calls asserts."""

    distributor_id: str | None = None
    user: str | None = None


@dataclass(frozen=True, slots=True)
class Partner:
    """The company that claims. `partner_id` is its MPN location id; `mail` is where the programme writes to it.

    `acting` is no part of the profile: it says who acts for the partner in the call at hand.
    """

    partner_id: str
    name: str
    mail: str
    programmes: tuple[str, ...]
    clients: tuple[TokenClient, ...] = ()
    suspended: bool = False
    grants: tuple[Grant, ...] = ()
    acting: Acting = field(default=Acting(), compare=False)

    def grants_to(self, distributor_id: str, right: Right) -> bool:
        """May this distributor do that for the partner (R-290)?"""
        return any(grant.distributor_id == distributor_id and right in grant.rights for grant in self.grants)
