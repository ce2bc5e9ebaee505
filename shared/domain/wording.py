"""What people are told, and how strangers' words are put in front of them: the same in every mail and on every page.

The promises made to a customer stand here once, in English; each is also the key under which a catalogue holds its
translation. Strangers' text (names, notes, reasons) is made fit to be shown: visible characters only, no writing direction that
outlives its sentence, no links that could pass for ours, and a length a person reads. Escaping for HTML is left to the templates.
"""

import re
import unicodedata
from datetime import UTC, datetime

WHAT_THE_PARTNER_SEES = (
    "For each workload, how many people used it in the last 28 days (monthly active users).",
    "For each workload, how many seats you pay for (paid seats).",
    "Nothing else: never names, and never your mails, files or any other content.",
)

WHAT_IT_DOES_NOT_DO = (
    "It costs you nothing.",
    "It gives no administrator access and no way into your systems.",
    "It changes no contract, no price and no reseller.",
    "It is not consent to processing personal data.",
)

OUTCOMES = {
    "granted": "Agreed",
    "implied": "No objection within the time given",
    "refused": "Refused",
    "pending": "Not answered yet",
    "not_asked": "Not asked yet",
    "ended": "Ended",
}
"""What a consent is called where a person reads it, by its value."""

NAME_LIMIT = 120
WORDS_LIMIT = 2000
LINK_REMOVED = "[link removed]"

_JOINERS = "\u200c\u200d"  # Persian, Indic scripts and emoji need them to be spelt at all.
_LINK = re.compile(
    r"(?i)\b(?:[a-z][a-z0-9+.-]{1,20}://|www\.|(?:[\w-]{1,63}\.){1,8}[a-z]{2,24}/)\S*|\b(?:mailto|javascript|data|tel):\S+"
)


def one_line(text: str, limit: int = NAME_LIMIT) -> str:
    """A name or title as one line of visible text of at most `limit` characters, without links."""
    return _shortened(_LINK.sub(LINK_REMOVED, " ".join(_visible(text).split())), limit)


def own_words(text: str, limit: int = WORDS_LIMIT, *, keep_links: bool = False) -> str:
    """Somebody's own words: lines and single blank lines kept, everything invisible dropped.

    Links go, too, unless the writer is one of us (a reviewer): a mail that asks for an answer holds no link but ours.
    """
    lines = (" ".join(line.split()) for line in _visible(text).splitlines())
    tidy = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    return _shortened(tidy if keep_links else _LINK.sub(LINK_REMOVED, tidy), limit)


def outcome_in_words(consent: str) -> str:
    """What a consent value is called; a text that is none is shown as a line of its own."""
    return OUTCOMES.get(consent) or one_line(consent)


def day_in_words(moment: datetime) -> str:
    """`4 December 2026`, in UTC."""
    utc = moment.astimezone(UTC)
    return f"{utc.day} {utc:%B %Y}"


def moment_in_words(moment: datetime) -> str:
    """`Friday, 4 December 2026, 17:00 UTC`: the reader's own time zone is not known, so the one meant is named."""
    utc = moment.astimezone(UTC)
    return f"{utc:%A}, {day_in_words(utc)}, {utc:%H:%M} UTC"


def _visible(text: str) -> str:
    """Without control, format (right-to-left overrides among them) and surrogate characters; line ends become `\\n`."""
    unified = re.sub("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", "\n", unicodedata.normalize("NFC", text))
    return "".join(character for character in unified if _is_shown(character))


def _is_shown(character: str) -> bool:
    return character in "\n\t" or character in _JOINERS or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Cn"}


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
