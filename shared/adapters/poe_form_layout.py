"""How the form looks: a plain sheet with panels, headings and fields. What it says is decided elsewhere.

A `Layout` collects pieces in reading order; `finish` draws them. Fields stand where their labels are, whatever came before.
"""

from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any, Final
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, PageBreak, Paragraph, SimpleDocTemplate, Table

_INK, _MUTED, _ACCENT, _PAPER, _WHITE = map(HexColor, ("#1b2733", "#55636f", "#0b5cab", "#f3f6f9", "#ffffff"))
_LEFT, _WIDTH, _BAND = 20 * mm, A4[0] - 40 * mm, 26 * mm
_FONT, _BOLD = "DejaVuSans", "DejaVuSans-Bold"
_BODY = ParagraphStyle("body", fontName=_FONT, fontSize=9, leading=13.5, textColor=_INK, splitLongWords=1)
_LABEL = ParagraphStyle("label", parent=_BODY, fontSize=8, textColor=_MUTED)
_FACT = ParagraphStyle("fact", parent=_BODY, fontSize=8.5)
_STRONG = ParagraphStyle("strong", parent=_BODY, fontName=_BOLD)
_HEADING = ParagraphStyle("heading", parent=_STRONG, fontSize=10.5, leading=14, spaceBefore=13, spaceAfter=4, keepWithNext=1)
_BULLET = ParagraphStyle("bullet", parent=_BODY, leftIndent=11, bulletIndent=1)
_AFTER = ParagraphStyle("after", parent=_BODY, spaceBefore=5)
_FLUSH: Final = [("LEFTPADDING", (0, 0), (-1, -1), 0), ("RIGHTPADDING", (0, 0), (-1, -1), 6), ("VALIGN", (0, 0), (-1, -1), "TOP")]
_TIGHT: Final = [*_FLUSH, ("TOPPADDING", (0, 0), (-1, -1), 1), ("BOTTOMPADDING", (0, 0), (-1, -1), 1)]
_PANEL: Final = [
    *(("BACKGROUND", (0, 0), (-1, -1), _PAPER), ("LINEAFTER", (0, 0), (0, 0), 6, _WHITE), ("VALIGN", (0, 0), (-1, -1), "TOP")),
    *(("TOPPADDING", (0, 0), (-1, -1), 8), ("BOTTOMPADDING", (0, 0), (-1, -1), 8), ("LEFTPADDING", (0, 0), (-1, -1), 10)),
]
_FIELD: Final = {"borderColor": _MUTED, "fillColor": _WHITE, "textColor": _INK, "borderWidth": 0.6, "relative": True}
_BOX = 11

type Rows = Sequence[tuple[str, str]]


class Layout:
    """The sheet being written; after `finish` it has `content`, `pages` and the `signature_box` (page from 0, rectangle)."""

    def __init__(self, title: str, subtitle: str, footer: Callable[[int], str], language: str) -> None:
        self._title, self._subtitle, self._footer, self._language = title, subtitle, footer, language
        self._story: list[Any] = []
        self.content, self.pages = b"", 0
        self.signature_box: tuple[int, tuple[int, int, int, int]] = (0, (0, 0, 0, 0))

    def panels(self, left: tuple[str, Rows], right: tuple[str, Rows], said: Callable[[str], str]) -> None:
        """Two parties side by side."""
        cells = []
        for (name, rows), width in ((left, _WIDTH * 0.58), (right, _WIDTH * 0.42)):
            cells.append([Paragraph(escape(name), _STRONG), _facts([(label, said(value)) for label, value in rows], width - 20)])
        self._story.append(Table([cells], colWidths=(_WIDTH * 0.58, _WIDTH * 0.42), style=_PANEL, hAlign="LEFT"))

    def section(self, heading: str, text: str = "") -> None:
        self._story += [Paragraph(heading, _HEADING), *([Paragraph(text, _BODY)] if text else [])]

    def text(self, text: str) -> None:
        self._story.append(Paragraph(text, _AFTER))

    def bullets(self, lines: Sequence[str]) -> None:
        self._story += [Paragraph(line, _BULLET, bulletText="•") for line in lines]

    def columns(self, lines: Sequence[str]) -> None:
        """A list in two columns, read line by line."""
        cells = [Paragraph(line, _BULLET, bulletText="•") for line in lines]
        self._story.append(_grid(cells))

    def new_page(self) -> None:
        self._story.append(PageBreak())

    def check_boxes(self, choices: Rows) -> None:
        """A box for each (field name, label), in two columns."""
        self._story.append(_grid([_Labelled(name, label) for name, label in choices]))

    def declaration(self, name: str, text: str, tooltip: str) -> None:
        """A box to be ticked beside a paragraph."""
        row = [[_CheckBox(name, tooltip), Paragraph(text, _BODY)]]
        self._story.append(Table(row, colWidths=(8 * mm, _WIDTH - 8 * mm), style=_TIGHT, hAlign="LEFT"))

    def entry(self, name: str, label: str, most: int = 100) -> None:
        """A line to fill in."""
        row = [[Paragraph(label, _LABEL), _TextField(name, label, 105 * mm, most)]]
        self._story.append(
            Table(row, colWidths=(_WIDTH - 107 * mm, 107 * mm), style=[*_TIGHT, ("VALIGN", (0, 0), (-1, -1), "MIDDLE")])
        )

    def signatures(self, typed: str, typed_label: str, digital_label: str) -> None:
        """Room for a typed signature, and the frame of a digital one."""
        half, height = _WIDTH / 2, 17 * mm
        cells = [
            [Paragraph(typed_label, _LABEL), Paragraph(digital_label, _LABEL)],
            [_TextField(typed, typed_label, half - 6, 100, height, 14), _Frame(half, height, self._take_box)],
        ]
        self._story.append(Table(cells, colWidths=(half, half), style=_TIGHT, hAlign="LEFT", spaceBefore=6))

    def finish(self, id_field: str, form_id: str) -> None:
        """Draws everything; the form's id also stands in a field that cannot be typed over."""
        file = BytesIO()
        template = SimpleDocTemplate(
            file, pagesize=A4, title=self._title, subject=form_id, lang=self._language, invariant=1, leftMargin=_LEFT - 6,
            rightMargin=_LEFT - 6, topMargin=_BAND + 8 * mm, bottomMargin=20 * mm,
        )  # fmt: skip

        def frame(canvas: Any, _: Any) -> None:
            self._frame(canvas)
            if canvas.getPageNumber() == 1:
                canvas.acroForm.textfield(
                    name=id_field, value=form_id, tooltip=form_id, x=A4[0] - _LEFT - 64 * mm, y=A4[1] - 20.5 * mm, width=64 * mm,
                    height=14, fontSize=7, maxlen=len(form_id), fieldFlags="readOnly", borderWidth=0, textColor=_WHITE,
                    fillColor=_ACCENT,
                )  # fmt: skip

        template.build(self._story, onFirstPage=frame, onLaterPages=frame)
        self.content, self.pages = file.getvalue(), template.page

    def _frame(self, canvas: Any) -> None:
        canvas.setFillColor(_ACCENT)
        canvas.rect(0, A4[1] - _BAND, A4[0], _BAND, stroke=0, fill=1)
        canvas.setFillColor(_WHITE)
        canvas.setFont(_BOLD, 17)
        canvas.drawString(_LEFT, A4[1] - 13.5 * mm, self._title)
        heading = Paragraph(f"<font color='white'>{self._subtitle}</font>", _LABEL)
        _, height = heading.wrap(_WIDTH - 78 * mm, 40)
        heading.drawOn(canvas, _LEFT, A4[1] - 17 * mm - height)
        canvas.setFillColor(_MUTED)
        canvas.setFont(_FONT, 7)
        canvas.drawString(_LEFT, 11 * mm, self._footer(canvas.getPageNumber()))

    def _take_box(self, page: int, box: tuple[int, int, int, int]) -> None:
        self.signature_box = (page, box)


