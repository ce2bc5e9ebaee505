"""ClamAV's daemon has the word: against the real one where it is installed, and against one that answers badly.

The real daemon runs with a signature database of one entry, the EICAR test string, made here: nothing is downloaded.
"""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from infra.local.ports import free_port
from shared.adapters import names
from shared.adapters.clamd import ClamdEngine, NoVerdict
from shared.adapters.content_scanner import ContentScanner
from shared.adapters.development_scanner import EICAR
from shared.domain.poe import Verdict
from tests.contract.test_development_scanner import pdf_with_stream, zipped
from tests.contract.test_poe_inspector import signed_poe
from tests.usecases.system import System

CLAMD = shutil.which("clamd") or shutil.which("clamd", path="/usr/sbin")


@pytest.fixture(scope="module")
def addresses() -> Iterator[dict[str, str]]:
    """Where the real daemon listens: over TCP and by a socket in the file system."""
    if CLAMD is None:
        pytest.skip("ClamAV's daemon (Debian's clamav-daemon) is not installed")
    port = free_port()
    with TemporaryDirectory(prefix="clamd-") as name:  # A folder of pytest's is deeper than the path of a socket may be long.
        folder = Path(name)
        (folder / "test.ndb").write_text(f"Test.Eicar:0:*:{EICAR.hex()}\n")
        config = folder / "clamd.conf"
        listens = f"LocalSocket {folder}/clamd.ctl\nTCPSocket {port}\nTCPAddr 127.0.0.1\n"
        config.write_text(f"Foreground yes\nDatabaseDirectory {folder}\n{listens}StreamMaxLength 26M\n")
        command = [CLAMD, "--config-file", str(config)]
        daemon = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            assert daemon.stdout
            assert any("Self checking every" in line for line in daemon.stdout), "it ended while starting"
            yield {"tcp": f"tcp://127.0.0.1:{port}", "unix": f"unix://{folder}/clamd.ctl"}
        finally:
            daemon.kill()
            daemon.communicate()


@pytest.mark.parametrize("way", ["tcp", "unix"])
async def test_the_daemon_finds_eicar_and_nothing_else(addresses: dict[str, str], way: str) -> None:
    """R-142"""
    engine = ClamdEngine(addresses[way])
    assert await engine.scan(EICAR) is Verdict.INFECTED
    assert await engine.scan(b"harmless") is Verdict.CLEAN
    assert await engine.scan(b"") is Verdict.CLEAN


async def test_the_daemon_looks_into_documents_and_archives(addresses: dict[str, str]) -> None:
    engine = ClamdEngine(addresses["tcp"])
    assert await engine.scan(signed_poe()) is Verdict.CLEAN
    assert await engine.scan(pdf_with_stream(EICAR)) is Verdict.INFECTED
    assert await engine.scan(zipped(EICAR)) is Verdict.INFECTED


async def test_twenty_documents_at_once_get_a_verdict_each(addresses: dict[str, str]) -> None:
    engine = ClamdEngine(addresses["tcp"])
    verdicts = await asyncio.gather(*(engine.scan(EICAR if number % 2 else bytes(number)) for number in range(20)))
    assert verdicts == [Verdict.CLEAN, Verdict.INFECTED] * 10


async def test_a_document_as_large_as_the_policy_allows_is_scanned(addresses: dict[str, str]) -> None:
    engine = ClamdEngine(addresses["unix"])
    assert await engine.scan(bytes(25_000_000)) is Verdict.CLEAN


async def test_what_is_too_large_for_the_daemon_has_no_verdict(addresses: dict[str, str]) -> None:
    """R-25"""
    with pytest.raises(NoVerdict):
        await ClamdEngine(addresses["tcp"]).scan(bytes(40_000_000))


async def test_the_stored_document_is_what_is_scanned(addresses: dict[str, str], system: System) -> None:
    scanner = ContentScanner(system.world.files, ClamdEngine(addresses["tcp"]))
    await system.world.files.put(names.PROOFS, "claim/clean", b"harmless", "application/pdf")
    await system.world.files.put(names.PROOFS, "claim/infected", EICAR, "application/pdf")
    assert [await scanner.verdict(f"claim/{name}") for name in ("clean", "infected")] == [Verdict.CLEAN, Verdict.INFECTED]


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"stream: OK, but\0",
        b"stream: FOUND\0",
        b"stream: Can't allocate memory ERROR\0",
        b"INSTREAM size limit exceeded. ERROR\0",
        b"UNKNOWN COMMAND\0",
        b"OK\0",
    ],
)
async def test_whatever_else_a_daemon_says_is_no_verdict(reply: bytes) -> None:
    """R-25"""
    async with answering(reply) as address:
        with pytest.raises(NoVerdict):
            await ClamdEngine(address).scan(b"content")


async def test_a_daemon_that_is_not_there_gives_no_verdict() -> None:
    """R-25"""
    for address in (f"tcp://127.0.0.1:{free_port()}", "unix:///nowhere/clamd.ctl"):
        with pytest.raises(NoVerdict):
            await ClamdEngine(address).scan(b"content")


@asynccontextmanager
async def answering(reply: bytes) -> AsyncIterator[str]:
    """A daemon that reads everything and says this."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readexactly(10) == b"zINSTREAM\0"
        while length := int.from_bytes(await reader.readexactly(4)):
            await reader.readexactly(length)
        writer.write(reply)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
