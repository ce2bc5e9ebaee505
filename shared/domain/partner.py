"""A partner as the programme knows it: who may act for it, in which programmes, and whether it may act at all."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TokenClient:
    """An application registration whose tokens act for the partner: the issuing directory and the application id, both GUIDs."""

    directory_id: str
    app_id: str


@dataclass(frozen=True, slots=True)
class Partner:
    """The company that claims. `partner_id` is its MPN location id; `mail` is where the programme writes to it."""

    partner_id: str
    name: str
    mail: str
    programmes: tuple[str, ...]
    clients: tuple[TokenClient, ...] = ()
    suspended: bool = False
