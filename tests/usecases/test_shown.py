"""What a customer was shown stands in the timeline: page, version, hash and language of the words, beside its answer (R-330) and
with each mail that asked for one (R-403).

Through the pages themselves: the form is sent as the page had it.
"""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from functions.pages.wordings import FOLDER
from functions.wire.timeline import TimelineOut
from infra.mails.samples import sample
from shared import bootstrap
from shared.adapters.mail.wordings import FOLDER as OF_MAILS
from shared.adapters.mail.wordings import words_of
from shared.domain.claim import Consent
from shared.domain.link import Purpose
from shared.domain.notice import ASKS_FOR_ANSWER, MailFateUnknown, MailKind
from shared.kept_words import digest, newest
from shared.usecases import claims
from shared.usecases.consent import open_link
from shared.usecases.forwarding import forward
from shared.usecases.outbox import sweep
from shared.usecases.people import NewPerson
from tests.usecases.portrait import portrait
from tests.usecases.steps import active
from tests.usecases.system import (
    CLAIM_ID,
    DOMAIN,
    EXCHANGE,
    PARTNER,
    TEAMS,
    System,
    call,
    current,
    poe,
    submitted,
    under_review,
    wanted,
)
from tests.usecases.test_links import tokens
from tests.usecases.test_page_languages import ask


@pytest.fixture(autouse=True)
def _served(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "world", lambda: system.world)


async def send(system: System, purpose: Purpose, said: str, lang: str | None = None, words: str | None = None) -> tuple[int, str]:
    """Reads a page and sends its form with this answer; `words` in place of those that the page named."""
    token = tokens(system)[purpose]
    _, page = await ask("GET", purpose, token, lang=lang)
    named = re.findall(r'name="words" value="(\w+)"', page)
    return await ask("POST", purpose, token, f"{said}&words={words or named[0]}".encode(), lang=lang)


async def timeline(system: System) -> list[dict[str, Any]]:
    """As partners and reviewers get it, the oldest entry first."""
    stored = await system.world.records.claim(CLAIM_ID)
    told = TimelineOut.of(stored.claim, await system.world.records.timeline(CLAIM_ID))
    assert told.intact
    return [entry.model_dump(by_alias=True) for entry in told.value]


def shown_with(entries: list[dict[str, Any]], event: str) -> dict[str, Any] | None:
    (entry,) = (each for each in entries if each["event"] == event)
    shown: dict[str, Any] | None = entry["data"].get("shown")
    return shown


@pytest.mark.parametrize("lang", ["en", "de", "fr"])
async def test_the_timeline_says_which_words_a_customer_agreed_to(system: System, lang: str) -> None:
    """R-330: and whoever reads it finds those very words."""
    await under_review(system)
    assert (await send(system, Purpose.CONSENT, "choice=agree", lang))[0] == 200
    shown = shown_with(await timeline(system), "agreed")
    read = newest(FOLDER)["consent", lang]
    assert shown == {"page": "consent", "language": lang, "textVersion": read.version, "textSha256": digest(read.words)}


@pytest.mark.parametrize("said", ["choice=agree", f"choice=choose&scope.{TEAMS}=agree&scope.{EXCHANGE}=refuse"])
@pytest.mark.parametrize("words", ["0" * 64, ""])
async def test_nobody_agrees_to_words_that_it_has_not_read(system: System, said: str, words: str) -> None:
    """R-330: a page from before a change, or a form of no page. It is asked to read once more, and then it counts."""
    await under_review(system)
    before = await portrait(system)
    status, page = await send(system, Purpose.CONSENT, said, words=words or "&words=")
    assert status == 422
    assert "have changed since you opened it" in page
    assert await portrait(system) == before
    assert (await send(system, Purpose.CONSENT, said))[0] == 200
    assert Consent.GRANTED in {scope.consent for scope in (await current(system)).scopes}


@pytest.mark.parametrize(("said", "event"), [("choice=refuse", "refused"), ("choice=unknown", "reported_unknown")])
async def test_who_says_no_is_held_up_by_nothing(system: System, said: str, event: str) -> None:
    """R-330: what it read is noted where it is known, and is no condition."""
    await under_review(system)
    assert (await send(system, Purpose.CONSENT, said, words="0" * 64))[0] == 200
    assert shown_with(await timeline(system), event) is None


@pytest.mark.parametrize(("said", "event"), [("choice=refuse", "refused"), ("choice=unknown", "reported_unknown")])
async def test_a_no_says_what_was_read_too(system: System, said: str, event: str) -> None:
    """R-330"""
    await under_review(system)
    assert (await send(system, Purpose.CONSENT, said, "de"))[0] == 200
    shown = shown_with(await timeline(system), event)
    assert shown is not None
    assert (shown["page"], shown["language"]) == ("consent", "de")


