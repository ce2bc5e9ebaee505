"""What a customer was shown stands in the timeline beside its answer: page, version, hash and language of the words (R-330).

Through the pages themselves: the form is sent as the page had it.
"""

import re
from typing import Any

import pytest

from functions.pages.wordings import digest, kept
from functions.wire.timeline import TimelineOut
from shared import bootstrap
from shared.domain.claim import Consent
from shared.domain.link import Purpose
from tests.usecases.portrait import portrait
from tests.usecases.steps import active
from tests.usecases.system import CLAIM_ID, EXCHANGE, TEAMS, System, current, under_review
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
    newest = [each for each in kept() if (each.page, each.language) == ("consent", lang)][-1]
    sha256 = digest(newest.file.read_text(encoding="utf-8"))
    assert shown == {"page": "consent", "language": lang, "textVersion": newest.version, "textSha256": sha256}


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
