"""Who does something too often is asked to wait. No store is read or written: a worker counts for itself (R-280)."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from shared.domain.errors import NotFound, PartnerPaused
from shared.domain.limit import Limited, LimitReached, Limits, widest

if TYPE_CHECKING:
    # Who only asks for its limits needs to know of no claim.
    from shared.domain.claim import Claim
    from shared.domain.partner import Partner
    from shared.ports.world import World

# A notification and a request.
_MAILS_OF_ASKING: Final = 2


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
    """Lets a move that asks the customer happen if its mails fit, and counts them once it has (R-293).

    Raises LimitReached, and PartnerPaused for whoever customers refuse too often (R-295).
    """
    if partner.paused_at is not None:
        raise PartnerPaused
    limits, now = limits_of(world, partner), world.clock.now()
    buckets = [
        (Limited.MAILS, partner.partner_id, limits.rate(Limited.MAILS)),
        (Limited.MAILS_TO_DOMAIN, f"{claim.tenant_id}/{claim.domain}", limits.rate(Limited.MAILS_TO_DOMAIN)),
    ]
    for what, key, rate in buckets:
        world.limiter.check(what, key, rate, now, _MAILS_OF_ASKING)
    yield
    for what, key, rate in buckets:
        # Others may have come in between: what is done is done.
        with suppress(LimitReached):
            world.limiter.take(what, key, rate, now, _MAILS_OF_ASKING)


def limits_of(world: "World", partner: "Partner") -> Limits:
    """The partner's limits: the widest of its programmes (R-281)."""
    known: list[Limits] = []
    for programme_id in partner.programmes:
        # One that is not published any more limits nobody.
        with suppress(NotFound):
            known.append(world.programmes.programme(programme_id).policy.limits)
    return widest(known)
