"""Claims by the thousand: a file is taken as it is and worked off in the background, line by line.

Safe to run twice, late and at once: a line's claim has an id that is a function of the batch and the line's number, and makes it
once; the results of a piece of lines are kept once. A worker that dies leaves the pieces that are kept, and the next goes on with
the others.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Final

from shared.domain.errors import InvalidInput, NotFound
from shared.domain.partner import Partner
from shared.ports.batches import LINES_A_PIECE, BatchStatus, ClaimBatch, LineResult
from shared.ports.records import Call
from shared.ports.world import World
from shared.usecases.claims import NewClaim, create_claim, require_active

CONTAINER: Final = "claim-batches"
MEDIA_TYPE: Final = "application/x-ndjson"
MOST_LINES: Final = 10_000
_AT_ONCE: Final = 16
# A message is one run of a function, which must end in ten minutes however slow the store is: what is left is for the next.
_MESSAGE_LASTS: Final = timedelta(minutes=3)

type Read = Callable[[bytes], NewClaim]
"""Reads a line; raises what says why it cannot be."""
type Tell = Callable[[Exception], Mapping[str, object] | None]
"""The problem document of a refusal, None for what is none."""


async def accept(world: World, partner: Partner, content: bytes, key: str, call: Call) -> ClaimBatch:
    """Notes the batch, keeps its file and has it worked off (R-260). The same again is the same batch, and takes up a failed one.

    Raises InvalidInput, KeyReused, PartnerSuspended.
    """
    require_active(partner)
    lines = sum(1 for line in content.split(b"\n") if line.strip())
    if not 0 < lines <= MOST_LINES:
        raise InvalidInput("", f"A batch has 1 to {MOST_LINES} lines, each a claim.")
    batch_id = sha256(f"{partner.partner_id}\n{key}".encode()).hexdigest()[:24]
    wanted = ClaimBatch(partner.partner_id, batch_id, call.body_hash, lines, world.clock.now(), partner.acting)
    batch = await world.batch_book.begin(wanted)
    if batch.status is BatchStatus.FAILED:
        # Before the message: whoever fails it again has the last word, and whoever watches sees that it goes on.
        await world.batch_book.mark(batch, BatchStatus.QUEUED)
        batch = await world.batch_book.load(batch.partner_id, batch.batch_id)
    if batch.status is not BatchStatus.DONE:
        # Perhaps whoever noted it never came to these lines; the same file and a second message do no harm.
        await world.files.put(CONTAINER, _blob_name(batch), content, MEDIA_TYPE)
        await world.batches.send({"partnerId": batch.partner_id, "batchId": batch.batch_id})
    return batch


async def work_off(world: World, partner_id: str, batch_id: str, read: Read, tell: Tell) -> ClaimBatch:
    """Makes the claims of some pieces that are not done yet, keeps what came of each line, and leaves the rest to a next message.

    Raises what is no refusal of a line: the message is delivered again, and goes on where this ended (R-261).
    """
    batch = await world.batch_book.load(partner_id, batch_id)
    if batch.status is BatchStatus.DONE:
        return batch
    partner = replace(await world.partners.partner(partner_id), acting=batch.acting)
    done, until = await world.batch_book.worked_off(batch), world.clock.now() + _MESSAGE_LASTS
    async for first, lines in _pieces(world.files.pieces(CONTAINER, _blob_name(batch))):
        if first in done:
            continue
        if world.clock.now() >= until:
            await world.batches.send({"partnerId": partner_id, "batchId": batch_id})
            return batch
        await world.batch_book.keep(batch, first, await _made(world, partner, batch, lines, read, tell))
    await world.batch_book.mark(batch, BatchStatus.DONE)
    return await world.batch_book.load(partner_id, batch_id)


async def give_up(world: World, partner_id: str, batch_id: str) -> None:
    """Marks a batch failed whose message failed every try; the same request again takes it up."""
    try:
        batch = await world.batch_book.load(partner_id, batch_id)
    except NotFound:
        return  # No batch of ours: its letter is all that is left of it.
    await world.batch_book.mark(batch, BatchStatus.FAILED)


async def _made(
    world: World, partner: Partner, batch: ClaimBatch, lines: list[tuple[int, bytes]], read: Read, tell: Tell
) -> list[LineResult]:
    limit = asyncio.Semaphore(_AT_ONCE)

    async def make(number: int, line: bytes) -> LineResult:
        # No caller's key has a line break in it: a line's key is nobody else's.
        key = f"batch\n{batch.batch_id}\n{number}"
        call = Call(sha256(f"{partner.partner_id}\n{key}".encode()).hexdigest(), sha256(line).hexdigest())
        async with limit:
            try:
                claim = await create_claim(world, partner, read(line), key, call)
            except Exception as error:
                problem = tell(error)
                if problem is None:
                    raise
                return LineResult(number, None, problem)
        return LineResult(number, claim.claim_id, None)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(make(number, line)) for number, line in lines]
    return [task.result() for task in tasks]


async def _pieces(content: AsyncIterator[bytes]) -> AsyncIterator[tuple[int, list[tuple[int, bytes]]]]:
    """The file in pieces of so many lines: the number of the first, and each line that says something with its number."""
    rest, number, piece = b"", 0, list[tuple[int, bytes]]()
    async for part in content:
        *whole, rest = (rest + part).split(b"\n")
        for line in whole:
            number += 1
            piece.append((number, line))
            if len(piece) == LINES_A_PIECE:
                yield piece[0][0], [each for each in piece if each[1].strip()]
                piece = []
    if rest.strip():
        piece.append((number + 1, rest))
    if piece:
        yield piece[0][0], [each for each in piece if each[1].strip()]


def _blob_name(batch: ClaimBatch) -> str:
    return f"{batch.partner_id}/{batch.batch_id}"
