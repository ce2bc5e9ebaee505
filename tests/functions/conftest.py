"""One running system for all HTTP tests of a worker: each enrols partners and makes claims of its own."""

from collections.abc import Iterator

import pytest

from infra.local.system import local_system
from tests.functions.running import Running


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    """The system, reached by HTTP as its callers reach it."""
    with local_system() as system:
        yield Running(system)
