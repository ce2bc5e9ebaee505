"""The customer's pages in a real browser, scripts switched off, by keyboard alone.

Proved here: somebody without a mouse can answer, choose by workload, correct a form and end an association; nothing happens
before a form is sent; and every page fits a narrow phone, asks nobody else for anything and breaks no rule of its own policy.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from functions.pages.assets import PAGE_HEADERS, STATIC_HEADERS, STATIC_ROUTE, static_asset
from functions.pages.colleague import Colleague, parse_colleague
from functions.pages.forms import (
    Answer,
    Decision,
    EndAssociation,
    EndReason,
    RefuseRequest,
    is_sure,
    parse_decision,
    parse_manage,
)
from functions.pages.render import (
    check_page,
    consent_page,
    consent_receipt,
    link_mailed_page,
    link_unusable_page,
    manage_page,
    manage_receipt,
    old_link_page,
    problem_page,
)
from functions.pages.views import (
    AssociationRow,
    ConsentReceiptView,
    ConsentView,
    ManageReceiptView,
    ManageView,
    OpenRequestRow,
    ScopeRow,
)

CHROMIUM = Path("/usr/bin/chromium")
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
SCOPES = (ScopeRow("workload:teams", "Microsoft Teams"), ScopeRow("workload:exchange-online", "Exchange Online"))
NARROW, WIDE = 320, 1100

CONSENT = ConsentView(
    programme_name="Usage Incentive 2026",
    partner_name="Contoso Consulting",
    customer_domain="fabrikam.example",
    contact_name="Anna Berg",
    scopes=SCOPES,
    requested_at=NOW,
    answer_by=datetime(2026, 12, 4, 17, tzinfo=UTC),
    claim_id="3f-8a1c-0042",
    action_url="/consent",
    words="We moved your mailboxes in May.",
    may_report_unknown=True,
    may_forward=True,
)
HOSTILE = replace(
    CONSENT,
    partner_name="<script>alert(1)</script>\u202e" + "W" * 10_000,
    contact_name="A" * 10_000,
    customer_domain="d" * 10_000,
    words="<img src=https://evil.example/pixel>" + "W" * 10_000,
    scopes=tuple(replace(scope, display_name="M" * 10_000) for scope in SCOPES),
)
RECEIPT = ConsentReceiptView(
    CONSENT.programme_name, CONSENT.partner_name, CONSENT.customer_domain, SCOPES, NOW, CONSENT.claim_id, manage_url="/manage"
)
MANAGE = ManageView(
    CONSENT.programme_name,
    CONSENT.customer_domain,
    (
        AssociationRow("3f-a-1", "Contoso Consulting", "Microsoft Teams", NOW),
        AssociationRow("3f-a-2", "Northwind", "Yammer", NOW),
    ),
    (OpenRequestRow("3f-c-2", "Tailspin Toys", ("Intune",), NOW),),
    action_url="/manage",
)
ENDED = ManageReceiptView(
    CONSENT.programme_name,
    "Contoso Consulting",
    CONSENT.customer_domain,
    ("Microsoft Teams",),
    NOW,
    "3f-a-1",
    manage_url="/manage",
)
PAGES: dict[str, Callable[[], str]] = {
    "/consent": lambda: consent_page(CONSENT),
    "/hostile": lambda: consent_page(HOSTILE),
    "/answered": lambda: consent_page(replace(CONSENT, scopes=tuple(replace(scope, answer="granted") for scope in SCOPES))),
    "/receipt": lambda: consent_receipt(RECEIPT),
    "/manage": lambda: manage_page(MANAGE),
    "/ended": lambda: manage_receipt(ENDED),
    "/old": lambda: old_link_page("/old", "en"),
    "/mailed": lambda: link_mailed_page("en"),
    "/check": lambda: check_page("en"),
    "/unusable": link_unusable_page,
    "/problem": lambda: problem_page("claim_closed", "This request is closed."),
}


@dataclass
class Site:
    """The pages on a port of this machine, and every decision its forms have brought."""

    address: str = ""
    decisions: list[Decision | Colleague | EndAssociation | RefuseRequest] = field(default_factory=list)
    checked: list[dict[str, list[str]]] = field(default_factory=list)

    def answer(self, path: str, form: dict[str, list[str]]) -> str:
        if form.get("do") == ["forward"]:
            colleague = parse_colleague(form)
            if not isinstance(colleague, Colleague):
                return consent_page(CONSENT, faults=colleague, form=form)
            self.decisions.append(colleague)
            return consent_receipt(replace(RECEIPT, forwarded=True))
        if path == "/old":
            return link_mailed_page("en") if is_sure(form) else old_link_page("/old", "en", is_unsure=True)
        if path == "/consent":
            decision = parse_decision(form, [scope.scope_id for scope in SCOPES], may_report_unknown=True)
            if not isinstance(decision, Decision):
                return consent_page(CONSENT, faults=decision, form=form)
            self.decisions.append(decision)
            return consent_receipt(RECEIPT)
        parsed = parse_manage(
            form, [row.association_id for row in MANAGE.associations], [row.claim_id for row in MANAGE.requests]
        )
        if isinstance(parsed, tuple):
            return manage_page(MANAGE, faults=parsed, form=form)
        self.decisions.append(parsed)
        return manage_receipt(ENDED)


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, asked = self.path.partition("?")
            if path == "/check" and asked:
                site.checked.append(parse_qs(asked))
            if path.startswith(f"/{STATIC_ROUTE}/"):
                content, content_type = static_asset(path.rpartition("/")[2])
                self._send(content, STATIC_HEADERS | {"Content-Type": content_type})
            else:
                self._send(PAGES[path]().encode(), PAGE_HEADERS)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._send(site.answer(self.path, parse_qs(body, keep_blank_values=True)).encode(), PAGE_HEADERS)

        def _send(self, content: bytes, headers: dict[str, str]) -> None:
            self.send_response(200)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name is the base class's
            """Say nothing: the test's outcome is what counts."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    site.address = f"http://127.0.0.1:{server.server_port}"
    yield site
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"no browser at {CHROMIUM}: install Debian's package chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
    yield context.new_page()
    context.close()


