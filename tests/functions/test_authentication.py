"""Who gets in, over every route that the app registers: a new one is covered on the day it is written.

A route is open only if it is listed here, and every other needs a role that is listed here: whoever adds one has to say so.
"""

import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from infra.local.issuer import AUDIENCE, DEVELOPMENT_TENANT, ISSUER, client_of_partner
from tests.architecture.routes import Route, http_routes
from tests.functions.running import Caller, Running

pytestmark = pytest.mark.system

# Open by design: the customer's link is its own credential, and what anybody may read holds nothing of anybody.
OPEN = frozenset({"health", "ready", "openapi.json", "docs", "consent", "manage", "sign", "check", "pages"})
ROLE_OF = {
    "me": "Partner",
    "claims": "Partner",
    "claim-batches": "Partner",
    "availability": "Partner",
    "customers": "Partner",
    "associations": "Partner",
    "usage": "Partner",
    "opportunities": "Partner",
    "impact": "Partner",
    "earnings": "Partner",
    "statements": "Partner",
    "events": "Partner",
    "webhooks": "Partner",
    "programmes": "Partner",
    "reviews": "Reviewer",
    "contests": "Reviewer",
    "partners": "Operator",
    "usage-imports": "Operator",
    "evaluations": "Operator",
    "reconciliations": "Operator",
    "earning-queries": "Operator",
    "suppressions": "Operator",
    "erasures": "Operator",
    "periods": "Operator",
    "payouts": "Operator",
    "adjustments": "Operator",
    "dead-letters": "Operator",
}
# Of a noun that two roles meet, the functions that are not its first reader's.
OTHERWISE = {
    "publish_programme": "Operator",
    "list_programme_versions": "Operator",
    "get_programme_trial": "Operator",
    "list_payouts": "Partner",
}
ROLES = ("Partner", "Reviewer", "Operator")


def role_of(route: Route) -> str:
    """Who may call it."""
    return OTHERWISE.get(route.function, ROLE_OF[route.begins_with])


CLOSED = [route for route in http_routes() if route.begins_with not in OPEN]
CALLS = [pytest.param(method, route, id=f"{method} {route.template}") for route in CLOSED for method in sorted(route.methods)]
every_closed_route = pytest.mark.parametrize(("method", "route"), CALLS)

PARTNER_ID = "100000"
type Forge = Callable[[Running], str]


def claims(**changes: Any) -> dict[str, Any]:
    """What a good token of an enrolled partner says, but for these changes."""
    client = str(client_of_partner(PARTNER_ID))
    now = int(time.time())
    good = {"iss": ISSUER, "aud": AUDIENCE, "iat": now, "nbf": now, "exp": now + 600, "tid": str(DEVELOPMENT_TENANT)}
    return {**good, "azp": client, "oid": client, "sub": client, "roles": list(ROLES), **changes}


def signed(running: Running, **changes: Any) -> str:
    """A token under the issuer's own signature."""
    issuer = running.system.issuer
    said = {name: value for name, value in claims(**changes).items() if value is not None}
    return jwt.encode(said, issuer._key, algorithm="RS256", headers={"kid": issuer._key_id})


def unsigned(running: Running) -> str:
    return jwt.encode(claims(), "", algorithm="none", headers={"kid": running.system.issuer._key_id})


def signed_by_another_key(running: Running) -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return jwt.encode(claims(), key, algorithm="RS256", headers={"kid": running.system.issuer._key_id})


def signed_with_the_public_key_as_a_secret(running: Running) -> str:
    """The oldest attack: the key that everybody may read, used as the secret of a symmetric signature."""
    public = json.loads(Path(running.system.issuer.jwks_file).read_text())["keys"][0]
    header = {"alg": "HS256", "typ": "JWT", "kid": public["kid"]}
    return _by_hand(header, claims(), json.dumps(public).encode())


def with_a_signature_cut_off(running: Running) -> str:
    return signed(running).rpartition(".")[0] + "."


def with_its_roles_changed_after_signing(running: Running) -> str:
    header, _, signature = signed(running, roles=[]).split(".")
    return ".".join((header, _encoded(claims()), signature))


def with_a_header_nested_deeply(_: Running) -> str:
    return ".".join((urlsafe_b64encode(b"[" * 20_000).decode().rstrip("="), "e30", "c2ln"))


def _by_hand(header: object, payload: object, secret: bytes) -> str:
    import hmac

    told = f"{_encoded(header)}.{_encoded(payload)}"
    return f"{told}.{urlsafe_b64encode(hmac.digest(secret, told.encode(), 'sha256')).decode().rstrip('=')}"


def _encoded(document: object) -> str:
    return urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


