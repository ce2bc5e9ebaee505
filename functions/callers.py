"""Who calls: the bearer token, the partner that its client is enrolled for, and the partner that it acts for (R-290).

Whoever is not known, not allowed or not granted is refused here, in words that help nobody to guess.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final, NoReturn
from urllib.parse import urlsplit

import azure.functions as func

from functions.edge import Refusal, the_world

if TYPE_CHECKING:
    from shared.domain.caller import Caller, Role
    from shared.domain.partner import Partner, Right

_PROFILE_SECONDS: Final = 60.0


async def authenticate(req: func.HttpRequest, role: "Role") -> "Caller":
    """The caller, if its bearer token is good and names the role. Raises Refusal 401 or 403."""
    caller = await _verified(req, role)
    await the_world().programmes.refresh()
    return caller


async def _verified(req: func.HttpRequest, role: "Role") -> "Caller":
    from shared.ports.failures import InvalidToken, KeySourceUnavailable

    scheme, _, token = req.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        _unauthenticated("invalid_request")
    try:
        caller = await the_world().tokens.verify(token.strip())
    except InvalidToken:
        _unauthenticated("invalid_token")
    except KeySourceUnavailable as error:
        raise Refusal(503, "keys_unavailable", "The token cannot be checked just now.", {"Retry-After": "5"}) from error
    if role not in caller.roles:
        raise Refusal(403, "wrong_role", f"This needs the role {role}.")
    return caller


_profiles: dict[str, tuple[float, "Partner"]] = {}
# What a grant must hold besides reading and submitting; webhooks and who they call are the partner's own business.
_ABOUT_MONEY: Final = frozenset({"earnings", "statements", "payouts", "opportunities", "impact"})
_OWN_BUSINESS: Final = frozenset({"webhooks"})
_LONGEST_USER: Final = 100


async def calling_partner(req: func.HttpRequest) -> "Partner":
    """The partner that the call is for: the one enrolled for the token's client, or the one that `Acting-For` names and that has
    granted this partner to act for it (R-290). Raises Refusal 400, 401 or 403. Profiles are kept for a minute.
    """
    from dataclasses import replace

    from shared.domain.caller import Role
    from shared.domain.partner import Acting

    caller = await _verified(req, Role.PARTNER)
    known = _known(f"{caller.client.directory_id}/{caller.client.app_id}", lambda: _partner_of(caller))
    # Two questions that do not wait for each other: a worker's first caller waits long enough.
    own, _ = await asyncio.gather(known, the_world().programmes.refresh())
    user, named = _acting_user(req), req.headers.get("Acting-For")
    if named is None:
        return own if user is None else replace(own, acting=Acting(None, user))
    principal = await _principal(req, own, named)
    return replace(principal, acting=Acting(own.partner_id, user))


async def _partner_of(caller: "Caller") -> "Partner":
    from shared.usecases.limits import counted_partner

    partner_id = await the_world().partners.partner_of_client(caller.client)
    partner = await counted_partner(the_world(), partner_id) if partner_id is not None else None
    # The profile has the last word: a client that it no longer lists leads nowhere, even if its old row is still there.
    if partner is None or caller.client not in partner.clients:
        raise Refusal(403, "client_not_enrolled", "This application is not enrolled for any partner.")
    return partner


async def _principal(req: func.HttpRequest, distributor: "Partner", named: str) -> "Partner":
    """The partner that the distributor acts for. One that there is not and one that granted nothing are refused alike."""
    from shared.domain.errors import InvalidInput, NotFound, PartnerSuspended
    from shared.domain.identity import partner_id
    from shared.usecases.limits import counted_partner

    needed = _needed(req)
    try:
        wanted = partner_id(named)
        principal = await _known(wanted, lambda: counted_partner(the_world(), wanted))
    except (InvalidInput, NotFound):
        principal = None
    if principal is None or needed is None or not principal.grants_to(distributor.partner_id, needed):
        raise Refusal(403, "grant_missing", "The partner named in Acting-For has not granted you this.")
    if distributor.suspended and req.method != "GET":
        raise PartnerSuspended
    return principal


def _needed(req: func.HttpRequest) -> "Right | None":
    """The right that this call takes; None where nobody can act for another."""
    from shared.domain.partner import Right

    path = urlsplit(req.url).path
    noun = path.removeprefix("/v1/").partition("/")[0]
    if noun in _OWN_BUSINESS:
        return None
    if noun in _ABOUT_MONEY or path.endswith("/explain"):
        return Right.EARNINGS
    return Right.READ if req.method == "GET" else Right.SUBMIT


async def _known(key: str, read: "Callable[[], Awaitable[Partner]]") -> "Partner":
    known = _profiles.get(key)
    if known is not None and known[0] > time.monotonic():
        return known[1]
    partner = await read()
    _profiles[key] = (time.monotonic() + _PROFILE_SECONDS, partner)
    return partner


def _acting_user(req: func.HttpRequest) -> str | None:
    user: str | None = req.headers.get("Acting-User")
    if user is not None and (not 1 <= len(user) <= _LONGEST_USER or not user.isascii() or not user.isprintable()):
        wrong = {"field": "Acting-User", "message": f"Write 1 to {_LONGEST_USER} printable ASCII characters."}
        raise Refusal(400, "invalid_input", "A header has a wrong value.", errors=(wrong,))
    return user


def _unauthenticated(error: str) -> NoReturn:
    raise Refusal(401, "unauthenticated", "Send a valid bearer token.", {"WWW-Authenticate": f'Bearer error="{error}"'})
