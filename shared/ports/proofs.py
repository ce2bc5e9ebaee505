"""Documents of proof: kept, drawn, looked into, sealed and scanned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from shared.domain.evidence import Evidence
    from shared.domain.poe import Verdict
    from shared.domain.poe_checks import Report
    from shared.domain.proof_form import Subject


class Files(Protocol):
    """Documents, created once and never overwritten."""

    async def put(self, container: str, name: str, content: bytes, media_type: str) -> None:
        """Stores the content; the same name again is the same content and changes nothing."""
        ...

    async def get(self, container: str, name: str) -> bytes:
        """The content. Raises NotFound."""
        ...


class Inspector(Protocol):
    """Looks into a document of a POE."""

    async def inspect(self, content: bytes, *, now: datetime, subject: Subject, max_bytes: int) -> Report:
        """The completeness report; hostile content is a failed check, never an error. Raises InspectionUnavailable."""
        ...


class Forms(Protocol):
    """Draws the form that a customer completes and signs."""

    def make_form(self, subject: Subject, language: str) -> bytes:
        """The fillable PDF in this language, or in English where it is not spoken. Raises FormNotPrintable."""
        ...


class Sealer(Protocol):
    """Makes a signed document one that cannot be changed unnoticed."""

    async def seal(self, document: bytes, evidence: Evidence) -> bytes:
        """The PDF with a page of evidence behind it, under one signature of ours (PAdES) over all of it.

        The page holds the SHA-256 of `document`. Raises AlreadySigned, FormNotPrintable.
        """
        ...


class Scanner(Protocol):
    """A malware scanner."""

    async def scan(self, content: bytes) -> Verdict:
        """Clean or infected; an error means no verdict, and no verdict is not clean."""
        ...
