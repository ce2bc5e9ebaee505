"""The words of the mails that ask a customer: every version there was, kept word for word in `wordings/`.

Silence counts because of such a mail, so the timeline names the words that it had (R-403).
"""

from pathlib import Path
from typing import Final

from shared.domain.notice import Letter
from shared.domain.shown import Shown
from shared.kept_words import standing
from shared.languages import spoken

FOLDER: Final = Path(__file__).parent / "wordings"


def words_of(letter: Letter) -> Shown | None:
    """The words that this letter puts its facts into; None where no silence rests on them."""
    return standing(FOLDER).get((letter.wording, spoken(letter.language)))
