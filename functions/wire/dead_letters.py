"""Dead letters on the wire: which work died, how often, and whether it was replayed. Nothing that a person wrote."""

from datetime import datetime
from typing import Self

from functions.wire import Wire
from shared.domain.dead_letter import DeadLetter, LetterState, Queue
from shared.ports.dead_letters import LetterPage


class DeadLetterOut(Wire):
    """Work that failed every try: `kind` is what an outbox row asked for, `about` the ids of what it is about, `times` how often
    it died. It waits until it is replayed, and again if it dies again."""

    letter_id: str
    queue: Queue
    kind: str | None
    about: dict[str, str]
    state: LetterState
    times: int
    first_died_at: datetime
    died_at: datetime
    replayed_at: datetime | None
    replayed_by: str | None

    @classmethod
    def of(cls, letter: DeadLetter) -> Self:
        return cls(
            letter_id=letter.letter_id,
            queue=letter.queue,
            kind=letter.kind,
            about=dict(letter.about),
            state=letter.state,
            times=letter.times,
            first_died_at=letter.first_died_at,
            died_at=letter.died_at,
            replayed_at=letter.replayed_at,
            replayed_by=letter.replayed_by,
        )


class DeadLettersOut(Wire):
    """A page of dead letters. It may be empty although a next one follows; without `nextLink` it is the last."""

    value: list[DeadLetterOut]
    next_link: str | None

    @classmethod
    def of(cls, page: LetterPage, next_link: str | None) -> Self:
        return cls(value=[DeadLetterOut.of(each) for each in page.items], next_link=next_link)