UNTRUSTED: dict[str, Forge] = {
    "no token": lambda _: "",
    "garbage": lambda _: "garbage",
    "three empty parts": lambda _: "..",
    "no JSON": lambda _: "bm8.bm8.bm8",
    "expired": lambda running: signed(running, exp=int(time.time()) - 120),
    "not valid yet": lambda running: signed(running, nbf=int(time.time()) + 600),
    "for another audience": lambda running: signed(running, aud="api://another"),
    "from another issuer": lambda running: signed(running, iss="https://login.development.invalid/another/v2.0"),
    "without an end": lambda running: signed(running, exp=None),
    "without a client": lambda running: signed(running, azp=None),
    "with a client of a wrong type": lambda running: signed(running, azp=["a"]),
    "unsigned": unsigned,
    "signed by another key": signed_by_another_key,
    "signed with the public key as a secret": signed_with_the_public_key_as_a_secret,
    "signature cut off": with_a_signature_cut_off,
    "roles changed after signing": with_its_roles_changed_after_signing,
    "header nested deeply": with_a_header_nested_deeply,
}


def attempt(running: Running, method: str, route: Route, token: str, scheme: str = "Bearer") -> Any:
    """Asks with an empty body, so that whoever reads a body before the token shows it."""
    headers = {"Authorization": f"{scheme} {token}"} if token else {}
    return running.send(method, route.path(), b"", headers)


def test_every_route_is_either_open_by_design_or_says_who_may_call_it() -> None:
    unsaid = [route.template for route in CLOSED if not route.template.startswith("v1/") or route.begins_with not in ROLE_OF]
    assert unsaid == [], "add it to OPEN or to ROLE_OF"
    assert len(CALLS) >= 15, "the routes were not found, so nothing was asked"


@pytest.mark.parametrize("forge", UNTRUSTED.values(), ids=UNTRUSTED.keys())
@every_closed_route
def test_an_untrusted_token_is_refused_alike_everywhere(running: Running, method: str, route: Route, forge: Forge) -> None:
    answer = attempt(running, method, route, forge(running))
    assert (answer.status, answer.code) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"].startswith("Bearer ")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("scheme", ["Basic", "Token", "BearerX"])
@every_closed_route
def test_only_a_bearer_token_counts(running: Running, method: str, route: Route, scheme: str) -> None:
    answer = attempt(running, method, route, signed(running), scheme)
    assert (answer.status, answer.code) == (401, "unauthenticated")


@every_closed_route
def test_no_other_role_gets_in(running: Running, method: str, route: Route) -> None:
    others = [[role] for role in ROLES if role != role_of(route)]
    for roles in [*others, [], None, ["partner"], ["Admin"], "Partner Reviewer Operator", {"Operator": True}]:
        answer = attempt(running, method, route, signed(running, roles=roles))
        assert (answer.status, answer.code) == (403, "wrong_role"), roles


@every_closed_route
def test_the_right_role_gets_past_the_door(running: Running, method: str, route: Route) -> None:
    """Without this, a route that refuses everybody would pass all of the above."""
    running.enrol(PARTNER_ID)
    answer = attempt(running, method, route, signed(running, roles=[role_of(route)]))
    assert answer.status not in (401, 403)
    assert answer.status < 500


@pytest.mark.parametrize(
    ("method", "route"),
    [param for param in CALLS if isinstance(route := param.values[1], Route) and role_of(route) == "Partner"],
)
def test_a_partner_must_be_enrolled(running: Running, method: str, route: Route) -> None:
    answer = attempt(running, method, route, running.stranger().token)
    assert (answer.status, answer.code) == (403, "client_not_enrolled")


def test_a_client_that_was_taken_from_the_profile_gets_in_no_more(running: Running) -> None:
    """The row that leads from the client to the partner is still there; the profile has the last word."""
    removed, kept = running.partner(), running.partner()
    running.enrol(removed.partner_id, clients=[])
    assert (removed.get("/v1/me").status, removed.get("/v1/me").code) == (403, "client_not_enrolled")
    assert kept.get("/v1/me").document["partnerId"] == kept.partner_id


def test_the_same_application_of_another_directory_is_another_client(running: Running) -> None:
    partner = running.partner()
    client = str(client_of_partner(partner.partner_id))
    mine = signed(running, azp=client)
    theirs = signed(running, azp=client, tid="11111111-2222-4333-8444-555555555555")
    assert Caller(running, mine).get("/v1/me").status == 200
    assert Caller(running, theirs).get("/v1/me").code == "client_not_enrolled"


@pytest.mark.parametrize("route", [r for r in http_routes() if r.begins_with in OPEN], ids=lambda route: route.template)
def test_an_open_route_answers_without_a_token(running: Running, route: Route) -> None:
    for method in route.methods:
        assert running.send(method, route.path()).status not in (401, 403)
