"""Forgetting a person, on the wire."""

from functions.wire import Guid, Line, Wire


class ErasureIn(Wire):
    """Whom to forget: the address it was written to, at which customer."""

    tenant_id: Guid
    mail: Line


class ErasureOut(Wire):
    """What is gone. Nothing found is an answer, too: whoever asks again sees noughts."""

    people: int
    words: int
