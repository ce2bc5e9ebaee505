"""One caller of the API: its address, its token, and what a refusal looks like."""

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

LOCAL = "http://127.0.0.1:7071"
ADDRESS, TOKEN = "CPOR_API", "CPOR_TOKEN"
ANSWER_TAKES_AT_MOST_S = 60.0
TRIES = 5


class NoAnswer(Exception):
    """The API cannot be reached; one sentence."""


@dataclass(eq=False)
class Refused(Exception):
    """The API said no. `problem` is its problem document (RFC 9457); one that is none has only a status and a title."""

    problem: Mapping[str, Any]

    @property
    def code(self) -> str:
        return str(self.problem.get("code", "unknown"))

    def __str__(self) -> str:
        lines = [f"{self.code}: {self.problem.get('detail') or self.problem.get('title') or self.problem['status']}"]
        lines += [f"  {e.get('field') or e.get('code') or ''}: {e.get('message', '')}" for e in self.problem.get("errors", [])]
        lines += [f"  {taken['scope']} is taken since {taken['since']}" for taken in self.problem.get("taken", [])]
        if trace := self.problem.get("traceId"):
            lines.append(f"  trace {trace}")
        return "\n".join(lines)


class Api:
    """The API at one address under one token. Calls raise Refused and NoAnswer."""

    def __init__(self, address: str, token: str) -> None:
        self._client = httpx.Client(
            base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=ANSWER_TAKES_AT_MOST_S, follow_redirects=False
        )

    @classmethod
    def from_environment(cls) -> "Api":
        """At CPOR_API, by default the local system, with the token in CPOR_TOKEN."""
        return cls(os.environ.get(ADDRESS, LOCAL), os.environ.get(TOKEN, ""))

    def ask(self, method: str, path: str, **what: Any) -> Any:
        """The answer's JSON document; None where it has none."""
        response = self.answer(method, path, **what)
        return response.json() if response.content else None

    def answer(self, method: str, path: str, **what: Any) -> httpx.Response:
        """The whole answer. Waits as told, a few times, where the API is busy: 429, 503, and a call that is still under way."""
        response = self._send(method, path, what)
        for _ in range(TRIES - 1):
            wait = response.headers.get("Retry-After", "")
            if response.status_code not in {409, 429, 503} or not wait.isdecimal() or not _can_be_sent_again(what):
                break
            time.sleep(int(wait))
            response = self._send(method, path, what)
        if response.is_success:
            return response
        raise Refused(_problem_in(response))

    def values(self, path: str, params: Mapping[str, Any] | None = None) -> Iterator[Any]:
        """Everything in a list, page after page."""
        page = self.ask("GET", path, params={name: value for name, value in (params or {}).items() if value is not None})
        while True:
            yield from page["value"]
            if (following := page.get("nextLink")) is None:
                return
            page = self.ask("GET", following)

    def _send(self, method: str, path: str, what: Mapping[str, Any]) -> httpx.Response:
        try:
            return self._client.request(method, path, **what)
        except httpx.HTTPError as error:
            raise NoAnswer(f"{self._client.base_url} does not answer ({type(error).__name__}).") from error


def _can_be_sent_again(what: Mapping[str, Any]) -> bool:
    return isinstance(what.get("content", b""), bytes | str)


def _problem_in(response: httpx.Response) -> Mapping[str, Any]:
    try:
        problem = response.json()
    except ValueError:
        problem = None
    if isinstance(problem, dict) and "code" in problem:
        return problem
    return {"code": f"http_{response.status_code}", "status": response.status_code, "title": response.reason_phrase}
