"""What the customer was asked to sign online, and what came of it. A claim knows its latest request; its timeline knows all."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class SignatureOutcome(StrEnum):
    """How a request was settled. One that was passed on or asked anew is not settled: another took its place."""

    SIGNED = "signed"
    UPLOADED = "uploaded"
    DECLINED = "declined"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class SignatureRequest:
    """One person, asked to sign until `sign_by`. `seq` is the timeline entry that asked: mailed links name it."""

    seq: int
    signer_id: str
    asked_at: datetime
    sign_by: datetime
    outcome: SignatureOutcome | None = None
    settled_at: datetime | None = None
    document_id: str | None = None
