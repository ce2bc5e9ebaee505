"""A small HTTP client: one connection a request, no redirects, and an answer that says what it lacks."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from infra.local.demo.surprise import Surprise

ANSWERING_TAKES_AT_MOST_S = 30.0


@dataclass(frozen=True)
class Answer:
    """An HTTP answer. Header names are lower case."""

    asked: str
    status: int
    reason: str
    headers: Mapping[str, str]
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", "replace")

    @property
    def document(self) -> dict[str, Any]:
        """The JSON object in it. Raises Surprise if there is none."""
        try:
            found = json.loads(self.content)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise Surprise(f"{self.asked} should have answered with a JSON object, and answered {self.text[:200]!r}.")
        return found

    def __getitem__(self, name: str) -> Any:
        """A member of the JSON object. Raises Surprise for a missing one."""
        try:
            return self.document[name]
        except KeyError:
            there_is = ", ".join(self.document) or "nothing"
            raise Surprise(f"The answer to {self.asked} should have {name}, and has {there_is}.") from None


def send(method: str, address: str, content: bytes | None = None, headers: Mapping[str, str] | None = None) -> Answer:
    """Asks once. Raises Surprise if nobody answers."""
    parts = urlsplit(address)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    asked = f"{method} {path}"
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=ANSWERING_TAKES_AT_MOST_S)
    try:
        connection.request(method, path, content, dict(headers or {}))
        answer = connection.getresponse()
        named = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(asked, answer.status, answer.reason, named, answer.read())
    except (OSError, HTTPException) as error:
        raise Surprise(f"{asked} should have been answered, and was not: {str(error) or type(error).__name__}.") from error
    finally:
        connection.close()
