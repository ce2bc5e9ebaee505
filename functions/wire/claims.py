"""Claims on the wire: as a partner creates them, and as partners and reviewers see them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Self

from pydantic import Field

from functions.wire import Country, Given, Language, Line, Wire, Words
from functions.wire.poe import ProofOut
from functions.wire.signatures import SignatureOut
from shared.domain.association import WORKLOAD_SCOPE, EndReason, association_id
from shared.domain.claim import Claim, Consent, Hold, Review, ScopeClaim
from shared.domain.delivery import Delivery
from shared.domain.errors import Obstacle
from shared.domain.lifecycle import Status
from shared.domain.submission import Edit
from shared.domain.view import NextActor, summary


class ContactIn(Wire):
    name: Line
    mail: Line


class CustomerIn(Wire):
    """The tenant that the claim is about. To the public sector of some countries the form discloses the partner's payment."""

    tenant_id: Line
    domain: Line
    name: Line
    country: Country
    public_sector: bool = False


class ClaimIn(Wire):
    """A claim as a partner creates it."""

    customer: CustomerIn
    programme_id: Line
    scopes: list[Line] = Field(max_length=100)
    contact: ContactIn
    language: Language = "en"
    note: Words | None = None
    external_reference: Line | None = None
    submit_when_ready: bool = False


class CustomerPatch(Wire):
    """What may change of the customer: its name, its country, its sector. Another tenant or domain is another claim."""

    name: Given[Line] = None
    country: Given[Country] = None
    public_sector: Given[bool] = None


class ClaimPatch(Wire):
    """What is to change of a claim. What is absent stays; `note` and `externalReference` are cleared by null."""

    customer: Given[CustomerPatch] = None
    scopes: Given[Annotated[list[Line], Field(max_length=100)]] = None
    contact: Given[ContactIn] = None
    language: Given[Language] = None
    note: Words | None = None
    external_reference: Line | None = None
    submit_when_ready: Given[bool] = None

    def edit(self) -> Edit:
        """The change of the claim's content."""
        customer = self.customer or CustomerPatch()
        return Edit(
            customer_name=customer.name,
            country=customer.country,
            public_sector=customer.public_sector,
            language=self.language,
            note=self.note,
            external_reference=self.external_reference,
            submit_when_ready=self.submit_when_ready,
            scopes=None if self.scopes is None else tuple(self.scopes),
            clears=frozenset(name for name in ("note", "external_reference") if self._is_null(name)),
        )

    def _is_null(self, name: str) -> bool:
        return name in self.model_fields_set and getattr(self, name) is None


class DisputeIn(Wire):
    """Why the rejection is wrong."""

    words: Words


class RemarkIn(Wire):
    """A remark for the timeline."""

    words: Words


class WordsIn(Wire):
    """A move that may come with words."""

    words: Words | None = None


class ScopeOut(Wire):
    scope: str
    consent: Consent
    hold: Hold
    association_id: str | None
    active_from: datetime | None
    ended_at: datetime | None
    end_reason: EndReason | None

    @classmethod
    def of(cls, claim: Claim, scope: ScopeClaim) -> Self:
        tenure = association_id(claim.claim_id, scope.scope.removeprefix(WORKLOAD_SCOPE)) if scope.active_from else None
        return cls(
            scope=scope.scope,
            consent=scope.consent,
            hold=scope.hold,
            association_id=tenure,
            active_from=scope.active_from,
            ended_at=scope.ended_at,
            end_reason=scope.end_reason,
        )


class ObstacleOut(Wire):
    """Something that stands between a claim and its submission."""

    code: str
    message: str

    @classmethod
    def of(cls, obstacle: Obstacle) -> Self:
        return cls(code=obstacle.code, message=obstacle.sentence)


class ClaimOut(Wire):
    """A claim as its partner and the reviewer see it: where it stands, whose move it is, and until when."""

    claim_id: str
    status: Status
    next_actor: NextActor
    waiting_for: str | None
    due_at: datetime | None
    tenant_id: str
    domain: str
    customer_name: str
    public_sector: bool
    partner_id: str
    programme_id: str
    scopes: list[ScopeOut]
    review: Review
    reason_code: str | None
    contact_verified: bool
    consent_asked_at: datetime | None
    consent_window_ends_at: datetime | None
    consent_delivery: Delivery | None
    documents: list[ProofOut]
    external_reference: str | None
    created_at: datetime
    updated_at: datetime
    submitted_at: datetime | None
    submit_when_ready: bool
    held_up_by: list[ObstacleOut] | None
    signature: SignatureOut | None

    @classmethod
    def of(cls, claim: Claim) -> Self:
        shown = summary(claim)
        return cls(
            claim_id=claim.claim_id,
            status=shown.status,
            next_actor=shown.next_actor,
            waiting_for=shown.waiting_for,
            due_at=shown.due_at,
            tenant_id=claim.tenant_id,
            domain=claim.domain,
            customer_name=claim.customer_name,
            public_sector=claim.public_sector,
            partner_id=claim.partner_id,
            programme_id=claim.programme_id,
            scopes=[ScopeOut.of(claim, scope) for scope in claim.scopes],
            review=claim.review,
            reason_code=claim.reason_code,
            contact_verified=claim.contact_verified,
            consent_asked_at=claim.window.asked_at,
            consent_window_ends_at=claim.window.ends_at,
            consent_delivery=claim.window.delivery,
            documents=[ProofOut.of(proof) for proof in claim.proofs],
            external_reference=claim.external_reference,
            created_at=claim.created_at,
            updated_at=claim.updated_at,
            submitted_at=claim.submitted_at,
            submit_when_ready=claim.submit_when_ready,
            held_up_by=[ObstacleOut.of(obstacle) for obstacle in claim.held_up_by] or None,
            signature=SignatureOut.of(claim),
        )


class ValidationOut(Wire):
    """The answer to `validateOnly`: nothing was done; empty obstacles mean that submitting would be accepted."""

    obstacles: list[ObstacleOut]

    @classmethod
    def of(cls, found: Iterable[Obstacle]) -> Self:
        return cls(obstacles=[ObstacleOut.of(obstacle) for obstacle in found])
