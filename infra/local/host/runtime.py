"""Microsoft's Python runtime, hosted in this process: it indexes the app, decodes triggers, runs handlers, encodes results.

This is the only module that touches `azure_functions_runtime`; a canary test holds still the entry points used here. The
runtime expects the generated protobuf module, of which indexing uses a handful of names as plain records, hence the small
stand-in.
"""

import asyncio
import json
import logging
import os
import re
import secrets
import sys
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from azure_functions_runtime import handle_event, native_invocation  # type: ignore[import-untyped]
from azure_functions_runtime.bindings.datumdef import Datum  # type: ignore[import-untyped]
from azure_functions_runtime.utils.threadpool import start_threadpool_executor  # type: ignore[import-untyped]

from infra.local.host import function
from infra.local.host.function import AnyFunction
from infra.local.host.refusal import Refusal
from infra.local.host.watchdog import Watchdog

TRACE_PARENT = re.compile(r"00-(?P<trace>[0-9a-f]{32})-[0-9a-f]{16}-(?P<flags>[0-9a-f]{2})")

log = logging.getLogger("host")
vendor_log = logging.getLogger("azure.functions")


class Record:
    """A protobuf message, as far as indexing needs one: it keeps the fields it is given."""

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)


class BindingInfo(Record):
    """The directions and data types a binding may have, numbered as on the wire (`in` is set below: it is a keyword)."""

    out, inout = 1, 2
    DataType = SimpleNamespace(undefined=0, string=1, binary=2, stream=3)


setattr(BindingInfo, "in", 0)


class StatusResult(Record):
    """Whether the runtime could do what it was asked."""

    Failure, Success = 0, 1


class Protos:
    """The generated protobuf module; every name without a meaning of its own is a plain record."""

    BindingInfo, StatusResult = BindingInfo, StatusResult

    def __getattr__(self, name: str) -> type[Record]:
        return type(name, (Record,), {})


@dataclass(frozen=True)
class Outcome:
    """How an invocation ended: `ok`, and for HTTP what it returned, as a datum of type `http` or `string`."""

    ok: bool
    returned: Any = None


class Runtime:
    """Runs the functions of one app; there is one runtime in a process, since the vendor's keeps its registry in a module."""

    def __init__(self, watchdog: Watchdog) -> None:
        self._watchdog = watchdog

    async def load(self, app: Path) -> list[AnyFunction]:
        """Index the app and make its folder the current one, as the worker does. Refusal: it cannot be, or has no function."""
        if not (app / "function_app.py").exists():
            raise Refusal(f"There is no function_app.py in {app}.")
        sys.path.insert(0, str(app))
        os.chdir(app)
        request = SimpleNamespace(
            request=SimpleNamespace(worker_init_request=SimpleNamespace(capabilities={}, function_app_directory=str(app))),
            properties={"host": "127.0.0.1", "protos": Protos()},
        )
        # The runtime would log a traceback; what the person needs of it is in the refusal.
        vendor_log.disabled = True
        reply = await handle_event.worker_init_request(request)
        vendor_log.disabled = False
        if reply.result.status != StatusResult.Success:
            raise Refusal(_why_not_indexed(app, reply.result.exception))
        indexed = (await handle_event.functions_metadata_request(request)).function_metadata_results
        if not indexed:
            raise Refusal("The app has no functions.")
        start_threadpool_executor()
        return [function.read(one.name, one.function_id, one.raw_bindings) for one in indexed]

    async def invoke(
        self, called: AnyFunction, trigger: Any, metadata: Mapping[str, Any] | None = None, trace_parent: str | None = None
    ) -> Outcome:
        """Run one function. What it raises is logged by the runtime and comes back as an outcome that is not ok."""
        invocation_id = str(uuid.uuid4())
        fields = {name: Datum(json.dumps(value), "json") for name, value in (metadata or {}).items()}
        with self._watchdog.watching(called.name):
            try:
                ok, returned, _, problem, _ = await native_invocation.invocation_request_native(
                    invocation_id, called.id, [(called.parameter, trigger)], fields, _next_span(trace_parent)
                )
            except asyncio.CancelledError:
                if _is_being_cancelled():
                    raise
                # A handler let a cancellation of its own escape, which the runtime does not take for an error.
                ok, returned, problem = False, None, "CancelledError()"
        if not ok:
            log.error("Function %s failed: %s", called.name, problem)
        return Outcome(ok, returned)


def _is_being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def text(value: str) -> Any:
    """A string for the runtime."""
    return Datum(value, "string")


def body(content: bytes) -> Any:
    """Bytes for the runtime."""
    return Datum(content, "bytes")


def document(value: Mapping[str, Any]) -> Any:
    """A JSON document for the runtime."""
    return Datum(json.dumps(value), "json")


def http_request(
    method: str, url: str, headers: Mapping[str, str], query: Mapping[str, str], parameters: Mapping[str, str], content: bytes
) -> Any:
    """An HTTP request for the runtime."""
    return Datum(
        {
            "method": text(method),
            "url": text(url),
            "headers": _texts(headers.items()),
            "query": _texts(query.items()),
            "params": _texts(parameters.items()),
            "body": body(content),
        },
        "http",
    )


def _texts(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    return {name: text(value) for name, value in pairs}


def _next_span(trace_parent: str | None) -> str:
    """A span of its own in the caller's trace, or in a new one: on the platform every invocation has one."""
    caller = TRACE_PARENT.fullmatch(trace_parent or "")
    trace, flags = (caller["trace"], caller["flags"]) if caller else (secrets.token_hex(16), "00")
    return f"00-{trace}-{secrets.token_hex(8)}-{flags}"


def _why_not_indexed(app: Path, exception: Record) -> str:
    """The runtime's message and the app's own line it came from; never the traceback."""
    message = str(getattr(exception, "message", "unknown")).split(" Cannot find module. Please check")[0].rstrip(". ")
    places = re.findall(r'File "([^"]+)", line (\d+)', str(getattr(exception, "stack_trace", "")))
    own = [f" ({Path(file).relative_to(app)}, line {line})" for file, line in places if Path(file).is_relative_to(app)]
    return f"The app could not be indexed: {message}{own[-1] if own else ''}."
