"""`ports.Forms`: the form drawn, read as text, and filled in, each by the module that knows how."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.domain.form_content import Answers, Form
    from shared.domain.proof_form import Subject


class ReportlabForms:
    """`ports.Forms` by reportlab and pypdf, which are imported when the first form is made."""

    def make_form(self, subject: "Subject", language: str) -> bytes:
        from shared.adapters.poe_form import make_form

        return make_form(subject, language)

    def read_form(self, subject: "Subject", language: str) -> "Form":
        from shared.adapters.poe_form_text import form_text

        return form_text(subject, language)

    def complete_form(self, subject: "Subject", language: str, answers: "Answers") -> bytes:
        from shared.adapters.poe_form import make_form
        from shared.adapters.poe_form_filling import filled_in

        return filled_in(make_form(subject, language), answers)
