"""The form's words as text, for whoever reads it on a page instead of on paper. A test holds the two to the same words."""

import unicodedata

from shared.adapters.poe_form import facts_of
from shared.adapters.poe_form_words import words_in
from shared.domain.form_content import Form, Party, Section
from shared.domain.proof_form import Subject


def form_text(subject: Subject, language: str) -> Form:
    """Everything that is printed on the form for this claim, in reading order; see `poe_form`."""
    spoken, words = words_in(language)
    facts = facts_of(subject)

    def said(text: str) -> str:
        return unicodedata.normalize("NFC", text.format_map(facts))

    return Form(
        language=spoken,
        title=words.title,
        subtitle=said(words.subtitle),
        parties=(
            Party(
                words.customer,
                (
                    (words.company, said("{customer}")),
                    (words.domain, subject.domain),
                    (words.tenant_id, subject.tenant_id),
                ),
            ),
            Party(words.partner, ((words.company, said("{partner}")), (words.partner_id, subject.partner_id))),
        ),
        sections=(
            Section(words.ask_heading, said(words.ask)),
            Section(words.workloads_heading, lines=subject.workloads),
            Section(words.sees_heading, lines=words.sees),
            Section(words.does_not_heading, lines=words.does_not, closing=words.paid),
            *((Section(words.disclosure_heading, said(words.disclosure)),) if subject.discloses else ()),
            Section(words.end_heading, words.end),
        ),
        activities_heading=words.activities_heading,
        activities=words.activities,
        declaration_heading=words.declaration_heading,
        declaration=said(words.declaration),
        signer_heading=said(words.signer_heading),
        signer_name=words.signer_name,
        signer_title=words.signer_title,
        signed_on=words.signed_on,
        typed_signature=words.typed_signature,
        how_to_sign=words.how_to_sign,
    )
