"""The form as content: what it says, to be read without a PDF, and what its signer answers.

The words are an adapter's, one set for paper and page: who signs online reads what is printed on the document that is sealed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from shared.domain.proof_form import Activity


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, and below it a paragraph, a list, or both; `closing` is a paragraph after the list."""

    heading: str
    text: str = ""
    lines: tuple[str, ...] = ()
    closing: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """One of the two companies: what it is called here, and its facts with their labels."""

    name: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Form:
    """The whole text of the form for one claim, in `language`; labels and `activities` stand beside what is filled in."""

    language: str
    title: str
    subtitle: str
    parties: tuple[Party, ...]
    sections: tuple[Section, ...]
    activities_heading: str
    activities: Mapping[Activity, str]
    declaration_heading: str
    declaration: str
    signer_heading: str
    signer_name: str
    signer_title: str
    signed_on: str
    typed_signature: str
    how_to_sign: str


@dataclass(frozen=True, slots=True)
class Answers:
    """What the signer says; whoever signs has made the declaration of authority. `signed_on` is a day in UTC."""

    signer_name: str
    signer_title: str
    typed_signature: str
    signed_on: date
    activities: frozenset[Activity]
