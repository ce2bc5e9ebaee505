"""What a customer was shown when it answered: which words, in which language (R-330).

The words of every version are kept beside the pages, word for word, with gaps where the claim's own facts stand; the timeline
names the version and its hash, so that whoever has the claim can read what the customer read.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.domain.timeline import Json


@dataclass(frozen=True, slots=True)
class Shown:
    """One version of a page's words in one language; `sha256` is the hash of the words as they are kept."""

    page: str
    language: str
    version: int
    sha256: str


def noted(shown: Shown | None) -> Mapping[str, Json]:
    """What the timeline says of it beside the answer; nothing where it is not known."""
    if shown is None:
        return {}
    words: dict[str, Json] = {
        "page": shown.page,
        "language": shown.language,
        "textVersion": shown.version,
        "textSha256": shown.sha256,
    }
    return {"shown": words}
