"""What a PDF is made of: every object looked at once, for actions, attached files and data that unpacks without end.

Only what the document's own tables lead to is looked at, as a viewer would. The walk is bounded in objects and in unpacked
bytes and in time; beyond a bound the document counts as one that expands too far.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pypdf import PdfReader

MAX_OBJECTS = 50_000
MAX_EXPANDED_BYTES = 100_000_000
"""All streams but pictures, which nothing here unpacks."""
MAX_WALK_SECONDS = 15.0
"""Of a processor's time, whatever else the machine does: an orderly proof takes a tenth of one."""
SCAN_PIXELS = 500_000
"""A picture of this size is a scanned page rather than a logo: an A5 page at 100 dots per inch."""

_ACTION_KEYS = frozenset({"/JS", "/JavaScript", "/XFA", "/RichMedia"})
_ACTIONS = frozenset({"/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/Rendition", "/RichMediaExecute", "/GoToE"})
_FILE_KEYS = frozenset({"/EmbeddedFiles", "/EF", "/Collection"})
_MARKED_TYPES = frozenset({"/EmbeddedFile", "/FileAttachment"})


@dataclass(slots=True)
class Findings:
    """What the walk has met so far."""

    is_active: bool = False
    has_files: bool = False
    looks_scanned: bool = False
    expands_too_far: bool = False


def ends_as_it_should(content: bytes) -> bool:
    """Whether the end mark is there and only blank space follows; a file cut short has none, and nothing may hide behind it."""
    return content[-1024:].rstrip(b"\0\t\n\x0c\r ").endswith(b"%%EOF")


def look_through(reader: "PdfReader") -> Findings:
    """Walk every object; raises what the parser raises on a broken one."""
    from pypdf.errors import LimitReachedError
    from pypdf.generic import StreamObject

    found, expanded, deadline = Findings(), 0, time.thread_time() + MAX_WALK_SECONDS
    try:
        for number, entry in enumerate(_objects(reader)):
            for dictionary in _dictionaries(entry):
                _note(dictionary, found)
            if isinstance(entry, StreamObject) and entry.get("/Subtype") != "/Image":
                expanded += len(entry.get_data())
            if number >= MAX_OBJECTS or expanded > MAX_EXPANDED_BYTES or time.thread_time() > deadline:
                found.expands_too_far = True
                break
    except LimitReachedError:
        found.expands_too_far = True
    return found


def _objects(reader: "PdfReader") -> Iterator[Any]:
    from pypdf.generic import IndirectObject

    yield reader.trailer
    listed = {(number, generation) for generation, table in reader.xref.items() for number in table}
    listed |= {(number, 0) for number in reader.xref_objStm}
    for number, generation in sorted(listed):
        yield reader.get_object(IndirectObject(number, generation, reader))


def _dictionaries(entry: Any) -> Iterator[dict[Any, Any]]:
    """The dictionary itself and those directly inside; what is referred to is an object of its own."""
    waiting = [entry]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _note(dictionary: dict[Any, Any], found: Findings) -> None:
    types = {str(dictionary.get(key)) for key in ("/Type", "/Subtype")}
    found.is_active |= not _ACTION_KEYS.isdisjoint(dictionary) or str(dictionary.get("/S")) in _ACTIONS
    found.has_files |= not _FILE_KEYS.isdisjoint(dictionary) or not _MARKED_TYPES.isdisjoint(types)
    if "/Image" in types:
        width, height = dictionary.get("/Width", 0), dictionary.get("/Height", 0)
        found.looks_scanned |= isinstance(width, int) and isinstance(height, int) and width * height >= SCAN_PIXELS
