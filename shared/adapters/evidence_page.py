"""The page behind a signed document that says how it was signed, in the language it was signed in.

It says plainly whose seal it bears and what kind of signature that makes the customer's. A test holds the languages to the same
lines.
"""
# ruff: noqa: RUF001  # French is spelt with typographic apostrophes.

from io import BytesIO
from typing import Any, Final
from xml.sax.saxutils import escape

from shared.adapters.poe_form import BOLD, REGULAR, fonts, library, require_printable
from shared.domain.evidence import Authentication, Evidence

WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "title": "Evidence of signature",
        "signer": "Signed by",
        "company": "For",
        "address": "Mail address",
        "known": "Known by",
        Authentication.MAILED_LINK: "a personal link that was mailed to this address",
        "signed_at": "Signed at",
        "text": "Text",
        "version": "version {version}, language {language}",
        "form_id": "Document",
        "claim": "Claim",
        "digest": "SHA-256 of the pages before this one, as a file",
        "meaning": (
            "The signer typed their name and declared to sign electronically: this is an electronic signature, not a "
            "qualified one. The seal on this file is the service's, not the signer's. It shows that the document and "
            "this page have not been changed since the seal was made."
        ),
    },
    "de": {
        "title": "Nachweis der Unterschrift",
        "signer": "Unterschrieben von",
        "company": "Für",
        "address": "E-Mail-Adresse",
        "known": "Erkannt an",
        Authentication.MAILED_LINK: "einem persönlichen Link, der an diese Adresse gesendet wurde",
        "signed_at": "Unterschrieben am",
        "text": "Text",
        "version": "Version {version}, Sprache {language}",
        "form_id": "Dokument",
        "claim": "Antrag",
        "digest": "SHA-256 der Seiten davor, als Datei",
        "meaning": (
            "Die Person hat ihren Namen eingegeben und erklärt, elektronisch zu unterschreiben: Dies ist eine "
            "elektronische, keine qualifizierte Signatur. Das Siegel dieser Datei ist das des Dienstes, nicht das der "
            "unterzeichnenden Person. Es zeigt, dass das Dokument und diese Seite nicht verändert wurden, seit sie "
            "versiegelt wurden."
        ),
    },
    "fr": {
        "title": "Preuve de la signature",
        "signer": "Signé par",
        "company": "Pour",
        "address": "Adresse électronique",
        "known": "Reconnu par",
        Authentication.MAILED_LINK: "un lien personnel envoyé à cette adresse",
        "signed_at": "Signé le",
        "text": "Texte",
        "version": "version {version}, langue {language}",
        "form_id": "Document",
        "claim": "Demande",
        "digest": "SHA-256 des pages précédentes, en fichier",
        "meaning": (
            "La personne a saisi son nom et déclaré signer électroniquement : il s’agit d’une signature électronique, "
            "non d’une signature qualifiée. Le cachet de ce fichier est celui du service, non celui du signataire. Il "
            "montre que le document et cette page n’ont pas été modifiés depuis qu’ils ont été cachetés."
        ),
    },
}


def evidence_page(evidence: Evidence, digest: str) -> bytes:
    """One page as a PDF. Raises FormNotPrintable for a name that the form could not have shown either."""
    words = WORDS.get(evidence.language, WORDS["en"])
    with library:
        require_printable((evidence.signer_name, evidence.signer_title, evidence.signer_address, evidence.customer_name))
        return _drawn(words, _rows(words, evidence, digest), evidence.language if evidence.language in WORDS else "en")


def _rows(words: dict[str, str], evidence: Evidence, digest: str) -> list[tuple[str, str]]:
    version = words["version"].format(version=evidence.text_version, language=evidence.language)
    return [
        (words["signer"], f"{evidence.signer_name}, {evidence.signer_title}"),
        (words["company"], evidence.customer_name),
        (words["address"], evidence.signer_address),
        (words["known"], words[evidence.authentication]),
        (words["signed_at"], f"{evidence.signed_at:%Y-%m-%d %H:%M:%S} UTC"),
        (words["form_id"], evidence.form_id),
        (words["claim"], evidence.claim_id),
        (words["text"], version),
        (words["digest"], digest),
    ]


def _drawn(words: dict[str, str], rows: list[tuple[str, str]], language: str) -> bytes:
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.lib.units import mm
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table

    fonts()
    body = ParagraphStyle("body", fontName=REGULAR, fontSize=8.5, leading=13, splitLongWords=1)
    label = ParagraphStyle("label", parent=body, fontSize=8, textColor="#55636f")
    title = ParagraphStyle("title", parent=body, fontName=BOLD, fontSize=17, leading=22)
    cells = [[Paragraph(escape(name), label), Paragraph(escape(value), body)] for name, value in rows]
    style: list[Any] = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)]
    story = [
        Paragraph(words["title"], title),
        Spacer(1, 8 * mm),
        Table(cells, colWidths=(48 * mm, 122 * mm), style=style, hAlign="LEFT"),
        Spacer(1, 8 * mm),
        Paragraph(words["meaning"], body),
    ]
    file = BytesIO()
    margins = {"leftMargin": 18 * mm, "rightMargin": 18 * mm, "topMargin": 24 * mm, "bottomMargin": 20 * mm}
    SimpleDocTemplate(file, pagesize=A4, title=words["title"], lang=language, invariant=1, **margins).build(story)
    return file.getvalue()
