"""HTTP: requests in, answers out, with the platform's limits and none of its own words.

It finds the function, asks for a key, bounds size and time, and translates both ways. What the host itself answers (404, 401,
413, 500, 504) has no body: an unhandled error shows the caller nothing.
"""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from infra.local.host import runtime
from infra.local.host.admin import Admin
from infra.local.host.function import Function, HttpTrigger
from infra.local.host.keys import Keys
from infra.local.host.routes import RouteTable

log = logging.getLogger("host.http")

BODYLESS = frozenset({204, 205, 304})
# The server computes these itself; a function's own figure could only contradict it.
FRAMING = frozenset({"content-length", "transfer-encoding", "connection"})


class TooLarge(Exception):
    """The request has more bytes than the platform takes."""


@dataclass(frozen=True)
class Limits:
    """What one request may cost: seconds until an answer, bytes of a body."""

    seconds: float
    bytes: int


class Web:
    """The ASGI application in front of the functions."""

    def __init__(self, routes: RouteTable, admin: Admin, keys: Keys, limits: Limits, host: runtime.Runtime) -> None:
        self._routes, self._admin, self._keys, self._limits, self._runtime = routes, admin, keys, limits, host
        self._calls: set[asyncio.Task[runtime.Outcome]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise NotImplementedError(f"the host serves HTTP, not {scope['type']}")
        try:
            response = await self._answer(Request(scope, receive))
        except TooLarge:
            response = Response(status_code=413, headers={"connection": "close"})
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        raw_path = request.scope["raw_path"].decode("latin-1").partition("?")[0]
        presented = request.headers.get("x-functions-key") or request.query_params.get("code") or ""
        if self._admin.serves(raw_path):
            return await self._admin.answer(request, raw_path, presented)
        found = self._routes.find(request.method, raw_path)
        if not found:
            return Response(status_code=404)
        function, parameters = found
        if not self._keys.allow(function.trigger.auth_level, presented):
            return Response(status_code=401)
        return await self._call(function, request, parameters)

    async def _call(self, function: Function[HttpTrigger], request: Request, parameters: dict[str, str]) -> Response:
        content = await self._read(request)
        datum = runtime.http_request(
            request.method,
            str(request.url),
            _merged((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw),
            _merged(parse_qsl(request.url.query, keep_blank_values=True)),
            parameters,
            content,
        )
        call = asyncio.create_task(self._runtime.invoke(function, datum, trace_parent=request.headers.get("traceparent")))
        # The set keeps a late call alive: the loop holds tasks weakly.
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)
        # Only the caller's wait ends; the function runs on, as it does behind the platform's load balancer.
        await asyncio.wait({call}, timeout=self._limits.seconds)
        if not call.done():
            log.warning("No answer from %s within %g s", function.name, self._limits.seconds)
            return Response(status_code=504)
        outcome = call.result()
        if not outcome.ok:
            return Response(status_code=500)
        try:
            return _response(outcome.returned)
        except ValueError as error:
            log.error("The answer of %s is no HTTP: %s", function.name, error)
            return Response(status_code=500)

    async def _read(self, request: Request) -> bytes:
        if int(request.headers.get("content-length", 0)) > self._limits.bytes:
            raise TooLarge
        content = bytearray()
        async for chunk in request.stream():
            content += chunk
            if len(content) > self._limits.bytes:
                raise TooLarge
        return bytes(content)


def _merged(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """One value a name: repeated ones joined by commas, names without a value left out. The platform does both."""
    names: dict[str, str] = {}
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(names.setdefault(name.lower(), name), []).append(value)
    joined = {name: ",".join(several) for name, several in values.items()}
    return {name: value for name, value in joined.items() if value}


def _response(returned: Any) -> Response:
    """Turn what the runtime encoded into an answer. ValueError: a status or header that HTTP cannot carry."""
    if returned.type != "http":
        return Response(returned.value, media_type="text/plain")
    answer = returned.value
    status = int(answer["status_code"].value)
    headers = [(name, datum.value) for name, datum in answer["headers"].items() if name.lower() not in FRAMING]
    headers += [("set-cookie", cookie) for jar in answer["cookies"] or () for cookie in _cookies(jar)]
    if any(set(str(value)) & set("\r\n\0") for _, value in headers):
        raise ValueError("a header with a line break")
    response = Response(b"" if status in BODYLESS else answer["body"].value, status_code=status)
    response.raw_headers += [(name.lower().encode("latin-1"), str(value).encode("latin-1")) for name, value in headers]
    return response


def _cookies(jar: SimpleCookie) -> list[str]:
    """Cookies as the platform writes them: without a path of its own, a cookie gets the root."""
    for cookie in jar.values():
        cookie["path"] = cookie["path"] or "/"
    return [cookie.OutputString() for cookie in jar.values()]
