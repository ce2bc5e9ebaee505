"""Render a letter: subject, plain text and HTML, each complete without the other.

One folder of templates per mail (`templates/<kind>/`: `subject.txt`, `body.txt`, `body.html`); what they have in common stands in
`layout.*` and `parts.*`. Strangers' words are cleaned before a template sees them, and escaped in HTML. A language is a gettext
catalogue (`locale/<language>/LC_MESSAGES/mail.mo`): until one exists its readers get English. Sending is left to others.
"""

import gettext
import re
import textwrap
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.domain.notice import Letter, MailKind
from shared.domain.wording import (
    OUTCOMES,
    WHAT_IT_DOES_NOT_DO,
    WHAT_THE_PARTNER_SEES,
    day_in_words,
    moment_in_words,
    one_line,
    outcome_in_words,
    own_words,
)

if TYPE_CHECKING:
    from jinja2 import Environment

_HERE = Path(__file__).parent
_TEXT_WIDTH = 72
_SUBJECT_LIMIT = 160
# A partner name that fills a page would push what matters off the screen.
_NAME_LIMIT = 80
_WRITTEN_BY_REVIEWERS = {MailKind.ACTION_REQUIRED, MailKind.APPROVED, MailKind.REJECTED}


@dataclass(frozen=True, slots=True)
class RenderedMail:
    """What a reader gets: a subject of one line, and the same content as plain text and as HTML."""

    subject: str
    text: str
    html: str


def render(letter: Letter, *, help_address: str | None = None) -> RenderedMail:
    """Put a letter into words. Questions go to `help_address`, or to whoever reads replies to the mail."""
    language = _spoken_language(letter.language)
    templates = _templates(language)
    content = _content(letter) | {"language": language, "help_address": help_address}
    subject = one_line(templates.get_template(f"{letter.kind}/subject.txt").render(content), _SUBJECT_LIMIT)
    content["subject"] = subject
    text = templates.get_template(f"{letter.kind}/body.txt").render(content)
    html = templates.get_template(f"{letter.kind}/body.html").render(content)
    return RenderedMail(subject=subject, text=_wrapped(text), html=html)


def _content(letter: Letter) -> dict[str, Any]:
    """Everything a template may say, made fit to be shown."""
    words = own_words(letter.words or "", keep_links=letter.kind in _WRITTEN_BY_REVIEWERS)
    return {
        "name": one_line(letter.to_name, _NAME_LIMIT),
        "reference": one_line(letter.claim_id),
        "programme": one_line(letter.programme_name, _NAME_LIMIT),
        "partner": one_line(letter.partner_name, _NAME_LIMIT),
        "domain": one_line(letter.customer_domain, _NAME_LIMIT),
        "workloads": [one_line(workload, _NAME_LIMIT) for workload in letter.workloads],
        "link": letter.link,
        "manage_link": letter.manage_link,
        "answer_by": letter.answer_by and moment_in_words(letter.answer_by),
        "answer_day": letter.answer_by and day_in_words(letter.answer_by),
        "silence_counts": letter.silence_counts,
        "words": words.split("\n") if words else [],
        "outcome": [(one_line(workload, _NAME_LIMIT), outcome_in_words(consent)) for workload, consent in letter.outcome],
        "known_outcomes": frozenset(OUTCOMES.values()),
        "sees": WHAT_THE_PARTNER_SEES,
        "does_not": WHAT_IT_DOES_NOT_DO,
    }


def _spoken_language(asked_for: str) -> str:
    """The asked-for language where a catalogue exists, else its base language, else English."""
    for language in (asked_for, asked_for.partition("-")[0]):
        if re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?", language) and (_HERE / "locale" / language).is_dir():
            return language
    return "en"


@cache
def _templates(language: str) -> "Environment":
    # Importing Jinja costs more than starting a worker should; only the first mail pays for it.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    templates = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=select_autoescape(enabled_extensions=("html",), default=False),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.policies["ext.i18n.trimmed"] = True
    catalogue = gettext.translation("mail", _HERE / "locale", [language], fallback=True)
    templates.install_gettext_translations(catalogue, newstyle=True)  # type: ignore[attr-defined]  # set by the extension
    return templates


def _wrapped(text: str) -> str:
    """Lines of readable width with at most one blank line in a row; links and quotes are never broken in the middle."""
    lines: list[str] = []
    for line in re.sub(r"\n{3,}", "\n\n", text.strip()).split("\n"):
        indent = re.match(r"> |- |", line)
        prefix = indent.group() if indent else ""
        following = prefix if prefix == "> " else " " * len(prefix)
        folded = textwrap.wrap(line, _TEXT_WIDTH, subsequent_indent=following, break_long_words=False, break_on_hyphens=False)
        lines += folded or [line.rstrip()]
    return "\n".join(lines) + "\n"
