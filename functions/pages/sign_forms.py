"""What a signer's form means, or what is wrong with it, field by field. Pure: nothing is looked up and nothing is stored.

A form that leaves anything open is no signature: every box is ticked by the signer, and the name is typed twice.
"""

from dataclasses import dataclass
from enum import StrEnum

from functions.pages.colleague import Colleague, line_in, parse_colleague
from functions.pages.forms import UNSURE, Form, FormFault, FormFaults, is_sure, one_of, text_in
from shared.domain.proof_form import Activity
from shared.domain.wording import phrase

CANNOT_BE_PRINTED = phrase(
    "The document cannot show some of these letters. Write them in Latin, Greek or Cyrillic, or sign on paper instead."
)
NO_COLLEAGUE = phrase("Only somebody with a mail address of your organisation can sign for it.")
_MISSING = {
    "name": phrase("Enter your name."),
    "title": phrase("Enter your title or position."),
    "typed": phrase("Type your full name to sign."),
}


class Deed(StrEnum):
    """What the signer's buttons do."""

    SIGN = "sign"
    DECLINE = "decline"
    DELEGATE = "delegate"


@dataclass(frozen=True, slots=True)
class Signing:
    """The signer signs the form that it has read."""

    form_id: str
    name: str
    title: str
    typed: str
    activities: frozenset[Activity]


@dataclass(frozen=True, slots=True)
class Declining:
    """The signer does not sign."""

    reason: str | None


def parse_signing(form: Form) -> Signing | Declining | Colleague | FormFaults:
    """Read one of the sign page's forms; which of them, its button says. A button alone decides nothing (R-344)."""
    faults: list[FormFault] = []
    deed = one_of(Deed, form.get("do", ()))
    if deed is Deed.DECLINE:
        if not is_sure(form):
            faults.append(FormFault("sure", UNSURE))
        reason = text_in(form, "reason", faults)
        return tuple(faults) or Declining(reason)
    if deed is Deed.DELEGATE:
        return parse_colleague(form)
    if deed is not Deed.SIGN:
        return (FormFault("", phrase("Nothing was chosen. Please sign, decline, or name a colleague.")),)
    activities = frozenset(Activity(value) for value in form.get("activity", ()) if value in set(Activity))
    if not activities:
        faults.append(FormFault("activity", phrase("Tick at least one activity.")))
    if list(form.get("authority", ())) != ["yes"]:
        faults.append(FormFault("authority", phrase("Without this declaration you cannot sign.")))
    name, title, typed = (line_in(form, field, faults, missing) for field, missing in _MISSING.items())
    if name and typed and name.casefold() != typed.casefold():
        faults.append(FormFault("typed", phrase("Type your name as you wrote it above.")))
    if list(form.get("electronically", ())) != ["yes"]:
        faults.append(FormFault("electronically", phrase("Tick this to sign electronically, or sign on paper instead.")))
    return tuple(faults) or Signing("".join(form.get("form_id", ())), name, title, typed, activities)
