"""Bearer tokens: what is trusted, and what happens while the issuer changes its keys or cannot be asked.

Both sources of keys are real: a file, as in development, and an HTTPS server, as in production.
"""

import json
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import UUID

import jwt
import pytest
import time_machine
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from infra.local.issuer import AUDIENCE, DEVELOPMENT_TENANT, ISSUER, Issuer
from shared.adapters.tokens import TokenVerifier
from shared.domain.caller import Caller, Role
from shared.domain.partner import TokenClient
from shared.ports.failures import InvalidToken, KeySourceUnavailable

CLIENT = UUID("6c1f2c0a-4b7e-4f0b-9a51-0c7f0d7a4a11")
PERSON = UUID("0a8f3a7e-0f55-4a5c-8f0e-3e2c5d6b7a88")
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return Issuer(tmp_path / "keys")


@pytest.fixture
def verifier(issuer: Issuer) -> TokenVerifier:
    return TokenVerifier(ISSUER, AUDIENCE, str(issuer.jwks_file))


def token(issuer: Issuer, *, header: dict[str, Any] | None = None, **changes: Any) -> str:
    """A good token but for these changes; a claim that is None is left out."""
    good = jwt.decode(issuer.issue("Partner", CLIENT, person=PERSON), options={"verify_signature": False})
    said = {name: value for name, value in {**good, **changes}.items() if value is not None}
    return jwt.encode(said, issuer._key, algorithm="RS256", headers={"kid": issuer._key_id} if header is None else header)


async def test_a_good_token_tells_who_calls(issuer: Issuer, verifier: TokenVerifier) -> None:
    caller = await verifier.verify(token(issuer, roles=["Partner", "Operator"]))
    client = TokenClient(str(DEVELOPMENT_TENANT), str(CLIENT))
    assert caller == Caller(frozenset({Role.PARTNER, Role.OPERATOR}), client, str(PERSON))


@pytest.mark.parametrize(
    "roles", [None, [], "Partner", {"Partner": True}, ["partner", "Admin", ""], [["Partner"], {}, 1, None], 7]
)
async def test_what_names_no_role_of_ours_gives_none(issuer: Issuer, verifier: TokenVerifier, roles: Any) -> None:
    assert (await verifier.verify(token(issuer, roles=roles))).roles == frozenset()


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "api://another"},
        {"aud": ["api://another", AUDIENCE + "/"]},
        {"aud": None},
        {"iss": ISSUER + "/"},
        {"iss": ISSUER.upper()},
        {"iss": None},
        {"exp": None},
        {"exp": "soon"},
        {"tid": None},
        {"azp": None},
        {"oid": None},
        {"tid": ""},
        {"azp": 7},
        {"oid": ["a"]},
    ],
    ids=str,
)
async def test_a_token_that_says_something_else_is_refused(
    issuer: Issuer, verifier: TokenVerifier, changes: dict[str, Any]
) -> None:
    with pytest.raises(InvalidToken):
        await verifier.verify(token(issuer, **changes))


async def test_one_of_several_audiences_may_be_ours(issuer: Issuer, verifier: TokenVerifier) -> None:
    assert (await verifier.verify(token(issuer, aud=["api://another", AUDIENCE]))).subject == str(PERSON)


@pytest.mark.parametrize(
    ("claim", "seconds", "is_good"),
    [("exp", -59, True), ("exp", -61, False), ("nbf", 59, True), ("nbf", 61, False), ("iat", 61, False)],
)
async def test_a_minute_of_skew_is_forgiven_and_no_more(
    issuer: Issuer, verifier: TokenVerifier, claim: str, seconds: int, is_good: bool
) -> None:
    with time_machine.travel(NOW, tick=False):
        changes: dict[str, Any] = {claim: int((NOW + timedelta(seconds=seconds)).timestamp())}
        shifted = token(issuer, **changes)
        if is_good:
            await verifier.verify(shifted)
        else:
            with pytest.raises(InvalidToken):
                await verifier.verify(shifted)


@pytest.mark.parametrize("header", [{}, {"kid": "another"}, {"kid": ""}], ids=["no key named", "unknown", "empty"])
async def test_a_token_must_name_a_key_of_the_issuer(issuer: Issuer, verifier: TokenVerifier, header: dict[str, Any]) -> None:
    with pytest.raises(InvalidToken):
        await verifier.verify(token(issuer, header=header))


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256"])
async def test_the_issuers_key_by_another_algorithm_is_refused(issuer: Issuer, verifier: TokenVerifier, algorithm: str) -> None:
    claims = jwt.decode(token(issuer), options={"verify_signature": False})
    with pytest.raises(InvalidToken):
        await verifier.verify(jwt.encode(claims, issuer._key, algorithm=algorithm, headers={"kid": issuer._key_id}))


GARBAGE_VERIFIER = TokenVerifier(ISSUER, AUDIENCE, "no-such-file")


@given(st.text() | st.lists(st.text(), min_size=3, max_size=5).map(".".join) | st.binary().map(lambda b: b.decode("latin-1")))
async def test_garbage_is_refused_before_any_key_is_looked_for(garbage: str) -> None:
    with pytest.raises(InvalidToken):
        await GARBAGE_VERIFIER.verify(garbage)


