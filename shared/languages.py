"""The languages of mails and pages. English is the source and stands in the templates and in `wording`; every other language is
a folder of compiled gettext catalogues (`locale/<language>/LC_MESSAGES/{mail,pages}.mo`), so a further one is data.

Where a catalogue lacks a sentence, its reader gets that sentence in English. Nothing is loaded before the first mail or page.
"""

import gettext
import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType

from shared.domain.wording import phrase

FOLDER = Path(__file__).parent / "locale"
SOURCE = "en"
_OWN_NAME = phrase("English")
_PREFERENCE = re.compile(r"\s*([a-z]{2,3})(?:-[A-Za-z0-9]{1,8})*\s*(?:;\s*q=([01](?:\.\d{1,3})?))?\s*", re.IGNORECASE)


class Domain(StrEnum):
    """What a catalogue translates."""

    MAIL = "mail"
    PAGES = "pages"


@cache
def languages() -> Mapping[str, str]:
    """Every language spoken and its own name ("Deutsch"), which its catalogue holds as the translation of "English"."""
    translated = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())
    names = {language: catalogue(Domain.PAGES, language).gettext(_OWN_NAME) for language in translated}
    return MappingProxyType({SOURCE: _OWN_NAME} | names)


def spoken(asked_for: str) -> str:
    """The language asked for (`de-AT`) where it is spoken, else its base language (`de`), else English."""
    for language in (asked_for, asked_for.partition("-")[0]):
        if language in languages():
            return language
    return SOURCE


def preferred(accept_language: str) -> str:
    """The best spoken language of an Accept-Language header; English where it names none that is spoken."""
    wanted = [match for part in accept_language[:200].split(",") if (match := _PREFERENCE.fullmatch(part))]
    for match in sorted(wanted, key=lambda match: float(match[2] or 1), reverse=True):
        if float(match[2] or 1) > 0 and match[1].lower() in languages():
            return match[1].lower()
    return SOURCE


@cache
def catalogue(domain: Domain, language: str) -> gettext.NullTranslations:
    """The sentences of one language; those of English are the source's own."""
    return gettext.translation(domain, FOLDER, [language], fallback=True)
