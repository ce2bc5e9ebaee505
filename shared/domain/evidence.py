"""What is recorded of an electronic signature: who signed what, when, and by what we knew them.

It is printed behind the signed document and sealed together with it. The document's own hash is no field: whoever seals takes it.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Authentication(StrEnum):
    """By what the signer was known."""

    MAILED_LINK = "mailed_link"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One signature. `signed_at` is aware UTC; `form_id` ties it to the claim, `text_version` and `language` to the words."""

    claim_id: str
    form_id: str
    customer_name: str
    signer_name: str
    signer_title: str
    signer_address: str
    authentication: Authentication
    signed_at: datetime
    text_version: int
    language: str
