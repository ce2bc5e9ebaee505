"""The words of the pages on which a customer answers: every version there was, kept word for word in `wordings/`.

Guarantees: a form carries the hash of the words around it, so an answer names the words that were read, and their language with
them.
"""

from pathlib import Path
from typing import Final

from functions.pages.forms import Form
from shared.domain.shown import Shown
from shared.kept_words import standing

FOLDER: Final = Path(__file__).parent / "wordings"
FIELD: Final = "words"
"""The hidden field of a form that says which words stand around it."""


def words_on(page: str, language: str) -> str:
    """What the form on such a page says of the words around it."""
    shown = standing(FOLDER).get((page, language))
    return "" if shown is None else shown.sha256


def words_read(form: Form) -> Shown | None:
    """The words that whoever sent this form has read; None unless they are those that stand now."""
    values = set(form.get(FIELD, ()))
    return next((shown for shown in standing(FOLDER).values() if {shown.sha256} == values), None)
