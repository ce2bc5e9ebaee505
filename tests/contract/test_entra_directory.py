"""Whose domain is it? Asked of a stand-in for Entra ID's public OpenID configuration: not the vendor's endpoint itself."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from shared.adapters import entra_directory
from shared.adapters.entra_directory import EntraDirectory
from tests.receiver import Receiver, receiver
from tests.usecases.system import TENANT, SetClock

OTHER = "11111111-2222-4333-8444-555555555555"


class StandIn:
    """A stand-in for login.microsoftonline.com: it knows what a test says, and counts what it is asked."""

    def __init__(self, portal: Receiver) -> None:
        self.portal, self.clock = portal, SetClock()
        self.directory = EntraDirectory(f"http://127.0.0.1:{portal.port}/", self.clock.now)

    def says(self, tenant_id: str) -> None:
        issuer = {"issuer": f"https://login.microsoftonline.com/{tenant_id}/v2.0", "token_endpoint": "…"}
        self.portal.says(200, "Content-Type: application/json", body=json.dumps(issuer).encode())

    async def is_verified(self, mail_domain: str = "contoso.example", tenant_id: str = TENANT) -> bool:
        return await self.directory.is_verified(tenant_id, "contoso.example", mail_domain)

    @property
    def asked(self) -> list[str]:
        return [received.path for received in self.portal.received]


@pytest.fixture
async def entra() -> AsyncIterator[StandIn]:
    async with receiver() as portal:
        yield StandIn(portal)


async def test_a_domain_of_the_tenant_is_verified_and_another_tenants_is_not(entra: StandIn) -> None:
    """R-292"""
    entra.says(TENANT)
    assert await entra.is_verified()
    assert entra.asked == ["/contoso.example/v2.0/.well-known/openid-configuration"]
    assert not await entra.is_verified(tenant_id=OTHER)


@pytest.mark.parametrize("status", [400, 404])
async def test_a_domain_of_no_tenant_is_not_verified(entra: StandIn, status: int) -> None:
    """R-292"""
    entra.portal.says(status, body=b'{"error": "invalid_tenant"}')
    assert not await entra.is_verified()


async def test_an_answer_is_remembered_for_half_a_day(entra: StandIn) -> None:
    entra.says(TENANT)
    for _ in range(3):
        assert await entra.is_verified()
    assert len(entra.asked) == 1
    entra.says(OTHER)
    entra.clock.advance(timedelta(hours=12))
    assert not await entra.is_verified()
    assert len(entra.asked) == 2


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: /contoso.example\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nlogin",
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\n\r\n" + b"[" * 200_000,
        b"",
    ],
)
async def test_what_cannot_be_found_out_is_not_verified_and_asked_again_soon(entra: StandIn, said: bytes) -> None:
    """R-292: no failure of the vendor's makes anybody's silence count, and none lasts longer than it lasts."""
    entra.portal.answer = said
    assert not await entra.is_verified()
    asked = len(entra.asked)
    assert not await entra.is_verified()
    assert len(entra.asked) == asked
    entra.says(TENANT)
    entra.clock.advance(timedelta(minutes=1))
    assert await entra.is_verified()


async def test_whoever_does_not_answer_is_not_waited_for(entra: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-292"""
    monkeypatch.setattr(entra_directory, "TAKES_AT_MOST_S", 0.3)

    async def hang(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    entra.portal.answer = hang
    assert not await asyncio.wait_for(entra.is_verified(), 20)


async def test_what_stands_in_a_domain_leads_to_no_other_address(entra: StandIn) -> None:
    entra.says(TENANT)
    await entra.is_verified("../common?x=#y")
    assert entra.asked == ["/..%2Fcommon%3Fx=%23y/v2.0/.well-known/openid-configuration"]
