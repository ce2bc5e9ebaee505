"""Others' secrets, kept so that whoever reads the store learns none: AES-256-GCM under a key that only the service has."""

import secrets
from base64 import b64decode, b64encode
from hashlib import sha256
from typing import Final

_NONCE_BYTES: Final = 12


class KeyedSecretBox:
    """`ports.SecretBox` under one key, any unguessable text of 32 characters or more."""

    def __init__(self, key: str) -> None:
        self._key = sha256(f"webhook secrets\n{key}".encode()).digest()

    def seal(self, secret: str, about: str) -> str:
        """Sealed anew each time; it opens only for the same `about`, so that no row can be moved to another's place."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = secrets.token_bytes(_NONCE_BYTES)
        return b64encode(nonce + AESGCM(self._key).encrypt(nonce, secret.encode(), about.encode())).decode()

    def open(self, sealed: str, about: str) -> str:
        """Raises cryptography's InvalidTag for what was sealed under another key, or about something else."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        content = b64decode(sealed)
        return AESGCM(self._key).decrypt(content[:_NONCE_BYTES], content[_NONCE_BYTES:], about.encode()).decode()
