"""A colleague whom a customer names instead of itself, on the page to answer or on the page to sign. Pure."""

from dataclasses import dataclass
from typing import Final

from functions.pages.forms import Form, FormFault, FormFaults
from shared.domain.wording import phrase

LINE_LIMIT: Final = 100
"""As many characters as a line of the document takes."""

TOO_MANY: Final = phrase("We have sent this person too many mails today. Please try again tomorrow.")
NO_ADDRESS: Final = phrase("This is not a mail address.")


@dataclass(frozen=True, slots=True)
class Colleague:
    """Who is to be asked instead."""

    name: str
    mail: str


def parse_colleague(form: Form) -> Colleague | FormFaults:
    """Name and address; whether the address is one of the customer is found out elsewhere."""
    faults: list[FormFault] = []
    name = line_in(form, "colleague", faults, phrase("Enter your colleague's name."))
    mail = line_in(form, "mail", faults, phrase("Enter your colleague's mail address."))
    return tuple(faults) or Colleague(name, mail)


def line_in(form: Form, field: str, faults: list[FormFault], missing: str) -> str:
    """One line that was typed into a field; a fault where it is empty (`missing`), too long, or holds what nobody sees."""
    line = " ".join("\n".join(form.get(field, ())).split())
    if not line:
        faults.append(FormFault(field, missing))
    elif len(line) > LINE_LIMIT:
        too_long = phrase("Shorten your text to %(limit)s characters; it has %(length)s.")
        faults.append(FormFault(field, too_long, {"limit": LINE_LIMIT, "length": len(line)}))
    elif not line.isprintable():
        faults.append(FormFault(field, phrase("Remove the invisible characters from this line.")))
    return line
