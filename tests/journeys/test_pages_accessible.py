"""Every page and every mail in a real browser, in every language, light and dark.

Proved here: axe, the engine behind most accessibility audits, finds nothing to complain about; a phone shows everything without
scrolling sideways, whatever a partner wrote; and somebody changes the language and answers by keyboard alone.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from functions.pages.assets import PAGE_HEADERS, STATIC_ROUTE, static_asset
from functions.pages.colleague import parse_colleague
from functions.pages.document_faults import NO_DOCUMENT
from functions.pages.forms import Decision, FormFault, parse_decision, parse_manage
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
    sign_outcome_page,
    sign_page,
)
from functions.pages.sign_forms import parse_signing
from functions.pages.sign_views import SignOutcomeView, SignView
from functions.pages.views import Counts, EarlierRow
from functions.pages.wordings import words_on
from infra.mails.samples import HOSTILE, hostile, sample
from shared.adapters.mail.render import render
from shared.adapters.poe_form_text import form_text
from shared.domain.notice import MailKind
from shared.domain.signing import Standing
from tests.contract.test_poe_form import SUBJECT
from tests.functions.test_pages import CONSENT, MANAGE, MANAGE_RECEIPT, RECEIPT, SCOPES

CHROMIUM = Path("/usr/bin/chromium")
SITE = "http://record.example"
PHONE = 390
LANGUAGES = ("en", "de", "fr")

pytestmark = pytest.mark.browser


def _faulty_consent(language: str) -> str:
    form = {"choice": ["choose"], "reason": ["x" * 501]}
    faults = parse_decision(form, SCOPES)
    assert not isinstance(faults, Decision)
    return consent_page(replace(CONSENT, language=language), faults=faults, form=form)


def _faulty_colleague(language: str) -> str:
    form = {"do": ["forward"], "colleague": [HOSTILE], "mail": [""]}
    faults = parse_colleague(form)
    assert isinstance(faults, tuple)
    return consent_page(replace(CONSENT, language=language, may_forward=True), faults=faults, form=form)


def _hostile_consent(language: str) -> str:
    scopes = tuple(replace(scope, display_name=HOSTILE) for scope in CONSENT.scopes)
    view = replace(CONSENT, programme_name=HOSTILE, partner_name=HOSTILE, customer_domain=HOSTILE, contact_name=HOSTILE)
    return consent_page(replace(view, words=HOSTILE, scopes=scopes, language=language))


A_DAY = datetime(2026, 11, 19, tzinfo=UTC)
FULL = replace(
    MANAGE,
    associations=tuple(
        replace(row, counts=Counts(120, 4_000, datetime(2026, 11, 19, tzinfo=UTC)), partner_name=HOSTILE)
        for row in MANAGE.associations
    ),
    earlier=tuple(
        EarlierRow(HOSTILE, "Yammer", outcome, datetime(2026, 11, day, tzinfo=UTC))
        for day, outcome in ((3, "ended"), (2, "refused"))
    ),
)


def _faulty_manage(language: str) -> str:
    """Neither the box was ticked nor the text short enough, for an association and for a request."""
    association, request = FULL.associations[0].association_id, FULL.requests[0].claim_id
    form = {"end": [association], "reason": ["other"], "note": ["x" * 501]}
    faults = parse_manage(form, {association}, ())
    refusing = parse_manage({"refuse": [request]}, (), {request})
    assert isinstance(faults, tuple)
    assert isinstance(refusing, tuple)
    return manage_page(replace(FULL, language=language), faults=faults + refusing, form=form)


LEFT_OUT = {"do": ["sign"], "activity": ["adoption"], "title": ["x" * 101]}
MISSING = parse_signing(LEFT_OUT)
assert isinstance(MISSING, tuple)
FAULTS = (*MISSING, FormFault("document", NO_DOCUMENT), FormFault("mail", "This is not a mail address."))


def sign_view(language: str) -> SignView:
    """The whole form, in this language, with names as long as a partner may make them."""
    view = SignView(
        programme_name="Usage Incentive 2026",
        partner_name=SUBJECT.partner_name,
        customer_domain=SUBJECT.domain,
        signer_name="Anna Berg",
        form=form_text(SUBJECT, language),
        form_id=SUBJECT.form_id,
        sign_by=SIGNED_AT,
        claim_id=SUBJECT.claim_id,
        action_url="/sign/token",
        document_url="/sign/token/document",
        words=HOSTILE,
    )
    return replace(view, language=language)


SIGNED_AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
SIGNED = SignOutcomeView(
    programme_name="Usage Incentive 2026",
    partner_name=HOSTILE,
    customer_domain=SUBJECT.domain,
    standing=Standing.SIGNED,
    is_yours=True,
    settled_at=SIGNED_AT,
    claim_id=SUBJECT.claim_id,
    reason="Not us.",
    copy_url="/sign/token/document",
)

PAGES: dict[str, Callable[[str], str]] = {
    "consent": lambda language: consent_page(
        replace(CONSENT, language=language, action_url=f"/pages/{language}/consent", may_report_unknown=True, may_forward=True)
    ),
    "colleague": _faulty_colleague,
    "faulty": _faulty_consent,
    "hostile": _hostile_consent,
    "answered": lambda language: consent_page(replace(CONSENT, scopes=RECEIPT.scopes, language=language)),
    "receipt": lambda language: consent_receipt(replace(RECEIPT, language=language)),
    "forwarded": lambda language: consent_receipt(replace(RECEIPT, forwarded=True, reason=None, language=language)),
    "manage": lambda language: manage_page(replace(MANAGE, language=language)),
    "full": lambda language: manage_page(replace(FULL, language=language)),
    "wrong": _faulty_manage,
    "nothing": lambda language: manage_page(replace(MANAGE, associations=(), requests=(), language=language)),
    "ended": lambda language: manage_receipt(replace(MANAGE_RECEIPT, language=language)),
    "refused": lambda language: manage_receipt(replace(MANAGE_RECEIPT, was_request=True, language=language)),
    "sign": lambda language: sign_page(sign_view(language)),
    "unsigned": lambda language: sign_page(sign_view(language), faults=FAULTS, form=LEFT_OUT),
    "signed": lambda language: sign_outcome_page(replace(SIGNED, language=language)),
    "declined": lambda language: sign_outcome_page(replace(SIGNED, standing=Standing.DECLINED, copy_url=None, language=language)),
    "check": check_page,
    "real": lambda language: check_page(language, "3f8a1c00-42", "fabrikam.example", is_real=True),
    "unreal": lambda language: check_page(language, "<script>alert(1)</script>" + "W" * 10_000, "d" * 10_000, is_real=False),
    "old": lambda language: old_link_page("/manage/token", language),
    "unsure": lambda language: old_link_page("/manage/token", language, is_unsure=True),
    "mailed": link_mailed_page,
    "unusable": link_unusable_page,
    "problem": lambda language: problem_page("busy", "The record is being changed by others: try again.", language),
}


def serve(route: Route) -> None:
    """The pages and mails as files of one site, and nothing from anywhere else; what is posted is answered by a receipt."""
    address = urlsplit(route.request.url)
    assert f"{address.scheme}://{address.netloc}" == SITE
    path = address.path.strip("/")
    if path.startswith(STATIC_ROUTE):
        content, media_type = static_asset(path.rpartition("/")[2])
        route.fulfill(body=content, content_type=media_type)
        return
    what, language, name = path.split("/")
    language = parse_qs(address.query).get("lang", [language])[0]
    if what == "pages":
        name = "receipt" if route.request.method == "POST" else name
        route.fulfill(body=PAGES[name](language), headers=PAGE_HEADERS)
    else:
        letter = sample if what == "mails" else hostile
        body = render(letter(MailKind(name), language), help_address="help@record.example").html
        route.fulfill(body=body, content_type="text/html; charset=utf-8")


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
    """A phone whose owner wants no motion: in the middle of a transition a colour is neither the one nor the other."""
    context = browser.new_context(color_scheme="light", reduced_motion="reduce", viewport={"width": PHONE, "height": 800})
    context.route("**/*", serve)
    yield context.new_page()
    context.close()


# A mail is shown inside a mail client's page, whose landmarks these are.
NOT_FOR_MAILS = {"rules": {"landmark-one-main": {"enabled": False}, "region": {"enabled": False}}}
# In the dark the document is the same; what differs are its colours.
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}


def complaints(page: Page, options: dict[str, Any] | None = None) -> list[str]:
    """What axe finds by day and by night, where, and whether a phone has to be scrolled sideways."""
    page.emulate_media(color_scheme="light")
    found = [*_found(page, "light", options or {}), *_overflow(page, "light")]
    page.emulate_media(color_scheme="dark")
    return [*found, *_found(page, "dark", COLOURS), *_overflow(page, "dark")]


def _found(page: Page, scheme: str, options: dict[str, Any]) -> list[str]:
    found = Axe().run(page, options=options).response["violations"]
    return [f"{rule['id']}: {scheme}: {node['html'][:160]} {node['failureSummary']}" for rule in found for node in rule["nodes"]]


def _overflow(page: Page, scheme: str) -> list[str]:
    width = page.evaluate("document.documentElement.scrollWidth")
    return [] if width == PHONE else [f"wider than a phone: {scheme}: {width}"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_on_a_page_and_it_fits_a_phone(page: Page, name: str, language: str) -> None:
    page.goto(f"{SITE}/pages/{language}/{name}")
    # A closed part is hidden from axe, too.
    page.eval_on_selector_all("details", "all => all.forEach(each => each.open = true)")
    assert complaints(page) == []


# A mail's languages differ in nothing that axe looks at; German has the longest words.
@pytest.mark.parametrize(("what", "language"), [("mails", "de"), ("hostile", "fr")])
def test_axe_finds_nothing_in_a_mail_and_it_fits_a_phone(page: Page, what: str, language: str) -> None:
    for kind in MailKind:
        page.goto(f"{SITE}/{what}/{language}/{kind}")
        assert complaints(page, NOT_FOR_MAILS) == [], kind


@pytest.mark.parametrize(
    ("change", "noticed"),
    [
        ("document.documentElement.removeAttribute('lang')", {"html-has-lang: light"}),
        ("document.body.style.minWidth = '500px'", {"wider than a phone: light", "wider than a phone: dark"}),
        ("document.querySelector('h1').style.color = 'silver'", {"color-contrast: light"}),
        ("document.querySelector('h1').style.color = 'black'", {"color-contrast: dark"}),
    ],
)
def test_it_would_be_noticed(page: Page, change: str, noticed: set[str]) -> None:
    page.goto(f"{SITE}/pages/en/unusable")
    assert complaints(page) == []
    page.evaluate(change)
    assert {": ".join(complaint.split(": ")[:2]) for complaint in complaints(page)} == noticed


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the element has the focus; what no key reaches is a failure."""
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.locator(f"{selector}:focus").count():
            return
    raise AssertionError(f"Tab never reached {selector}")


@pytest.mark.parametrize(
    ("language", "name", "question", "thanks"),
    [
        ("de", "Deutsch", "Darf Contoso Consulting als Ihr Partner eingetragen werden?", "Danke. Ihre Antwort ist erfasst."),
        (
            "fr",
            "Français",
            "Acceptez-vous Contoso Consulting comme partenaire enregistré\u00a0?",
            "Merci. Votre réponse est enregistrée.",
        ),
    ],
)
def test_somebody_changes_the_language_and_refuses_by_keyboard_alone(
    page: Page, language: str, name: str, question: str, thanks: str
) -> None:
    posted: list[str | None] = []
    page.on("request", lambda request: posted.append(request.post_data) if request.method == "POST" else None)
    page.goto(f"{SITE}/pages/en/consent")
    tab_to(page, f"a[hreflang={language}]")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(question)
    expect(page.locator("nav.languages [aria-current]")).to_have_text(name)
    assert posted == []

    tab_to(page, "#choice-agree")
    page.keyboard.press("ArrowDown")
    tab_to(page, "button[type=submit]")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(thanks)
    assert posted == [f"words={words_on('consent', language)}&choice=refuse&reason="]
