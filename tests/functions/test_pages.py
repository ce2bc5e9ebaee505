"""The customer's pages and forms.

Proved here: nothing is ticked in advance and no ambiguous form becomes consent; what a stranger wrote stays text; whoever is
asked reads what it means; every bad link gets the same page; and a page needs nothing its content security policy forbids.
"""

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from functions.pages.assets import PAGE_HEADERS, STATIC_ROUTE, static_asset, static_url
from functions.pages.forms import (
    REASON_LIMIT,
    Answer,
    Decision,
    EndAssociation,
    EndReason,
    FormFault,
    RefuseRequest,
    parse_decision,
    parse_manage,
)
from functions.pages.render import (
    check_page,
    consent_page,
    consent_receipt,
    link_unusable_page,
    manage_page,
    manage_receipt,
    problem_page,
    sign_outcome_page,
    sign_page,
)
from functions.pages.sign_views import SignOutcomeView, SignView
from functions.pages.views import (
    AssociationRow,
    ConsentReceiptView,
    ConsentView,
    ManageReceiptView,
    ManageView,
    OpenRequestRow,
    ScopeRow,
)
from shared.adapters.poe_form_text import form_text
from shared.domain.signing import Standing
from shared.domain.wording import WHAT_IT_DOES_NOT_DO, WHAT_THE_PARTNER_SEES
from tests.contract.test_poe_form import SUBJECT

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
TEAMS = ScopeRow("workload:teams", "Microsoft Teams")
EXCHANGE = ScopeRow("workload:exchange-online", "Exchange Online")
SCOPES = (TEAMS.scope_id, EXCHANGE.scope_id)
BOTH = {f"scope.{TEAMS.scope_id}": ["agree"], f"scope.{EXCHANGE.scope_id}": ["refuse"]}

CONSENT = ConsentView(
    programme_name="Usage Incentive 2026",
    partner_name="Contoso Consulting",
    customer_domain="fabrikam.example",
    contact_name="Anna Berg",
    scopes=(TEAMS, EXCHANGE),
    requested_at=NOW,
    answer_by=datetime(2026, 12, 4, 17, tzinfo=UTC),
    claim_id="3f-8a1c-0042",
    action_url="/c/token",
    words="We moved your mailboxes in May.",
)
RECEIPT = ConsentReceiptView(
    programme_name="Usage Incentive 2026",
    partner_name="Contoso Consulting",
    customer_domain="fabrikam.example",
    scopes=(replace(TEAMS, answer="granted"), replace(EXCHANGE, answer="refused")),
    decided_at=NOW,
    claim_id="3f-8a1c-0042",
    reason="Another company looks after our mail.",
    manage_url="/m/token",
)
MANAGE = ManageView(
    programme_name="Usage Incentive 2026",
    customer_domain="fabrikam.example",
    associations=(AssociationRow("3f-a-1", "Contoso Consulting", "Microsoft Teams", NOW),),
    requests=(OpenRequestRow("3f-c-2", "Tailspin Toys", ("Yammer",), NOW),),
    action_url="/m/token",
)
MANAGE_RECEIPT = ManageReceiptView(
    programme_name="Usage Incentive 2026",
    partner_name="Contoso Consulting",
    customer_domain="fabrikam.example",
    workloads=("Microsoft Teams",),
    done_at=NOW,
    reference="3f-a-1",
    manage_url="/m/token",
)

