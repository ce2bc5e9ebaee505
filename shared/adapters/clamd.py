"""ClamAV's daemon as an engine, by its INSTREAM command over TCP or a Unix socket.

Whatever is neither "OK" nor "FOUND" is no verdict: too large for it, a database it has not loaded yet, a broken connection.
https://docs.clamav.net/manual/Usage/Scanning.html#clamd
"""

import asyncio
import re
from typing import Final
from urllib.parse import urlsplit

from shared.domain.poe import Verdict

_CHUNK_BYTES: Final = 1_000_000
_MOST_REPLY_BYTES: Final = 4_096
_FOUND: Final = re.compile(r"stream: .+ FOUND")
PATIENCE_SECONDS: Final = 120.0


class NoVerdict(Exception):
    """The daemon did not say whether the content is clean; the text is its own."""


class ClamdEngine:
    """`content_scanner.Engine` at `tcp://host:port` or `unix:///path`; a connection for each content."""

    def __init__(self, address: str) -> None:
        self._address = urlsplit(address)

    async def scan(self, content: bytes) -> Verdict:
        """Asks the daemon. Raises NoVerdict."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                reply = await self._asked(content)
        except (OSError, TimeoutError) as error:
            raise NoVerdict("The malware scanner did not answer.") from error
        if reply == "stream: OK":
            return Verdict.CLEAN
        if _FOUND.fullmatch(reply):
            return Verdict.INFECTED
        raise NoVerdict(reply or "The malware scanner ended the connection without a word.")

    async def _asked(self, content: bytes) -> str:
        if self._address.scheme == "unix":
            reader, writer = await asyncio.open_unix_connection(self._address.path)
        else:
            reader, writer = await asyncio.open_connection(self._address.hostname, self._address.port)
        try:
            writer.write(b"zINSTREAM\0")
            for start in range(0, len(content), _CHUNK_BYTES):
                chunk = content[start : start + _CHUNK_BYTES]
                writer.write(len(chunk).to_bytes(4))
                writer.write(chunk)
                await writer.drain()
            writer.write(bytes(4))
            reply = await reader.read(_MOST_REPLY_BYTES)
        finally:
            writer.close()
        return reply.rstrip(b"\0\n").decode("utf-8", "replace")
