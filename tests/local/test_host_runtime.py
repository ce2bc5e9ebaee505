"""A canary for the vendor's runtime: it sings while every entry point the local host leans on is as it was.

If it stops, read the runtime's changes, adapt `infra/local/host/runtime.py`, and only then move the version here.
"""

import inspect
from importlib.metadata import version

from azure_functions_runtime import handle_event, native_invocation  # type: ignore[import-untyped]
from azure_functions_runtime.bindings.datumdef import Datum  # type: ignore[import-untyped]
from azure_functions_runtime.utils import threadpool  # type: ignore[import-untyped]

RUNTIME, LIBRARY = "1.3.0", "2.3.0"


def test_the_runtime_is_the_one_the_host_was_written_for() -> None:
    assert (version("azure-functions-runtime"), version("azure-functions")) == (RUNTIME, LIBRARY)


def test_the_protobuf_free_entry_takes_what_the_host_gives() -> None:
    entry = native_invocation.invocation_request_native
    assert inspect.iscoroutinefunction(entry)
    assert list(inspect.signature(entry).parameters)[:5] == [
        "invocation_id",
        "function_id",
        "inputs",
        "trigger_metadata",
        "trace_parent",
    ]


def test_indexing_and_metadata_are_still_asked_for_by_a_request() -> None:
    for entry in (handle_event.worker_init_request, handle_event.functions_metadata_request):
        assert inspect.iscoroutinefunction(entry)
        assert list(inspect.signature(entry).parameters) == ["request"]


def test_a_datum_is_still_a_value_and_its_type() -> None:
    assert list(inspect.signature(Datum).parameters) == ["value", "type"]
    assert Datum("a", "string") == Datum("a", "string")
    assert not inspect.signature(threadpool.start_threadpool_executor).parameters
