"""Partners on the wire."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from pydantic import Field

from functions.wire import Guid, Line, Wire
from shared.domain.limit import Limits
from shared.domain.partner import Grant, Partner, Right, TokenClient

if TYPE_CHECKING:
    # Who asks for itself needs to know of no list.
    from shared.ports.partners import PartnerPage


class TokenClientIn(Wire):
    tenant_id: Guid
    app_id: Guid


class GrantIn(Wire):
    """What a distributor, itself an enrolled partner, may do for this one."""

    distributor_id: Line
    rights: list[Right] = Field(min_length=1, max_length=len(Right))


class PartnerIn(Wire):
    """A partner as an operator enrols it."""

    name: Line
    mail: Line
    programmes: list[Line] = Field(max_length=50)
    clients: list[TokenClientIn] = Field(max_length=20)
    suspended: bool = False
    grants: list[GrantIn] = Field(default_factory=list, max_length=50)

    def partner(self, partner_id: str) -> Partner:
        clients = tuple(TokenClient(c.tenant_id, c.app_id) for c in self.clients)
        grants = tuple(Grant(grant.distributor_id, tuple(dict.fromkeys(grant.rights))) for grant in self.grants)
        return Partner(partner_id, self.name, self.mail, tuple(self.programmes), clients, self.suspended, grants)


class GrantOut(Wire):
    distributor_id: str
    rights: list[Right]


class PartnerOut(Wire):
    partner_id: str
    name: str
    programmes: list[str]
    suspended: bool
    paused_at: datetime | None
    grants: list[GrantOut]

    @classmethod
    def of(cls, partner: Partner) -> Self:
        return cls(
            partner_id=partner.partner_id,
            name=partner.name,
            programmes=list(partner.programmes),
            suspended=partner.suspended,
            paused_at=partner.paused_at,
            grants=[GrantOut(distributor_id=grant.distributor_id, rights=list(grant.rights)) for grant in partner.grants],
        )


class LimitsOut(Wire):
    """How often the partner may do what costs others something: the widest figures of its programmes."""

    claims_per_minute: int
    availability_per_minute: int
    mails_a_day: int
    mails_per_domain_a_day: int
    mails_per_address_a_day: int


class MeOut(PartnerOut):
    """The partner that the call is for, its limits, and, where `Acting-For` named it, who acts for it."""

    limits: LimitsOut
    acted_by: str | None

    @classmethod
    def for_caller(cls, partner: Partner, limits: Limits) -> Self:
        shown = LimitsOut(
            claims_per_minute=limits.claims_per_minute,
            availability_per_minute=limits.availability_per_minute,
            mails_a_day=limits.mails_per_partner_a_day,
            mails_per_domain_a_day=limits.mails_per_domain_a_day,
            mails_per_address_a_day=limits.mails_per_address_a_day,
        )
        return cls(**PartnerOut.of(partner).model_dump(), limits=shown, acted_by=partner.acting.distributor_id)


class TokenClientOut(Wire):
    tenant_id: str
    app_id: str


class EnrolledPartnerOut(Wire):
    """A partner's whole profile, as an operator enrolled it."""

    partner_id: str
    name: str
    mail: str
    programmes: list[str]
    clients: list[TokenClientOut]
    suspended: bool
    paused_at: datetime | None
    grants: list[GrantOut]

    @classmethod
    def of(cls, partner: Partner) -> Self:
        return cls(
            partner_id=partner.partner_id,
            name=partner.name,
            mail=partner.mail,
            programmes=list(partner.programmes),
            clients=[TokenClientOut(tenant_id=c.directory_id, app_id=c.app_id) for c in partner.clients],
            suspended=partner.suspended,
            paused_at=partner.paused_at,
            grants=[GrantOut(distributor_id=grant.distributor_id, rights=list(grant.rights)) for grant in partner.grants],
        )


class PartnersOut(Wire):
    """A page of partners. Without `nextLink` it is the last."""

    value: list[EnrolledPartnerOut]
    next_link: str | None

    @classmethod
    def of(cls, page: "PartnerPage", next_link: str | None) -> Self:
        return cls(value=[EnrolledPartnerOut.of(partner) for partner in page.items], next_link=next_link)
