"""Reviews on the wire."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Final, Self

from pydantic import StringConstraints

from functions.wire import ReasonCode, Wire, Words
from functions.wire.claims import ClaimOut
from shared.domain.claim import Claim
from shared.ports.partners import ReviewItem

ME: Final = "me"
NOBODY: Final = "nobody"
ASSIGNEE: Final = rf"^({ME}|{NOBODY}|[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})$"
"""Whom a review is with, as callers say it: themselves, nobody, or a reviewer by the object id in their token."""


def reviewer_in(said: str, caller: str) -> str | None:
    """The reviewer that is meant, None for nobody."""
    return {ME: caller, NOBODY: None}.get(said, said)


class AssignIn(Wire):
    """Who is to have the review: `me`, `nobody`, or a reviewer's object id. `takeOver` says that it may be taken from another."""

    assignee: Annotated[str, StringConstraints(pattern=ASSIGNEE)]
    take_over: bool = False


class ApproveIn(Wire):
    """What the reviewer answers for: that the contact is whom the partner says, and, where only a scan shows the customer's
    signature, that it was seen."""

    confirm_contact: bool = False
    confirm_scan: bool = False


class CommentIn(Wire):
    words: Words


class DecisionIn(Wire):
    """A reviewer's decision against the claim as it is: why, as a code and in words."""

    reason_code: ReasonCode
    words: Words


class ReviewedClaimOut(ClaimOut):
    """The claim under review, and which reviewer has it; nobody, where there is no `assignee`."""

    assignee: str | None

    @classmethod
    def of(cls, claim: Claim) -> Self:
        return cls(**ClaimOut.of(claim).model_dump(), assignee=claim.assignee)


class ReviewOut(Wire):
    review_id: str
    claim_id: str
    partner_id: str
    tenant_id: str
    status: str
    due_at: datetime | None
    as_of: datetime
    assignee: str | None


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
                    assignee=item.assignee,
                )
                for item in items
            ]
        )
