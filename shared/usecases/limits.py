"""Who does something too often is asked to wait. No store is read or written: a worker counts for itself (R-280)."""

from shared.domain.limit import Limited, Limits, widest
from shared.domain.partner import Partner
from shared.ports.world import World


def require(world: World, partner: Partner, what: Limited, key: str = "", amount: int = 1) -> None:
    """Counts `amount` of it for this partner (and, where named, this key). Raises LimitReached."""
    rate = limits_of(world, partner).rate(what)
    world.limiter.take(what, f"{partner.partner_id}\n{key}", rate, world.clock.now(), amount)


def limits_of(world: World, partner: Partner) -> Limits:
    """The partner's limits: the widest of its programmes (R-281)."""
    return widest(each.policy.limits for each in world.programmes.all() if each.programme_id in partner.programmes)
