"""The reference as pages. Redoc (MIT, its licence beside it) is vendored, packed as it travels: every browser unpacks it.

The policy allows nothing from any other host, not even the logo that Redoc would fetch from its maker.
"""

from functools import cache
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Final

from functions.reference import codes

_FOLDER: Final = Path(__file__).parent / "static"
_FILES: Final = {
    "redoc.js": ("redoc.standalone.js.gz", {"Content-Type": "text/javascript; charset=utf-8", "Content-Encoding": "gzip"}),
    "reference.css": ("reference.css", {"Content-Type": "text/css; charset=utf-8"}),
}
_ASSET_HEADERS: Final = {
    # The address carries a digest of the content, so a new version is a new address.
    "Cache-Control": "public, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
PAGE_HEADERS: Final = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "public, max-age=300",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Redoc writes its style while it runs, and searches in a worker that it makes itself.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; worker-src blob:; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
}


def reference_page() -> str:
    """The page that shows the OpenAPI document."""
    shown = '<redoc spec-url="/openapi.json" disable-google-font hide-download-button="false"></redoc>'
    return _page("Partner of record: API reference", f'{shown}<script src="{_address("redoc.js")}"></script>')


@cache
def problems_page() -> str:
    """The catalogue of problem codes, a section a code."""
    sections = "".join(
        f'<section id="{each.code}"><h2><code>{each.code}</code></h2><p>Status {each.status}. {_words(each.meaning)}</p>'
        f"<p><strong>What to do.</strong> {_words(each.remedy)}</p></section>"
        for each in codes.CATALOGUE
    )
    head = (
        "<h1>Problems</h1><p>Every refusal is <code>application/problem+json</code> with a stable <code>code</code>. "
        '<a href="/docs">API reference</a></p>'
    )
    return _page("Partner of record: problems", f'<main class="problems">{head}{sections}</main>')


@cache
def events_page() -> str:
    """The catalogue of events, a section a kind."""
    from functions.reference import event_catalogue

    head = "<h1>Events</h1>" + "".join(f"<p>{_words(paragraph)}</p>" for paragraph in event_catalogue.INTRODUCTION)
    body = "".join(
        f'<section id="{each.name}"><h2><code>{each.name}</code></h2><p>{_words(each.when)}</p>{_facts(each.facts)}'
        f"<pre><code>{escape(each.example)}</code></pre></section>"
        for each in event_catalogue.sections()
    )
    return _page(
        "Partner of record: events", f'<main class="problems">{head}<p><a href="/docs">API reference</a></p>{body}</main>'
    )


def _facts(facts: tuple[tuple[str, str], ...]) -> str:
    items = "".join(f"<li><code>data.{name}</code>: {_words(meaning)}</li>" for name, meaning in facts)
    return f"<ul>{items}</ul>" if items else ""


@cache
def asset(name: str) -> tuple[bytes, dict[str, str]] | None:
    """An asset with its headers; None for any name that is not on the list."""
    if name not in _FILES:
        return None
    file, headers = _FILES[name]
    return (_FOLDER / file).read_bytes(), {**_ASSET_HEADERS, **headers}


def _address(name: str) -> str:
    found = asset(name)
    assert found is not None  # noqa: S101  # Only names of the list are asked for.
    return f"/docs/assets/{name}?v={sha256(found[0]).hexdigest()[:12]}"


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f'<link rel="stylesheet" href="{_address("reference.css")}"></head><body>{body}</body></html>'
    )


def _words(text: str) -> str:
    # What stands between backquotes is code.
    pieces = escape(text).split("`")
    return "".join(f"<code>{piece}</code>" if number % 2 else piece for number, piece in enumerate(pieces))
