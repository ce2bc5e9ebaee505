"""Fills in the form as a signer would, so that it reads the same in every viewer.

A field of a PDF names a font, and viewers replace it; the standard one lacks most letters of Europe. So each answer is drawn with
the form's own font, as the field's appearance, and no viewer needs to draw it anew.
"""

from collections.abc import Mapping
from io import BytesIO
from typing import Any, Final

from shared.adapters.poe_form import REGULAR, fonts, library, require_printable
from shared.domain.form_content import Answers
from shared.domain.proof_form import FormField

_INK, _FRAME = "#1b2733", "#55636f"
_MARGIN: Final = 4.0
_SIZES: Final = (10.0, 14.0)
"""Of an answer on one line, and of one that has room."""
_SMALLEST: Final = 4.0
_ROOM: Final = 30.0


def filled_in(form: bytes, answers: Answers) -> bytes:
    """The form with these answers in its fields. Raises FormNotPrintable for letters that the font does not have."""
    from pypdf import PdfReader, PdfWriter
    from pypdf.generic import NameObject, TextStringObject

    lines = {
        FormField.SIGNER_NAME: answers.signer_name,
        FormField.SIGNER_TITLE: answers.signer_title,
        FormField.SIGNED_ON: answers.signed_on.isoformat(),
        FormField.TYPED_SIGNATURE: answers.typed_signature,
    }
    writer = PdfWriter(clone_from=BytesIO(form))
    root: Any = writer.root_object["/AcroForm"]
    fields: dict[str, Any] = {str(each.get_object()["/T"]): each.get_object() for each in root.get_object()["/Fields"]}
    with library:
        require_printable(lines.values())
        drawn = _drawn({name: (text, _size_of(fields[name])) for name, text in lines.items()})
    for (name, text), page in zip(lines.items(), PdfReader(BytesIO(drawn)).pages, strict=True):
        fields[name][NameObject("/V")] = TextStringObject(text)
        fields[name]["/AP"][NameObject("/N")] = _appearance(writer, page)
    for box in (FormField.AUTHORITY, *answers.activities):
        fields[box][NameObject("/V")] = fields[box][NameObject("/AS")] = NameObject("/Yes")
    file = BytesIO()
    writer.write(file)
    return file.getvalue()


def _size_of(field: Any) -> tuple[float, float]:
    left, bottom, right, top = (float(number) for number in field["/Rect"])
    return right - left, top - bottom


def _drawn(lines: Mapping[str, tuple[str, tuple[float, float]]]) -> bytes:
    """Each line on a page of its own, as large as its field."""
    from reportlab.pdfbase.pdfmetrics import stringWidth
    from reportlab.pdfgen.canvas import Canvas

    fonts()
    file = BytesIO()
    canvas = Canvas(file, invariant=1)
    for text, (width, height) in lines.values():
        canvas.setPageSize((width, height))
        size = _SIZES[height > _ROOM]
        while size > _SMALLEST and stringWidth(text, REGULAR, size) > width - 2 * _MARGIN:
            size -= 0.5
        canvas.setFillColor("#ffffff")
        canvas.setStrokeColor(_FRAME)
        canvas.setLineWidth(0.6)
        canvas.rect(0.3, 0.3, width - 0.6, height - 0.6, stroke=1, fill=1)
        canvas.setFillColor(_INK)
        canvas.setFont(REGULAR, size)
        canvas.drawString(_MARGIN, (height - size) / 2 + size * 0.22, text)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def _appearance(writer: Any, page: Any) -> Any:
    """The page as something that a field can show."""
    from pypdf.generic import DecodedStreamObject, NameObject

    stream: Any = DecodedStreamObject()
    stream.set_data(page.get_contents().get_data())
    stream[NameObject("/Type")] = NameObject("/XObject")
    stream[NameObject("/Subtype")] = NameObject("/Form")
    stream[NameObject("/BBox")] = page.mediabox.clone(writer)
    stream[NameObject("/Resources")] = page["/Resources"].clone(writer)
    return writer._add_object(stream.flate_encode())  # noqa: SLF001  # The library has no other way to add an object.
