"""Who calls the API, as a verified token says: roles, the application that got the token, and the person or service in it."""

from dataclasses import dataclass
from enum import StrEnum

from shared.domain.partner import TokenClient


class Role(StrEnum):
    """Roles of the API; a token names them in `roles`."""

    PARTNER = "Partner"
    REVIEWER = "Reviewer"
    OPERATOR = "Operator"


@dataclass(frozen=True, slots=True)
class Caller:
    """The bearer of a verified token. `subject` is the object id of the person or service; it tells two reviewers apart."""

    roles: frozenset[Role]
    client: TokenClient
    subject: str
