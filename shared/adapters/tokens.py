"""Bearer tokens (JWT, as Entra ID issues them): only asymmetric signatures by a known key, for us, from our issuer, in time."""

import asyncio
import json
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from shared.domain.caller import Caller, Role
from shared.domain.partner import TokenClient
from shared.ports.failures import InvalidToken, KeySourceUnavailable

if TYPE_CHECKING:
    from jwt import PyJWK, PyJWKClient

# Algorithms are ours to choose, never the token's: "none" and shared secrets (HS256) are not among them.
_ALGORITHMS: Final = ["RS256"]
_REQUIRED: Final = ["exp", "iss", "aud", "tid", "azp", "oid"]
_CLOCK_SKEW_SECONDS: Final = 60
_KEYS_KEPT_SECONDS: Final = 3600


class TokenVerifier:
    """Verifies access tokens against one issuer's key set: a JWKS file (development) or URL (cached, unknown keys re-asked)."""

    def __init__(self, issuer: str, audience: str, jwks: str) -> None:
        self._issuer, self._audience, self._jwks = issuer, audience, jwks

    async def verify(self, token: str) -> Caller:
        """The caller. Raises InvalidToken, KeySourceUnavailable."""
        import jwt

        try:
            key = await self._key_of(jwt.get_unverified_header(token).get("kid"))
            claims = jwt.decode(
                token,
                key,
                algorithms=_ALGORITHMS,
                audience=self._audience,
                issuer=self._issuer,
                leeway=_CLOCK_SKEW_SECONDS,
                options={"require": _REQUIRED},
            )
        except (jwt.PyJWTError, UnicodeError) as error:
            raise InvalidToken(type(error).__name__) from error
        known = {role.value for role in Role}
        roles = claims.get("roles")
        names = (claims["tid"], claims["azp"], claims["oid"])
        if not all(isinstance(name, str) and name for name in names):
            raise InvalidToken("claims of a wrong type")
        return Caller(
            frozenset(Role(r) for r in roles if isinstance(r, str) and r in known) if isinstance(roles, list) else frozenset(),
            TokenClient(names[0], names[1]),
            names[2],
        )

    async def check(self) -> None:
        """Reads the key set. Raises KeySourceUnavailable when it cannot be read or holds no key."""
        import jwt

        try:
            if self._is_remote:
                await asyncio.to_thread(self._remote.get_signing_keys)
            else:
                self._local_keys()
        except (jwt.PyJWTError, OSError, ValueError) as error:
            raise KeySourceUnavailable from error

    async def _key_of(self, key_id: object) -> Any:
        """The issuer's key of that name. Raises InvalidToken if it has none, KeySourceUnavailable if that can't be known."""
        import jwt

        if not isinstance(key_id, str):
            raise InvalidToken("no key is named")
        try:
            if self._is_remote:
                return (await asyncio.to_thread(self._remote.get_signing_key, key_id)).key
            keys = self._local_keys()
        except (jwt.PyJWKClientConnectionError, jwt.PyJWKSetError, OSError, ValueError) as error:
            raise KeySourceUnavailable from error
        for key in keys:
            if key.key_id == key_id:
                return key.key
        raise InvalidToken("unknown key")

    @property
    def _is_remote(self) -> bool:
        return self._jwks.startswith("https://")

    @cached_property
    def _remote(self) -> "PyJWKClient":
        import jwt

        # Only the whole set is kept, for a while; a key kept by itself would be trusted long after the issuer withdrew it.
        return jwt.PyJWKClient(self._jwks, lifespan=_KEYS_KEPT_SECONDS, timeout=10)

    def _local_keys(self) -> "list[PyJWK]":
        # A file is for development only; reading it blocks for microseconds.
        import jwt

        return jwt.PyJWKSet.from_dict(json.loads(Path(self._jwks).read_text())).keys
