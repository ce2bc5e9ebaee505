"""Which language a customer's page speaks: the claim's, until its reader asks for another one; asking changes nothing else.

Proven through the HTTP functions over the emulator.
"""

from collections.abc import Awaitable, Callable
from typing import Any, cast

import azure.functions as func
import pytest

from functions import consent as pages
from functions import manage
from functions.pages.wordings import words_on
from shared import bootstrap
from shared.domain.link import Purpose
from tests.usecases.steps import active
from tests.usecases.system import System, current, under_review
from tests.usecases.test_links import dump, tokens

type Handler = Callable[[func.HttpRequest], Awaitable[func.HttpResponse]]
TITLES = {
    Purpose.CONSENT: {"en": "be your partner of record?", "de": "als Ihr Partner eingetragen werden?", "fr": "comme partenaire"},
    Purpose.MANAGE: {"en": "Your partners of record", "de": "Ihre eingetragenen Partner", "fr": "Vos partenaires enregistrés"},
}
HANDLERS: dict[tuple[str, Purpose], Any] = {
    ("GET", Purpose.CONSENT): pages.show_consent,
    ("POST", Purpose.CONSENT): pages.decide_consent,
    ("GET", Purpose.MANAGE): manage.show_manage,
    ("POST", Purpose.MANAGE): manage.decide_manage,
}


@pytest.fixture(autouse=True)
def _served(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "world", lambda: system.world)


async def ask(
    method: str, purpose: Purpose, token: str, body: bytes = b"", *, lang: str | None = None, accept: str = ""
) -> tuple[int, str]:
    """Status and page."""
    request = func.HttpRequest(
        method,
        f"https://x.example/{purpose}/{token}",
        headers={"Content-Type": "application/x-www-form-urlencoded", "Accept-Language": accept},
        params={} if lang is None else {"lang": lang},
        route_params={"token": token},
        body=body,
    )
    handler = cast("Handler", HANDLERS[method, purpose].build().get_user_function())
    answer = await handler(request)
    return answer.status_code, answer.get_body().decode()


@pytest.mark.parametrize("lang", ["de", "fr"])
@pytest.mark.parametrize("purpose", TITLES)
async def test_asking_for_another_language_changes_what_is_shown_and_nothing_else(
    system: System, purpose: Purpose, lang: str
) -> None:
    """R-35: a GET never writes."""
    await under_review(system)
    token = tokens(system)[purpose]
    before = await dump(system)
    status, page = await ask("GET", purpose, token, lang=lang)
    assert status == 200
    assert f'<html lang="{lang}">' in page
    assert TITLES[purpose][lang] in page
    assert f'action="/{purpose}/{token}?lang={lang}"' in page
    assert {f'href="?lang={other}"' in page for other in {"en", "de", "fr"} - {lang}} == {True}
    assert await dump(system) == before


@pytest.mark.parametrize("lang", [None, "", "nl", "../de", "<script>", "DE", "de\r\nSet-Cookie: a=b"])
async def test_a_language_that_is_not_spoken_leaves_the_claims_own(system: System, lang: str | None) -> None:
    await under_review(system)
    token = tokens(system)[Purpose.CONSENT]
    # The browser's preference does not count: somebody chose the claim's language for this customer.
    _, page = await ask("GET", Purpose.CONSENT, token, lang=lang, accept="fr")
    assert '<html lang="en">' in page
    assert TITLES[Purpose.CONSENT]["en"] in page
    assert f'action="/consent/{token}"' in page


async def test_every_page_about_a_claim_names_the_help_of_its_country(system: System) -> None:
    await under_review(system)
    consent_token, manage_token = (tokens(system)[purpose] for purpose in (Purpose.CONSENT, Purpose.MANAGE))
    pages_shown = [
        await ask("GET", Purpose.CONSENT, consent_token),
        await ask("GET", Purpose.MANAGE, manage_token),
        await ask("POST", Purpose.CONSENT, consent_token, b"choice=refuse"),
    ]
    assert [status for status, _ in pages_shown] == [200, 200, 200]
    for _, page in pages_shown:
        assert 'href="mailto:hilfe@record.example"' in page
    assert {letter.help_address for letter in system.letterbox.letters} == {"hilfe@record.example"}


async def test_an_answer_is_thanked_for_in_the_language_it_was_given_in(system: System) -> None:
    await under_review(system)
    token = tokens(system)[Purpose.CONSENT]
    status, incomplete = await ask("POST", Purpose.CONSENT, token, b"choice=choose", lang="de")
    assert status == 422
    assert "Stimmen Sie für diesen Dienst zu, oder lehnen Sie ab." in incomplete
    assert f'action="/consent/{token}?lang=de"' in incomplete
    agrees = f"choice=agree&words={words_on('consent', 'de')}".encode()
    status, receipt = await ask("POST", Purpose.CONSENT, token, agrees, lang="de")
    assert status == 200
    assert "Danke. Ihre Antwort ist erfasst." in receipt
    assert [scope.consent for scope in (await current(system)).scopes] == ["granted", "granted"]


async def test_what_is_ended_in_french_is_confirmed_in_french(system: System) -> None:
    claim = await active(system)
    token = tokens(system)[Purpose.MANAGE]
    association = claim.tenures[0].association_id
    status, receipt = await ask("POST", Purpose.MANAGE, token, f"end={association}&sure=yes&note={'x' * 501}".encode(), lang="fr")
    assert status == 422
    assert "Raccourcissez votre texte à 500 caractères" in receipt
    status, receipt = await ask("POST", Purpose.MANAGE, token, f"end={association}&sure=yes".encode(), lang="fr")
    assert status == 200
    assert "pris fin." in receipt
    assert f'href="/manage/{token}?lang=fr"' in receipt


@pytest.mark.parametrize(
    ("lang", "accept", "said"),
    [
        (None, "de-DE,de;q=0.9", "Dieser Link kann nicht verwendet werden"),
        ("fr", "de", "pas utilisable"),
        (None, "nl", "be used"),
        ("nl", "", "be used"),
    ],
)
async def test_a_page_about_no_claim_speaks_what_the_browser_prefers(lang: str | None, accept: str, said: str) -> None:
    status, page = await ask("GET", Purpose.CONSENT, "3f" + "0" * 32, lang=lang, accept=accept)
    assert status == 404
    assert said in page
