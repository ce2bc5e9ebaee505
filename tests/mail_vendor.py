"""A stand-in for the vendor's mail service: the few lines of Azure Communication Services' REST interface that we use, on a port.

It is not the vendor's: what it answers is taken from the vendor's documents. It takes a mail once for each operation id, and can
be told to be busy, down, broken or silent.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from aiohttp import web


class Mood(StrEnum):
    """What it does with a mail."""

    TAKES = "takes it: 202"
    BUSY = "429 with Retry-After"
    DOWN = "503"
    FORBIDS = "401"
    REFUSES = "400"
    BREAKS = "500"
    KNOWS = "409: the operation is known"
    DROPS = "closes the connection without a word, and has not taken it"
    TAKES_AND_DROPS = "takes it and closes the connection without a word"


_STATUS = {Mood.BUSY: 429, Mood.DOWN: 503, Mood.FORBIDS: 401, Mood.REFUSES: 400, Mood.BREAKS: 500, Mood.KNOWS: 409}


@dataclass
class MailVendor:
    """What it took, by operation id, and how often each mail was sent to it."""

    mood: Mood = Mood.TAKES
    retry_after: timedelta = timedelta(minutes=2)
    endpoint: str = ""
    taken: dict[str, dict[str, Any]] = field(default_factory=dict)
    tries: dict[str, int] = field(default_factory=dict)
    acknowledged: list[str] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)

    async def send(self, request: web.Request) -> web.StreamResponse:
        operation = request.headers["Operation-Id"]
        message = json.loads(await request.read())
        assert request.query["api-version"] == "2023-03-31"
        assert request.headers["Authorization"] == "Bearer a-token"
        self.headers = dict(request.headers)
        self.tries[operation] = self.tries.get(operation, 0) + 1
        if self.mood in _STATUS:
            headers = {"Retry-After": str(int(self.retry_after.total_seconds()))} if self.mood is Mood.BUSY else {}
            return web.json_response(
                {"error": {"code": "x", "message": str(message)}}, status=_STATUS[self.mood], headers=headers
            )
        if self.mood is not Mood.DROPS:
            self.taken[operation] = message
        if self.mood is not Mood.TAKES:
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        self.acknowledged.append(operation)
        where = {"Operation-Location": f"{self.endpoint}/emails/operations/{operation}", "Retry-After": "30"}
        return web.json_response({"id": operation, "status": "Running"}, status=202, headers=where)

    async def status(self, request: web.Request) -> web.StreamResponse:
        operation = request.match_info["operation"]
        if self.mood in (Mood.DROPS, Mood.TAKES_AND_DROPS, Mood.DOWN):
            return web.json_response({}, status=503)
        if operation not in self.taken:
            return web.json_response({"error": {"code": "NotFound"}}, status=404)
        return web.json_response({"id": operation, "status": "Succeeded"})


@asynccontextmanager
async def mail_vendor() -> AsyncIterator[MailVendor]:
    """The service, listening on a port of this machine."""
    vendor = MailVendor()
    app = web.Application()
    app.router.add_post("/emails:send", vendor.send)
    app.router.add_get("/emails/operations/{operation}", vendor.status)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    vendor.endpoint = "http://{}:{}".format(*runner.addresses[0][:2])
    try:
        yield vendor
    finally:
        await runner.cleanup()


@dataclass(frozen=True)
class _Token:
    token: str = "a-token"  # It opens the stand-in.


class Credentials:
    """Gives the one token that the stand-in knows."""

    async def get_token(self, *scopes: str) -> _Token:
        assert scopes == ("https://communication.azure.com/.default",)
        return _Token()
