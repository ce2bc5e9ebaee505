"""Who does something too often is asked to wait. On the way no store is read or written: a worker counts for itself (R-280).

What all workers together let a partner ask for in a day is counted in the background, and known with the profile, which a worker
reads once a minute (R-310).
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

from shared.domain.asked import MAILS_OF_ASKING, domain_key
from shared.domain.errors import NotFound, PartnerPaused
from shared.domain.limit import Limited, LimitReached, Limits, require_left, widest

if TYPE_CHECKING:
    # Who only asks for its limits needs to know of no claim.
    from shared.domain.claim import Claim
    from shared.domain.partner import Partner
    from shared.ports.world import World


async def counted_partner(world: "World", partner_id: str) -> "Partner":
    """The partner with what it asked for today, as far as that is projected. Raises NotFound."""
    partner, asked = await asyncio.gather(world.partners.partner(partner_id), world.partners.asked(partner_id))
    return replace(partner, asked=asked)


def require(world: "World", partner: "Partner", what: Limited) -> None:
    """Counts it once for this partner. Raises LimitReached."""
    world.limiter.take(what, partner.partner_id, limits_of(world, partner).rate(what), world.clock.now())


def require_address(world: "World", partner: "Partner", tenant_id: str, address: str) -> None:
    """Counts that this person is named as one to ask, whichever partner does (R-293). Raises LimitReached."""
    rate = limits_of(world, partner).rate(Limited.MAILS_TO_ADDRESS)
    key = sha256(f"{tenant_id}/{address.lower()}".encode()).hexdigest()
    world.limiter.take(Limited.MAILS_TO_ADDRESS, key, rate, world.clock.now())


@contextmanager
def mails(world: "World", partner: "Partner", claim: "Claim") -> Iterator[None]:
    """Lets a move that asks the customer happen if its mails fit, and counts them once it has (R-293, R-310).

    Raises LimitReached, and PartnerPaused for whoever customers refuse too often (R-295).
    """
    if partner.paused_at is not None:
        raise PartnerPaused
    limits, now = limits_of(world, partner), world.clock.now()
    asked, domain = partner.asked.on(now.date()), domain_key(claim.tenant_id, claim.domain)
    buckets = [
        (Limited.MAILS, partner.partner_id, asked.mails),
        (Limited.MAILS_TO_DOMAIN, f"{claim.tenant_id}/{claim.domain}", asked.by_domain.get(domain, 0)),
    ]
    for what, key, today in buckets:
        require_left(what, limits.rate(what), today, now, MAILS_OF_ASKING)
        world.limiter.check(what, key, limits.rate(what), now, MAILS_OF_ASKING)
    yield
    for what, key, _ in buckets:
        # Others may have come in between: what is done is done.
        with suppress(LimitReached):
            world.limiter.take(what, key, limits.rate(what), now, MAILS_OF_ASKING)


def limits_of(world: "World", partner: "Partner") -> Limits:
    """The partner's limits: the widest of its programmes (R-281)."""
    known: list[Limits] = []
    for programme_id in partner.programmes:
        # One that is not published any more limits nobody.
        with suppress(NotFound):
            known.append(world.programmes.programme(programme_id).policy.limits)
    return widest(known)
