"""Links in mails: an unguessable token that lives in the mail only, and the row that its hash leads to."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256


class Purpose(StrEnum):
    """What a link lets its bearer do."""

    CONSENT = "consent"
    MANAGE = "manage"
    SIGN = "sign"


@dataclass(frozen=True, slots=True)
class Link:
    """What the store knows of a mailed link: never the token, only its hash. One issued before `Claim.links_from` is void.

    `seq` is the timeline entry that the link's mail came with; a link to sign is about the request that this entry made.
    """

    token_hash: str
    bucket: str
    purpose: Purpose
    claim_id: str
    issued_at: datetime
    expires_at: datetime
    seq: int | None = None


def token_for(bucket: str, secret: str) -> str:
    """The token that goes into the mail: the customer's bucket, so that it is found with one read, and the secret."""
    return bucket + secret


def hash_of(token: str) -> str:
    """What is stored of a token."""
    return sha256(token.encode()).hexdigest()
