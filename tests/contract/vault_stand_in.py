"""A stand-in for Azure Key Vault: the two REST operations that a seal needs, with real keys, at an address of this machine.

It stands in for the vendor and for none of our code. It knows what the vault's documents say: versions of keys, algorithms that
go with a key, digests of their length, the form of a signature, tokens, the version of the API. Key Vault itself was never met.
"""

import json
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

TOKEN: Final = "a token for the vault"
VERSION: Final = "78deebed173b48e48f55abf87ed4cf71"
_HASHES: Final = {"RS256": SHA256(), "ES256": SHA256(), "ES384": SHA384()}

type Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass
class Vault:
    """One certificate named `seal`. `answers` are given, one each, instead of the next ones: (status, content)."""

    key: Key
    algorithm: str
    address: str = ""
    answers: list[tuple[int, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.certificate = _certificate(self.key)

    @property
    def certificate_address(self) -> str:
        return f"{self.address}/certificates/seal"

    @property
    def key_address(self) -> str:
        return f"{self.address}/keys/seal/{VERSION}"

    def answer(self, method: str, path: str, token: str, api_version: str, content: dict[str, Any]) -> tuple[int, Any]:
        self.asked.append(f"{method} {path}")
        if self.answers:
            return self.answers.pop(0)
        if token != f"Bearer {TOKEN}":
            return 401, {"error": {"code": "Unauthorized"}}
        if api_version != "7.4":
            return 400, {"error": {"code": "BadParameter"}}
        if (method, path) == ("GET", "/certificates/seal"):
            der = self.certificate.public_bytes(Encoding.DER)
            return 200, {"id": f"{self.certificate_address}/{VERSION}", "kid": self.key_address, "cer": b64encode(der).decode()}
        if (method, path) == ("POST", f"/keys/seal/{VERSION}/sign"):
            return self._sign(content)
        return 404, {"error": {"code": "KeyNotFound"}}

    def _sign(self, content: dict[str, Any]) -> tuple[int, Any]:
        digest = urlsafe_b64decode(content["value"] + "=" * (-len(content["value"]) % 4))
        if content["alg"] != self.algorithm or len(digest) != _HASHES[self.algorithm].digest_size:
            return 400, {"error": {"code": "BadParameter"}}
        hashing = Prehashed(_HASHES[self.algorithm])
        if isinstance(self.key, rsa.RSAPrivateKey):
            signature = self.key.sign(digest, padding.PKCS1v15(), hashing)
        else:
            length = (self.key.key_size + 7) // 8
            r, s = decode_dss_signature(self.key.sign(digest, ec.ECDSA(hashing)))
            signature = r.to_bytes(length) + s.to_bytes(length)
        return 200, {"kid": self.key_address, "value": urlsafe_b64encode(signature).rstrip(b"=").decode()}


@contextmanager
def vault_stand_in(key: Key, algorithm: str) -> Iterator[Vault]:
    """The vault, as long as the block runs."""
    vault = Vault(key, algorithm)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # The library finds it by this name.
            self._reply("GET", {})

        def do_POST(self) -> None:  # The same.
            self._reply("POST", json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def log_message(self, *_: object) -> None:
            pass

        def _reply(self, method: str, content: dict[str, Any]) -> None:
            asked = urlsplit(self.path)
            token, version = self.headers.get("Authorization", ""), parse_qs(asked.query).get("api-version", [""])[0]
            status, answer = vault.answer(method, asked.path, token, version, content)
            body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            if status in (301, 302, 307):
                self.send_header("Location", f"{vault.address}/elsewhere")
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    vault.address = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield vault
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _certificate(key: Key) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Partner of record, a seal in a stand-in of a vault")])
    others = (
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    usage = x509.KeyUsage(digital_signature=True, content_commitment=True, **dict.fromkeys(others, False))
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2018, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2048, 1, 1, tzinfo=UTC))
        .add_extension(usage, critical=True)
        .sign(key, SHA256())
    )
