"""Links in mails: an unguessable token that lives in the mail only, and the row that its hash leads to."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Final

OPENS_FOR: Final = timedelta(days=7)
"""How long a link to manage shows what it leads to. Mails are forwarded and kept, and mailboxes change hands."""


class Purpose(StrEnum):
    """What a link lets its bearer do."""

    CONSENT = "consent"
    MANAGE = "manage"
    SIGN = "sign"


@dataclass(frozen=True, slots=True)
class Link:
    """What the store knows of a mailed link: never the token, only its hash. One issued before `Claim.links_from` is void.

    `seq` is the timeline entry that the link's mail came with; a link to sign is about the request that this entry made.
    `person_id` is whom the mail went to, None for a link from before that was kept.
    """

    token_hash: str
    bucket: str
    purpose: Purpose
    claim_id: str
    issued_at: datetime
    expires_at: datetime
    seq: int | None = None
    person_id: str | None = None

    def is_fresh(self, now: datetime, void_before: datetime | None) -> bool:
        """Does it still open what it leads to? Later a link to manage is good for one thing: a new one is mailed (R-340)."""
        return now - self.issued_at < OPENS_FOR and (void_before is None or self.issued_at >= void_before)


def token_for(bucket: str, secret: str) -> str:
    """The token that goes into the mail: the customer's bucket, so that it is found with one read, and the secret."""
    return bucket + secret


def hash_of(token: str) -> str:
    """What is stored of a token."""
    return sha256(token.encode()).hexdigest()
