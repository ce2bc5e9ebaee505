"""A partner's portal that receives webhooks: a real HTTP server on this machine, which answers as a test wants it to."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

type Behave = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Received:
    """One request, header names in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """Keeps what it receives. `answer` is what it says, or what it does instead of answering."""

    url: str = ""
    port: int = 0
    answer: bytes | Behave = b""
    received: list[Received] = field(default_factory=list)

    def says(self, status: int, *headers: str, body: bytes = b"") -> None:
        """From now on it answers like this."""
        head = [f"HTTP/1.1 {status} Answer", *headers, f"Content-Length: {len(body)}", "Connection: close", "", ""]
        self.answer = "\r\n".join(head).encode() + body

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.received.append(Received(head[0].split(" ")[1], headers, body))
            if isinstance(self.answer, bytes):
                writer.write(self.answer)
                await writer.drain()
            else:
                await self.answer(reader, writer)
        writer.close()


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver that takes every call, until told otherwise."""
    portal = Receiver()
    portal.says(204)
    server = await asyncio.start_server(portal.take, "127.0.0.1", 0)
    portal.port = server.sockets[0].getsockname()[1]
    portal.url = f"http://127.0.0.1:{portal.port}/hook"
    try:
        yield portal
    finally:
        server.close()
