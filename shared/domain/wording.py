"""What people are told, and how strangers' words are put in front of them: the same in every mail and on every page.

The promises made to a customer stand here once, in English; each is also the key under which a catalogue holds its
translation. Strangers' text (names, notes, reasons) is made fit to be shown: visible characters only, no writing direction that
outlives its sentence, no links that could pass for ours, no address that looks like another one, and a length a person reads.
Dates and amounts follow patterns that a catalogue may change. Escaping for HTML is left to the templates.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from shared.domain.currency import minor_digits

type Translate = Callable[[str], str]


def phrase(text: str) -> str:
    """Says an English text of ours as it is, and marks it as one that the catalogues translate."""
    return text


WHAT_THE_PARTNER_SEES = (
    phrase("For each workload, how many people used it in the last 28 days (monthly active users)."),
    phrase("For each workload, how many seats you pay for (paid seats)."),
    phrase("Nothing else: never names, and never your mails, files or any other content."),
)

WHAT_IT_DOES_NOT_DO = (
    phrase("It costs you nothing."),
    phrase("It gives no administrator access and no way into your systems."),
    phrase("It changes no contract, no price and no reseller."),
    phrase("It is not consent to processing personal data."),
)

BEFORE_SIGNING = (
    phrase("Check that both companies, your domain and the workloads are right. What is wrong can be corrected first."),
    phrase("Sign only if you are entitled to sign for your organisation."),
    phrase("You confirm work that was done. You order nothing, and you do not agree to the association: that is asked apart."),
)

OUTCOMES = {
    "granted": phrase("Agreed"),
    "implied": phrase("No objection within the time given"),
    "refused": phrase("Refused"),
    "pending": phrase("Not answered yet"),
    "not_asked": phrase("Not asked yet"),
    "ended": phrase("Ended"),
}
"""What a consent is called where a person reads it, by its value."""

NAME_LIMIT = 120
WORDS_LIMIT = 2000
LINK_REMOVED = phrase("[link removed]")

_MONTHS = (
    phrase("January"),
    phrase("February"),
    phrase("March"),
    phrase("April"),
    phrase("May"),
    phrase("June"),
    phrase("July"),
    phrase("August"),
    phrase("September"),
    phrase("October"),
    phrase("November"),
    phrase("December"),
)
_WEEKDAYS = (
    phrase("Monday"),
    phrase("Tuesday"),
    phrase("Wednesday"),
    phrase("Thursday"),
    phrase("Friday"),
    phrase("Saturday"),
    phrase("Sunday"),
)
_ONE_THOUSAND = phrase("1,000")

_JOINERS = "\u200c\u200d"  # Persian, Indic scripts and emoji need them to be spelt at all.
_LINK = re.compile(
    r"(?i)\b(?:[a-z][a-z0-9+.-]{1,20}://|www\.|(?:[\w-]{1,63}\.){1,8}[a-z]{2,24}/)\S*|\b(?:mailto|javascript|data|tel):\S+"
)
# Alphabets with letters that look like another's, by the first word of their letters' Unicode names.
_LOOK_ALIKE = {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "FULLWIDTH", "MATHEMATICAL"}
_HOST = re.compile(r"(?:[\w-]{1,63}\.){1,8}[\w-]{2,63}")


def one_line(text: str, limit: int = NAME_LIMIT) -> str:
    """A name or title as one line of visible text of at most `limit` characters, without links."""
    return _shortened(_unmasked(_LINK.sub(LINK_REMOVED, " ".join(_visible(text).split()))), limit)


def own_words(text: str, limit: int = WORDS_LIMIT, *, keep_links: bool = False) -> str:
    """Somebody's own words: lines and single blank lines kept, everything invisible dropped.

    Links go, too, unless the writer is one of us (a reviewer): a mail that asks for an answer holds no link but ours.
    """
    lines = (" ".join(line.split()) for line in _visible(text).splitlines())
    tidy = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    return _shortened(_unmasked(tidy if keep_links else _LINK.sub(LINK_REMOVED, tidy)), limit)


def outcome_in_words(consent: str) -> str:
    """What a consent value is called; a text that is none is shown as a line of its own."""
    return OUTCOMES.get(consent) or one_line(consent)


def day_in_words(moment: datetime, translate: Translate = phrase) -> str:
    """`4 December 2026`, in UTC. The first of a month has a pattern of its own: French says `1er décembre 2026`."""
    utc = moment.astimezone(UTC)
    pattern = phrase("1 %(month)s %(year)s") if utc.day == 1 else phrase("%(day)s %(month)s %(year)s")
    return translate(pattern) % {"day": utc.day, "month": translate(_MONTHS[utc.month - 1]), "year": utc.year}


def last_day_in_words(until: datetime, translate: Translate = phrase) -> str:
    """The last day that is still in time: a deadline is the first moment after it, and by its date a day later (R-374)."""
    return day_in_words(until - timedelta(microseconds=1), translate)


def moment_in_words(moment: datetime, translate: Translate = phrase) -> str:
    """`Friday, 4 December 2026, 17:00 UTC`: the reader's own time zone is not known, so the one meant is named."""
    utc = moment.astimezone(UTC)
    return translate(phrase("%(weekday)s, %(date)s, %(hour)s:%(minute)s UTC")) % {
        "weekday": translate(_WEEKDAYS[utc.weekday()]),
        "date": day_in_words(utc, translate),
        "hour": f"{utc:%H}",
        "minute": f"{utc:%M}",
    }


def count_in_words(count: int, translate: Translate = phrase) -> str:
    """`12,345`, with the language's own sign between thousands."""
    return f"{count:,}".replace(",", translate(_ONE_THOUSAND).strip("10"))


def amount_in_words(amount_minor: int, currency: str, translate: Translate = phrase) -> str:
    """`1,234.50 EUR`, from whole minor units of an ISO currency."""
    digits = minor_digits(currency)
    whole, minor = divmod(abs(amount_minor), 10**digits)
    shown = count_in_words(whole, translate)
    pattern = phrase("%(whole)s.%(minor)s %(currency)s") if digits else phrase("%(whole)s %(currency)s")
    sign = "\u2212" if amount_minor < 0 else ""
    return sign + translate(pattern) % {"whole": shown, "minor": f"{minor:0{digits}}", "currency": currency}


def _visible(text: str) -> str:
    """Without control, format (right-to-left overrides among them) and surrogate characters; line ends become `\\n`."""
    unified = re.sub("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", "\n", unicodedata.normalize("NFC", text))
    return "".join(character for character in unified if _is_shown(character))


def _is_shown(character: str) -> bool:
    return character in "\n\t" or character in _JOINERS or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Cn"}


def _unmasked(text: str) -> str:
    """Host names in more than one alphabet as machines read them: a Cyrillic letter in a Latin name shows."""
    return text if text.isascii() else _HOST.sub(_as_machines_read_it, text)


def _as_machines_read_it(host: re.Match[str]) -> str:
    alphabets = {unicodedata.name(letter, "").partition(" ")[0] for letter in host.group() if letter.isalpha()}
    if len(alphabets & _LOOK_ALIKE) < 2:
        return host.group()
    try:
        return host.group().encode("idna").decode("ascii")
    except UnicodeError:
        return LINK_REMOVED


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
