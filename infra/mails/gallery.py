"""A page that shows every mail in every language with its subject and its text, and once as a hostile partner would have it."""

import html
from collections.abc import Callable
from pathlib import Path

from infra.mails.samples import hostile, sample
from shared.adapters.mail.render import RenderedMail, render
from shared.domain.notice import Letter, MailKind
from shared.languages import languages

_HEAD = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>All mails</title>
<style>:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif } body { margin: 2rem }
iframe { width: 660px; max-width: 100%; height: 900px; border: 1px solid; resize: both }
section { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(660px, 100%), 1fr)); gap: 1rem }
pre { white-space: pre-wrap; overflow-wrap: anywhere } nav a { margin-right: 1rem }</style>
"""


def write(folder: Path) -> Path:
    """Write the gallery and the mails it shows; returns the page to open."""
    folder.mkdir(parents=True, exist_ok=True)
    letters: tuple[tuple[str, Callable[[MailKind, str], Letter]], ...] = (("", sample), ("-hostile", hostile))
    parts = [_HEAD, "<h1>All mails</h1><nav>", *(f'<a href="#{kind}">{kind}</a>' for kind in MailKind), "</nav>"]
    for kind in MailKind:
        parts.append(f'<h2 id="{kind}">{kind}</h2>')
        for suffix, letter in letters:
            parts.append("<section>")
            for language in languages():
                mail = render(letter(kind, language), help_address="help@record.example")
                name = f"{kind}-{language}{suffix}"
                (folder / f"{name}.html").write_text(mail.html, encoding="utf-8")
                parts.append(_shown(name, mail))
            parts.append("</section>")
    page = folder / "index.html"
    page.write_text("\n".join(parts), encoding="utf-8")
    return page


def _shown(name: str, mail: RenderedMail) -> str:
    subject, text = html.escape(mail.subject), html.escape(mail.text)
    return (
        f'<article><h3>{name}: {subject}</h3><iframe src="{name}.html" title="{name}" sandbox loading="lazy"></iframe>'
        f"<details><summary>Plain text</summary><pre>{text}</pre></details></article>"
    )
