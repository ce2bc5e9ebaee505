"""Faults on the wire: a transport for the Azure SDK's aio clients that fails at one chosen request, and counts them all.

A crash test runs a use case once with an empty `Faults` to learn how many requests it makes, then once for every request and
every `Fault`. The clients, their retry policies and the server stay real; only the wire is unreliable. It guarantees that a
request is sent exactly when the fault says so, and that a killed process sends nothing more. It does not cut a request in
half: a storage service applies a request whole or not at all.

Queue and blob clients wait 15 s before they retry. Where a service client hands out clients, the wait is out of this
transport's reach; build it with `retry_policy=azure.storage.blob.aio.LinearRetry(backoff=0, random_jitter_range=0)`,
an instance for each client (a shared one ties their pipelines together).
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from enum import Enum, auto
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qs, unquote, urlsplit

from azure.core.exceptions import ServiceResponseError
from azure.core.pipeline.transport import AioHttpTransport, AsyncHttpTransport

type Callback = Callable[[], Awaitable[object]]


class Killed(BaseException):
    """The process died here. Not an `Exception`, so that no handler under test can survive it by accident."""


class Fault(Enum):
    """What happens to one request."""

    KILL_BEFORE = auto()
    """The process dies before the request leaves; the server never hears of it."""
    KILL_AFTER = auto()
    """The server applies the request, then the process dies."""
    LOSE_ANSWER = auto()
    """The server applies the request, then the connection breaks: the pipeline sees `ServiceResponseError`.

    Storage clients retry it always. The table client retries it for GET, PUT and DELETE only: for inserts, merges and batches
    (POST, PATCH) the error itself reaches the caller, who must read back to learn what happened.
    """
    ANSWER_503_AFTER = auto()
    """The server applies the request, then the caller is told 503, which every client retries for every method.

    This is how the SDK comes to report 409 or 412 for the caller's own success.
    """


class Sent(NamedTuple):
    """One request as it was counted: its number in the plan (from 1), what it asked for, and where, without query or secret."""

    number: int
    operation: str
    method: str
    path: str


class Faults:
    """The plan, shared by the transports of all services so that requests are numbered in the order they are made.

    Numbers start at 1 and include the SDK's own retries and requests made before death only. `counts` counts by operation
    ("table batch", "queue put"), `trail` lists every request in order.
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.trail: list[Sent] = []
        self.is_dead = False
        self._faults: dict[int, Fault] = {}
        self._before: dict[int | str, Callback] = {}
        self._after: dict[int, Callback] = {}

    @property
    def total(self) -> int:
        """How many requests were made, retries included."""
        return len(self.trail)

    @property
    def requests(self) -> list[tuple[str, str]]:
        """Method and path of every request, in order."""
        return [(sent.method, sent.path) for sent in self.trail]

    def inject(self, number: int, fault: Fault) -> Self:
        """Let the fault happen to the request of that number, once."""
        self._faults[_counted_from_one(number)] = fault
        return self

    def before(self, number: int, callback: Callback) -> Self:
        """Run the callback just before that request leaves: another writer comes in between.

        The callback uses clients of its own, without this plan; its requests are then neither counted nor hurt.
        """
        self._before[_counted_from_one(number)] = callback
        return self

    def before_first(self, operation: str, callback: Callback) -> Self:
        """The same with the first request of this kind ("table batch"), whatever its number."""
        self._before[operation] = callback
        return self

    def after(self, number: int, callback: Callback) -> Self:
        """Run the callback when the server has applied that request and before the caller hears of it."""
        self._after[_counted_from_one(number)] = callback
        return self

    @property
    def is_spent(self) -> bool:
        """Whether every planned fault and callback has happened; a test that asserts this can't pass by aiming too far."""
        return not (self._faults or self._before or self._after)

    async def carry(self, service: str, request: Any, send: Callable[[], Awaitable[Any]]) -> Any:
        """Number the request, let happen what is planned for it, and return the answer the caller is to see."""
        if self.is_dead:
            raise Killed("a dead process sends nothing")
        sent = self._count(service, request)
        if callback := self._before.pop(sent.number, None) or self._before.pop(sent.operation, None):
            await callback()
        fault = self._faults.pop(sent.number, None)
        if fault is Fault.KILL_BEFORE:
            self._die(sent)
        response = await send()
        if callback := self._after.pop(sent.number, None):
            await callback()
        if fault is Fault.KILL_AFTER or self.is_dead:
            _hang_up(response)
            self._die(sent)
        if fault is Fault.LOSE_ANSWER:
            _hang_up(response)
            raise ServiceResponseError(f"the answer to {sent.operation} was lost")
        if fault is Fault.ANSWER_503_AFTER:
            response.status_code, response.reason = 503, "Server Busy"
        return response

    def _count(self, service: str, request: Any) -> Sent:
        url = urlsplit(request.url)
        operation = f"{service} {_operation(service, request.method, url.path, url.query)}"
        sent = Sent(self.total + 1, operation, request.method, unquote(url.path))
        self.trail.append(sent)
        self.counts[operation] += 1
        return sent

    def _die(self, sent: Sent) -> None:
        self.is_dead = True
        raise Killed(f"at request {sent.number}: {sent.operation}")


class FaultyTransport(AsyncHttpTransport[Any, Any]):
    """A real aiohttp transport behind a plan: pass it as `transport=` to one client of the service named here.

    `service` is "table", "queue" or "blob".
    """

    def __init__(self, faults: Faults, service: str) -> None:
        self._faults = faults
        self._service = service
        self._real = AioHttpTransport()

    async def send(self, request: Any, **kwargs: Any) -> Any:
        return await self._faults.carry(self._service, request, lambda: self._real.send(request, **kwargs))

    async def open(self) -> None:
        await self._real.open()

    async def close(self) -> None:
        await self._real.close()

    async def sleep(self, duration: float) -> None:
        """Return at once: the wait before a retry proves nothing in a test."""

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


_TABLE = {"POST": "insert", "PUT": "put", "PATCH": "merge", "MERGE": "merge", "DELETE": "delete"}
_QUEUE = {"POST": "put", "GET": "get", "PUT": "update", "DELETE": "delete"}


def _hang_up(response: Any) -> None:
    """Close the connection of an answer nobody will read; old and new response classes name it differently."""
    inner = getattr(response, "internal_response", None) or response._internal_response
    inner.close()


def _counted_from_one(number: int) -> int:
    if number < 1:
        raise ValueError("requests are counted from 1")
    return number


def _operation(service: str, method: str, path: str, query: str) -> str:
    asked = {name: values[0] for name, values in parse_qs(query).items()}
    if service == "table":
        return _table_operation(method, path)
    if service == "queue":
        if "/messages" not in path:
            return f"{method.lower()} queue"
        if path.endswith("/messages") and method == "DELETE":
            return "clear"
        return "peek" if asked.get("peekonly") == "true" else _QUEUE[method]
    if asked.get("restype") == "container" and asked.get("comp") != "list":
        return f"{method.lower()} container"
    return f"{method.lower()} {asked['comp']}" if "comp" in asked else method.lower()


def _table_operation(method: str, path: str) -> str:
    if path.endswith("/$batch"):
        return "batch"
    if path.rsplit("/", 1)[-1].startswith("Tables"):
        return f"{method.lower()} table"
    if method == "GET":
        return "get" if "PartitionKey=" in path else "query"
    return _TABLE[method]
