"""Render the customer's pages: pure functions from a view to a whole HTML document, without scripts and inline styles.

Every stranger's text is cleaned on its way into a template and escaped there. A page that is only read offers the other languages
as links to itself (`?lang=de`); one that answers a form does not, as such a link would lose what was typed or look like undoing.
Languages are left to `shared.languages`; serving, links and decisions to others.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from functions.pages.assets import static_url
from functions.pages.colleague import LINE_LIMIT
from functions.pages.forms import REASON_LIMIT, EndReason, Form, FormFaults, entered_text
from functions.pages.sign_views import SignOutcomeView, SignView
from functions.pages.views import ConsentReceiptView, ConsentView, ManageReceiptView, ManageView
from functions.pages.wordings import words_on
from shared.domain.attestation import OF_CUSTOMER, SENTENCES
from shared.domain.fresh_link import LINKS_A_DAY
from shared.domain.link import OPENS_FOR
from shared.domain.wording import (
    LINK_REMOVED,
    OUTCOMES,
    WHAT_IT_DOES_NOT_DO,
    WHAT_THE_PARTNER_SEES,
    count_in_words,
    day_in_words,
    moment_in_words,
    one_line,
    own_words,
    phrase,
)
from shared.languages import Domain, catalogue, languages, spoken

if TYPE_CHECKING:
    from jinja2 import Environment

_HERE = Path(__file__).parent
_NAME_LIMIT = 80
LINE_ECHO_LIMIT = 300

_END_REASONS = {
    EndReason.UNSAID: phrase("I would rather not say"),
    EndReason.WORK_ENDED: phrase("We no longer work together"),
    EndReason.CHANGED_PARTNER: phrase("Another company helps us now"),
    EndReason.NEVER_AGREED: phrase("Nobody here agreed to this"),
    EndReason.UNKNOWN_PARTNER: phrase("I do not know this company"),
    EndReason.OTHER: phrase("Another reason"),
}


def consent_page(view: ConsentView, *, faults: FormFaults = (), form: Form | None = None) -> str:
    """The question to the customer; with `faults`, the same page again with what was entered and what to correct."""
    scopes = {f"scope.{scope.scope_id}": scope for scope in view.open_scopes}
    anchors = {"choice": "choice-agree", "reason": "reason", "colleague": "colleague", "mail": "mail"}
    anchors |= {field: f"scope-{number}-agree" for number, field in enumerate(scopes, start=1)}
    subjects = {field: _name(scope.display_name) for field, scope in scopes.items()}
    corrections = _corrections(view.language, faults, form, anchors, subjects)
    words_here = words_on(view.wording, spoken(view.language))
    return _page("consent.html", view.language, may_switch=not faults, view=view, words_here=words_here, **corrections)


def consent_receipt(view: ConsentReceiptView) -> str:
    """What was recorded."""
    return _page("consent_receipt.html", view.language, view=view)


def manage_page(view: ManageView, *, faults: FormFaults = (), form: Form | None = None) -> str:
    """The customer's partners of record and the requests still open."""
    rows = [row.association_id for row in view.associations] + [row.claim_id for row in view.requests]
    anchors = {f"{field}.{row}": f"{field}-{number}" for number, row in enumerate(rows, start=1) for field in ("note", "sure")}
    corrections = _corrections(view.language, faults, form, anchors, {})
    corrections |= {"words_here": words_on("manage", spoken(view.language)), "end_reasons": _END_REASONS}
    return _page("manage.html", view.language, may_switch=not faults, view=view, **corrections)


def manage_receipt(view: ManageReceiptView) -> str:
    """What was ended or refused."""
    return _page("manage_receipt.html", view.language, view=view)


def sign_page(view: SignView, *, faults: FormFaults = (), form: Form | None = None) -> str:
    """The document to be signed, and every way to answer; with `faults`, what was entered and what to correct."""
    anchors = {
        each: each for each in ("sure", "authority", "name", "title", "typed", "electronically", "colleague", "mail", "document")
    }
    anchors |= {"activity": f"activity-{next(iter(view.form.activities))}", "reason": "reason"}
    subjects = {"name": view.form.signer_name, "title": view.form.signer_title}
    corrections = _corrections(view.language, faults, form, anchors, subjects)
    corrections |= {"ticked": form or {}, "upload_attests": SENTENCES[OF_CUSTOMER]}
    return _page("sign.html", view.language, may_switch=not faults, view=view, **corrections)


