"""The development token issuer: signs access tokens shaped like Entra ID's, with keys of its own that nobody else trusts.

Guarantees that its private key stays in its folder, that the key set beside it verifies what it signs, and that it refuses to
work where the environment is not development. It is no identity provider: it asks nobody for a password.

`make token ROLE=Partner PARTNER=1234567` prints one.
"""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid5

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

AUDIENCE = "api://partner-of-record-development"
DEVELOPMENT_TENANT = uuid5(NAMESPACE_URL, "cpor-dev-tenant")
ISSUER = f"https://login.development.invalid/{DEVELOPMENT_TENANT}/v2.0"

ROLES = ("Partner", "Reviewer", "Operator")
ALGORITHM = "RS256"
KEY_BITS = 2048
LIFETIME = timedelta(hours=12)


class NoIssuerHere(Exception):
    """The issuer was asked for outside development."""


def client_of_partner(partner_id: str) -> UUID:
    """The development client app id of a partner, which an operator enrols with it."""
    return uuid5(NAMESPACE_URL, f"cpor-dev:{partner_id}")


def person_id(name: str) -> UUID:
    """The development object id of a reviewer or operator, by any name that tells them apart."""
    return uuid5(NAMESPACE_URL, f"cpor-dev-person:{name}")


class Issuer:
    """Signs tokens with the key in `folder`, which is made on first use."""

    def __init__(self, folder: Path) -> None:
        if os.environ.get("CPOR_ENVIRONMENT", "development") != "development":
            raise NoIssuerHere("The development issuer works only where CPOR_ENVIRONMENT is development.")
        self.jwks_file = folder / "jwks.json"
        self._key = _key_in(folder / "issuer.pem")
        public: dict[str, object] = json.loads(RSAAlgorithm.to_jwk(self._key.public_key()))
        self._key_id = str(uuid5(NAMESPACE_URL, str(public["n"])))
        key_set = {"keys": [{**public, "kid": self._key_id, "use": "sig", "alg": ALGORITHM}]}
        self.jwks_file.write_text(json.dumps(key_set), encoding="utf-8")

    def issue(
        self,
        role: str,
        client: UUID,
        *,
        tenant: UUID = DEVELOPMENT_TENANT,
        person: UUID | None = None,
        now: datetime | None = None,
        lifetime: timedelta = LIFETIME,
    ) -> str:
        """A signed v2.0 access token for one role. Without a person it is an application's own, as portals use."""
        issued_at = now or datetime.now(UTC)
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "iat": issued_at,
            "nbf": issued_at,
            "exp": issued_at + lifetime,
            "tid": str(tenant),
            "azp": str(client),
            "oid": str(person or uuid5(client, "service principal")),
            "sub": str(person or uuid5(client, "service principal")),
            "roles": [role],
            "ver": "2.0",
        }
        return jwt.encode(claims, self._key, algorithm=ALGORITHM, headers={"kid": self._key_id})


def _key_in(file: Path) -> rsa.RSAPrivateKey:
    if file.exists():
        key = serialization.load_pem_private_key(file.read_bytes(), password=None)
        assert isinstance(key, rsa.RSAPrivateKey)
        return key
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    file.parent.mkdir(parents=True, exist_ok=True)
    written = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption_algorithm=serialization.NoEncryption()
    )
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as private:
        private.write(written)
    return key
