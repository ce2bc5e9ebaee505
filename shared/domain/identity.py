"""Where a customer's facts live, and the ids that say so.

A customer is a tenant id (GUID). The first byte of its SHA-256 is its bucket, one of 256; every fact about the customer is stored
in that bucket's partition, so that one atomic batch can change them together. Ids that leave the system begin with eight digits
of the same digest, so that each is found with one point read and no index.
"""

import re
from hashlib import sha256
from typing import Final
from uuid import UUID

from shared.domain.errors import InvalidInput

BUCKETS: Final = tuple(f"{n:02x}" for n in range(256))

_CLAIM_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{20}")
_OPERATION_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}")
_DOMAIN: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))+")
_PARTNER_ID: Final = re.compile(r"[0-9]{4,12}")
_JOB_ID: Final = re.compile(r"[0-9A-Za-z-]{1,100}")


def tenant_id(text: str) -> str:
    """The tenant id in its one spelling (lower case, hyphenated). Raises InvalidInput when it is not a GUID."""
    try:
        parsed = str(UUID(text))
    except ValueError as error:
        raise InvalidInput("tenantId", "A tenant id is a GUID, for instance 0f8fad5b-d9cb-469f-a165-70867728950e.") from error
    if parsed != text.lower():
        raise InvalidInput("tenantId", "A tenant id is written with hyphens and without braces.")
    return parsed


def domain_name(text: str) -> str:
    """The domain in its one spelling: lower case ASCII (punycode), no trailing dot. Raises InvalidInput."""
    try:
        spelt = text.strip().rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError as error:
        raise InvalidInput("domain", "This is not a domain name.") from error
    if not _DOMAIN.fullmatch(spelt) or len(spelt) > 253:
        raise InvalidInput("domain", "This is not a domain name.")
    return spelt


def partner_id(text: str) -> str:
    """The partner's MPN location id: 4 to 12 digits. Raises InvalidInput."""
    if not _PARTNER_ID.fullmatch(text):
        raise InvalidInput("partnerId", "A partner id is the MPN location id, 4 to 12 digits.")
    return text


def digest_of(tenant: str) -> str:
    """Eight hexadecimal digits that stand for the customer in ids; the first two are its bucket."""
    return sha256(tenant.encode()).hexdigest()[:8]


def bucket_of(tenant: str) -> str:
    """The customer's bucket, `00` to `ff`."""
    return digest_of(tenant)[:2]


def bucket_in(addressable_id: str) -> str:
    """The bucket that a claim, association, earning or mail operation id begins with."""
    return addressable_id[:2]


def operation_id(work_id: str) -> str:
    """The id of a mail at its provider, from the id of the work that it is: a UUID, as providers ask for, that keeps the bucket.

    The same work always has the same operation, so a second try is recognised as the same mail.
    """
    digest = sha256(work_id.encode()).hexdigest()
    return str(UUID(f"{bucket_in(work_id)}{digest[:10]}8{digest[10:13]}8{digest[13:28]}"))


def is_operation_id(text: str) -> bool:
    """Does this have the form of an operation id? Anything else is no mail of ours and is never looked up."""
    return _OPERATION_ID.fullmatch(text) is not None


def new_claim_id(tenant: str, partner: str, idempotency_key: str) -> str:
    """The id of the claim that this call creates.

    It is a function of the caller and its idempotency key, so a second try after a crash makes the same claim, not another.
    """
    chosen = sha256(f"{partner}\n{tenant}\n{idempotency_key}".encode()).hexdigest()[:20]
    return f"{digest_of(tenant)}-{chosen}"


def is_claim_id(text: str) -> bool:
    """Does this have the form of a claim id? Anything else cannot be a claim and is never looked up."""
    return _CLAIM_ID.fullmatch(text) is not None


def is_job_id(text: str) -> bool:
    """Could this be the id of a run, an import, a batch, a letter or the like? Anything else is never looked up: a store takes
    neither every character nor every length for a key."""
    return _JOB_ID.fullmatch(text) is not None
