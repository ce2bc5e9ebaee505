"""What travels over HTTP: request and response models. Names are the glossary's in camelCase; unknown fields are refused.

Responses are made from domain values by the `of` methods here, so that what a reader sees is decided in one place.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from shared.domain.association import WORKLOAD_SCOPE, association_id
from shared.domain.claim import Claim, Proof, ScopeClaim
from shared.domain.partner import Partner, TokenClient
from shared.domain.poe import Report
from shared.domain.timeline import Entry, is_intact
from shared.domain.view import summary
from shared.ports import ReviewItem

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
ReasonCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{2,60}$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
Guid = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", to_lower=True)]


class Wire(BaseModel):
    """What all models share."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")


class ContactIn(Wire):
    name: Line
    mail: Line


class CustomerIn(Wire):
    """The tenant that the claim is about."""

    tenant_id: Line
    domain: Line
    name: Line
    country: Country


class ClaimIn(Wire):
    """A claim as a partner creates it."""

    customer: CustomerIn
    programme_id: Line
    scopes: list[Line] = Field(max_length=100)
    contact: ContactIn
    language: Language = "en"
    note: Words | None = None
    external_reference: Line | None = None


class WordsIn(Wire):
    """A move that may come with words."""

    words: Words | None = None


class CommentIn(Wire):
    words: Words


class ApproveIn(Wire):
    confirm_contact: bool = False


class DecisionIn(Wire):
    """A reviewer's decision against the claim as it is: why, as a code and in words."""

    reason_code: ReasonCode
    words: Words


class TokenClientIn(Wire):
    tenant_id: Guid
    app_id: Guid


class PartnerIn(Wire):
    """A partner as an operator enrols it."""

    name: Line
    mail: Line
    programmes: list[Line] = Field(max_length=50)
    clients: list[TokenClientIn] = Field(max_length=20)
    suspended: bool = False

    def partner(self, partner_id: str) -> Partner:
        clients = tuple(TokenClient(c.tenant_id, c.app_id) for c in self.clients)
        return Partner(partner_id, self.name, self.mail, tuple(self.programmes), clients, self.suspended)


class PartnerOut(Wire):
    partner_id: str
    name: str
    programmes: list[str]
    suspended: bool

    @classmethod
    def of(cls, partner: Partner) -> Self:
        return cls(
            partner_id=partner.partner_id, name=partner.name, programmes=list(partner.programmes), suspended=partner.suspended
        )


class ScopeOut(Wire):
    scope: str
    consent: str
    hold: str
    association_id: str | None
    active_from: datetime | None
    ended_at: datetime | None
    end_reason: str | None

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


class ProofOut(Wire):
    document_id: str
    name: str
    media_type: str
    size_bytes: int
    sha256: str
    attached_at: datetime
    scan: str
    faults: list[str]

    @classmethod
    def of(cls, proof: Proof) -> Self:
        return cls(
            document_id=proof.document_id,
            name=proof.name,
            media_type=proof.media_type,
            size_bytes=proof.size_bytes,
            sha256=proof.sha256,
            attached_at=proof.attached_at,
            scan=proof.scan,
            faults=list(proof.faults),
        )


class ClaimOut(Wire):
    """A claim as its partner and the reviewer see it: where it stands, whose move it is, and until when."""

    claim_id: str
    status: str
    next_actor: str
    waiting_for: str | None
    due_at: datetime | None
    tenant_id: str
    domain: str
    customer_name: str
    partner_id: str
    programme_id: str
    scopes: list[ScopeOut]
    review: str
    reason_code: str | None
    contact_verified: bool
    consent_asked_at: datetime | None
    consent_window_ends_at: datetime | None
    documents: list[ProofOut]
    external_reference: str | None
    created_at: datetime
    updated_at: datetime
    submitted_at: datetime | None

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
            partner_id=claim.partner_id,
            programme_id=claim.programme_id,
            scopes=[ScopeOut.of(claim, scope) for scope in claim.scopes],
            review=claim.review,
            reason_code=claim.reason_code,
            contact_verified=claim.contact_verified,
            consent_asked_at=claim.window.asked_at,
            consent_window_ends_at=claim.window.ends_at,
            documents=[ProofOut.of(proof) for proof in claim.proofs],
            external_reference=claim.external_reference,
            created_at=claim.created_at,
            updated_at=claim.updated_at,
            submitted_at=claim.submitted_at,
        )


class CheckOut(Wire):
    code: str
    result: str
    finding: str
    advice: str


class AttachedOut(Wire):
    """The document that was attached, and what a reviewer would say of it."""

    document: ProofOut
    checks: list[CheckOut]

    @classmethod
    def of(cls, proof: Proof, report: Report) -> Self:
        checks = [CheckOut(code=c.code, result=c.result, finding=c.finding, advice=c.advice) for c in report.checks]
        return cls(document=ProofOut.of(proof), checks=checks)


class ObstacleOut(Wire):
    code: str
    message: str


class ValidationOut(Wire):
    """The answer to `validateOnly`: nothing was done; empty obstacles mean that submitting would be accepted."""

    obstacles: list[ObstacleOut]


class EntryOut(Wire):
    seq: int
    event: str
    at: datetime
    actor_kind: str
    actor_id: str | None
    data: dict[str, object]
    words: str | None
    hash: str

    @classmethod
    def of(cls, entry: Entry) -> Self:
        return cls(
            seq=entry.seq,
            event=entry.event,
            at=entry.act.at,
            actor_kind=entry.act.actor.kind,
            actor_id=entry.act.actor.id,
            data=dict(entry.data),
            words=entry.words,
            hash=entry.hash,
        )


class TimelineOut(Wire):
    """All that happened to a claim, oldest first; `intact`: the chain of hashes is unbroken up to the claim's head."""

    claim_id: str
    intact: bool
    value: list[EntryOut]

    @classmethod
    def of(cls, claim: Claim, entries: tuple[Entry, ...]) -> Self:
        return cls(claim_id=claim.claim_id, intact=is_intact(entries, claim.head), value=[EntryOut.of(e) for e in entries])


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