def sign_outcome_page(view: SignOutcomeView, *, may_switch: bool = False) -> str:
    """What became of a request to sign."""
    return _page("sign_outcome.html", view.language, may_switch=may_switch, view=view)


def link_unusable_page(language: str = "en") -> str:
    """One and the same page for forged, truncated, expired and unknown links: it tells a guesser nothing."""
    return _page("link_unusable.html", language, may_switch=True)


def old_link_page(action_url: str, language: str, *, is_unsure: bool = False) -> str:
    """What a link to manage shows once its mail is not recent: nothing of what it led to, and a way to a new one."""
    content = {"action_url": action_url, "is_unsure": is_unsure, "opens_days": OPENS_FOR.days}
    return _page("link_too_old.html", language, may_switch=not is_unsure, **content)


def link_mailed_page(language: str) -> str:
    """A new link was asked for; nobody learns here whether there was anybody to mail it to."""
    return _page("link_mailed.html", language, links_a_day=LINKS_A_DAY)


def check_page(language: str, reference: str = "", domain: str = "", *, is_real: bool | None = None) -> str:
    """Whether a mail is ours; `is_real` is None as long as nothing was asked."""
    typed = {"reference": one_line(reference, 60), "domain": one_line(domain, 253)}
    return _page("check.html", language, may_switch=is_real is None, is_real=is_real, **typed)


def problem_page(code: str, sentence: str, language: str = "en") -> str:
    """Something went wrong: a sentence for the person, a code for whoever helps."""
    return _page("problem.html", language, code=code, sentence=_translated(sentence, language))


def _corrections(
    language: str, faults: FormFaults, form: Form | None, anchors: Mapping[str, str], subjects: Mapping[str, str]
) -> dict[str, object]:
    """What a form's page needs to be shown again: each fault with where to go and what it is about, and what was entered."""
    entered = form or {}
    said: dict[str, str] = {}
    for fault in faults:
        sentence = _translated(fault.message, language) % fault.facts
        said[fault.field] = f"{said[fault.field]} {sentence}" if fault.field in said else sentence
    return {
        "faults": [(anchors.get(field), subjects.get(field), sentence) for field, sentence in said.items()],
        "fault_of": said,
        "chosen": {field: values[0] for field, values in entered.items() if len(values) == 1},
        "entered": {field: entered_text(entered, field)[:LINE_ECHO_LIMIT] for field in anchors if field in entered},
        "line_limit": LINE_LIMIT,
        "entered_reason": entered_text(entered, "reason"),
        "entered_note": entered_text(entered, "note"),
        "reason_limit": REASON_LIMIT,
    }


def _page(template: str, language: str, *, may_switch: bool = False, **content: object) -> str:
    language = spoken(language)
    page = _templates(language).get_template(template).render(language=language, may_switch=may_switch, **content)
    return page.replace(LINK_REMOVED, _translated(LINK_REMOVED, language))


def _translated(sentence: str, language: str) -> str:
    # To a catalogue the empty text means its own header.
    return catalogue(Domain.PAGES, spoken(language)).gettext(sentence) if sentence else ""


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
    translations = catalogue(Domain.PAGES, language)
    templates.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]  # set by the extension
    templates.filters |= {
        "name": _name,
        "lines": _lines,
        "moment": partial(moment_in_words, translate=translations.gettext),
        "day": partial(day_in_words, translate=translations.gettext),
        "number": partial(count_in_words, translate=translations.gettext),
        "iso": datetime.isoformat,
    }
    templates.globals |= {
        "static_url": static_url,
        "languages": languages(),
        "sees": WHAT_THE_PARTNER_SEES,
        "does_not": WHAT_IT_DOES_NOT_DO,
        "outcomes": OUTCOMES,
    }
    return templates


def _name(text: str) -> str:
    return one_line(text, _NAME_LIMIT)


def _lines(text: str | None) -> list[str]:
    return own_words(text or "").splitlines()
