"""Signing online as a person does it: with the link in a real mail, in a browser, on a phone, by keyboard alone, scripts off.

Proved here over the running system: somebody changes the language, signs and takes the sealed copy along; somebody corrects what
was left out, and declines; somebody signs by hand and uploads. The claim goes on by itself, and whoever comes second is told.
"""

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright
from pypdf import PdfReader

from infra.local.system import local_system
from shared.domain.proof_form import FormField
from tests.contract.test_poe_answers import COMPLETE, filled
from tests.contract.test_seal import is_unchanged
from tests.functions.running import DOMAIN, Caller, Running, partner_name
from tests.local.hosted import eventually

CHROMIUM = Path("/usr/bin/chromium")
PHONE = 390
PATIENCE_MS = 60_000
"""Sealing takes a busy machine a while, above all the first time."""

pytestmark = [pytest.mark.browser, pytest.mark.system]


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with local_system() as system:
        yield Running(system)


@pytest.fixture(scope="module")
def partner(running: Running) -> Caller:
    return running.partner()


@pytest.fixture(scope="module")
def browser(running: Running) -> Iterator[Browser]:  # noqa: ARG001  # It wants the thread's event loop for itself, later.
    if not CHROMIUM.exists():
        pytest.skip(f"no browser at {CHROMIUM}: install Debian's package chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(java_script_enabled=False, viewport={"width": PHONE, "height": 800}, accept_downloads=True)
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def asked(partner: Caller, name: str) -> tuple[str, str]:
    """The id of a draft that submits itself, and the link that somebody of this name was mailed for it."""
    claim_id, mail = partner.draft(), f"{uuid4()}@{DOMAIN}"
    body = {"signer": {"name": name, "mail": mail}, "submitWhenReady": True}
    answer = partner.post(f"/v1/claims/{claim_id}/signature-requests", body, Idempotency_Key=str(uuid4()))
    assert (answer.status, answer.document["nextActor"], answer.document["waitingFor"]) == (202, "customer", "signature")
    mails = partner.running.system.mailbox.mails
    link = eventually(lambda: next((link for mail_ in mails(mail) for link in mail_.links if "/sign/" in link), None), "the mail")
    return claim_id, link


def goes_on(partner: Caller, claim_id: str) -> None:
    path = f"/v1/claims/{claim_id}"
    eventually(lambda: partner.get(path).document["status"] == "under_review" or None, "the submission")


def tab_to(page: Page, selector: str) -> Locator:
    """Press Tab until the element has the focus; what no key reaches is a failure."""
    focused = page.locator(f"{selector}:focus")
    for _ in range(40):
        page.keyboard.press("Tab")
        if focused.count():
            return focused
    raise AssertionError(f"Tab never reached {selector}")


def press(page: Page, selector: str, key: str) -> None:
    tab_to(page, selector)
    page.keyboard.press(key)


def write(page: Page, selector: str, text: str) -> None:
    tab_to(page, selector)
    page.keyboard.type(text)


def test_somebody_signs_in_german_by_keyboard_alone_and_takes_a_sealed_copy_along(
    page: Page, context: BrowserContext, partner: Caller
) -> None:
    """R-89, R-120, R-125, R-250"""
    claim_id, link = asked(partner, "Łucja Żółć")
    page.goto(link)
    press(page, "a[hreflang=de]", "Enter")
    expect(page.locator("h1")).to_have_text("Bitte lesen Sie, und unterschreiben Sie, wenn es stimmt", timeout=PATIENCE_MS)
    expect(page.locator("input:checked")).to_have_count(0)
    expect(page.get_by_text("Sie müssen nicht unterschreiben.")).to_be_visible()
    press(page, "#activity-adoption", "Space")
    press(page, "#authority", "Space")
    expect(tab_to(page, "#name")).to_have_value("Łucja Żółć")
    write(page, "#title", "Leiterin IT")
    write(page, "#typed", "Łucja Żółć")
    press(page, "#electronically", "Space")
    press(page, "#sign button", "Enter")
    expect(page.locator("h1")).to_have_text("Danke. Sie haben unterschrieben.", timeout=PATIENCE_MS)

    with page.expect_download(timeout=PATIENCE_MS) as download:
        press(page, "a[role=button]", "Enter")
    copy = Path(download.value.path()).read_bytes()
    with ThreadPoolExecutor() as elsewhere:  # The browser has this thread's event loop.
        assert elsewhere.submit(is_unchanged, copy).result()
    fields = PdfReader(io.BytesIO(copy)).get_fields() or {}
    assert (fields[FormField.SIGNER_TITLE]["/V"], fields["adoption"]["/V"]) == ("Leiterin IT", "/Yes")
    goes_on(partner, claim_id)

    second = context.new_page()
    second.goto(link)
    expect(second.locator("h1")).to_have_text("This document is signed.", timeout=PATIENCE_MS)


def test_what_was_left_out_is_led_to_and_whoever_declines_is_believed(page: Page, partner: Caller) -> None:
    """R-120: nothing typed is lost, and nothing is recorded before it is complete."""
    claim_id, link = asked(partner, "Anna Berg")
    before = partner.get(f"/v1/claims/{claim_id}").document
    page.goto(link)
    write(page, "#title", "Head of IT")
    press(page, "#sign button", "Enter")
    expect(page).to_have_title("To correct: Sign the proof of " + partner_name(partner.partner_id))
    expect(page.locator(".faults")).to_be_focused()
    press(page, ".faults a", "Enter")
    expect(page.locator("#activity-pre_sales")).to_be_focused()
    expect(page.locator("#title")).to_have_value("Head of IT")
    assert partner.get(f"/v1/claims/{claim_id}").document["signature"] == before["signature"]

    press(page, "#otherwise article:nth-of-type(1) summary", "Enter")
    write(page, "#reason", "Not us.")
    press(page, "#sure", "Space")
    press(page, "button[value=decline]", "Enter")
    expect(page.locator("h1")).to_have_text("You did not sign. That is recorded.", timeout=PATIENCE_MS)
    after = partner.get(f"/v1/claims/{claim_id}").document
    assert (after["signature"]["standing"], after["nextActor"], after["status"]) == ("declined", "partner", "draft")


def test_somebody_signs_by_hand_and_uploads_by_keyboard_alone(page: Page, partner: Caller, tmp_path: Path) -> None:
    """R-123"""
    claim_id, link = asked(partner, "Anna Berg")
    page.goto(link)
    paper = "#otherwise article:nth-of-type(3)"
    press(page, f"{paper} summary", "Enter")
    with page.expect_download(timeout=PATIENCE_MS) as download:
        press(page, f"{paper} a", "Enter")
    form = Path(download.value.path()).read_bytes()
    choose(page, tmp_path / "unsigned.pdf", form)
    press(page, f"{paper} button", "Enter")
    expect(page.locator("#document-fault")).to_contain_text("The document is not signed.", timeout=PATIENCE_MS)

    today = partner.running.system.clock.now().date().isoformat()
    choose(page, tmp_path / "signed.pdf", filled({**COMPLETE, FormField.SIGNED_ON: today}, form))
    press(page, f"{paper} button", "Enter")
    expect(page.locator("h1")).to_have_text("Thank you. Your signed document has arrived.", timeout=PATIENCE_MS)
    goes_on(partner, claim_id)


def choose(page: Page, file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with page.expect_file_chooser() as chooser:
        press(page, "#document", "Enter")
    chooser.value.set_files(file)


def test_on_paper_the_page_is_the_document_without_controls(page: Page, partner: Caller) -> None:
    """R-125"""
    _, link = asked(partner, "Anna Berg")
    page.goto(link)
    page.emulate_media(media="print")
    expect(page.locator("form").first).to_be_hidden()
    expect(page.locator("#otherwise")).to_be_hidden()
    expect(page.locator("#declaration")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_a_narrow_phone_and_asks_nobody_else(browser: Browser, partner: Caller, scheme: str) -> None:
    _, link = asked(partner, "Anna Berg")
    complaints: list[str] = []
    requests: list[str] = []
    context = browser.new_context(viewport={"width": 320, "height": 700}, color_scheme="dark" if scheme == "dark" else "light")
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(link)
    page.eval_on_selector_all("details", "all => all.forEach(each => each.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    for target in page.locator("label.choice, button, summary, textarea, input:not([type=hidden]):not([type=checkbox])").all():
        box = target.bounding_box()
        assert box is None or box["height"] >= 44, target.evaluate("each => each.outerHTML")
    context.close()
    assert complaints == []
    assert [url for url in requests if not url.startswith((partner.running.address, "data:"))] == []
