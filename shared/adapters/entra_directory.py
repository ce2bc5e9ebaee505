"""To which tenant a domain belongs, as Entra ID tells everybody: the issuer in the domain's public OpenID configuration.

Only domains that a tenant has verified lead to one. What the endpoint does not say in time, or says in a way that is not
understood, is unknown, and whoever asks is told "not verified": then nobody's silence counts, and a reviewer confirms the person
(R-34, R-27).
"""

import json
import logging
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from urllib.parse import quote

log = logging.getLogger(__name__)

TAKES_AT_MOST_S: Final = 5.0
_MOST_BYTES: Final = 65_536
_MOST_KEPT: Final = 10_000
_KEPT: Final = timedelta(hours=12)
_UNKNOWN_KEPT: Final = timedelta(minutes=1)
_ISSUER: Final = re.compile(r"https://[^/]+/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/v2\.0")
_NO_SUCH_TENANT: Final = frozenset({400, 404})


class _Answer(NamedTuple):
    """A domain's tenant, None for a domain of none or an unknown one, and until when that is remembered."""

    tenant_id: str | None
    until: datetime


class EntraDirectory:
    """`ports.TenantDirectory` over the OpenID configuration at `address`. Answers are remembered for half a day."""

    def __init__(self, address: str, now: Callable[[], datetime]) -> None:
        self._address, self._now = address.rstrip("/"), now
        self._known: dict[str, _Answer] = {}

    async def is_verified(self, tenant_id: str, claimed_domain: str, mail_domain: str) -> bool:  # noqa: ARG002
        """Is the mail domain one that this tenant has verified? What cannot be found out is not."""
        known = self._known.get(mail_domain)
        if known is None or known.until <= self._now():
            known = await self._ask(mail_domain)
            if len(self._known) >= _MOST_KEPT:
                self._known.clear()
            self._known[mail_domain] = known
        return known.tenant_id == tenant_id

    async def _ask(self, domain: str) -> _Answer:
        import aiohttp

        url = f"{self._address}/{quote(domain, safe='')}/v2.0/.well-known/openid-configuration"
        times = aiohttp.ClientTimeout(total=TAKES_AT_MOST_S)
        try:
            async with aiohttp.ClientSession(timeout=times) as session, session.get(url, allow_redirects=False) as answer:
                if answer.status in _NO_SUCH_TENANT:
                    return _Answer(None, self._now() + _KEPT)
                if answer.status == 200:
                    content = b""
                    async for part in answer.content.iter_any():
                        content += part
                        if len(content) > _MOST_BYTES:
                            raise ValueError("no configuration is as long")
                    return _Answer(_tenant_in(content), self._now() + _KEPT)
                reason = str(answer.status)
        except (aiohttp.ClientError, OSError, ValueError, RecursionError, TimeoutError) as error:
            reason = type(error).__name__
        log.warning("the tenant directory could not be asked, so a contact counts as not verified", extra={"reason": reason})
        return _Answer(None, self._now() + _UNKNOWN_KEPT)


def _tenant_in(content: bytes) -> str:
    """Raises ValueError for what is no configuration."""
    document: Any = json.loads(content)
    issuer = _ISSUER.fullmatch(str(document.get("issuer"))) if isinstance(document, dict) else None
    if issuer is None:
        raise ValueError("no issuer with a tenant")
    return issuer[1]
