"""The seal whose key lies in Azure Key Vault and never leaves it: only digests go there, and signatures come back.

The setting names a certificate of the vault; the vault says which version of which key belongs to it. A signature is verified
with the certificate before anything is sealed with it. Plain REST, because it is two requests:
https://learn.microsoft.com/rest/api/keyvault/keys/sign/sign and .../certificates/get-certificate/get-certificate
"""

import asyncio
import hashlib
from base64 import b64decode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit

from shared.adapters.seal import sealed
from shared.domain.evidence import Evidence
from shared.ports.failures import StoreUnavailable

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from pyhanko.sign.signers import Signer

API_VERSION: Final = "7.4"
TOKEN_SCOPE: Final = "https://vault.azure.net/.default"  # noqa: S105  # Whom a token is for, and no token.
_ROOM_BYTES: Final = 512
"""For a signature of the longest RSA key that a vault makes."""
_PATIENCE_SECONDS: Final = 20.0
_PAUSES_SECONDS: Final = (0.3, 1.0)
_PASSING: Final = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True)
class SealKey:
    """A key of the vault, by its address, and the certificate that vouches for it."""

    address: str
    certificate_der: bytes

    @cached_property
    def certificate(self) -> "Certificate":
        from cryptography.x509 import load_der_x509_certificate

        return load_der_x509_certificate(self.certificate_der)

    @property
    def algorithm(self) -> "Algorithm":
        """What the vault is to sign with. Raises StoreUnavailable for a key that no seal is made with."""
        from cryptography.hazmat.primitives.asymmetric import ec, rsa

        key = self.certificate.public_key()
        name = (
            "RSA" if isinstance(key, rsa.RSAPublicKey) else key.curve.name if isinstance(key, ec.EllipticCurvePublicKey) else ""
        )
        if name not in _ALGORITHMS:
            raise StoreUnavailable
        return _ALGORITHMS[name]

    def require_own(self, signature: bytes, signed: bytes) -> None:
        """Raises InvalidSignature for one that this key has not made."""
        from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
        from cryptography.hazmat.primitives.hashes import SHA256, SHA384

        hashing = SHA384() if self.algorithm.digest == "sha384" else SHA256()
        key = self.certificate.public_key()
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, signed, padding.PKCS1v15(), hashing)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, signed, ec.ECDSA(hashing))


class Algorithm(NamedTuple):
    """By its name among JSON Web Algorithms. A signature on a curve is two numbers, each of half its length."""

    name: str
    digest: str
    is_curve: bool


_ALGORITHMS: Final = {
    "RSA": Algorithm("RS256", "sha256", is_curve=False),
    "secp256r1": Algorithm("ES256", "sha256", is_curve=True),
    "secp384r1": Algorithm("ES384", "sha384", is_curve=True),
}


class VaultSealer:
    """`ports.Sealer` with a certificate of a vault, read once a worker. `token` gives a bearer token for the vault."""

    def __init__(self, certificate_address: str, token: Callable[[], Awaitable[str]]) -> None:
        self._certificate_address, self._token = certificate_address, token
        self._key: SealKey | None = None

    async def seal(self, document: bytes, evidence: Evidence) -> bytes:
        """See the port."""
        token = await self._token()
        key = self._key = self._key or await self._read_key(token)
        return await asyncio.to_thread(lambda: sealed(document, evidence, _signer(key, token), key.algorithm.digest))

    async def _read_key(self, token: str) -> SealKey:
        answer = await _asked("GET", self._certificate_address, token)
        try:
            key = SealKey(str(answer["kid"]), b64decode(answer["cer"], validate=True))
        except (KeyError, ValueError, TypeError) as error:
            raise StoreUnavailable from error
        # Whoever may answer for the vault must not have our token carried elsewhere.
        if urlsplit(key.address)[:2] != urlsplit(self._certificate_address)[:2]:
            raise StoreUnavailable
        return key


def _signer(key: SealKey, token: str) -> "Signer":
    from pyhanko.keys.pemder import load_certs_from_pemder_data
    from pyhanko.sign.signers import Signer

    class VaultSigner(Signer):
        async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:  # noqa: ARG002
            return bytes(_ROOM_BYTES) if dry_run else await _signature(key, token, data)

    (certificate,) = load_certs_from_pemder_data(key.certificate_der)
    return VaultSigner(signing_cert=certificate)


async def _signature(key: SealKey, token: str, data: bytes) -> bytes:
    """The vault's signature, in the form that goes into a document, and found good."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    algorithm = key.algorithm
    digest = urlsafe_b64encode(hashlib.new(algorithm.digest, data).digest()).rstrip(b"=").decode()
    answer = await _asked("POST", f"{key.address}/sign", token, {"alg": algorithm.name, "value": digest})
    try:
        value = str(answer["value"])
        signature = urlsafe_b64decode(value + "=" * (-len(value) % 4))
        if algorithm.is_curve:
            half = len(signature) // 2
            signature = encode_dss_signature(int.from_bytes(signature[:half]), int.from_bytes(signature[half:]))
        key.require_own(signature, data)
    except (KeyError, ValueError, InvalidSignature) as error:
        raise StoreUnavailable from error
    return signature


async def _asked(method: str, address: str, token: str, content: Mapping[str, str] | None = None) -> Mapping[str, Any]:
    """The vault's answer. What passes by itself is waited for a little. Raises StoreUnavailable for all else."""
    import aiohttp

    headers, timeout = {"Authorization": f"Bearer {token}"}, aiohttp.ClientTimeout(total=_PATIENCE_SECONDS)
    try:
        async with aiohttp.ClientSession(headers=headers, timeout=timeout) as session:
            for pause in (*_PAUSES_SECONDS, None):
                parameters = {"api-version": API_VERSION}
                # Following a redirection would carry the token to whoever it names.
                async with session.request(method, address, params=parameters, json=content, allow_redirects=False) as response:
                    if response.status == 200:
                        answer = await response.json()
                        return answer if isinstance(answer, dict) else {}
                    if response.status not in _PASSING or pause is None:
                        break
                await asyncio.sleep(pause)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise StoreUnavailable from error
    raise StoreUnavailable
