"""Compiles every mail's `body.mjml` to the committed `body.html` beside it. MJML is a development tool and never deployed.

Two template languages meet here. `[% %]` and `[[ ]]` run now and put a mail together from `layout.mjml` and `parts.mjml`; what
stands in `{% %}` and `{{ }}` passes the compiler as text and runs when a mail is written. MJML's own `mj-include` was tried
first: the compiler (mrml) drops the styles of what is included in a column. Conditions around whole components stand in
`mj-raw`; a `<` is read as markup even inside `{% %}`, so templates compare without it. Media queries in `mj-style` are kept.
"""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from mjml import mjml2html

TEMPLATES = Path(__file__).parents[2] / "shared" / "adapters" / "mail" / "templates"


def compiled() -> dict[Path, str]:
    """Every `body.html` that ought to be there, with the content it ought to have."""
    environment = Environment(  # noqa: S701  # What is put together here is our own, and is escaped when a mail is written.
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        block_start_string="[%",
        block_end_string="%]",
        variable_start_string="[[",
        variable_end_string="]]",
        comment_start_string="[#",
        comment_end_string="#]",
    )
    sources = sorted(TEMPLATES.glob("*/body.mjml"))
    return {
        source.with_suffix(".html"): _html(environment.get_template(source.relative_to(TEMPLATES).as_posix()).render())
        for source in sources
    }


def write() -> list[Path]:
    """Bring the compiled files up to date; returns those that had changed."""
    changed = [path for path, html in compiled().items() if not path.exists() or path.read_text(encoding="utf-8") != html]
    for path in changed:
        path.write_text(compiled()[path], encoding="utf-8")
    return changed


def _html(mjml: str) -> str:
    # No fonts: their default is fetched from a server that would learn who reads a mail.
    page = mjml2html(mjml, fonts={})
    # A line for each row and cell, so that a change can be read.
    return page.replace("><tr", ">\n<tr").replace("><td", ">\n<td").replace("<!--[if mso | IE]>", "\n<!--[if mso | IE]>") + "\n"