PAGES: dict[str, Callable[[], str]] = {
    "consent": lambda: consent_page(CONSENT),
    "consent with faults": lambda: consent_page(CONSENT, faults=_faults({}), form={}),
    "consent for one workload": lambda: consent_page(replace(CONSENT, scopes=(TEAMS,), may_report_unknown=True)),
    "consent answered": lambda: consent_page(replace(CONSENT, scopes=RECEIPT.scopes)),
    "consent receipt": lambda: consent_receipt(RECEIPT),
    "answered too late": lambda: consent_receipt(replace(RECEIPT, came_late=True)),
    "unknown partner reported": lambda: consent_receipt(replace(RECEIPT, reported_unknown=True)),
    "manage": lambda: manage_page(MANAGE),
    "manage nothing": lambda: manage_page(replace(MANAGE, associations=(), requests=())),
    "manage receipt": lambda: manage_receipt(MANAGE_RECEIPT),
    "refusal receipt": lambda: manage_receipt(replace(MANAGE_RECEIPT, was_request=True)),
    "link unusable": link_unusable_page,
    "problem": lambda: problem_page("claim_closed", "This request is closed."),
}
every_page = pytest.mark.parametrize("page", PAGES.values(), ids=PAGES.keys())


class Elements(HTMLParser):
    """A page's elements and its text, read as a browser would."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self._text: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self._text.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self._text).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def _faults(form: dict[str, list[str]]) -> tuple[FormFault, ...]:
    parsed = parse_decision(form, SCOPES)
    assert not isinstance(parsed, Decision)
    return parsed


# What a form means


@pytest.mark.parametrize("choice", ["agree", "refuse"])
def test_one_choice_answers_for_every_workload_whatever_was_ticked_below(choice: str) -> None:
    assert parse_decision({"choice": [choice]} | BOTH, SCOPES) == Decision(tuple((scope, Answer(choice)) for scope in SCOPES))


def test_choosing_by_workload_keeps_each_answer() -> None:
    decision = parse_decision({"choice": ["choose"], "reason": [" Our mail\r\nis elsewhere. "]} | BOTH, SCOPES)
    answers = ((TEAMS.scope_id, Answer.AGREE), (EXCHANGE.scope_id, Answer.REFUSE))
    assert decision == Decision(answers, reason="Our mail\nis elsewhere.")


@pytest.mark.parametrize(
    "form",
    [{}, {"choice": []}, {"choice": [""]}, {"choice": ["yes"]}, {"choice": ["agree", "refuse"]}, {"choice": ["unknown"]}, BOTH],
    ids=["empty", "no value", "blank", "unheard of", "two at once", "not offered", "only details"],
)
def test_a_form_that_does_not_say_one_thing_is_no_answer(form: dict[str, list[str]]) -> None:
    assert [fault.field for fault in _faults(form)] == ["choice"]


@pytest.mark.parametrize("answers", [[], ["maybe"], ["agree", "refuse"]], ids=["missing", "unheard of", "two at once"])
def test_choosing_by_workload_needs_one_answer_for_each(answers: list[str]) -> None:
    form = {"choice": ["choose"]} | BOTH | {f"scope.{EXCHANGE.scope_id}": answers}
    assert [fault.field for fault in _faults(form)] == ["scope.workload:exchange-online"]


def test_an_answer_for_a_scope_that_is_not_open_is_never_taken() -> None:
    decision = parse_decision({"choice": ["choose"], "scope.workload:intune": ["agree"]} | BOTH, SCOPES)
    assert isinstance(decision, Decision)
    assert [scope for scope, _ in decision.answers] == list(SCOPES)


def test_where_nothing_is_open_no_form_is_an_answer() -> None:
    faults = parse_decision({"choice": ["agree"]}, ())
    assert isinstance(faults, tuple)
    assert "Nothing was changed" in consent_page(replace(CONSENT, scopes=()), faults=faults, form={})


def test_not_knowing_the_company_is_neither_agreeing_nor_refusing() -> None:
    decision = parse_decision({"choice": ["unknown"]}, SCOPES, may_report_unknown=True)
    assert decision == Decision((), reported_unknown=True)


def test_a_reason_at_its_limit_is_taken_as_browsers_count_it() -> None:
    typed = "a" * (REASON_LIMIT - 1) + "\r\n" + "b"
    assert [fault.field for fault in _faults({"choice": ["agree"], "reason": [typed]})] == ["reason"]
    assert isinstance(parse_decision({"choice": ["agree"], "reason": [typed[1:]]}, SCOPES), Decision)


def test_ending_without_a_reason_is_enough() -> None:
    assert parse_manage({"end": ["3f-a-1"], "sure": ["yes"]}, {"3f-a-1"}, ()) == EndAssociation("3f-a-1", EndReason.UNSAID)


def test_ending_keeps_the_reason_and_the_note() -> None:
    form = {"end": ["3f-a-1"], "reason": ["work_ended"], "note": ["Since May."], "sure": ["yes"]}
    assert parse_manage(form, {"3f-a-1"}, ()) == EndAssociation("3f-a-1", EndReason.WORK_ENDED, "Since May.")


def test_a_request_is_refused_by_its_claim() -> None:
    assert parse_manage({"refuse": ["3f-c-2"], "sure": ["yes"]}, (), {"3f-c-2"}) == RefuseRequest("3f-c-2")


@pytest.mark.parametrize("ticked", [[], ["no"], ["yes", "yes"]])
def test_nothing_ends_and_nothing_is_refused_before_a_person_has_ticked_the_box(ticked: list[str]) -> None:
    for form, field in (({"end": ["3f-a-1"]}, "sure.3f-a-1"), ({"refuse": ["3f-c-2"]}, "sure.3f-c-2")):
        faults = parse_manage(form | {"sure": ticked}, {"3f-a-1"}, {"3f-c-2"})
        assert isinstance(faults, tuple)
        assert [fault.field for fault in faults] == [field]


@pytest.mark.parametrize("form", [{}, {"end": ["3f-x-9"]}, {"refuse": ["3f-a-1"]}, {"end": ["3f-a-1"], "refuse": ["3f-c-2"]}])
def test_what_is_not_open_or_not_one_thing_ends_nothing(form: dict[str, list[str]]) -> None:
    faults = parse_manage(form, {"3f-a-1"}, {"3f-c-2"})
    assert isinstance(faults, tuple)
    assert "Nothing was changed" in faults[0].message


# What the customer sees


def test_nothing_is_chosen_in_advance_even_for_somebody_who_has_answered() -> None:
    for view in (CONSENT, replace(CONSENT, scopes=RECEIPT.scopes)):
        radios = [element for element in Elements(consent_page(view)).all("input") if element["type"] == "radio"]
        assert len(radios) == 3 + 2 * 2
        assert not any("checked" in radio for radio in radios)


def test_whoever_is_asked_reads_what_it_means() -> None:
    text = Elements(consent_page(CONSENT)).text
    for sentence in (*WHAT_THE_PARTNER_SEES, *WHAT_IT_DOES_NOT_DO, CONSENT.words or ""):
        assert sentence in text
    assert "Friday, 4 December 2026, 17:00 UTC" in text
    assert "the programme may pay it" in text
    assert "at any time later, without giving a reason" in text


def test_silence_is_explained_only_where_it_counts() -> None:
    assert "we take it that you do not object" in consent_page(CONSENT)
    required = consent_page(replace(CONSENT, silence_counts=False))
    assert "do not object" not in required
    assert "nothing is agreed" in required


def test_faults_are_shown_where_they_are_and_linked_from_the_top_and_nothing_typed_is_lost() -> None:
    form = {"choice": ["choose"], f"scope.{TEAMS.scope_id}": ["agree"], "reason": ["x" * (REASON_LIMIT + 1)]}
    html = consent_page(CONSENT, faults=_faults(form), form=form)
    page = Elements(html)

    ids = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    linked = [element["href"] for element in page.all("a") if (element["href"] or "").startswith("#scope")]
    assert linked == ["#scope-2-agree"]
    assert all(href[1:] in ids for element in page.all("a") if (href := element["href"] or "").startswith("#"))
    assert {element["id"] for element in page.all("input") if "checked" in element} == {"choice-choose", "scope-1-agree"}
    assert "x" * (REASON_LIMIT + 1) in html
    assert "Exchange Online: Agree or refuse for this workload." in page.text


def test_what_cannot_be_answered_any_more_is_shown_but_not_asked() -> None:
    closed = replace(CONSENT, scopes=(replace(TEAMS, answer="granted"), replace(EXCHANGE, answer="refused", is_open=False)))
    page = Elements(consent_page(closed))
    assert not any((element["name"] or "").startswith("scope.") for element in page.all("input"))
    assert "Exchange Online" in page.text


@pytest.mark.parametrize(
    ("answers", "heading"),
    [
        (("granted", "refused"), "You have answered"),
        (("implied", "granted"), "This is where it stands"),
        (("pending", "refused"), "May Contoso Consulting be your partner of record?"),
    ],
)
def test_a_page_opened_again_says_where_it_stands(answers: tuple[str, str], heading: str) -> None:
    scopes = (replace(TEAMS, answer=answers[0]), replace(EXCHANGE, answer=answers[1]))
    html = consent_page(replace(CONSENT, scopes=scopes))
    assert f"<h1>{heading}</h1>" in html.replace("<bdi>", "").replace("</bdi>", "")
    assert ("Answer by" in html) is ("pending" in answers)


def test_each_association_and_request_has_a_form_of_its_own() -> None:
    page = Elements(manage_page(MANAGE))
    assert [(form["method"], form["action"]) for form in page.all("form")] == [("post", "/m/token")] * 2
    assert {(button["name"], button["value"]) for button in page.all("button")} == {("end", "3f-a-1"), ("refuse", "3f-c-2")}


def test_a_receipt_names_each_answer_and_the_reference() -> None:
    text = Elements(consent_receipt(RECEIPT)).text
    for fact in ("Microsoft Teams Agreed", "Exchange Online Refused", "3f-8a1c-0042", "20 November 2026", RECEIPT.reason or ""):
        assert fact in text.replace("Teams", "Teams ").replace("Online", "Online ").replace("  ", " ")


HOSTILE = {
    "markup": '<script>alert(1)</script>"><img src=x onerror=alert(1)>',
    "attribute": '" autofocus onfocus="alert(1)',
    "direction": "Contoso \u202egpj.exe\u2066",
    "control": "Contoso\x00\x1b[31m\r\nSet-Cookie: a=b",
    "surrogate": "Contoso \ud800",
    "template": "{{ 7*7 }}{% raw %} %(partner)s %s %",
    "long": "Contoso " + "x" * 10_000,
    "look-alike": "Contoso \u0440\u0430ypal.example micr\u043esoft.com",
}


def _sign_view(text: str) -> SignView:
    return SignView(
        programme_name=text,
        partner_name=text,
        customer_domain=text,
        signer_name=text,
        form=form_text(SUBJECT, "en"),
        form_id="3f-form",
        sign_by=NOW,
        claim_id=text,
        action_url="/sign/token",
        document_url="/sign/token/document",
        words=text,
    )


def _sign_outcome(text: str) -> SignOutcomeView:
    return SignOutcomeView(text, text, text, Standing.DECLINED, is_yours=True, settled_at=NOW, claim_id=text, reason=text)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_strangers_wrote_stays_text_and_legible(text: str) -> None:
    scope = ScopeRow("workload:yammer", text, answer=text)
    asked = replace(CONSENT, programme_name=text, partner_name=text, customer_domain=text)
    answered = replace(RECEIPT, programme_name=text, partner_name=text, customer_domain=text)
    ended = replace(MANAGE_RECEIPT, programme_name=text, partner_name=text, customer_domain=text)
    form = {"choice": [text], "reason": [text], "end": ["a"], "note": [text]}
    pages = [
        consent_page(
            replace(asked, contact_name=text, scopes=(scope, TEAMS), claim_id=text, words=text),
            faults=(FormFault("reason", "Too long."),),
            form=form,
        ),
        consent_receipt(replace(answered, scopes=(scope,), reason=text, claim_id=text)),
        manage_page(
            ManageView(text, text, (AssociationRow("a", text, text, NOW),), (OpenRequestRow("c", text, (text,)),), "/m/token"),
            faults=(FormFault("note.a", "Too long."),),
            form=form,
        ),
        manage_receipt(replace(ended, workloads=(text,), reference=text)),
        problem_page(text, text),
        check_page("en", text, text, is_real=False),
        sign_page(_sign_view(text), faults=(FormFault("name", "Enter your name."),), form={"name": [text], "reason": [text]}),
        sign_outcome_page(_sign_outcome(text)),
    ]
    for html in pages:
        page = Elements(html)
        assert not page.all("script")
        assert not page.all("img")
        assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b-\x1f]", page.text)
        assert not re.search("[\u0430-\u044f]", page.text), "a look-alike shows"
        assert len(html) < 60_000
        html.encode()


def test_a_partners_words_bring_no_link() -> None:
    """Nor does its name."""
    link = "Sign in at https://evil.example/login now"
    view = replace(CONSENT, words=link, partner_name=link)
    for html in (consent_page(view), sign_page(_sign_view(link)), consent_receipt(replace(RECEIPT, partner_name=link))):
        assert "evil.example" not in html


def test_every_bad_link_gets_one_and_the_same_page() -> None:
    assert link_unusable_page() == link_unusable_page()
    assert "3f-" not in link_unusable_page()


# What every page keeps


@every_page
def test_a_page_keeps_to_its_own_content_security_policy(page: Callable[[], str]) -> None:
    elements = Elements(page())
    tags = {tag for tag, _ in elements.elements}
    assert not tags & {"script", "style", "img", "iframe", "object", "base"}
    assert not any("style" in attributes for _, attributes in elements.elements)
    sheets = [link["href"] for link in elements.all("link") if link["rel"] == "stylesheet"]
    assert sheets == [static_url("pico.min.css"), static_url("pages.css")]


@every_page
def test_a_page_has_a_language_a_title_one_heading_and_a_name_for_every_field(page: Callable[[], str]) -> None:
    elements = Elements(page())
    [html] = elements.all("html")
    assert html["lang"] == "en"
    assert len(elements.all("h1")) == len(elements.all("title")) == len(elements.all("main")) == 1
    labelled = {label["for"] for label in elements.all("label")}
    inputs = [attributes for tag, attributes in elements.elements if tag in {"input", "select", "textarea"}]
    fields = [attributes for attributes in inputs if attributes.get("type") != "hidden"]
    assert {field["id"] for field in fields} <= labelled
    ids = [attributes["id"] for _, attributes in elements.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    described = [reference for _, a in elements.elements for reference in (a.get("aria-describedby") or "").split()]
    assert set(described) <= set(ids)


@every_page
def test_no_page_shows_what_was_left_empty(page: Callable[[], str]) -> None:
    assert "None" not in Elements(page()).text


def test_pages_are_neither_kept_nor_indexed_nor_framed_nor_named_to_others() -> None:
    assert PAGE_HEADERS["Cache-Control"] == "no-store"
    assert PAGE_HEADERS["Referrer-Policy"] == "no-referrer"
    assert "noindex" in PAGE_HEADERS["X-Robots-Tag"]
    policy = PAGE_HEADERS["Content-Security-Policy"]
    for directive in ("default-src 'none'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert directive in policy
    assert "unsafe" not in policy


def test_only_listed_assets_are_served() -> None:
    content, content_type = static_asset("pages.css")
    assert content.startswith(b"/*")
    assert content_type == "text/css; charset=utf-8"
    for name in ("../views.py", "pico.LICENSE.md", "", "pages.css/../pages.css"):
        with pytest.raises(KeyError):
            static_asset(name)


def test_starting_a_worker_does_not_pay_for_the_template_engine() -> None:
    program = "import sys, functions.pages.render, shared.adapters.mail.smtp; sys.exit('jinja2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_changed_asset_gets_a_new_address() -> None:
    assert re.fullmatch(rf"/{STATIC_ROUTE}/pages\.css\?v=[0-9a-f]{{12}}", static_url("pages.css"))
    assert static_url("pages.css").partition("?")[2] != static_url("pico.min.css").partition("?")[2]
