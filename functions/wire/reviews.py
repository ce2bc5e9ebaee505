"""Reviews on the wire."""

from collections.abc import Iterable
from datetime import datetime
from typing import Self

from functions.wire import ReasonCode, Wire, Words
from shared.ports.partners import ReviewItem


class ApproveIn(Wire):
    confirm_contact: bool = False


class CommentIn(Wire):
    words: Words


class DecisionIn(Wire):
    """A reviewer's decision against the claim as it is: why, as a code and in words."""

    reason_code: ReasonCode
    words: Words


class ReviewOut(Wire):
    review_id: str
    claim_id: str
    partner_id: str
    tenant_id: str
    status: str
    due_at: datetime | None
    as_of: datetime


class ReviewsOut(Wire):
    value: list[ReviewOut]

    @classmethod
    def of(cls, items: Iterable[ReviewItem]) -> Self:
        return cls(
            value=[
                ReviewOut(
                    review_id=item.claim_id,
                    claim_id=item.claim_id,
                    partner_id=item.partner_id,
                    tenant_id=item.tenant_id,
                    status=item.status,
                    due_at=item.due_at,
                    as_of=item.as_of,
                )
                for item in items
            ]
        )
