"""The gettext catalogues of mails and pages.

What stands in the templates is collected into the committed `.po` files; these are compiled to the `.mo` files beside them, and
those are deployed. Translating is left to people.
"""

import io
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from shared.languages import FOLDER, SOURCE, Domain, languages

ROOT = Path(__file__).parents[2]
# What both speak: promises, outcomes, dates and amounts.
_COMMON = ("shared/domain/wording.py", "shared/languages.py")
_SOURCES = {
    Domain.MAIL: (*_COMMON, "shared/adapters/mail/templates/**/*.txt", "shared/adapters/mail/templates/**/*.html"),
    Domain.PAGES: (
        *_COMMON,
        "functions/page.py",
        "functions/pages/*.py",
        "functions/pages/templates/*.html",
        "shared/domain/attestation.py",
        "shared/domain/errors.py",
    ),
}
_KEYWORDS = {**DEFAULT_KEYWORDS, "phrase": None}
# As the templates are read when they are rendered: else the collected sentence is not the one looked up.
_TEMPLATE_OPTIONS = {"trimmed": "true", "trim_blocks": "true", "lstrip_blocks": "true"}


def po(domain: Domain, language: str) -> Path:
    return FOLDER / language / "LC_MESSAGES" / f"{domain}.po"


def mo(domain: Domain, language: str) -> Path:
    return po(domain, language).with_suffix(".mo")


def translated_languages() -> list[str]:
    """Every language that has catalogues."""
    return [language for language in languages() if language != SOURCE]


def sentences(domain: Domain) -> Catalog:
    """Every sentence of the templates and the code, without translations."""
    found = Catalog(domain=domain)
    for file in _files(domain):
        method = "python" if file.suffix == ".py" else "jinja2.ext:babel_extract"
        options = {} if file.suffix == ".py" else _TEMPLATE_OPTIONS
        for _, message, comments, context in extract_from_file(method, file, _KEYWORDS, options=options):
            found.add(message, locations=[(str(file.relative_to(ROOT)), 0)], auto_comments=comments, context=context)
    return found


def read(domain: Domain, language: str) -> Catalog:
    with po(domain, language).open("rb") as file:
        return read_po(file, locale=language, domain=domain)


def compiled(catalogue: Catalog) -> bytes:
    """The `.mo` file of a catalogue."""
    content = io.BytesIO()
    write_mo(content, catalogue)
    return content.getvalue()


def untranslated() -> list[str]:
    """What readers get in English although their language is another one."""
    return [
        f"{language}/{domain}: {message.id}"
        for domain in Domain
        for language in translated_languages()
        for message in read(domain, language)
        if message.id and not all(translations(message))
    ]


def translations(message: Message) -> list[str]:
    """Each form of a translation: one, or one for each plural; empty where there is none yet."""
    if isinstance(message.string, str):
        return [message.string]
    return [str(form) for form in message.string or [""]]


def write() -> list[Path]:
    """Collect new sentences, drop those that are gone, compile; returns the files that had changed."""
    changed: list[Path] = []
    for domain in Domain:
        found = sentences(domain)
        for language in translated_languages():
            catalogue = read(domain, language)
            # No guessing from similar sentences: what a customer agrees to is translated by somebody who read it.
            catalogue.update(found, no_fuzzy_matching=True, update_creation_date=False)
            text = io.BytesIO()
            write_po(text, catalogue, width=130, sort_output=True, ignore_obsolete=True, include_lineno=False)
            contents = {po(domain, language): text.getvalue(), mo(domain, language): compiled(catalogue)}
            for path, content in contents.items():
                if not path.exists() or path.read_bytes() != content:
                    path.write_bytes(content)
                    changed.append(path)
    return changed


def _files(domain: Domain) -> Iterator[Path]:
    for pattern in _SOURCES[domain]:
        yield from sorted(ROOT.glob(pattern))
