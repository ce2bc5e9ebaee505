"""Makes the form: a fillable PDF that says what is asked, of whom and for what, with room for the customer's answer.

What the claim knows is printed and cannot be typed over; what only the customer knows is a field. The same subject in the same
language makes the same pages. Names are printed in any script that the shipped font has and that needs no shaping.
"""

import threading
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import escape

from shared.adapters.poe_form_words import Words, words_in
from shared.domain.proof_form import TEXT_VERSION, FormField, FormNotPrintable, Subject

if TYPE_CHECKING:
    from shared.adapters.poe_form_layout import Layout

_FONTS: Final = Path(__file__).parent / "fonts"
REGULAR, BOLD = "DejaVuSans", "DejaVuSans-Bold"
# The library keeps fonts and settings for the whole process and promises nothing to threads.
library = threading.Lock()


def make_form(subject: Subject, language: str) -> bytes:
    """The form for this claim. Raises FormNotPrintable. It takes some tenths of a second; call it in a thread."""
    facts = facts_of(subject)
    with library:
        require_printable((*facts.values(), subject.domain, *subject.workloads))
        spoken, words = words_in(language)
        counted = _drawn(subject, words, facts, spoken, pages=0)
        layout = _drawn(subject, words, facts, spoken, pages=counted.pages)
    return _with_signature_field(layout, words)


def facts_of(subject: Subject) -> dict[str, str]:
    """What stands for the braces in the form's words."""
    return {
        "customer": subject.customer_name,
        "partner": subject.partner_name,
        "programme": subject.programme_name,
        "tenant": subject.tenant_id,
        "form_id": subject.form_id,
        "version": str(TEXT_VERSION),
    }


def require_printable(texts: Iterable[str]) -> None:
    """Raises FormNotPrintable for characters without a glyph, and for scripts that read from the right: their order and the
    joining of their letters would come out wrong."""
    glyphs = fonts()
    bad = {
        letter
        for text in texts
        for letter in unicodedata.normalize("NFC", text)
        if ord(letter) not in glyphs
        or unicodedata.bidirectional(letter) in {"R", "AL", "AN"}
        or unicodedata.category(letter) in {"Cc", "Cf", "Mn", "Me"}
    }
    if bad:
        raise FormNotPrintable("".join(sorted(bad)))


@cache
def fonts() -> Mapping[int, int]:
    """Makes the fonts known to the library, once, and returns the characters that both have."""
    from reportlab.pdfbase.pdfmetrics import registerFont, registerFontFamily
    from reportlab.pdfbase.ttfonts import TTFont

    faces = [TTFont(name, str(_FONTS / f"{name}.ttf")) for name in (REGULAR, BOLD)]
    for face in faces:
        registerFont(face)
    registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=REGULAR, boldItalic=BOLD)
    regular, bold = (face.face.charToGlyph for face in faces)
    return {code: glyph for code, glyph in regular.items() if code in bold}


def _drawn(subject: Subject, words: Words, facts: Mapping[str, str], language: str, pages: int) -> "Layout":
    from shared.adapters.poe_form_layout import Layout

    def said(text: str) -> str:
        return unicodedata.normalize("NFC", escape(text.format_map(facts)))

    layout = Layout(words.title, said(words.subtitle), lambda page: _footer(words, facts, page, pages), language)
    layout.panels(
        (words.customer, ((words.company, "{customer}"), (words.domain, subject.domain), (words.tenant_id, "{tenant}"))),
        (words.partner, ((words.company, "{partner}"), (words.partner_id, subject.partner_id))),
        said,
    )
    layout.section(words.ask_heading, said(words.ask))
    layout.section(words.workloads_heading)
    layout.columns([escape(name) for name in subject.workloads])
    layout.section(words.sees_heading)
    layout.bullets(words.sees)
    layout.section(words.does_not_heading)
    layout.bullets(words.does_not)
    layout.text(words.paid)
    if subject.discloses:
        layout.section(words.disclosure_heading, said(words.disclosure))
    layout.section(words.end_heading, words.end)
    layout.new_page()
    layout.section(words.activities_heading)
    layout.check_boxes([(activity.value, label) for activity, label in words.activities.items()])
    layout.section(words.declaration_heading)
    layout.declaration(FormField.AUTHORITY, said(words.declaration), words.declaration_heading)
    layout.section(said(words.signer_heading))
    layout.entry(FormField.SIGNER_NAME, words.signer_name)
    layout.entry(FormField.SIGNER_TITLE, words.signer_title)
    layout.entry(FormField.SIGNED_ON, words.signed_on, most=10)
    layout.signatures(FormField.TYPED_SIGNATURE, words.typed_signature, words.digital_signature)
    layout.text(words.how_to_sign)
    layout.finish(FormField.FORM_ID, subject.form_id)
    return layout


def _footer(words: Words, facts: Mapping[str, str], page: int, pages: int) -> str:
    return words.footer.format_map({**facts, "page": str(page), "pages": str(pages)})


def _with_signature_field(layout: "Layout", words: Words) -> bytes:
    """The drawing library knows no signature fields, so the signing library adds the empty one."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.fields import SigFieldSpec, append_signature_field

    page, box = layout.signature_box
    writer: Any = IncrementalPdfFileWriter(BytesIO(layout.content))
    readable = words.typed_signature
    append_signature_field(writer, SigFieldSpec(FormField.DIGITAL_SIGNATURE, on_page=page, box=box, readable_field_name=readable))
    file = BytesIO()
    writer.write(file)
    return file.getvalue()