async def test_a_refusal_says_nothing_of_the_token(issuer: Issuer, verifier: TokenVerifier) -> None:
    refused = token(issuer, aud="api://swordfish")
    with pytest.raises(InvalidToken) as told:
        await verifier.verify(refused)
    assert "swordfish" not in str(told.value)
    assert refused.split(".")[1] not in str(told.value)


# Keys change


def key_set(*issuers: Issuer) -> str:
    return json.dumps({"keys": [key for each in issuers for key in json.loads(each.jwks_file.read_text())["keys"]]})


async def test_a_new_key_in_the_file_counts_at_once_and_a_withdrawn_one_no_more(
    tmp_path: Path, issuer: Issuer, verifier: TokenVerifier
) -> None:
    following = Issuer(tmp_path / "following")
    old, new = token(issuer), token(following)
    await verifier.verify(old)
    with pytest.raises(InvalidToken):
        await verifier.verify(new)
    issuer.jwks_file.write_text(key_set(issuer, following))
    await verifier.verify(old)
    await verifier.verify(new)
    issuer.jwks_file.write_text(key_set(following))
    await verifier.verify(new)
    with pytest.raises(InvalidToken):
        await verifier.verify(old)


@pytest.mark.parametrize("content", ["", "{", '{"keys": []}', '{"keys": [{"kty": "?"}]}', "{}"])
async def test_a_file_without_keys_is_no_fault_of_the_token(issuer: Issuer, verifier: TokenVerifier, content: str) -> None:
    good = token(issuer)
    issuer.jwks_file.write_text(content)
    with pytest.raises(KeySourceUnavailable):
        await verifier.verify(good)


async def test_a_missing_file_is_no_fault_of_the_token(issuer: Issuer, verifier: TokenVerifier) -> None:
    good = token(issuer)
    issuer.jwks_file.unlink()
    with pytest.raises(KeySourceUnavailable):
        await verifier.verify(good)


class KeyServer:
    """The issuer's HTTPS address: what it says, and how often it was asked."""

    def __init__(self, certificate: Path) -> None:
        self.status, self.content, self.asked = 200, "", 0
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked += 1
                self.send_response(server.status)
                self.end_headers()
                self.wfile.write(server.content.encode())

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self._http = HTTPServer(("127.0.0.1", 0), Handler)
        self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        self._thread = Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        return f"https://127.0.0.1:{self._http.server_port}/keys"

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[KeyServer]:
    certificate = tmp_path / "server.pem"
    certificate.write_bytes(self_signed())
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    running = KeyServer(certificate)
    yield running
    running.close()


def self_signed() -> bytes:
    """Key and certificate of this machine, for an hour."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    encoded = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return encoded + certificate.public_bytes(serialization.Encoding.PEM)


async def test_published_keys_are_asked_for_once(issuer: Issuer, server: KeyServer) -> None:
    server.content = key_set(issuer)
    verifier = TokenVerifier(ISSUER, AUDIENCE, server.address)
    for _ in range(3):
        assert (await verifier.verify(token(issuer))).subject == str(PERSON)
    assert server.asked == 1


async def test_unknown_keys_do_not_make_us_ask_the_issuer_each_time(issuer: Issuer, server: KeyServer) -> None:
    server.content = key_set(issuer)
    verifier = TokenVerifier(ISSUER, AUDIENCE, server.address)
    for number in range(5):
        with pytest.raises(InvalidToken):
            await verifier.verify(token(issuer, header={"kid": f"made up {number}"}))
    assert server.asked <= 2


async def test_a_withdrawn_key_is_forgotten_with_the_set_it_was_in(
    tmp_path: Path, issuer: Issuer, server: KeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that was once used must not be kept by itself: nobody would ever ask for it again."""
    monkeypatch.setattr("shared.adapters.tokens._KEYS_KEPT_SECONDS", 0.05)
    following, verifier = Issuer(tmp_path / "following"), TokenVerifier(ISSUER, AUDIENCE, server.address)
    server.content = key_set(issuer)
    await verifier.verify(token(issuer))
    server.content = key_set(following)
    assert await is_forgotten(verifier, token(issuer))
    await verifier.verify(token(following))


async def is_forgotten(verifier: TokenVerifier, withdrawn: str) -> bool:
    until = time.monotonic() + 5
    while time.monotonic() < until:
        try:
            await verifier.verify(withdrawn)
        except InvalidToken:
            return True
    return False


@pytest.mark.parametrize(
    ("status", "content"),
    [(500, ""), (404, "gone"), (200, "<html>Sorry</html>"), (200, ""), (200, '{"keys": []}')],
    ids=["broken", "gone", "a page", "empty", "no keys"],
)
async def test_an_issuer_that_cannot_be_asked_is_no_fault_of_the_token(
    issuer: Issuer, server: KeyServer, status: int, content: str
) -> None:
    server.status, server.content = status, content
    verifier = TokenVerifier(ISSUER, AUDIENCE, server.address)
    with pytest.raises(KeySourceUnavailable):
        await verifier.verify(token(issuer))
    server.status, server.content = 200, key_set(issuer)
    # It is asked again as soon as it answers.
    assert (await verifier.verify(token(issuer))).subject == str(PERSON)


async def test_keys_from_a_server_that_nobody_vouches_for_are_not_taken(
    issuer: Issuer, server: KeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.content = key_set(issuer)
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(KeySourceUnavailable):
        await TokenVerifier(ISSUER, AUDIENCE, server.address).verify(token(issuer))
    assert server.asked == 0
