"""Render the customer's pages: pure functions from a view to a whole HTML document, without scripts and inline styles.

Every stranger's text is cleaned on its way into a template and escaped there. A language is a gettext catalogue
(`locale/<language>/LC_MESSAGES/pages.mo`); without one the page is English. Serving, links and decisions are left to others.
"""

import gettext
import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from functions.pages.assets import static_url
from functions.pages.forms import REASON_LIMIT, EndReason, Form, FormFaults, entered_text
from functions.pages.views import ConsentReceiptView, ConsentView, ManageReceiptView, ManageView
from shared.domain.wording import (
    OUTCOMES,
    WHAT_IT_DOES_NOT_DO,
    WHAT_THE_PARTNER_SEES,
    day_in_words,
    moment_in_words,
    one_line,
    own_words,
)

if TYPE_CHECKING:
    from jinja2 import Environment

_HERE = Path(__file__).parent
_NAME_LIMIT = 80

_END_REASONS = {
    EndReason.UNSAID: "I would rather not say",
    EndReason.WORK_ENDED: "We no longer work together",
    EndReason.CHANGED_PARTNER: "Another company helps us now",
    EndReason.NEVER_AGREED: "Nobody here agreed to this",
    EndReason.UNKNOWN_PARTNER: "I do not know this company",
    EndReason.OTHER: "Another reason",
}


def consent_page(view: ConsentView, *, faults: FormFaults = (), form: Form | None = None) -> str:
    """The question to the customer; with `faults`, the same page again with what was entered and what to correct."""
    scopes = {f"scope.{scope.scope_id}": scope for scope in view.open_scopes}
    anchors = {"choice": "choice-agree", "reason": "reason"}
    anchors |= {field: f"scope-{number}-agree" for number, field in enumerate(scopes, start=1)}
    subjects = {field: _name(scope.display_name) for field, scope in scopes.items()}
    return _page("consent.html", view.language, view=view, **_corrections(faults, form, anchors, subjects))


def consent_receipt(view: ConsentReceiptView) -> str:
    """What was recorded."""
    return _page("consent_receipt.html", view.language, view=view)


def manage_page(view: ManageView, *, faults: FormFaults = (), form: Form | None = None) -> str:
    """The customer's partners of record and the requests still open."""
    rows = [row.association_id for row in view.associations] + [row.claim_id for row in view.requests]
    anchors = {f"note.{row}": f"note-{number}" for number, row in enumerate(rows, start=1)}
    return _page("manage.html", view.language, view=view, end_reasons=_END_REASONS, **_corrections(faults, form, anchors, {}))


def manage_receipt(view: ManageReceiptView) -> str:
    """What was ended or refused."""
    return _page("manage_receipt.html", view.language, view=view)


def link_unusable_page(language: str = "en") -> str:
    """One and the same page for forged, truncated, expired and unknown links: it tells a guesser nothing."""
    return _page("link_unusable.html", language)


def problem_page(code: str, sentence: str, language: str = "en") -> str:
    """Something went wrong: a sentence for the person, a code for whoever helps."""
    return _page("problem.html", language, code=code, sentence=sentence)


def _corrections(
    faults: FormFaults, form: Form | None, anchors: Mapping[str, str], subjects: Mapping[str, str]
) -> dict[str, object]:
    """What a form's page needs to be shown again: each fault with where to go and what it is about, and what was entered."""
    entered = form or {}
    return {
        "faults": [(anchors.get(fault.field), subjects.get(fault.field), fault.message) for fault in faults],
        "fault_of": {fault.field: fault.message for fault in faults},
        "chosen": {field: values[0] for field, values in entered.items() if len(values) == 1},
        "entered_reason": entered_text(entered, "reason"),
        "entered_note": entered_text(entered, "note"),
        "reason_limit": REASON_LIMIT,
    }


def _page(template: str, language: str, **content: object) -> str:
    spoken = _spoken_language(language)
    return _templates(spoken).get_template(template).render(language=spoken, **content)


def _spoken_language(asked_for: str) -> str:
    """The asked-for language where a catalogue exists, else its base language, else English."""
    for language in (asked_for, asked_for.partition("-")[0]):
        if re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?", language) and (_HERE / "locale" / language).is_dir():
            return language
    return "en"


@cache
def _templates(language: str) -> "Environment":
    # Importing Jinja costs more than starting a worker should; only the first page pays for it.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    templates = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.policies["ext.i18n.trimmed"] = True
    catalogue = gettext.translation("pages", _HERE / "locale", [language], fallback=True)
    templates.install_gettext_translations(catalogue, newstyle=True)  # type: ignore[attr-defined]  # set by the extension
    templates.filters |= {
        "name": _name,
        "lines": _lines,
        "moment": moment_in_words,
        "day": day_in_words,
        "iso": datetime.isoformat,
    }
    templates.globals |= {
        "static_url": static_url,
        "sees": WHAT_THE_PARTNER_SEES,
        "does_not": WHAT_IT_DOES_NOT_DO,
        "outcomes": OUTCOMES,
    }
    return templates


def _name(text: str) -> str:
    return one_line(text, _NAME_LIMIT)


def _lines(text: str | None) -> list[str]:
    return own_words(text or "").splitlines()
