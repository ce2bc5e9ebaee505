"""A mail scanner with a browser: it runs scripts, opens every link of every mail, sends every form as it stands and presses every
button. That is no human choice, so nothing may change by it: no row, no mail, no message.

The browser is real; what it asks for is answered by the pages' own functions over the emulator.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import azure.functions as func
import pytest
from playwright.async_api import Browser, Page, Route, async_playwright

from functions import check, consent, manage, signing
from functions.pages.assets import STATIC_ROUTE, static_asset
from shared import bootstrap
from shared.domain.link import OPENS_FOR
from shared.domain.notice import MailKind
from shared.usecases import claims
from shared.usecases.outbox import sweep
from tests.usecases.signers import asked
from tests.usecases.steps import half_ended
from tests.usecases.system import CLAIM_ID, PARTNER, PUBLIC_URL, System, call, poe
from tests.usecases.test_links import dump

CHROMIUM = Path("/usr/bin/chromium")
IS_THERE = CHROMIUM.exists()
HANDLERS: dict[tuple[str, str], Any] = {
    ("GET", "consent"): consent.show_consent,
    ("POST", "consent"): consent.decide_consent,
    ("GET", "manage"): manage.show_manage,
    ("POST", "manage"): manage.decide_manage,
    ("GET", "sign"): signing.show_signing,
    ("POST", "sign"): signing.decide_signing,
    ("POST", "sign/document"): signing.upload_signed_document,
    ("GET", "check"): check.show_check,
}
# As a script would: neither asks the page's own validation, and the second says which button was pressed.
SEND = "number => HTMLFormElement.prototype.submit.call(document.forms[number])"
PRESS = "number => { const it = document.querySelectorAll('form button')[number]; it.form.requestSubmit(it) }"

pytestmark = pytest.mark.browser


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    if not IS_THERE:
        pytest.skip(f"no browser at {CHROMIUM}: install Debian's package chromium")
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        await opened.close()


async def asked_for_everything(system: System) -> None:
    """Somebody is asked to sign, and the contact was notified, asked and reminded."""
    await asked(system)
    await claims.attach_proof(system.world, PARTNER, CLAIM_ID, poe(), "poe.pdf", call("attach"))
    await claims.submit_claim(system.world, PARTNER, CLAIM_ID, call("submit"))
    await system.settle()
    system.clock.advance(timedelta(days=7, minutes=3))
    await sweep(system.world)
    await system.settle()
    kinds = {MailKind.SIGNATURE_REQUEST, MailKind.NOTIFICATION, MailKind.CONSENT_REQUEST, MailKind.CONSENT_REMINDER}
    assert {letter.kind for letter in system.letterbox.letters} == kinds


async def associated(system: System) -> None:
    """One association stands, the other was ended; receipts have left."""
    await half_ended(system)


async def long_associated(system: System) -> None:
    """The same, and every link is old."""
    await half_ended(system)
    system.clock.advance(OPENS_FOR)


async def answer(route: Route) -> None:
    """What the app answers; nothing else may be asked for."""
    request = route.request
    address = urlsplit(request.url)
    assert f"{address.scheme}://{address.netloc}" == PUBLIC_URL
    path = address.path.strip("/")
    if path.startswith(STATIC_ROUTE):
        content, media_type = static_asset(path.rpartition("/")[2])
        await route.fulfill(body=content, content_type=media_type)
        return
    room, _, rest = path.partition("/")
    token, _, part = rest.partition("/")
    asked_for = func.HttpRequest(
        request.method,
        request.url,
        headers={"Content-Type": request.headers.get("content-type", "")},
        params=dict(parse_qsl(address.query)),
        route_params={"token": token},
        body=request.post_data_buffer or b"",
    )
    handler = HANDLERS[request.method, f"{room}/{part}" if part else room]
    answered = await cast("Any", handler).build().get_user_function()(asked_for)
    assert answered.status_code in (200, 404, 422), answered.get_body()
    await route.fulfill(status=answered.status_code, body=answered.get_body(), headers=dict(answered.headers))


async def scan(page: Page, link: str) -> int:
    """Opens a link and tries every form of its page in both ways; returns how often something was sent."""
    await page.goto(link)
    tries = [(SEND, number) for number in range(await page.locator("form").count())]
    tries += [(PRESS, number) for number in range(await page.locator("form button").count())]
    for script, number in tries:
        await page.goto(link)
        async with page.expect_navigation():
            await page.evaluate(script, number)
    return len(tries)


@pytest.mark.parametrize(("state", "least"), [(asked_for_everything, 20), (associated, 10), (long_associated, 10)])
async def test_a_scanner_that_sends_every_form_and_presses_every_button_changes_nothing(
    system: System,
    browser: Browser,
    monkeypatch: pytest.MonkeyPatch,
    state: Callable[[System], Awaitable[None]],
    least: int,
) -> None:
    """R-35, R-344: consent, an end, a refusal to sign and a new link are each a choice that a person makes."""
    await state(system)
    monkeypatch.setattr(bootstrap, "world", lambda: system.world)
    letters = list(system.letterbox.letters)
    links = [link for each in letters for link in (each.link, each.manage_link) if link is not None]
    before = await dump(system)
    page = await (await browser.new_context(viewport={"width": 390, "height": 800})).new_page()
    await page.route("**/*", answer)
    sent = [await scan(page, link) for link in [*links, f"{PUBLIC_URL}/check"]]
    assert sum(sent) >= least, sent
    assert await dump(system) == before
    assert system.letterbox.letters == letters
    assert await system.take_messages() == []
