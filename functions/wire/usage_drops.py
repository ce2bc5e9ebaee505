"""What tells of a file in the drop: Event Grid's event, or a message of our own."""

import json
from typing import Any
from urllib.parse import unquote

_SUBJECT = "/blobServices/default/containers/usage-drop/blobs/"


def name_in(content: bytes) -> str | None:
    """The name of the dropped file; None for an event about something else. Raises ValueError for what is no JSON."""
    told: Any = json.loads(content)
    if not isinstance(told, dict):
        return None
    subject = told.get("subject")
    if isinstance(subject, str) and subject.startswith(_SUBJECT):
        return unquote(subject.removeprefix(_SUBJECT))
    name = told.get("name")
    return name if isinstance(name, str) else None
