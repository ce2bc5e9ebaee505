"""Requests to sign on the wire."""

from datetime import datetime
from typing import Self

from functions.wire import Given, Line, Wire
from shared.domain.claim import Claim
from shared.domain.signing import Standing, standing


class SignerIn(Wire):
    name: Line
    mail: Line


class SignatureRequestIn(Wire):
    """Who is to sign, the claim's contact if nobody is named; `submitWhenReady` also sets the claim's own field of that name."""

    signer: Given[SignerIn] = None
    submit_when_ready: Given[bool] = None


class SignatureOut(Wire):
    """The latest request to sign online, and what came of it. Who was asked is the customer's affair and not told."""

    standing: Standing
    asked_at: datetime
    sign_by: datetime
    settled_at: datetime | None
    document_id: str | None

    @classmethod
    def of(cls, claim: Claim) -> Self | None:
        request = claim.signature
        if request is None:
            return None
        return cls(
            standing=standing(claim, request.seq),
            asked_at=request.asked_at,
            sign_by=request.sign_by,
            settled_at=request.settled_at,
            document_id=request.document_id,
        )
