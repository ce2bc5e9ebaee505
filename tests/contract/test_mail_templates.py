"""The committed HTML of every mail is what its MJML compiles to, and keeps what mail clients need of it."""

import re

import pytest

from infra.mails.compiling import TEMPLATES, compiled
from shared.domain.notice import MailKind

COMPILED = compiled()


def test_every_mail_has_its_folder_and_every_folder_its_mail() -> None:
    assert {path.name for path in TEMPLATES.iterdir() if path.is_dir()} == {kind.value for kind in MailKind}
    assert {path.parent.name for path in COMPILED} == {kind.value for kind in MailKind}


@pytest.mark.parametrize("kind", list(MailKind))
def test_the_committed_html_is_what_its_source_compiles_to(kind: MailKind) -> None:
    body = TEMPLATES / kind / "body.html"
    assert body.read_text(encoding="utf-8") == COMPILED[body], "run `make mails` and commit what it changed"


@pytest.mark.parametrize("kind", list(MailKind))
def test_the_compiler_keeps_dark_mode_and_what_is_filled_in_later(kind: MailKind) -> None:
    html = COMPILED[TEMPLATES / kind / "body.html"]
    assert "@media (prefers-color-scheme: dark)" in html
    assert '<meta name="color-scheme" content="light dark"' in html
    assert "{{ subject }}" in html
    assert not re.search(r"\[%|%\]|\[\[|\]\]|<mj-", html)
    assert len(re.findall(r"{%\s*if\b", html)) == len(re.findall(r"{%\s*endif\b", html))