class _CheckBox(Flowable):  # type: ignore[misc]  # The library is untyped.
    def __init__(self, name: str, tooltip: str) -> None:
        super().__init__()
        self._name, self._tooltip = name, tooltip
        self.width = self.height = _BOX + 2

    def draw(self) -> None:
        options = {**_FIELD, "buttonStyle": "check", "size": _BOX, "fieldFlags": "", "name": self._name, "tooltip": self._tooltip}
        self.canv.acroForm.checkbox(x=0, y=0, **options)


class _Labelled(Flowable):  # type: ignore[misc]  # The library is untyped.
    def __init__(self, name: str, label: str) -> None:
        super().__init__()
        self._box, self._label = _CheckBox(name, label), label
        self.width, self.height = _WIDTH / 2, _BOX + 4

    def draw(self) -> None:
        self._box.drawOn(self.canv, 0, 2)
        self.canv.setFont(_FONT, 9)
        self.canv.setFillColor(_INK)
        self.canv.drawString(_BOX + 7, 4.5, self._label)


class _TextField(Flowable):  # type: ignore[misc]  # The library is untyped.
    def __init__(self, name: str, tooltip: str, width: float, most: int, height: float = 18, size: float = 10) -> None:
        super().__init__()
        self._name, self._tooltip, self._most, self._size = name, tooltip, most, size
        self.width, self.height = width, height

    def draw(self) -> None:
        options = {**_FIELD, "name": self._name, "tooltip": self._tooltip, "maxlen": self._most, "fontSize": self._size}
        self.canv.acroForm.textfield(x=0, y=0, width=self.width, height=self.height, fontName="Helvetica", **options)


class _Frame(Flowable):  # type: ignore[misc]  # The library is untyped.
    """An empty frame that tells where it came to stand."""

    def __init__(self, width: float, height: float, take: Callable[[int, tuple[int, int, int, int]], None]) -> None:
        super().__init__()
        self.width, self.height, self._take = width - 6, height, take

    def draw(self) -> None:
        self.canv.setStrokeColor(_MUTED)
        self.canv.setLineWidth(0.6)
        self.canv.setDash(3, 2)
        self.canv.rect(0, 0, self.width, self.height, stroke=1, fill=0)
        left, bottom = self.canv.absolutePosition(0, 0)
        self._take(
            self.canv.getPageNumber() - 1, (round(left), round(bottom), round(left + self.width), round(bottom + self.height))
        )


def _facts(rows: Rows, width: float) -> Table:
    cells = [[Paragraph(escape(label), _LABEL), Paragraph(value, _FACT)] for label, value in rows]
    return Table(cells, colWidths=(25 * mm, width - 25 * mm), style=_TIGHT, hAlign="LEFT", spaceBefore=3)


def _grid(cells: Sequence[Any]) -> Table:
    rows = [[*cells[start : start + 2], ""][:2] for start in range(0, len(cells), 2)]
    return Table(rows, colWidths=(_WIDTH / 2, _WIDTH / 2), style=_TIGHT, hAlign="LEFT")
