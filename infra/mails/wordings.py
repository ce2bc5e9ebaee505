"""Keeps the words of the pages on which a customer answers: a new file for every change of them, and no other file touched.

The words are the page's whole text, rendered for a customer of whom nothing is known: gaps in braces stand where a claim's own
facts would.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

from functions.pages.render import consent_page, manage_page
from functions.pages.views import AssociationRow, ConsentView, Counts, EarlierRow, ManageView, OpenRequestRow, ScopeRow
from functions.pages.wordings import kept, named
from shared.domain.wording import day_in_words, moment_in_words
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


def texts() -> dict[tuple[str, str], str]:
    """The words of every page in every language, as they stand now."""
    return {(page, language): _text(render(language), language) for page, render in PAGES.items() for language in languages()}


def write() -> list[Path]:
    """Keep what has changed; returns the new files."""
    newest = {(each.page, each.language): each for each in kept()}
    added: list[Path] = []
    for (page, language), words in texts().items():
        last = newest.get((page, language))
        if last is None or last.file.read_text(encoding="utf-8") != words:
            file = named(page, language, last.version + 1 if last else 1, words)
            file.parent.mkdir(exist_ok=True)
            file.write_text(words, encoding="utf-8")
            added.append(file)
    return added


def _text(page: str, language: str) -> str:
    main = _Main()
    main.feed(page)
    translate = catalogue(Domain.PAGES, language).gettext
    gaps = {
        moment_in_words(_ANSWER_BY, translate): "{answer by}",
        day_in_words(_ASKED_ON, translate): "{day}",
        str(_SEATS - _USERS): "{unused seats}",
        str(_USERS): "{users}",
        str(_SEATS): "{seats}",
    }
    text = main.text
    for fact, gap in gaps.items():
        text = text.replace(" ".join(fact.split()), gap)
    return text


class _Main(HTMLParser):
    """What a reader gets to see of a page's main part, a line for each paragraph, entry or control."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[list[str]] = [[]]
        self._is_inside = False

    def handle_starttag(self, tag: str, _: list[tuple[str, str | None]]) -> None:
        self._is_inside = self._is_inside or tag == "main"
        if tag in _BLOCKS:
            self._lines.append([])

    def handle_endtag(self, tag: str) -> None:
        self._is_inside = self._is_inside and tag != "main"
        if tag in _BLOCKS:
            self._lines.append([])

    def handle_data(self, data: str) -> None:
        if self._is_inside:
            self._lines[-1].append(data)

    @property
    def text(self) -> str:
        lines = (" ".join("".join(line).split()) for line in self._lines)
        return "\n".join(line for line in lines if line) + "\n"
