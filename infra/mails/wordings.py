"""Keeps the words of the pages on which a customer answers, and of the mails that ask: a new file for every change of them, and
no other file touched.

The words are the whole text of the page, or of the mail, rendered for a customer of whom nothing is known: gaps in braces stand
where a claim's own facts would.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from html.parser import HTMLParser
from itertools import product
from pathlib import Path

from functions.pages import wordings as of_pages
from functions.pages.render import consent_page, manage_page
from functions.pages.views import AssociationRow, ConsentView, Counts, EarlierRow, ManageView, OpenRequestRow, ScopeRow
from shared.adapters.mail import wordings as of_mails
from shared.adapters.mail.render import render
from shared.domain.notice import ASKS_FOR_ANSWER, Letter
from shared.domain.wording import count_in_words, day_in_words, last_day_in_words, moment_in_words
from shared.kept_words import named, newest
from shared.languages import Domain, catalogue, languages

_ASKED_ON = datetime(2001, 1, 1, tzinfo=UTC)
_ANSWER_BY = datetime(2002, 2, 2, tzinfo=UTC)
# Numbers that no sentence of ours holds, so that each can be made a gap again.
_USERS, _SEATS = 7_001, 9_578
_BLOCKS = frozenset(
    {"p", "h1", "h2", "h3", "li", "dt", "dd", "legend", "label", "small", "button", "summary", "option", "blockquote"}
)


def _consent(language: str, **differs: bool) -> str:
    answer = "granted" if differs.get("is_settled") else "pending"
    return consent_page(
        ConsentView(
            programme_name="{programme}",
            partner_name="{partner}",
            customer_domain="{domain}",
            contact_name="{name}",
            scopes=tuple(ScopeRow(f"workload:{n}", f"{{workload {n}}}", answer) for n in (1, 2)),
            requested_at=_ASKED_ON,
            answer_by=_ANSWER_BY,
            claim_id="{reference}",
            action_url="/",
            words="{the partner's own words}",
            silence_counts=differs.get("silence_counts", True),
            may_report_unknown=not differs.get("is_settled"),
            may_forward=not differs.get("is_settled"),
            language=language,
        )
    )


def _manage(language: str) -> str:
    counts = Counts(_USERS, _SEATS, _ASKED_ON)
    return manage_page(
        ManageView(
            programme_name="{programme}",
            customer_domain="{domain}",
            associations=(AssociationRow("1", "{partner}", "{workload}", _ASKED_ON, counts),),
            requests=(OpenRequestRow("{reference}", "{partner}", ("{workload}",), _ANSWER_BY),),
            earlier=(EarlierRow("{partner}", "{workload}", "ended", _ASKED_ON),),
            action_url="/",
            language=language,
        )
    )


PAGES: dict[str, Callable[[str], str]] = {
    "consent": _consent,
    "consent_answer_required": lambda language: _consent(language, silence_counts=False),
    "consent_settled": lambda language: _consent(language, is_settled=True),
    "manage": _manage,
}


def _letters(language: str) -> list[Letter]:
    """The mails that ask for an answer, in each of the ways in which they may."""
    return [
        Letter(
            kind=kind,
            operation_id="",
            to_address="",
            to_name="{name}",
            language=language,
            claim_id="{reference}",
            programme_name="{programme}",
            partner_name="{partner}",
            customer_domain="{domain}",
            workloads=("{workload 1}", "{workload 2}"),
            link="{link to the answer}",
            manage_link="{link to the overview}",
            answer_by=_ANSWER_BY,
            words="{the partner's own words}",
            silence_counts=silence_counts,
            help_address="{whom to ask}",
            forwarded=forwarded,
            check_at="://{where to check}",
        )
        for kind, forwarded, silence_counts in product(sorted(ASKS_FOR_ANSWER), (False, True), (True, False))
    ]


def texts() -> dict[Path, dict[tuple[str, str], str]]:
    """The words of every page and of every mail that asks, in every language as they stand now, by the folder that keeps them."""
    letters = [letter for language in languages() for letter in _letters(language)]
    return {
        of_pages.FOLDER: {(page, each): _page_text(show(each), each) for page, show in PAGES.items() for each in languages()},
        of_mails.FOLDER: {(letter.wording, letter.language): _mail_text(letter) for letter in letters},
    }


def write() -> list[Path]:
    """Keep what has changed; returns the new files."""
    added: list[Path] = []
    for folder, now in texts().items():
        before = newest(folder)
        folder.mkdir(exist_ok=True)
        for (page, language), words in now.items():
            last = before.get((page, language))
            if last is None or last.words != words:
                file = named(folder, page, language, last.version + 1 if last else 1, words)
                file.write_text(words, encoding="utf-8")
                added.append(file)
    return added


def _mail_text(letter: Letter) -> str:
    mail = render(letter, help_address=letter.help_address)
    html = _words_in(mail.html, "body")
    return _with_gaps(f"{mail.subject}\n\n{mail.text}\nAs HTML:\n\n{html}", Domain.MAIL, letter.language)


def _page_text(page: str, language: str) -> str:
    return _with_gaps(_words_in(page, "main"), Domain.PAGES, language)


def _with_gaps(text: str, domain: Domain, language: str) -> str:
    translate = catalogue(domain, language).gettext
    gaps = {
        moment_in_words(_ANSWER_BY, translate): "{answer by}",
        last_day_in_words(_ANSWER_BY, translate): "{last day}",
        day_in_words(_ASKED_ON, translate): "{day}",
        count_in_words(_SEATS - _USERS, translate): "{unused seats}",
        count_in_words(_USERS, translate): "{users}",
        count_in_words(_SEATS, translate): "{seats}",
    }
    for fact, gap in gaps.items():
        # A line may end within it.
        text = re.sub(r"\s+".join(map(re.escape, fact.split())), gap, text)
    return text


def _words_in(html: str, part: str) -> str:
    read = _Words(part)
    read.feed(html)
    return read.text


class _Words(HTMLParser):
    """What a reader gets to see of a part of a page or mail, a line for each paragraph, entry or control."""

    def __init__(self, part: str) -> None:
        super().__init__()
        self._part = part
        self._lines: list[list[str]] = [[]]
        self._is_inside = False

    def handle_starttag(self, tag: str, _: list[tuple[str, str | None]]) -> None:
        self._is_inside = self._is_inside or tag == self._part
        if tag in _BLOCKS:
            self._lines.append([])

    def handle_endtag(self, tag: str) -> None:
        self._is_inside = self._is_inside and tag != self._part
        if tag in _BLOCKS:
            self._lines.append([])

    def handle_data(self, data: str) -> None:
        if self._is_inside:
            self._lines[-1].append(data)

    @property
    def text(self) -> str:
        lines = (" ".join("".join(line).split()) for line in self._lines)
        return "\n".join(line for line in lines if line) + "\n"
