"""Render a letter: subject, plain text and HTML, each complete without the other.

One folder of templates per mail (`templates/<kind>/`: `subject.txt`, `body.txt`, `body.html`); what they have in common stands in
`layout.*` and `parts.*`. HTML is compiled from `body.mjml` while developing. Strangers' words are cleaned before a template sees
them, and in HTML escaped and isolated from the sentence around them. Languages are left to `shared.languages`, sending to others.
"""

import html
import re
import textwrap
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.domain.link import OPENS_FOR
from shared.domain.notice import Letter, MailKind, WaitingClaim
from shared.domain.wording import (
    BEFORE_SIGNING,
    LINK_REMOVED,
    OUTCOMES,
    WHAT_IT_DOES_NOT_DO,
    WHAT_THE_PARTNER_SEES,
    Translate,
    amount_in_words,
    last_day_in_words,
    moment_in_words,
    one_line,
    outcome_in_words,
    own_words,
)
from shared.languages import Domain, catalogue, spoken

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
    language = spoken(letter.language)
    templates = _templates(language)
    translate = catalogue(Domain.MAIL, language).gettext
    content = _content(letter, translate) | {"language": language, "help_address": help_address}

    def rendered(part: str) -> str:
        return templates.get_template(f"{letter.kind}/{part}").render(content).replace(LINK_REMOVED, translate(LINK_REMOVED))

    content["subject"] = one_line(rendered("subject.txt"), _SUBJECT_LIMIT)
    return RenderedMail(content["subject"], _wrapped(rendered("body.txt")), rendered("body.html"))


class _Strangers(str):
    """Somebody's words: plain in a text; in HTML escaped, and with a writing direction of their own."""

    __slots__ = ()

    def __html__(self) -> str:
        return f"<bdi>{html.escape(self)}</bdi>"


def _content(letter: Letter, translate: Translate) -> dict[str, Any]:
    """Everything a template may say, made fit to be shown."""
    words = own_words(letter.words or "", keep_links=letter.kind in _WRITTEN_BY_REVIEWERS)
    return {
        "name": _name(letter.to_name),
        "reference": _Strangers(one_line(letter.claim_id)),
        "programme": _name(letter.programme_name),
        "partner": _name(letter.partner_name),
        "domain": _name(letter.customer_domain),
        "workloads": [_name(workload) for workload in letter.workloads],
        "link": letter.link,
        "manage_link": letter.manage_link,
        "opens_days": OPENS_FOR.days,
        "answer_by": letter.answer_by and moment_in_words(letter.answer_by, translate),
        "answer_day": letter.answer_by and last_day_in_words(letter.answer_by, translate),
        "silence_counts": letter.silence_counts,
        "words": words.split("\n") if words else [],
        "outcome": [(_name(workload), _Strangers(outcome_in_words(consent))) for workload, consent in letter.outcome],
        "known_outcomes": frozenset(OUTCOMES.values()),
        "amount": letter.amount and amount_in_words(*letter.amount, translate),
        "waiting": [(_waiting(claim), claim.due_at and last_day_in_words(claim.due_at, translate)) for claim in letter.waiting],
        "further": letter.further,
        "sees": WHAT_THE_PARTNER_SEES,
        "does_not": WHAT_IT_DOES_NOT_DO,
        "before_signing": BEFORE_SIGNING,
        "event": letter.event,
        "forwarded": letter.forwarded,
        "check_at": letter.check_at and letter.check_at.partition("://")[2],
        "webhook": letter.webhook,
        "submits_itself": letter.submits_itself,
    }


def _name(text: str) -> _Strangers:
    return _Strangers(one_line(text, _NAME_LIMIT))


def _waiting(claim: WaitingClaim) -> _Strangers:
    return _Strangers(f"{_name(claim.customer_domain)}, {_name(claim.partner_name)}")


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
    translations = catalogue(Domain.MAIL, language)
    templates.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]  # set by the extension
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
