"""Partners on the wire."""

from typing import Self

from pydantic import Field

from functions.wire import Guid, Line, Wire
from shared.domain.partner import Partner, TokenClient
from shared.ports.partners import PartnerPage


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

    @classmethod
    def of(cls, partner: Partner) -> Self:
        return cls(
            partner_id=partner.partner_id,
            name=partner.name,
            mail=partner.mail,
            programmes=list(partner.programmes),
            clients=[TokenClientOut(tenant_id=c.directory_id, app_id=c.app_id) for c in partner.clients],
            suspended=partner.suspended,
        )


class PartnersOut(Wire):
    """A page of partners. Without `nextLink` it is the last."""

    value: list[EnrolledPartnerOut]
    next_link: str | None

    @classmethod
    def of(cls, page: PartnerPage, next_link: str | None) -> Self:
        return cls(value=[EnrolledPartnerOut.of(partner) for partner in page.items], next_link=next_link)