pytestmark = pytest.mark.browser


def tab_to(page: Page, selector: str) -> Locator:
    """Press Tab until the element has the focus; what no key reaches is a failure."""
    focused = page.locator(f"{selector}:focus")
    for _ in range(40):
        page.keyboard.press("Tab")
        if focused.count():
            return focused
    raise AssertionError(f"Tab never reached {selector}")


def test_somebody_refuses_by_keyboard_alone(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/consent")
    tab_to(page, "#choice-agree")
    page.keyboard.press("ArrowDown")
    tab_to(page, "#reason")
    page.keyboard.type("Not us.")
    tab_to(page, "button")
    page.keyboard.press("Enter")

    expect(page.locator("h1")).to_have_text("Thank you. Your answer is recorded.")
    assert site.decisions == [Decision(tuple((scope.scope_id, Answer.REFUSE) for scope in SCOPES), reason="Not us.")]


def test_somebody_chooses_by_workload_by_keyboard_alone(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/consent")
    expect(page.locator(".by-workload")).to_be_hidden()
    tab_to(page, "#choice-agree")
    page.keyboard.press("ArrowUp")
    expect(page.locator(".by-workload")).to_be_visible()
    tab_to(page, "#scope-1-agree")
    page.keyboard.press("Space")
    tab_to(page, "#scope-2-agree")
    page.keyboard.press("ArrowRight")
    tab_to(page, "button")
    page.keyboard.press("Enter")

    expect(page.locator("h1")).to_have_text("Thank you. Your answer is recorded.")
    assert site.decisions == [Decision(((SCOPES[0].scope_id, Answer.AGREE), (SCOPES[1].scope_id, Answer.REFUSE)))]


def test_sending_an_empty_form_records_nothing_and_leads_to_what_is_missing(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/consent")
    tab_to(page, "button")
    page.keyboard.press("Enter")

    expect(page).to_have_title("To correct: May Contoso Consulting be your partner of record?")
    expect(page.locator(".faults")).to_be_focused()
    tab_to(page, ".faults a")
    page.keyboard.press("Enter")
    expect(page.locator("#choice-agree")).to_be_focused()
    expect(page.locator("#choice-agree")).not_to_be_checked()
    assert site.decisions == []


def test_somebody_passes_the_request_on_by_keyboard_alone(page: Page, site: Site) -> None:
    """R-332: first without a name, which is asked for."""
    page.goto(f"{site.address}/consent")
    tab_to(page, "#forward summary")
    page.keyboard.press("Enter")
    tab_to(page, "#mail")
    page.keyboard.type("carl@fabrikam.example")
    page.keyboard.press("Enter")

    expect(page.locator(".faults")).to_be_focused()
    tab_to(page, ".faults a")
    page.keyboard.press("Enter")
    expect(page.locator("#colleague")).to_be_focused()
    page.keyboard.type("Carl Dorn")
    tab_to(page, "button[value='forward']")
    page.keyboard.press("Enter")

    expect(page.locator("h1")).to_have_text("Thank you. We ask your colleague.")
    assert site.decisions == [Colleague("Carl Dorn", "carl@fabrikam.example")]


def test_somebody_ends_an_association_by_keyboard_alone(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/manage")
    tab_to(page, "#associations-title ~ article:nth-of-type(1) summary")
    page.keyboard.press("Enter")
    tab_to(page, "#reason-1")
    page.keyboard.type("We no longer")
    tab_to(page, "#sure-1")
    page.keyboard.press("Space")
    tab_to(page, "button[value='3f-a-1']")
    page.keyboard.press("Enter")

    expect(page.locator("h1")).to_have_text("It has ended.")
    assert site.decisions == [EndAssociation("3f-a-1", EndReason.WORK_ENDED)]


def test_somebody_refuses_an_open_request_from_the_overview(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/manage")
    tab_to(page, "#requests-title ~ article summary")
    page.keyboard.press("Enter")
    tab_to(page, "#sure-3")
    page.keyboard.press("Space")
    tab_to(page, "button[value='3f-c-2']")
    page.keyboard.press("Enter")

    expect(page.locator("h1")).to_be_visible()
    assert site.decisions == [RefuseRequest("3f-c-2")]


def test_somebody_checks_a_mail_by_keyboard_alone(page: Page, site: Site) -> None:
    """R-227"""
    page.goto(f"{site.address}/check")
    tab_to(page, "#reference")
    page.keyboard.type("3f-8a1c-0042")
    tab_to(page, "#domain")
    page.keyboard.type("fabrikam.example")
    page.keyboard.press("Enter")

    expect(page.locator("h1")).to_be_visible()
    assert site.checked == [{"lang": ["en"], "reference": ["3f-8a1c-0042"], "domain": ["fabrikam.example"]}]


def test_somebody_has_a_new_link_mailed_by_keyboard_alone(page: Page, site: Site) -> None:
    """R-340, R-344: first without saying so, which is asked for."""
    page.goto(f"{site.address}/old")
    tab_to(page, "button")
    page.keyboard.press("Enter")

    expect(page.locator(".faults")).to_be_focused()
    tab_to(page, ".faults a")
    page.keyboard.press("Enter")
    expect(page.locator("#sure")).to_be_focused()
    page.keyboard.press("Space")
    tab_to(page, "button")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Look into your mailbox")


def test_the_focus_is_always_visible(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/consent")
    for selector in (".to-form a", "#reason", "button"):
        expect(tab_to(page, selector)).to_have_css("outline-style", "solid")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_a_narrow_phone_in_both_schemes_and_asks_nobody_else(
    browser: Browser, site: Site, path: str, scheme: str
) -> None:
    complaints: list[str] = []
    requests: list[str] = []
    context = browser.new_context(viewport={"width": NARROW, "height": 700}, color_scheme="dark" if scheme == "dark" else "light")
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("request", lambda request: requests.append(request.url))

    page.goto(f"{site.address}{path}")

    width = page.evaluate("document.documentElement.scrollWidth")
    background = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    context.close()
    assert width == NARROW
    assert (background == "rgb(255, 255, 255)") is (scheme == "light")
    assert complaints == []
    asked_for = {url.removeprefix(site.address).partition("?")[0] for url in requests if not url.startswith("data:")}
    assert asked_for == {path, f"/{STATIC_ROUTE}/pico.min.css", f"/{STATIC_ROUTE}/pages.css"}


@pytest.mark.parametrize("path", ["/consent", "/manage"])
def test_whatever_can_be_touched_is_large_enough_for_a_thumb(page: Page, site: Site, path: str) -> None:
    page.goto(f"{site.address}{path}")
    for target in page.locator("label.choice, button, summary, select, textarea").all():
        box = target.bounding_box()
        if target.is_visible() and box is not None:
            assert box["height"] >= 44


def test_on_paper_a_page_shows_no_controls(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/consent")
    page.emulate_media(media="print")
    for form in page.locator("form").all():
        expect(form).to_be_hidden()
    expect(page.get_by_text("It costs you nothing.")).to_be_visible()
