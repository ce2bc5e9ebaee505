"""Who does something too often is asked to wait. On the way no store is read or written: a worker counts for itself (R-280).

What all workers together let a partner ask for in a day is counted in the background, and known with the profile, which a worker
reads once a minute (R-310).
"""

import asyncio
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

from shared.domain.asked import MAILS_OF_ASKING, domain_key
from shared.domain.errors import NotFound, PartnerPaused
from shared.domain.limit import Limited, LimitReached, Limits, require_left, widest

if TYPE_CHECKING:
    # Who only asks for its limits needs to know of no claim.
    from shared.domain.claim import Change, Claim
    from shared.domain.partner import Partner
    from shared.ports.world import World


async def counted_partner(world: "World", partner_id: str) -> "Partner":
    """The partner with what it asked for today, as far as that is projected. Raises NotFound."""
    partner, asked = await asyncio.gather(world.partners.partner(partner_id), world.partners.asked(partner_id))
    return replace(partner, asked=asked)


def require(world: "World", partner: "Partner", what: Limited) -> None:
    """Counts it once for this partner. Raises LimitReached."""
    world.limiter.take(what, partner.partner_id, limits_of(world, partner).rate(what), world.clock.now())


def take_address(world: "World", limits: Limits, tenant_id: str, address: str) -> None:
    """Counts that somebody of the customer names this person as one to ask (R-293, R-333). Raises LimitReached."""
    rate = limits.rate(Limited.MAILS_TO_ADDRESS)
    world.limiter.take(Limited.MAILS_TO_ADDRESS, _person_key(tenant_id, address), rate, world.clock.now())


class Toll:
    """What one move uses of the limits: looked at when it is decided, counted once it is made (R-293).

    A repeated call is answered with what it did the first time, also where nothing more would fit, and uses nothing (R-312): so
    `name` and `ask` belong where the move is decided; what is raised there never reaches a call that had its effect before.
    """

    def __init__(self, world: "World", partner: "Partner") -> None:
        self._world, self._partner, self._limits = world, partner, limits_of(world, partner)
        self._used: dict[tuple[Limited, str], int] = {}
        self._heads: set[str] = set()

    def name(self, tenant_id: str, address: str) -> None:
        """This person is named as one to ask, whichever partner does. Raises LimitReached."""
        self._look(Limited.MAILS_TO_ADDRESS, _person_key(tenant_id, address), 1)

    def ask(self, change: "Change") -> "Change":
        """The customer is asked by this change. Raises LimitReached, and PartnerPaused for whom customers refuse (R-295)."""
        if self._partner.paused_at is not None:
            raise PartnerPaused
        claim, now = change.after, self._world.clock.now()
        asked, domain = self._partner.asked.on(now.date()), domain_key(claim.tenant_id, claim.domain)
        for what, key, today in (
            (Limited.MAILS, claim.partner_id, asked.mails),
            (Limited.MAILS_TO_DOMAIN, f"{claim.tenant_id}/{claim.domain}", asked.by_domain.get(domain, 0)),
        ):
            require_left(what, self._limits.rate(what), today, now, MAILS_OF_ASKING)
            self._look(what, key, MAILS_OF_ASKING)
        return self.decided(change)

    def decided(self, change: "Change") -> "Change":
        """This change is to be made."""
        self._heads.add(change.after.head)
        return change

    def paid(self, claim: "Claim") -> "Claim":
        """Counts what was used, if the claim is as a change of this move has left it."""
        if claim.head in self._heads:
            for (what, key), amount in self._used.items():
                # Others may have come in between: what is done is done.
                with suppress(LimitReached):
                    self._world.limiter.take(what, key, self._limits.rate(what), self._world.clock.now(), amount)
        return claim

    def _look(self, what: Limited, key: str, amount: int) -> None:
        self._world.limiter.check(what, key, self._limits.rate(what), self._world.clock.now(), amount)
        self._used[what, key] = amount


def limits_of(world: "World", partner: "Partner") -> Limits:
    """The partner's limits: the widest of its programmes (R-281)."""
    known: list[Limits] = []
    for programme_id in partner.programmes:
        # One that is not published any more limits nobody.
        with suppress(NotFound):
            known.append(world.programmes.programme(programme_id).policy.limits)
    return widest(known)


def _person_key(tenant_id: str, address: str) -> str:
    return sha256(f"{tenant_id}/{address.lower()}".encode()).hexdigest()
