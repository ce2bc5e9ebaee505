"""Reviewers are mailed what waits for them: once a day at most, and nothing when nothing waits.

A mail cannot be sent exactly once across a crash, so whoever moves a day's mail to `sending` is the only one who sends it. One
that nobody settled for a quarter of an hour is unknown and never sent again: the next day's has what is still waiting. Safe to
run as often as one likes.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from shared import telemetry
from shared.domain.delivery import address_hash
from shared.domain.errors import NotFound
from shared.domain.identity import operation_id
from shared.domain.notice import Letter, MailKind, WaitingClaim
from shared.domain.payouts import LetterState
from shared.ports.digests import Digest, StoredDigest
from shared.ports.failures import StaleRecord
from shared.ports.partners import ReviewItem
from shared.ports.world import MoneyWorld
from shared.usecases import reviews
from shared.usecases.handing_over import handed_over

SETTLED_WITHIN: Final = timedelta(minutes=15)
MOST_LISTED: Final = 25


async def send_digests(world: MoneyWorld, addresses: Sequence[str]) -> int:
    """Sends today's mails that are not settled; returns how many left (R-343)."""
    waiting = await reviews.waiting(world) if addresses else []
    if not waiting:
        return 0
    sent = 0
    for address in addresses:
        taken = await _taken(world, address)
        if taken is None:
            continue
        fate = await handed_over(world, await _letter(world, taken, address, waiting), taken.tries)
        await _settle(world, taken, fate)
        sent += fate is LetterState.SENT
    return sent


async def _taken(world: MoneyWorld, address: str) -> Digest | None:
    """Today's mail to this address, if this worker is the one that sends it now."""
    now, recipient = world.clock.now(), address_hash(address)
    stored = await world.digests.digest(now.date(), recipient)
    digest = Digest(now.date(), recipient, LetterState.DUE, now, 0) if stored is None else stored.digest
    if digest.state is LetterState.SENDING and now - digest.since >= SETTLED_WITHIN:
        await _settle(world, digest, LetterState.UNKNOWN)
    if digest.state is not LetterState.DUE or world.mail_gate.is_closed(now) or not world.mail_gate.may_pass(now):
        return None
    sending = replace(digest, state=LetterState.SENDING, since=now, tries=digest.tries + 1)
    if not await _saved(world, sending, stored):
        return None
    if await world.suppressions.reason(address) is not None:
        await _settle(world, sending, LetterState.FAILED)
        return None
    return sending


async def _settle(world: MoneyWorld, digest: Digest, fate: LetterState) -> None:
    """Writes what became of the mail, unless somebody else has."""
    stored = await world.digests.digest(digest.day, digest.recipient)
    if stored is not None and stored.digest == digest:
        await _saved(world, replace(digest, state=fate, since=world.clock.now()), stored)
        telemetry.count("cpor.mails", kind=MailKind.REVIEW_DIGEST, fate=str(fate))


async def _saved(world: MoneyWorld, digest: Digest, stored: StoredDigest | None) -> bool:
    try:
        await world.digests.save(digest, None if stored is None else stored.etag)
    except StaleRecord:
        return False
    return True


async def _letter(world: MoneyWorld, digest: Digest, address: str, waiting: Sequence[ReviewItem]) -> Letter:
    """The tightest clocks first, by customer and partner; no person is named."""
    listed: list[WaitingClaim] = []
    programmes: set[str] = set()
    for item in waiting[:MOST_LISTED]:
        try:
            claim = (await world.records.claim(item.claim_id)).claim
        except NotFound:
            continue
        listed.append(WaitingClaim(claim.domain, claim.partner_name, item.due_at))
        programmes.add(world.programmes.programme(claim.programme_id).name)
    return Letter(
        kind=MailKind.REVIEW_DIGEST,
        operation_id=operation_id(f"00.digest.{digest.day.isoformat()}.{digest.recipient}"),
        to_address=address,
        to_name="",
        language="en",
        claim_id="",
        programme_name=", ".join(sorted(programmes)),
        partner_name="",
        customer_domain="",
        workloads=(),
        waiting=tuple(listed),
        further=len(waiting) - len(listed),
    )
