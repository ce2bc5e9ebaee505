"""The page that says whether a mail is ours, reached by typing its address: for whoever mistrusts links, as everybody should."""

import azure.functions as func

from functions.edge import the_world
from functions.page import page, pages, readers_language

bp = func.Blueprint()  # type: ignore[no-untyped-call]  # The SDK leaves its constructor untyped.


@bp.route(route="check", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@pages
async def show_check(req: func.HttpRequest) -> func.HttpResponse:
    """The form, and, once something was typed, whether we have written so to this domain."""
    from functions.pages.render import check_page
    from shared.usecases.check import is_real

    language = readers_language(req)
    reference, domain = req.params.get("reference", ""), req.params.get("domain", "")
    if not reference and not domain:
        return page(check_page(language))
    return page(check_page(language, reference, domain, is_real=await is_real(the_world(), reference, domain)))
