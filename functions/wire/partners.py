"""Partners on the wire, as they see themselves. Operators' view of them is `enrolment`."""

from datetime import date, datetime
from typing import Self

from functions.wire import Wire
from shared.domain.limit import Limits
from shared.domain.partner import Partner, Right


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
    language: str

    @classmethod
    def of(cls, partner: Partner) -> Self:
        return cls(
            partner_id=partner.partner_id,
            name=partner.name,
            programmes=list(partner.programmes),
            suspended=partner.suspended,
            paused_at=partner.paused_at,
            grants=[GrantOut(distributor_id=grant.distributor_id, rights=list(grant.rights)) for grant in partner.grants],
            language=partner.language,
        )


class LimitsOut(Wire):
    """How often the partner may do what costs others something: the widest figures of its programmes."""

    claims_per_minute: int
    availability_per_minute: int
    mails_a_day: int
    mails_per_domain_a_day: int
    mails_per_address_a_day: int


class UsedOut(Wire):
    """What was asked for on this day (UTC), whoever of the service's workers took it, as known up to two minutes ago.

    A move that asks a customer counts as two mails. `mails_to_one_domain` is the most that a single customer's domain was asked.
    """

    day: date
    claims: int
    mails: int
    mails_to_one_domain: int


class MeOut(PartnerOut):
    """The partner that the call is for, its limits, what it used today, and, where `Acting-For` named it, who acts for it."""

    limits: LimitsOut
    used_today: UsedOut
    acted_by: str | None

    @classmethod
    def for_caller(cls, partner: Partner, limits: Limits, today: date) -> Self:
        shown = LimitsOut(
            claims_per_minute=limits.claims_per_minute,
            availability_per_minute=limits.availability_per_minute,
            mails_a_day=limits.mails_per_partner_a_day,
            mails_per_domain_a_day=limits.mails_per_domain_a_day,
            mails_per_address_a_day=limits.mails_per_address_a_day,
        )
        asked = partner.asked.on(today)
        most = max(asked.by_domain.values(), default=0)
        used = UsedOut(day=today, claims=asked.claims, mails=asked.mails, mails_to_one_domain=most)
        known = PartnerOut.of(partner).model_dump()
        return cls(**known, limits=shown, used_today=used, acted_by=partner.acting.distributor_id)
