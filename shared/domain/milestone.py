"""When a milestone is reached: integer arithmetic on two counts, and which milestones a customer's size can reach.

Usage is never rounded up: 14.99 % is not 15 %. Nothing here knows dates, tenures or money already booked.
"""

from shared.domain.programme import Milestone, Programme, Size


def is_reached(threshold: int, mau: int, pau: int) -> bool:
    """Whether MAU / PAU is at least `threshold` percent. Without seats nothing is reached; above 100 % is fine."""
    return pau > 0 and mau * 100 >= threshold * pau


def users_at(threshold: int, pau: int) -> int:
    """The smallest MAU that reaches `threshold` percent of `pau` seats."""
    return -(-threshold * pau // 100)


def users_missing(threshold: int, mau: int, pau: int, mark: int | None = None) -> int:
    """How many more active users earn the milestone: enough for the threshold, and above the high-water mark if there is one."""
    needed = users_at(threshold, pau)
    if mark is not None:
        needed = max(needed, mark + 1)
    return max(0, needed - mau)


def size_of(programme: Programme, seats: int) -> Size | None:
    """The size whose range holds these seats, or None below the smallest."""
    for size in programme.sizes:
        if size.min_seats <= seats and (size.max_seats is None or seats <= size.max_seats):
            return size
    return None


def eligible_milestones(programme: Programme, workload: str, size: Size | None) -> tuple[Milestone, ...]:
    """The milestones a workload of this size can earn, lowest first: what the size opens and the workload knows."""
    return programme.milestones_opened_by(size.name, workload) if size is not None else ()
