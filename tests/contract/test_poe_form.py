"""The form says in the customer's language what is asked, prints every name it accepts, and can be filled in and signed."""

import io
import string
from dataclasses import fields, replace
from typing import Any, cast

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pypdf import PdfReader

from shared.adapters.poe_form import make_form
from shared.adapters.poe_form_text import form_text
from shared.adapters.poe_form_words import Words, words_in
from shared.domain.proof_form import Activity, FormField, FormNotPrintable, Subject

SUBJECT = Subject(
    claim_id="a76f0cb6-0123456789abcdef0123",
    tenant_id="0f9e8d7c-6b5a-4c3d-8e1f-a0b1c2d3e4f5",
    domain="contoso.example",
    customer_name="Contoso & Söhne GmbH",
    partner_id="4711001",
    partner_name="Northwind Cloud Services",
    programme_name="Demo programme",
    workloads=("Exchange Online", "Microsoft Teams"),
)
LANGUAGES = ("en", "de", "fr")


def opened(subject: Subject = SUBJECT, language: str = "en") -> PdfReader:
    return PdfReader(io.BytesIO(make_form(subject, language)), strict=True)


def text_of(reader: PdfReader) -> str:
    """What can be read, without the line breaks of the layout."""
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_form_says_whom_it_is_about_and_what_is_asked(language: str) -> None:
    reader = opened(language=language)
    said, (_, words) = text_of(reader), words_in(language)
    for fact in (SUBJECT.tenant_id, SUBJECT.domain, SUBJECT.customer_name, SUBJECT.partner_id, SUBJECT.partner_name):
        assert fact in said
    for sentence in (*SUBJECT.workloads, *words.sees, *words.does_not, words.paid, words.end, words.title):
        assert sentence in said
    assert "{" not in said
    assert str(reader.root_object["/Lang"]) == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_public_sector_is_told_that_the_partner_may_be_paid(language: str) -> None:
    """R-147"""
    words = words_in(language)[1]
    told = words.disclosure.format(customer=SUBJECT.customer_name, partner=SUBJECT.partner_name)
    disclosing = replace(SUBJECT, discloses=True)
    said = text_of(opened(disclosing, language=language))
    assert words.disclosure_heading in said
    assert told in said
    assert words.disclosure_heading not in text_of(opened(language=language))
    assert told in [section.text for section in form_text(disclosing, language).sections]
    assert disclosing.form_id != SUBJECT.form_id


def test_a_language_without_words_is_printed_in_english() -> None:
    spoken = {asked: str(opened(language=asked).root_object["/Lang"]) for asked in ("pl", "de-AT")}
    assert spoken == {"pl": "en", "de-AT": "de"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_names_the_same_facts_in_the_same_places(language: str) -> None:
    assert placeholders(words_in(language)[1]) == placeholders(words_in("en")[1])
    assert set(words_in(language)[1].activities) == set(Activity)


def placeholders(words: Words) -> dict[str, set[str]]:
    texts = {each.name: getattr(words, each.name) for each in fields(words)}
    return {name: _placeholders(text) if isinstance(text, str) else {str(len(text))} for name, text in texts.items()}


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_what_only_the_customer_knows_is_an_empty_field_and_the_id_cannot_be_typed_over() -> None:
    found: dict[str, Any] = opened().get_fields() or {}
    assert found.keys() == {*FormField, *Activity}
    assert {name: field.get("/V") for name, field in found.items() if field.get("/V") not in (None, "", "/Off")} == {
        FormField.FORM_ID: SUBJECT.form_id
    }
    is_read_only = {name for name, field in found.items() if field.get("/Ff", 0) & 1}
    assert is_read_only == {FormField.FORM_ID}
    assert all(field.get("/TU") for field in found.values()), "a screen reader says what each field is for"


def test_the_signature_field_is_there_empty_and_within_its_page() -> None:
    content = make_form(SUBJECT, "en")
    reader = PdfFileReader(io.BytesIO(content))
    assert reader.embedded_signatures == []
    (field,) = [each.get_object() for each in reader.root["/AcroForm"]["/Fields"] if each.get_object().get("/FT") == "/Sig"]
    left, bottom, right, top = (float(number) for number in field["/Rect"])
    _, _, width, height = (float(number) for number in PdfReader(io.BytesIO(content)).pages[1].mediabox)
    assert 0 < left < right < width
    assert 0 < bottom < top < height
    assert (right - left, top - bottom) > (150, 40)


@pytest.mark.parametrize("name", ["Łódź Żółw sp. z o.o.", "Ελληνική", "Первая Фирма", "Nguyễn Thị Ánh", "Ðórr & Čapek"])
def test_names_beyond_western_europe_are_printed_and_read_back(name: str) -> None:
    reader = opened(replace(SUBJECT, customer_name=name))
    assert name in text_of(reader)
    embedded = [font for page in reader.pages for font in _fonts(page) if font.startswith("/") and "DejaVu" in font]
    assert embedded, "the font travels with the document"


def _fonts(page: Any) -> list[str]:
    return [str(font.get_object()["/BaseFont"]) for font in page["/Resources"]["/Font"].values()]


@pytest.mark.parametrize(
    "name", ["株式会社コントソ", "شركة كونتوسو", "חברת קונטוסו", "Contoso\u202eGmbH", "Conto\u200bso", "Contoso \U0001f984"]
)
def test_a_name_that_would_come_out_wrong_is_refused_not_mangled(name: str) -> None:
    for wrong in (replace(SUBJECT, customer_name=name), replace(SUBJECT, partner_name=name)):
        with pytest.raises(FormNotPrintable) as refusal:
            make_form(wrong, "en")
        assert "\u202e" not in refusal.value.sentence


def test_markup_in_a_name_is_a_name() -> None:
    name = "<b>Contoso</b> {tenant} & <img src='x'/>"
    assert name in text_of(opened(replace(SUBJECT, customer_name=name)))


def test_the_longest_claim_keeps_every_fact_and_every_field_on_a_page() -> None:
    subject = replace(
        SUBJECT,
        customer_name="Contoso " * 24 + "Holding",
        partner_name="N" * 200,
        domain=f"{'a' * 60}.{'b' * 60}.example",
        workloads=tuple(f"A workload with a long name, number {n}" for n in range(20)),
    )
    reader = opened(subject, "de")
    said = text_of(reader)
    assert all(workload in said for workload in subject.workloads)
    assert "".join(subject.customer_name.split()) in "".join(said.split())
    assert len(reader.pages) <= 3
    boxes = [annotation.get_object()["/Rect"] for page in reader.pages for annotation in page.get("/Annots", [])]
    assert len(boxes) == len(FormField) + len(Activity)
    assert all(float(box[1]) > 0 for box in boxes)


def test_the_id_changes_with_everything_the_form_states_and_with_nothing_else() -> None:
    changed = {
        name: replace(SUBJECT, **cast("dict[str, Any]", {name: ("Other",) if name == "workloads" else "other"})).form_id
        for name in (each.name for each in fields(SUBJECT))
    }
    assert len({SUBJECT.form_id, *changed.values()}) == len(changed) + 1
    assert SUBJECT.form_id == replace(SUBJECT).form_id
    assert SUBJECT.form_id.startswith(SUBJECT.claim_id + ".")
    assert SUBJECT.form_id in text_of(opened())
