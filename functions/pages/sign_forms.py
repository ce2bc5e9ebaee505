"""What a signer's form means, or what is wrong with it, field by field. Pure: nothing is looked up and nothing is stored.

A form that leaves anything open is no signature: every box is ticked by the signer, and the name is typed twice.
"""

from dataclasses import dataclass
from enum import StrEnum

from functions.pages.forms import UNSURE, Form, FormFault, FormFaults, is_sure, one_of, text_in
from shared.domain.proof_form import Activity
from shared.domain.wording import phrase

LINE_LIMIT = 100
"""As many characters as a line of the document takes."""

CANNOT_BE_PRINTED = phrase(
    "The document cannot show some of these letters. Write them in Latin, Greek or Cyrillic, or sign on paper instead."
)
NO_COLLEAGUE = phrase("Only somebody with a mail address of your organisation can sign for it.")
NO_ADDRESS = phrase("This is not a mail address.")
_MISSING = {
    "name": phrase("Enter your name."),
    "title": phrase("Enter your title or position."),
    "typed": phrase("Type your full name to sign."),
    "colleague": phrase("Enter your colleague's name."),
    "mail": phrase("Enter your colleague's mail address."),
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


@dataclass(frozen=True, slots=True)
class Delegating:
    """The signer names a colleague."""

    name: str
    mail: str


def parse_signing(form: Form) -> Signing | Declining | Delegating | FormFaults:
    """Read one of the sign page's forms; which of them, its button says. A button alone decides nothing (R-344)."""
    faults: list[FormFault] = []
    deed = one_of(Deed, form.get("do", ()))
    if deed is Deed.DECLINE:
        if not is_sure(form):
            faults.append(FormFault("sure", UNSURE))
        reason = text_in(form, "reason", faults)
        return tuple(faults) or Declining(reason)
    if deed is Deed.DELEGATE:
        colleague, mail = (_line(form, field, faults) for field in ("colleague", "mail"))
        return tuple(faults) or Delegating(colleague, mail)
    if deed is not Deed.SIGN:
        return (FormFault("", phrase("Nothing was chosen. Please sign, decline, or name a colleague.")),)
    activities = frozenset(Activity(value) for value in form.get("activity", ()) if value in set(Activity))
    if not activities:
        faults.append(FormFault("activity", phrase("Tick at least one activity.")))
    if list(form.get("authority", ())) != ["yes"]:
        faults.append(FormFault("authority", phrase("Without this declaration you cannot sign.")))
    name, title, typed = (_line(form, field, faults) for field in ("name", "title", "typed"))
    if name and typed and name.casefold() != typed.casefold():
        faults.append(FormFault("typed", phrase("Type your name as you wrote it above.")))
    if list(form.get("electronically", ())) != ["yes"]:
        faults.append(FormFault("electronically", phrase("Tick this to sign electronically, or sign on paper instead.")))
    return tuple(faults) or Signing("".join(form.get("form_id", ())), name, title, typed, activities)


def _line(form: Form, field: str, faults: list[FormFault]) -> str:
    line = " ".join("\n".join(form.get(field, ())).split())
    if not line:
        faults.append(FormFault(field, _MISSING[field]))
    elif len(line) > LINE_LIMIT:
        too_long = phrase("Shorten your text to %(limit)s characters; it has %(length)s.")
        faults.append(FormFault(field, too_long, {"limit": LINE_LIMIT, "length": len(line)}))
    elif not line.isprintable():
        faults.append(FormFault(field, phrase("Remove the invisible characters from this line.")))
    return line
