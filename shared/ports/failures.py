"""What a port may raise; each says whether trying again is safe."""

from __future__ import annotations


class StaleRecord(Exception):
    """Somebody else changed the record since it was read; nothing was written. Load, decide and save again."""


class AnswerExists(Exception):
    """The call with this idempotency key has had its effect before; nothing was written. The first answer stands."""


class StoreUnavailable(Exception):
    """The store did not answer, and nothing shows that the write landed. Trying again is safe."""


class InspectionUnavailable(Exception):
    """Nobody can look into documents just now; nothing is known of this one. Trying again is safe."""


class AlreadySigned(Exception):
    """The document bears a digital signature, which adding a page would break; it needs no other."""


class InvalidToken(Exception):
    """The bearer token is not one that we trust; the text says why and never holds the token."""


class KeySourceUnavailable(Exception):
    """The issuer's keys cannot be read just now; nothing is known of the token."""
