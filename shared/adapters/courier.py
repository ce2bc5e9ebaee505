"""Calls a machine that a stranger has named, and none that it must not: inside a network everybody trusts who calls from inside.

A name is resolved once, all it leads to is looked at, and the connection goes to one of exactly these addresses: a name that
leads elsewhere a moment later changes nothing. Redirects are not followed, no proxy is asked, and of the answer only the status
is read.
"""

import asyncio
import socket
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from shared.domain.address import is_address, is_loopback, is_public
from shared.domain.webhook import Failure, Reply

TAKES_AT_MOST_S: Final = 15.0
_CONNECTS_WITHIN_S: Final = 5.0
_LONGEST_URL: Final = 2_000
_LONGEST_HEADER: Final = 8_190


class _Refused(Exception):
    """The name leads to an address that nobody may make us call."""


class PinnedCourier:
    """`ports.Courier`. `to_loopback` is for development: then, and only then, this machine may be called, without encryption."""

    def __init__(self, *, to_loopback: bool = False) -> None:
        self._to_loopback = to_loopback

    def refuses(self, url: str) -> str | None:
        """Why this address is never called; where it names a machine by number, the number is looked at."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            return "This is not an address of the web."
        schemes = ("https", "http") if self._to_loopback else ("https",)
        if parts.scheme not in schemes or not host or port == 0 or len(url) > _LONGEST_URL or not url.isprintable():
            return "Write an address that begins with https:// and a host."
        if parts.username is not None or parts.password is not None or parts.fragment:
            return "The address may hold no user, no password and no fragment."
        if is_address(host) and not self._may_call(host):
            return "This address is not one of the open internet."
        return None

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """One attempt, done within fifteen seconds whatever the receiver does."""
        if self.refuses(url) is not None:
            return Reply(None, Failure.ADDRESS_REFUSED)
        try:
            status = await self._status(url, body, headers)
        except _Refused:
            return Reply(None, Failure.ADDRESS_REFUSED)
        except aiohttp.ClientConnectorDNSError:
            return Reply(None, Failure.NAME_UNKNOWN)
        except TimeoutError:
            return Reply(None, Failure.NO_ANSWER_IN_TIME)
        except (aiohttp.ClientError, OSError, ValueError):
            return Reply(None, Failure.NOT_CONNECTED)
        if 300 <= status < 400:
            return Reply(status, Failure.REDIRECTED)
        return Reply(status, None if 200 <= status < 300 else Failure.STATUS)

    async def _status(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        connector = aiohttp.TCPConnector(
            resolver=_CheckedResolver(self._may_call), use_dns_cache=False, force_close=True, limit=1
        )
        times = aiohttp.ClientTimeout(total=TAKES_AT_MOST_S, connect=_CONNECTS_WITHIN_S)
        options: dict[str, Any] = {"max_line_size": _LONGEST_HEADER, "max_field_size": _LONGEST_HEADER, "trust_env": False}
        async with (
            aiohttp.ClientSession(connector=connector, timeout=times, auto_decompress=False, **options) as session,
            session.post(url, data=body, headers=dict(headers), allow_redirects=False) as answer,
        ):
            # What the receiver says besides is nobody's business, however much it is.
            answer.close()
            return answer.status

    def _may_call(self, address: str) -> bool:
        return is_public(address) or (self._to_loopback and is_loopback(address))


class _CheckedResolver(AbstractResolver):
    """Resolves a name once; refuses it when any of its addresses may not be called."""

    def __init__(self, may_call: Any) -> None:
        self._may_call = may_call

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AddressFamily.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Raises _Refused, OSError for a name that nobody knows."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, family=family)
        addresses = [(str(address[0]), kind) for kind, _, _, _, address in found]
        if not all(self._may_call(address) for address, _ in addresses):
            raise _Refused
        return [
            {"hostname": host, "host": address, "port": port, "family": kind, "proto": 0, "flags": socket.AI_NUMERICHOST}
            for address, kind in addresses
        ]

    async def close(self) -> None:
        """There is nothing to close."""
