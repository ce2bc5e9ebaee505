"""The pages' style sheets, served by name from a fixed list, and the headers every page carries.

Pico CSS (MIT, its licence beside it) is vendored, so that no third party learns who reads a page.
"""

from functools import cache
from hashlib import sha256
from pathlib import Path

_FOLDER = Path(__file__).parent / "static"
_CONTENT_TYPES = {"pico.min.css": "text/css; charset=utf-8", "pages.css": "text/css; charset=utf-8"}

STATIC_ROUTE = "pages/static"
"""Where the pages expect the assets, below the root: `/pages/static/<name>`."""

PAGE_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
}

STATIC_HEADERS = {
    # The address carries a digest of the content, so a new version is a new address.
    "Cache-Control": "public, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@cache
def static_asset(name: str) -> tuple[bytes, str]:
    """An asset and its content type. Raises KeyError for any name that is not on the list."""
    content_type = _CONTENT_TYPES[name]
    return (_FOLDER / name).read_bytes(), content_type


@cache
def static_url(name: str) -> str:
    """The address of an asset as pages link to it, ending in a digest of its content."""
    content, _ = static_asset(name)
    return f"/{STATIC_ROUTE}/{name}?v={sha256(content).hexdigest()[:12]}"
