"""What readers get in their language.

Proved here: no sentence of a mail or page lacks a translation, no translation lost or invented a placeholder or a tag, the
committed catalogues are compiled from what is committed, and dates and amounts are written as each language writes them.
"""

import re
from datetime import UTC, datetime

import pytest
from babel.messages.catalog import Message

from infra.mails import catalogues
from infra.mails.samples import sample
from shared.adapters.mail.render import render
from shared.domain.notice import MailKind
from shared.domain.wording import (
    OUTCOMES,
    WHAT_IT_DOES_NOT_DO,
    WHAT_THE_PARTNER_SEES,
    amount_in_words,
    count_in_words,
    day_in_words,
    moment_in_words,
)
from shared.languages import Domain, catalogue, languages, preferred, spoken

TRANSLATED = [(domain, language) for domain in Domain for language in ("de", "fr")]
every_catalogue = pytest.mark.parametrize(("domain", "language"), TRANSLATED)
AFTERNOON = datetime(2026, 12, 4, 17, tzinfo=UTC)
PLACEHOLDER = re.compile(r"%\((\w+)\)(.)")
TAG = re.compile(r"</?\w+[^>]*>")


def forms(message: Message) -> list[tuple[str, str]]:
    """Each form of a message with the English it stands for."""
    english = [message.id] if isinstance(message.id, str) else [str(form) for form in message.id]
    return list(zip(english, catalogues.translations(message), strict=True))


def test_german_french_and_english_are_spoken_and_know_their_own_names() -> None:
    assert dict(languages()) == {"en": "English", "de": "Deutsch", "fr": "Français"}


@every_catalogue
def test_every_sentence_is_translated_and_no_translation_is_left_over(domain: Domain, language: str) -> None:
    wanted = {message.id for message in catalogues.sentences(domain) if message.id}
    held = {message.id for message in catalogues.read(domain, language) if message.id}
    assert held == wanted, "run `make mails`, translate what it names, and run it again"
    assert not any(message.fuzzy for message in catalogues.read(domain, language) if message.id)
    assert catalogues.untranslated() == []


@every_catalogue
def test_a_translation_keeps_every_placeholder_and_tag(domain: Domain, language: str) -> None:
    for message in catalogues.read(domain, language):
        for english, translated in forms(message) if message.id else []:
            assert set(PLACEHOLDER.findall(translated)) == set(PLACEHOLDER.findall(english)), english
            assert sorted(TAG.findall(translated)) == sorted(TAG.findall(english)), english
            assert translated.count("%") == len(PLACEHOLDER.findall(translated)), translated


@every_catalogue
def test_what_is_deployed_is_compiled_from_what_is_committed(domain: Domain, language: str) -> None:
    assert catalogues.mo(domain, language).read_bytes() == catalogues.compiled(catalogues.read(domain, language))


@pytest.mark.parametrize("language", ["de", "fr"])
def test_a_mail_and_a_page_say_the_same_sentence_alike(language: str) -> None:
    mail, pages = ({m.id: m.string for m in catalogues.read(domain, language) if m.id} for domain in Domain)
    both = mail.keys() & pages.keys()
    assert {*WHAT_THE_PARTNER_SEES, *WHAT_IT_DOES_NOT_DO, *OUTCOMES.values()} <= both
    assert {sentence for sentence in both if mail[sentence] != pages[sentence]} == set()


@pytest.mark.parametrize("language", ["de", "fr"])
@pytest.mark.parametrize("kind", list(MailKind))
def test_no_mail_mixes_languages(kind: MailKind, language: str) -> None:
    # Names and the sample's own words are English; every sentence of ours must be gone.
    english, other = (render(sample(kind, spoken_language), help_address=None) for spoken_language in ("en", language))
    ours = {line for line in english.text.split("\n") if len(line.split()) > 3 and not line.startswith(">")}
    assert ours
    assert {line for line in ours if line in other.text.split("\n")} == set()
    assert other.subject != english.subject
    assert f'<html lang="{language}" ' in other.html


@pytest.mark.parametrize("language", ["de", "fr"])
@pytest.mark.parametrize("kind", [MailKind.NOTIFICATION, MailKind.CONSENT_REQUEST, MailKind.CONSENT_REMINDER])
def test_whoever_is_asked_reads_what_it_means_in_their_language(kind: MailKind, language: str) -> None:
    mail = render(sample(kind, language))
    say = catalogue(Domain.MAIL, language).gettext
    for body in (mail.text, re.sub("<[^>]+>", "", mail.html)):
        text = " ".join(body.replace("\u00a0", " ").replace("&#39;", "'").split())
        for promise in WHAT_THE_PARTNER_SEES + WHAT_IT_DOES_NOT_DO:
            assert say(promise).replace("\u00a0", " ") in text
        assert moment_in_words(AFTERNOON, say).replace("\u00a0", " ") in text


@pytest.mark.parametrize(
    ("language", "moment", "first", "amount", "yen"),
    [
        ("en", "Friday, 4 December 2026, 17:00 UTC", "1 March 2027", "1,234,567.05 EUR", "1,500 JPY"),
        ("de", "Freitag, 4. Dezember 2026, 17:00\u00a0Uhr (UTC)", "1. März 2027", "1.234.567,05\u00a0EUR", "1.500\u00a0JPY"),
        (
            "fr",
            "vendredi 4 décembre 2026 à 17\u00a0h\u00a000 (UTC)",
            "1er mars 2027",
            "1\u202f234\u202f567,05\u00a0EUR",
            "1\u202f500\u00a0JPY",
        ),
    ],
)
def test_dates_and_amounts_are_written_as_the_language_writes_them(
    language: str, moment: str, first: str, amount: str, yen: str
) -> None:
    say = catalogue(Domain.MAIL, language).gettext
    assert moment_in_words(AFTERNOON, say) == moment
    assert day_in_words(datetime(2027, 3, 1, tzinfo=UTC), say) == first
    assert amount_in_words(123_456_705, "EUR", say) == amount
    assert amount_in_words(1_500, "JPY", say) == yen
    assert yen.startswith(count_in_words(1_500, say))
    assert count_in_words(120, say) == "120"
    assert amount_in_words(-5, "EUR", say).startswith("\u22120")


@pytest.mark.parametrize(
    ("asked_for", "answered"),
    [("de", "de"), ("de-AT", "de"), ("fr-CA", "fr"), ("en-GB", "en"), ("nl", "en"), ("", "en"), ("../de", "en"), ("DE\n", "en")],
)
def test_a_language_that_is_not_spoken_is_answered_in_english(asked_for: str, answered: str) -> None:
    assert spoken(asked_for) == answered


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("de-DE,de;q=0.9,en;q=0.8", "de"),
        ("nl, fr;q=0.5, de;q=0.7", "de"),
        ("nl", "en"),
        ("de;q=0, fr;q=0.1", "fr"),
        ("", "en"),
        ("*", "en"),
        ("de;q=x, ,,;;, fr", "fr"),
        ("\x00" * 10_000, "en"),
    ],
)
def test_a_browser_that_says_what_it_prefers_is_believed(header: str, language: str) -> None:
    assert preferred(header) == language
