"""A mail scanner follows every link of every mail with HEAD and GET and submits every form that it finds, without any choice.

That is what filters in front of mailboxes have been seen to do. Nothing may change by it: no row, no mail, no message.
"""

from html.parser import HTMLParser
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

import azure.functions as func
import pytest

from functions import check as check_functions
from functions import consent as pages
from functions import manage
from shared import bootstrap
from shared.adapters.mail.render import render
from tests.usecases.steps import active, approved
from tests.usecases.system import System
from tests.usecases.test_links import dump

HANDLERS: dict[tuple[str, str], Any] = {
    ("GET", "consent"): pages.show_consent,
    ("POST", "consent"): pages.decide_consent,
    ("GET", "manage"): manage.show_manage,
    ("POST", "manage"): manage.decide_manage,
    ("GET", "check"): check_functions.show_check,
}


class Seen(HTMLParser):
    """The links and the forms of a page, each form with what it would send as it stands: nothing is ticked, no button pressed."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[tuple[str, str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        match tag:
            case "a":
                self.links.append(found.get("href", ""))
            case "form":
                self.forms.append((found.get("method", "get").upper(), found.get("action", ""), {}))
            case "input" | "textarea" | "select" if self.forms and found.get("name"):
                if found.get("type") not in ("radio", "checkbox") or "checked" in found:
                    self.forms[-1][2][found["name"]] = found.get("value", "")


@pytest.mark.parametrize("state", [approved, active], ids=["asked", "active"])
async def test_a_scanner_changes_nothing(system: System, monkeypatch: pytest.MonkeyPatch, state: Any) -> None:
    """R-35: consent is a choice that a person makes."""
    await state(system)
    monkeypatch.setattr(bootstrap, "world", lambda: system.world)

    async def ask(method: str, address: str, fields: dict[str, str] | None = None) -> tuple[int, str]:
        room, _, token = urlsplit(address).path.strip("/").partition("/")
        request = func.HttpRequest(
            method,
            address,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            params=fields if method != "POST" and fields else {},
            route_params={"token": token},
            body=urlencode(fields or {}).encode() if method == "POST" else b"",
        )
        handler = HANDLERS["GET" if method == "HEAD" else method, room].build().get_user_function()
        answer = await cast("Any", handler)(request)
        return answer.status_code, answer.get_body().decode()

    before, sent, forms = await dump(system), len(system.letterbox.letters), 0
    for letter in list(system.letterbox.letters):
        mail = Seen()
        mail.feed(render(letter).html)
        links = [link for link in mail.links if link.startswith("http")]
        assert links or letter.link is letter.manage_link is None
        for link in links:
            assert (await ask("HEAD", link))[0] in (200, 404)
            status, body = await ask("GET", link)
            assert status in (200, 404)
            shown = Seen()
            shown.feed(body)
            for method, action, fields in shown.forms:
                forms += 1
                assert (await ask(method, action, fields))[0] in (200, 404, 422)
    assert forms >= 4
    assert await dump(system) == before
    assert len(system.letterbox.letters) == sent
    assert await system.take_messages() == []
