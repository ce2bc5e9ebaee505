"""Stored proofs that no claim names: what was uploaded and never attached, or taken out of a draft again.

Each night a part of the buckets is looked through, so that each comes up every 32 days. A proof that is old and named by no claim
is condemned at one visit and deleted at the next, if nobody has stored the same document again meanwhile: an upload that found it
lying there before it was condemned has long been committed by then, and one that found it condemned has pardoned it (R-146).

Safe to run twice: a second visit on the same day condemns again what is condemned and deletes nothing.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from shared.domain.errors import NotFound
from shared.domain.identity import BUCKETS
from shared.domain.policy import ORPHAN_DAYS
from shared.ports.proofs import Shelved
from shared.ports.world import World

VISITED_EVERY: Final = timedelta(days=32)


class Fate(StrEnum):
    """What became of a stored proof at a visit."""

    KEPT = "kept"
    PARDONED = "pardoned"
    CONDEMNED = "condemned"
    DELETED = "deleted"


def buckets_on(day: date) -> Sequence[str]:
    """The buckets whose turn it is."""
    return [bucket for bucket in BUCKETS if int(bucket, 16) % VISITED_EVERY.days == day.toordinal() % VISITED_EVERY.days]


async def collect_orphans(world: World) -> Counter[Fate]:
    """Visits today's buckets; how many proofs had which fate."""
    now, fates = world.clock.now(), Counter[Fate]()
    for bucket in buckets_on(now.date()):
        async for proof in world.shelf.proofs(bucket):
            if now - proof.created_at >= timedelta(days=ORPHAN_DAYS):
                fates[await _judged(world, proof, now.date())] += 1
    return fates


async def _judged(world: World, proof: Shelved, today: date) -> Fate:
    if await _is_named(world, proof.name):
        if not proof.is_condemned:
            return Fate.KEPT
        await world.shelf.pardon(proof.name)
        return Fate.PARDONED
    if proof.is_condemned and await world.shelf.delete(proof.name, today - VISITED_EVERY):
        return Fate.DELETED
    await world.shelf.condemn(proof.name, today)
    return Fate.CONDEMNED


async def _is_named(world: World, name: str) -> bool:
    claim_id, _, digest = name.partition("/")
    try:
        claim = (await world.records.claim(claim_id)).claim
    except NotFound:
        return False
    return any(proof.sha256 == digest for proof in claim.proofs)
