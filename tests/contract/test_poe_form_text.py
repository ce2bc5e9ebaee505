"""Whoever reads the form on a page reads every word that is printed on it; what is filled in is set in the form's own letters."""

import io
import re
from dataclasses import fields, is_dataclass, replace
from datetime import date
from typing import Any

import pytest
from pypdf import PdfReader

from shared.adapters.forms import ReportlabForms
from shared.domain.form_content import Answers
from shared.domain.proof_form import Activity, FormField, FormNotPrintable
from tests.contract.test_poe_answers import NOW, report
from tests.contract.test_poe_form import SUBJECT

FORMS = ReportlabForms()
ANSWERS = Answers("Łucja Żółć", "Head of IT", "Łucja Żółć", date(2020, 3, 2), frozenset({Activity.ADOPTION, Activity.SUPPORT}))


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def texts(value: Any) -> list[str]:
    """Every text in a value, in reading order."""
    if isinstance(value, str):
        return [str(value)]
    if is_dataclass(value):
        return [text for each in fields(value) for text in texts(getattr(value, each.name))]
    if isinstance(value, dict):
        return texts(list(value.values()))
    return [text for each in value for text in texts(each)]


# A page has no box for a certificate's signature, and so no label for it.
ONLY_ON_PAPER = {
    "en": "or sign digitally in this box",
    "de": "oder in diesem Feld digital signieren",
    "fr": "ou signez numériquement dans ce cadre",
}


@pytest.mark.parametrize("discloses", [False, True], ids=["", "public sector"])
@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_the_page_holds_every_word_of_the_paper_and_no_other(language: str, discloses: bool) -> None:
    """R-125"""
    subject = replace(SUBJECT, discloses=discloses)
    on_page = set(words(" ".join(texts(FORMS.read_form(subject, language))[1:])))
    pages = PdfReader(io.BytesIO(FORMS.make_form(subject, language))).pages
    lines = [line for page in pages for line in page.extract_text().splitlines() if subject.form_id not in line]
    on_paper = set(words(" ".join(lines)))
    assert on_page <= on_paper
    assert on_paper - on_page <= set(words(ONLY_ON_PAPER[language]))


@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_a_form_completed_here_is_a_form_completed(language: str) -> None:
    """R-87"""
    found = report(FORMS.complete_form(SUBJECT, language, ANSWERS), now=NOW)
    assert found.obstacles() == ()


def test_answers_are_fields_and_are_shown_in_the_forms_own_font() -> None:
    """Viewers lack most letters of Europe in the font that a field names."""
    reader = PdfReader(io.BytesIO(FORMS.complete_form(SUBJECT, "en", ANSWERS)))
    found = reader.get_fields() or {}
    assert [found[name]["/V"] for name in ("signer_name", "typed_signature", "signed_on")] == [
        "Łucja Żółć",
        "Łucja Żółć",
        "2020-03-02",
    ]
    assert [found[name]["/V"] for name in ("adoption", "support", "deployment")] == ["/Yes", "/Yes", "/Off"]
    widgets = [each.get_object() for page in reader.pages for each in page.get("/Annots", ())]
    (name,) = (each for each in widgets if each.get("/T") == FormField.SIGNER_NAME)
    shown: Any = name["/AP"]["/N"].get_object()
    fonts = {str(font.get_object()["/BaseFont"]).rpartition("+")[2] for font in shown["/Resources"]["/Font"].values()}
    assert "DejaVuSans" in fonts
    form: Any = reader.root_object["/AcroForm"]
    assert not form.get_object().get("/NeedAppearances"), "no viewer is asked to draw it anew"


def test_a_line_that_is_too_long_for_its_field_is_set_smaller() -> None:
    answers = Answers("W" * 100, "W" * 100, "W" * 100, date(2020, 3, 2), frozenset({Activity.SUPPORT}))
    assert report(FORMS.complete_form(SUBJECT, "en", answers), now=NOW).obstacles() == ()


@pytest.mark.parametrize("name", ["王小明", "علي", "a\u202eb", "e\u0301" * 2 + "\u0316"])
def test_letters_that_the_font_lacks_are_refused(name: str) -> None:
    with pytest.raises(FormNotPrintable):
        FORMS.complete_form(SUBJECT, "en", Answers(name, "x", name, date(2020, 3, 2), frozenset({Activity.SUPPORT})))
