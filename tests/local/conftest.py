"""Throwaway function apps for the tests of the local host."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

import pytest

from infra.local.azurite import Azurite
from tests.local.hosted import App, write_app


class Serve(Protocol):
    """Writes an app and gives it back, ready to be started; its hosts end with the test."""

    def __call__(self, source: str, host_json: Mapping[str, Any] | None = None, **settings: str) -> App: ...


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Apps without storage."""
    with ExitStack() as apps:

        def write(source: str, host_json: Mapping[str, Any] | None = None, **settings: str) -> App:
            app = write_app(tmp_path / "app", {**os.environ, **settings}, source, host_json)
            apps.callback(app.close)
            return app

        yield write


@pytest.fixture
def serve_with_storage(serve: Serve, azurite: Azurite) -> Serve:
    """Apps whose queues and timers live in the storage emulator."""

    def write(source: str, host_json: Mapping[str, Any] | None = None, **settings: str) -> App:
        return serve(source, host_json, AzureWebJobsStorage=azurite.connection_string, **settings)

    return write
