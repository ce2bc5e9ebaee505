"""Calls to strangers' machines, against a real receiver on this one: slow, huge, silent, moved, gone, never the wrong one."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.adapters import courier
from shared.adapters.courier import PinnedCourier
from shared.domain.webhook import Failure, Reply
from tests.receiver import Receiver, receiver

LOCAL = PinnedCourier(to_loopback=True)
PRODUCTION = PinnedCourier()


@pytest.fixture
async def portal() -> AsyncIterator[Receiver]:
    async with receiver() as running:
        yield running


async def post(portal: Receiver) -> Reply:
    return await LOCAL.post(portal.url, b'{"a": 1}', {"webhook-id": "e.1", "content-type": "application/json"})


async def test_a_call_arrives_as_it_was_sent(portal: Receiver) -> None:
    assert await post(portal) == Reply(204, None)
    (received,) = portal.received
    assert (received.path, received.body) == ("/hook", b'{"a": 1}')
    assert (received.headers["webhook-id"], received.headers["content-type"]) == ("e.1", "application/json")


@pytest.mark.parametrize(
    ("status", "failure"), [(200, None), (299, None), (400, Failure.STATUS), (410, Failure.STATUS), (500, Failure.STATUS)]
)
async def test_only_a_good_status_counts_as_taken(portal: Receiver, status: int, failure: Failure | None) -> None:
    """R-287"""
    portal.says(status)
    assert await post(portal) == Reply(status, failure)


async def test_a_redirect_is_not_followed(portal: Receiver) -> None:
    """R-285: whoever may be called must not send us where we may not call."""
    async with receiver() as elsewhere:
        portal.says(307, f"Location: {elsewhere.url}")
        assert await post(portal) == Reply(307, Failure.REDIRECTED)
        assert elsewhere.received == []


async def test_of_a_huge_answer_only_the_status_is_read(portal: Receiver) -> None:
    """R-285"""
    written = 0

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        assert not reader.at_eof()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
        for _chunk in range(1_000):
            writer.write(b"x" * 100_000)
            await writer.drain()
            written += 100_000

    portal.answer = flood
    assert await post(portal) == Reply(200, None)
    assert written < 50_000_000


@pytest.mark.parametrize("what", ["nothing", "a byte now and then", "half a header"])
async def test_whoever_keeps_us_waiting_is_left(portal: Receiver, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-285: a call takes a bounded time, whatever the receiver does."""
    monkeypatch.setattr(courier, "TAKES_AT_MOST_S", 0.5)
    first = {"nothing": b"", "a byte now and then": b"HTTP/1.1 200 OK\r\nX-Slow: ", "half a header": b"HTTP/1.1 20"}[what]
    more = {"nothing": b"", "a byte now and then": b"x", "half a header": b""}[what]

    async def hang(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        while not writer.is_closing():
            writer.write(more)
            await writer.drain()
            await asyncio.sleep(0.05)

    portal.answer = hang
    assert await asyncio.wait_for(post(portal), 20) == Reply(None, Failure.NO_ANSWER_IN_TIME)


@pytest.mark.parametrize("said", [b"", b"not HTTP at all\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n"])
async def test_what_is_no_answer_counts_as_none(portal: Receiver, said: bytes) -> None:
    portal.answer = said
    assert await post(portal) == Reply(None, Failure.NOT_CONNECTED)


async def test_nobody_at_home() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        assert await LOCAL.post(nobody, b"", {}) == Reply(None, Failure.NOT_CONNECTED)
    assert await LOCAL.post("http://no-such-name.invalid/", b"", {}) == Reply(None, Failure.NAME_UNKNOWN)


# Where we must not call.


@pytest.mark.parametrize(
    "url",
    [
        "http://portal.example/",
        "ftp://portal.example/",
        "https:///nowhere",
        "https://user@portal.example/",
        "https://user:word@portal.example/",
        "https://portal.example/#part",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://169.254.169.254/metadata",
        "https://10.0.0.7:8443/",
        "https://portal.example:99999/",
        "https://portal.example/\r\nHost: other",
        "https://[",
        "",
        "https://portal.example/" + "x" * 2_000,
    ],
)
async def test_an_address_that_must_not_be_called_is_refused_before_anything_is_sent(url: str) -> None:
    """R-285"""
    assert PRODUCTION.refuses(url) is not None
    assert await PRODUCTION.post(url, b"", {}) == Reply(None, Failure.ADDRESS_REFUSED)


def test_an_address_of_the_open_internet_is_not_refused() -> None:
    assert PRODUCTION.refuses("https://portal.example/hooks?customer=7") is None
    assert PRODUCTION.refuses("https://93.184.216.34:8443/") is None


class Names:
    """Name resolution, as a test wants it: each time the next answer of a name."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> None:
        self.asked = 0
        self._answers = answers
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", self.resolve)

    async def resolve(self, _: str, port: int, **__: Any) -> list[Any]:
        answer = self._answers[min(self.asked, len(self._answers) - 1)]
        self.asked += 1
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in answer]


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["169.254.169.254"], ["10.1.2.3"]])
async def test_a_name_that_leads_inside_is_refused(
    portal: Receiver, monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    """R-285: also when only one of its addresses does."""
    Names(monkeypatch, addresses)
    reply = await PRODUCTION.post(f"https://portal.example:{portal.port}/", b"", {})
    assert reply == Reply(None, Failure.ADDRESS_REFUSED)
    assert portal.received == []


async def test_a_name_is_resolved_once_and_the_call_goes_where_it_led(portal: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-285: a name that leads elsewhere a moment later (rebinding) changes nothing."""
    names = Names(monkeypatch, ["127.0.0.1"], ["10.1.2.3"])
    reply = await LOCAL.post(f"http://portal.example:{portal.port}/hook", b"", {})
    assert (reply, names.asked) == (Reply(204, None), 1)
    assert portal.received[0].headers["host"] == f"portal.example:{portal.port}"


async def test_without_the_setting_for_development_this_machine_is_never_called(portal: Receiver) -> None:
    """R-285"""
    assert await PRODUCTION.post(portal.url, b"", {}) == Reply(None, Failure.ADDRESS_REFUSED)
    assert portal.received == []
