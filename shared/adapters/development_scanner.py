"""A malware scanner for development: real enough to know EICAR, the industry's harmless test virus, wherever it hides.

It finds the test string in plain bytes, in the streams of a PDF and in the members of ZIP archives, one inside another too. It
knows nothing else, so "clean" from it means nothing outside a developer's machine. What exceeds its bounds it calls infected: a
scanner that gave up must not say "clean".
"""

import asyncio
import contextlib
import logging
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO

from shared.domain.poe import Verdict

EICAR = "".join(("X5O!P%@AP[4\\PZX54(P^)7CC)7}$", "EICAR-STANDARD-", "ANTIVIRUS-TEST-FILE!$H+H*")).encode("ascii")
"""Put together when the program runs: written out, it would have every virus scanner remove this file."""

MAX_DEPTH = 4
MAX_PART_BYTES = 100_000_000
MAX_UNPACKED_BYTES = 500_000_000
MAX_PARTS = 10_000


class TooMuch(Exception):
    """The content unpacks to more, or deeper, than is looked at."""


class DevelopmentScanner:
    """Answers for one content at a time; keeps nothing."""

    async def scan(self, content: bytes) -> Verdict:
        """Look through the content, in a thread: unpacking keeps a processor busy."""
        return await asyncio.to_thread(_scan, content)


def _scan(content: bytes) -> Verdict:
    try:
        is_infected = any(EICAR in part for part in _Unpacking().parts(content, MAX_DEPTH))
    except TooMuch:
        return Verdict.INFECTED
    return Verdict.INFECTED if is_infected else Verdict.CLEAN


class _Unpacking:
    """The content and everything inside it, within bounds that hold for all parts together."""

    def __init__(self) -> None:
        self._bytes_left = MAX_UNPACKED_BYTES
        self._parts_left = MAX_PARTS

    def parts(self, content: bytes, depth: int) -> Iterator[bytes]:
        """Raises `TooMuch` when a bound is exceeded."""
        yield content
        inner = (part for unpack in (self._members, self._raw_streams, self._decoded_streams) for part in unpack(content))
        for part in inner:
            if depth == 0:
                raise TooMuch
            yield from self.parts(part, depth - 1)

    def _members(self, content: bytes) -> Iterator[bytes]:
        if b"PK\x05\x06" not in content:
            return
        try:
            archive = zipfile.ZipFile(BytesIO(content))
        except Exception:  # noqa: BLE001  # Whatever the archive reader stumbles over: nobody could unpack it.
            return
        for member in archive.infolist():
            part = b""
            # A member may be damaged or encrypted in countless ways, and the next one whole.
            with contextlib.suppress(Exception), archive.open(member) as file:
                part = file.read(self._room())
            yield self._charged(part)

    def _raw_streams(self, content: bytes) -> Iterator[bytes]:
        """Every deflated stream of a PDF, found by the word before it, so that a damaged file hides nothing."""
        at = content.find(b"stream") if b"%PDF-" in content[:1024] else -1
        while at >= 0:
            start = at + len(b"stream")
            start += 2 if content[start : start + 2] == b"\r\n" else 1
            # What is not deflated was looked at already, as plain bytes.
            with contextlib.suppress(zlib.error):
                yield self._charged(zlib.decompressobj().decompress(memoryview(content)[start:], self._room()))
            at = content.find(b"stream", start)

    def _decoded_streams(self, content: bytes) -> Iterator[bytes]:
        """Every stream of a PDF through all its filters, as far as pypdf can follow them."""
        if b"%PDF-" not in content[:1024]:
            return
        from pypdf import PdfReader
        from pypdf.errors import LimitReachedError
        from pypdf.generic import IndirectObject, StreamObject

        logging.getLogger("pypdf").setLevel(logging.CRITICAL + 1)  # Its warnings quote the document.
        try:
            reader = PdfReader(BytesIO(content), strict=False)
            for number in sorted({number for table in reader.xref.values() for number in table}):
                entry = reader.get_object(IndirectObject(number, 0, reader))
                if isinstance(entry, StreamObject) and "/Filter" in entry and entry.get("/Subtype") != "/Image":
                    yield self._charged(entry.get_data())
        except TooMuch:
            raise
        except LimitReachedError as limit:
            raise TooMuch from limit
        except Exception:  # noqa: BLE001  # Parsers fail on hostile bytes in countless ways; the raw streams were looked at anyway.
            return

    def _room(self) -> int:
        """How much of a part to unpack: one byte more than allowed shows that there is more."""
        return min(MAX_PART_BYTES, self._bytes_left) + 1

    def _charged(self, part: bytes) -> bytes:
        self._bytes_left -= len(part)
        self._parts_left -= 1
        if len(part) > MAX_PART_BYTES or self._bytes_left < 0 or self._parts_left < 0:
            raise TooMuch
        return part