async def test_an_end_and_a_refusal_from_the_overview_say_what_was_read(system: System) -> None:
    """R-330"""
    claim = await active(system)
    assert (await send(system, Purpose.MANAGE, f"end={claim.tenures[0].association_id}&sure=yes", "fr"))[0] == 200
    shown = shown_with(await timeline(system), "ended")
    assert shown is not None
    assert (shown["page"], shown["language"]) == ("manage", "fr")


async def test_a_request_that_is_refused_from_the_overview_says_what_was_read(system: System) -> None:
    """R-330"""
    await under_review(system)
    assert (await send(system, Purpose.MANAGE, f"refuse={CLAIM_ID}&sure=yes"))[0] == 200
    shown = shown_with(await timeline(system), "refused")
    assert shown is not None
    assert (shown["page"], shown["language"]) == ("manage", "en")


def mailed(entries: list[dict[str, Any]], kind: MailKind) -> list[dict[str, Any] | None]:
    """The words of each mail of a kind that a provider took, the oldest first."""
    return [each["data"].get("shown") for each in entries if (each["event"], each["data"].get("mail")) == ("mail_accepted", kind)]


def words_kept_as(page: str, language: str = "en") -> dict[str, Any]:
    kept = newest(OF_MAILS)[page, language]
    return {"page": page, "language": language, "textVersion": kept.version, "textSha256": digest(kept.words)}


@pytest.mark.parametrize("language", ["en", "de", "fr"])
async def test_the_timeline_says_with_which_words_a_customer_was_asked_and_reminded(system: System, language: str) -> None:
    """R-403: silence rests on them. A mail that asks for nothing has none."""
    asked = replace(wanted(), language=language)
    await claims.create_claim(system.world, PARTNER, asked, "create", call("create"))
    await claims.attach_proof(system.world, PARTNER, CLAIM_ID, poe(), "poe.pdf", call("attach"))
    await claims.submit_claim(system.world, PARTNER, CLAIM_ID, call("submit"))
    await system.settle()
    system.clock.advance(timedelta(days=8))
    await sweep(system.world)
    await system.settle()
    entries = await timeline(system)
    assert mailed(entries, MailKind.CONSENT_REQUEST) == [words_kept_as("consent_request", language)]
    assert mailed(entries, MailKind.CONSENT_REMINDER) == [words_kept_as("consent_reminder", language)]
    assert mailed(entries, MailKind.NOTIFICATION) == [None]


async def test_who_was_named_by_a_colleague_was_asked_with_other_words(system: System) -> None:
    """R-403"""
    await under_review(system)
    opened = await open_link(system.world, tokens(system)[Purpose.CONSENT], Purpose.CONSENT)
    await forward(system.world, opened, NewPerson("Carl Dorn", f"carl@{DOMAIN}"), None)
    await system.settle()
    asked = mailed(await timeline(system), MailKind.CONSENT_REQUEST)
    assert asked == [words_kept_as("consent_request"), words_kept_as("consent_request_forwarded")]


async def test_a_provider_that_tells_later_that_it_took_a_mail_took_those_words(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-403: the words are noted before the mail is handed over, so a lost answer loses nothing."""

    async def has_taken(_: str) -> bool:
        return True

    await submitted(system)
    system.letterbox.refusing[MailKind.CONSENT_REQUEST] = MailFateUnknown("the answer was lost")
    monkeypatch.setattr(system.letterbox, "has_taken", has_taken)
    await system.settle()
    assert mailed(await timeline(system), MailKind.CONSENT_REQUEST) == []
    await system.recover()
    assert mailed(await timeline(system), MailKind.CONSENT_REQUEST) == [words_kept_as("consent_request")]


@pytest.mark.parametrize("kind", list(MailKind))
@pytest.mark.parametrize("forwarded", [False, True])
@pytest.mark.parametrize("silence_counts", [False, True])
def test_every_mail_that_asks_has_words_that_are_kept(kind: MailKind, *, forwarded: bool, silence_counts: bool) -> None:
    """R-403: and says of silence what its words say."""
    letter = replace(sample(kind, "en"), forwarded=forwarded, silence_counts=silence_counts)
    shown = words_of(letter)
    assert (shown is not None) == (kind in ASKS_FOR_ANSWER)
    if shown is not None:
        words = newest(OF_MAILS)[shown.page, "en"].words
        assert ("A colleague of yours was asked first" in words) == forwarded
        assert ("Nothing is agreed: without your answer" in words) == (not silence_counts)
