"""Partners on the wire, as operators enrol and list them."""

from typing import Self

from pydantic import Field

from functions.wire import Guid, Language, Line, Wire
from functions.wire.partners import PartnerOut
from shared.domain.partner import Grant, Partner, Right, TokenClient
from shared.ports.partners import PartnerPage


class TokenClientIn(Wire):
    tenant_id: Guid
    app_id: Guid


class GrantIn(Wire):
    """What a distributor, itself an enrolled partner, may do for this one."""

    distributor_id: Line
    rights: list[Right] = Field(min_length=1, max_length=len(Right))


class PartnerIn(Wire):
    """A partner as an operator enrols it; `language` is that of the mails to it."""

    name: Line
    mail: Line
    programmes: list[Line] = Field(max_length=50)
    clients: list[TokenClientIn] = Field(max_length=20)
    suspended: bool = False
    grants: list[GrantIn] = Field(default_factory=list, max_length=50)
    language: Language = "en"

    def partner(self, partner_id: str) -> Partner:
        clients = tuple(TokenClient(c.tenant_id, c.app_id) for c in self.clients)
        grants = tuple(Grant(grant.distributor_id, tuple(dict.fromkeys(grant.rights))) for grant in self.grants)
        return Partner(
            partner_id,
            self.name,
            self.mail,
            tuple(self.programmes),
            clients,
            self.suspended,
            grants,
            language=self.language,
        )


class TokenClientOut(Wire):
    tenant_id: str
    app_id: str


class EnrolledPartnerOut(PartnerOut):
    """A partner's whole profile, as an operator enrolled it."""

    mail: str
    clients: list[TokenClientOut]

    @classmethod
    def of(cls, partner: Partner) -> Self:
        clients = [TokenClientOut(tenant_id=c.directory_id, app_id=c.app_id) for c in partner.clients]
        return cls(**PartnerOut.of(partner).model_dump(), mail=partner.mail, clients=clients)


class PartnersOut(Wire):
    """A page of partners. Without `nextLink` it is the last."""

    value: list[EnrolledPartnerOut]
    next_link: str | None

    @classmethod
    def of(cls, page: PartnerPage, next_link: str | None) -> Self:
        return cls(value=[EnrolledPartnerOut.of(partner) for partner in page.items], next_link=next_link)
