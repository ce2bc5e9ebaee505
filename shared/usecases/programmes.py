"""An operator publishes a version of a programme. Safe to run twice: a version is inserted once, and the same again is found.

Nothing that is reached already changes by it: a version judges only days that come after its notice.
"""

from dataclasses import dataclass
from datetime import date

from shared.domain.errors import NotFound, StaleVersion
from shared.domain.programme import Programme
from shared.domain.programme_check import FaultyProgramme
from shared.domain.programme_versions import (
    Difference,
    Version,
    Versions,
    differences,
    earliest_effect,
    faults_of_next,
)
from shared.ports.failures import StaleRecord
from shared.ports.world import World


@dataclass(frozen=True, slots=True)
class Plan:
    """What publishing would do: the version, and everything that it says differently from the one before."""

    version: Version
    differs: tuple[Difference, ...]


async def plan(world: World, programme: Programme, in_effect_from: date | None, operator: str) -> Plan:
    """The version as it would be published now; by default it takes effect as soon as the notice admits.

    Raises FaultyProgramme with every fault, StaleVersion when a version of that number stands.
    """
    now = world.clock.now()
    standing = _standing(world, programme.programme_id)
    effect = in_effect_from or earliest_effect(now)
    if standing is not None and programme.version <= standing.latest.programme.version:
        raise StaleVersion("This version of the programme is published already: read it, and send the next one.")
    if faults := faults_of_next(standing, programme, effect, now):
        raise FaultyProgramme(faults)
    before = None if standing is None else standing.on(effect)
    return Plan(Version(programme, effect, now, operator), differences(before, programme))


async def publish(world: World, programme: Programme, in_effect_from: date | None, operator: str) -> Versions:
    """Publishes the version. The same definition again is what stands. Raises as `plan` does."""
    standing = _standing(world, programme.programme_id)
    if standing is not None and _is_published(standing, programme, in_effect_from):
        return standing
    planned = await plan(world, programme, in_effect_from, operator)
    try:
        return await world.programmes.publish(planned.version)
    except StaleRecord as error:
        raise StaleVersion("Another operator has just published a version of this number: read it first.") from error


def _standing(world: World, programme_id: str) -> Versions | None:
    try:
        return world.programmes.versions(programme_id)
    except NotFound:
        return None


def _is_published(standing: Versions, programme: Programme, in_effect_from: date | None) -> bool:
    return any(
        each.programme == programme and in_effect_from in (None, each.in_effect_from)
        for each in standing.all
        if each.published_at is not None
    )
