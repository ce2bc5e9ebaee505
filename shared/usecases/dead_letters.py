"""What failed every try is kept for a person to see, and replayed once what was wrong is mended.

Safe to run twice: a letter is a function of its work, and noted as often as that dies. A replay gives the work out first and says
so afterwards, conditional on the letter as it was read; so a crash in between leaves one that is replayed again, and everything
that is given out twice has the effect of one, as messages that are delivered twice have. A mail goes back to where it died: one
that was being sent is not sent again but asked for, and ends as unknown where its provider does not know either (R-33).
"""

from shared.domain.dead_letter import DeadLetter, LetterState, of_row, replayed
from shared.ports.dead_letters import LetterFilter, LetterPage, StoredLetter
from shared.ports.failures import StaleRecord
from shared.ports.records import Work, WorkState
from shared.ports.world import World
from shared.usecases.as_read import AsRead, whatever
from shared.usecases.moves import announce


async def letters(world: World, wanted: LetterFilter, limit: int, after: str | None) -> LetterPage:
    """One page of the letters, by their id."""
    return await world.dead_letters.page(wanted, limit, after)


async def note_row(world: World, work: Work, kind: str) -> None:
    """Keeps a letter of an outbox row that is marked dead."""
    await world.dead_letters.note(of_row(work.bucket, work.row_key, work.claim_id, kind, world.clock.now()))


async def replay(world: World, operator: str, letter_id: str, as_read: AsRead[DeadLetter] = whatever) -> DeadLetter:
    """Has the work done again, unless that was said before; returns the letter as it stands now (R-305).

    Raises NotFound, StaleVersion.
    """
    stored = await world.dead_letters.letter(letter_id)
    as_read(stored.letter)
    if stored.letter.state is not LetterState.WAITING:
        return stored.letter
    was_moot = not await _given_out(world, stored)
    after = replayed(stored.letter, operator, world.clock.now(), was_moot=was_moot)
    try:
        await world.dead_letters.update(stored.etag, after)
    except StaleRecord:
        # Somebody replayed it at the same time, or it has died again already: what stands there says it.
        return (await world.dead_letters.letter(letter_id)).letter
    return after


async def _given_out(world: World, stored: StoredLetter) -> bool:
    """Is the work under way again? False where nothing is left to do."""
    letter = stored.letter
    if letter.bucket is None or letter.row_key is None:
        await world.dead_letters.send_again(letter)
        return True
    work = await world.records.work(letter.bucket, letter.row_key)
    if work is None or work.state is not WorkState.DEAD:
        return False
    await world.records.put_back(work, state=work.died_as or WorkState.DUE, not_before=None, attempts=work.attempts)
    await announce(world, work.bucket, (work.row_key,))
    return True
