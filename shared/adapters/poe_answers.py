"""What the customer filled in, where a document is a copy of our own form.

Only what its fields hold; whether the page shows the same is for the reviewer's eye. Any PDF may claim to be our form: what that
is worth is said by the id and by the printed text, which are compared with the claim elsewhere.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from shared.domain.poe_checks import Check, CheckCode, failed, passed, unknown
from shared.domain.proof_form import Activity, FormField, Subject

if TYPE_CHECKING:
    from pypdf import PdfReader

# Our form has a dozen fields and few pages; a file with more is not it, and nobody has to wait for its being read.
_MOST_FIELDS: Final = 100
_MOST_PAGES: Final = 20
_DATES: Final = ("%Y-%m-%d", "%d.%m.%Y")
"""As the form asks, and as most who don't read it write. With slashes, 3/4 has two meanings, and a reviewer has to ask."""

_LINES: Final = {FormField.SIGNER_NAME: "name", FormField.SIGNER_TITLE: "title", FormField.SIGNED_ON: "date"}


@dataclass(frozen=True, slots=True)
class Answers:
    """The fields of the form and on which page (from 1) each stands."""

    values: dict[str, str] = field(default_factory=dict)
    pages: dict[str, int] = field(default_factory=dict)

    def is_ticked(self, name: str) -> bool:
        return self.values.get(name, "") not in ("", "/Off")

    @property
    def signed_on(self) -> date | None:
        """The date that was filled in; None for none, and for one that could be read in more than one way."""
        written = self.values.get(FormField.SIGNED_ON, "")
        for spelling in _DATES:
            try:
                return datetime.strptime(written, spelling).date()  # noqa: DTZ007  # A day on paper is in no time zone.
            except ValueError:
                continue
        return None


def read_answers(reader: "PdfReader") -> Answers | None:
    """The answers, or None for a document that is no copy of our form."""
    form = reader.root_object.get("/AcroForm")
    fields = form.get_object().get("/Fields") if form is not None else None
    fields = fields.get_object() if fields is not None else None
    if not isinstance(fields, list) or len(fields) > _MOST_FIELDS:
        return None
    numbers = {page.indirect_reference: number for number, page in enumerate(reader.pages[:_MOST_PAGES], start=1)}
    answers, ours = Answers(), {*FormField, *Activity}
    for entry in fields:
        widget = entry.get_object()
        name = str(widget.get("/T")) if isinstance(widget, dict) else ""
        if name not in ours:
            continue
        # Of a name that occurs twice nobody knows which one the signer saw.
        answers.values[name] = "" if name in answers.values else _text(widget.get("/V"))
        if (page := numbers.get(_page_of(widget))) is not None:
            answers.pages[name] = page
    return answers if FormField.FORM_ID in answers.values else None


def answer_checks(answers: Answers | None, subject: Subject) -> Iterator[Check]:
    """Whether the form is the claim's and completely filled in; of any other document software cannot tell (R-87)."""
    if answers is None:
        yield from (
            unknown(code) for code in (CheckCode.ACTIVITIES_MISSING, CheckCode.DECLARATION_MISSING, CheckCode.SIGNER_INCOMPLETE)
        )
        if subject.discloses:
            yield unknown(CheckCode.DISCLOSURE_MISSING)
        return

    def judged(code: CheckCode, name: str, is_met: bool, **facts: str) -> Check:
        page = answers.pages.get(name)
        return passed(code, page) if is_met else failed(code, page, **facts)

    is_current = answers.values[FormField.FORM_ID] == subject.form_id
    yield judged(CheckCode.FORM_OUTDATED, FormField.FORM_ID, is_current)
    if subject.discloses:  # The id covers it: a form made without the disclosure has another.
        yield judged(CheckCode.DISCLOSURE_MISSING, FormField.FORM_ID, is_current)
    is_any_ticked = any(answers.is_ticked(activity) for activity in Activity)
    yield judged(CheckCode.ACTIVITIES_MISSING, Activity.PRE_SALES, is_any_ticked)
    yield judged(CheckCode.DECLARATION_MISSING, FormField.AUTHORITY, answers.is_ticked(FormField.AUTHORITY))
    empty = [line for name, line in _LINES.items() if not answers.values.get(name, "").strip()]
    yield judged(CheckCode.SIGNER_INCOMPLETE, FormField.SIGNER_NAME, not empty, lines=", ".join(empty))


def _text(value: Any) -> str:
    value = value.get_object() if value is not None else None
    return str(value).strip() if isinstance(value, str) else ""


def _page_of(widget: Any) -> Any:
    return widget.raw_get("/P") if "/P" in widget else None
