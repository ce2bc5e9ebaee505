"""A letter that no claim waits for is handed to the mail provider, and what came of it is said as a state of its own.

Whoever calls this has moved the letter to `sending`, alone, and writes down what it returns.
"""

from typing import Final

from shared.domain.notice import (
    Letter,
    MailFateUnknown,
    PermanentMailFailure,
    ProviderUnavailable,
    TransientMailFailure,
)
from shared.domain.payouts import LetterState
from shared.ports.world import World

MOST_TRIES: Final = 8


async def handed_over(world: World, letter: Letter, tries: int) -> LetterState:
    """Sent, due again, failed for good, or unknown; `tries` counts this one."""
    try:
        await world.mailer.send(letter)
    except ProviderUnavailable as failure:
        # No fault of this letter; this worker leaves the provider alone for a while.
        world.mail_gate.close(world.clock.now(), failure.retry_after)
        return LetterState.DUE
    except TransientMailFailure:
        return LetterState.DUE if tries < MOST_TRIES else LetterState.FAILED
    except PermanentMailFailure:
        return LetterState.FAILED
    except MailFateUnknown:
        world.mail_gate.close(world.clock.now(), None)
        return LetterState.UNKNOWN
    world.mail_gate.open()
    return LetterState.SENT
