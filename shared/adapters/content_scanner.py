"""`ports.Scanner` over an engine that wants the content: fetches the stored document and waits for the engine's word."""

from typing import Protocol

from shared.adapters import names
from shared.domain.poe import Verdict
from shared.ports.proofs import Files


class Engine(Protocol):
    """Looks through content for malware."""

    async def scan(self, content: bytes) -> Verdict:
        """Clean or infected; an error means no verdict."""
        ...


class ContentScanner:
    """Asks the engine anew each time: what lies there now is what is judged."""

    def __init__(self, files: Files, engine: Engine) -> None:
        self._files, self._engine = files, engine

    async def verdict(self, name: str) -> Verdict:
        """See the port. Raises what the engine raises."""
        return await self._engine.scan(await self._files.get(names.PROOFS, name))
