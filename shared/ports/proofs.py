"""Documents: kept, drawn, looked into, sealed and scanned; and files that others lay down for us."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from contextlib import AbstractContextManager
    from datetime import date, datetime

    from shared.domain.evidence import Evidence
    from shared.domain.form_content import Answers, Form
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

    def pieces(self, container: str, name: str) -> AsyncIterator[bytes]:
        """The content, some megabytes at a time. Raises NotFound."""
        ...

    async def put_pieces(self, container: str, name: str, pieces: AsyncIterator[bytes], media_type: str) -> None:
        """Like `put`, of a content that is never held whole."""
        ...


@dataclass(frozen=True, slots=True)
class DroppedFile:
    """A file that somebody laid down for us: when it was complete, its version, and what the sender noted beside it."""

    name: str
    size_bytes: int
    dropped_at: datetime
    etag: str
    notes: Mapping[str, str]


class Drop(Protocol):
    """A container in which others lay files down for us, and which empties as they are taken."""

    async def look_at(self, name: str) -> DroppedFile:
        """Raises NotFound for a file that was taken, or never was."""
        ...

    def pieces(self, dropped: DroppedFile) -> AsyncIterator[bytes]:
        """The file as it was looked at, some megabytes at a time. Raises NotFound when it is gone or another one."""
        ...

    def waiting(self) -> AsyncIterator[DroppedFile]:
        """Everything that lies there, in order of names."""
        ...

    async def clear(self, taken: DroppedFile) -> None:
        """Removes the file, unless it was overwritten since it was looked at: then it is another one, and stays."""
        ...


@dataclass(frozen=True, slots=True)
class Shelved:
    """A stored proof: whose claim's it is or was, what is in it, since when, and whether it is condemned."""

    name: str
    created_at: datetime
    is_condemned: bool


class ProofShelf(Protocol):
    """Stored proofs, as whoever looks for forgotten ones sees them. Storing a document again pardons it."""

    def proofs(self, bucket: str) -> AsyncIterator[Shelved]:
        """All of a bucket, by name."""
        ...

    async def condemn(self, name: str, on: date) -> None:
        """Has it be deletable later; one that is gone stays gone."""
        ...

    async def pardon(self, name: str) -> None:
        """Has it not be deletable."""
        ...

    async def delete(self, name: str, condemned_on: date) -> bool:
        """Deletes it if it has stood condemned since that day; False if it was pardoned, condemned on another day, or may not be
        deleted yet."""
        ...


class Room(Protocol):
    """What a worker holds of documents at a time."""

    def hold(self, size_bytes: int) -> AbstractContextManager[None]:
        """Room for so much, as long as it is entered. Raises InspectionUnavailable where there is none (R-323)."""
        ...


class Inspector(Protocol):
    """Looks into a document of a POE."""

    async def inspect(self, content: bytes, *, now: datetime, subject: Subject, max_bytes: int) -> Report:
        """The completeness report; hostile content is a failed check, never an error. Raises InspectionUnavailable."""
        ...


class Forms(Protocol):
    """The form that a customer completes and signs."""

    def make_form(self, subject: Subject, language: str) -> bytes:
        """The fillable PDF in this language, or in English where it is not spoken. Raises FormNotPrintable."""
        ...

    def read_form(self, subject: Subject, language: str) -> Form:
        """The same form as text, word for word, in the same language."""
        ...

    def complete_form(self, subject: Subject, language: str, answers: Answers) -> bytes:
        """The same form with the signer's answers in its fields. Raises FormNotPrintable."""
        ...


class Sealer(Protocol):
    """Makes a signed document one that cannot be changed unnoticed."""

    async def seal(self, document: bytes, evidence: Evidence) -> bytes:
        """The PDF with a page of evidence behind it, under one signature of ours (PAdES) over all of it.

        The page holds the SHA-256 of `document`. Raises AlreadySigned, FormNotPrintable, and StoreUnavailable where the key is
        kept in a store that does not answer.
        """
        ...


class Scanner(Protocol):
    """The malware scanner's word on stored documents."""

    async def verdict(self, name: str) -> Verdict | None:
        """Clean or infected, of the proof of this name as it lies there now; None while there is no verdict on just that.

        An error is no verdict either, and no verdict is not clean. Raises NotFound.
        """
        ...


class ScanResults(Protocol):
    """What a scanner that works by itself has found."""

    async def note(self, message: bytes) -> str | None:
        """Keeps the result in the message; the name of the proof it is about, None if it is a verdict on none of ours.

        Twice is once. Raises StoreUnavailable.
        """
        ...
