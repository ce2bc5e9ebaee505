"""Import time is cold-start time: what the app adds to the bare SDK, and to the smallest app that reads the same store.

Each figure is the best of several runs, taken in turns, because a machine that is busy only ever makes things slower. On a busy
one it takes more runs to see what the code can do, and more are made; for the noise that is left there is a tenth of room. All
run byte-compiled, as the deployed package is, whatever this machine's Python is told to write: the first run of each compiles,
and is the slowest.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from math import inf
from pathlib import Path
from textwrap import dedent
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest

from infra.local.issuer import DEVELOPMENT_TENANT, client_of_partner
from infra.local.node_programs import ROOT
from infra.local.ports import free_port
from infra.local.system import Host, System, local_system

pytestmark = [pytest.mark.system, pytest.mark.alone]

IMPORT_BUDGET = 1.8
ANSWER_BUDGET = 1.5
# The same code gave 1.49 and 1.69 times the other app on one day: a start is noisier than an import.
IMPORT_NOISE, ANSWER_NOISE = 1.1, 1.25
RUNS, MOST_RUNS = 7, 35

ONE_FUNCTION = """
    import os

    import azure.functions as func

    app = func.FunctionApp()


    @app.route(route="read", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
    async def read(req: func.HttpRequest) -> func.HttpResponse:
        from azure.core.exceptions import ResourceNotFoundError
        from azure.data.tables.aio import TableServiceClient

        table = TableServiceClient.from_connection_string(os.environ["CPOR_STORAGE"]).get_table_client("records")
        try:
            await table.get_entity("00", "nothing")
        except ResourceNotFoundError:
            return func.HttpResponse(status_code=404)
        return func.HttpResponse()
"""


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Settings under which Python keeps what it has compiled, in a folder of its own."""
    return {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(tmp_path_factory.mktemp("compiled"))}


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    with local_system() as running:
        yield running


def test_importing_the_app_costs_little_more_than_importing_the_sdk(compiled: dict[str, str]) -> None:
    """`import function_app` costs at most 1.8 times a bare `import azure.functions`, interpreter included."""
    ratio = _ratio(
        "import function_app, import azure.functions",
        lambda: _seconds_to_import("function_app", compiled),
        lambda: _seconds_to_import("azure.functions", compiled),
        IMPORT_BUDGET,
    )
    assert ratio <= IMPORT_BUDGET * IMPORT_NOISE


def test_nothing_slow_is_imported_before_it_is_needed() -> None:
    """No PDF, signing, identity, mail, template or storage library is loaded by indexing the app."""
    slow = [
        "aiohttp",
        "azure.data",
        "azure.storage",
        "azure.identity",
        "cryptography",
        "jinja2",
        "jwt",
        "pydantic",
        "pyhanko",
        "pypdf",
    ]
    script = f"import function_app, sys; print([name for name in {slow!r} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"


def test_the_first_model_looks_through_no_installed_packages() -> None:
    """Pydantic would, for plugins, before it builds the first one of a worker."""
    script = (
        "import importlib.metadata as packages, function_app, functions.wire as wire;"
        "packages.distributions = lambda *_, **__: print('looked through');"
        "print(wire.NothingIn.model_validate({}))"
    )
    ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == ""


def test_looking_a_caller_up_imports_nothing_of_claims() -> None:
    """Every first request finds out who calls; what it imports for that is paid for by all of them."""
    script = (
        "import shared.adapters.partners, shared.adapters.programme_store, sys;"
        "print([n for n in sys.modules if n.startswith('shared.') and ('claim' in n or 'domain.programme' in n)])"
    )
    loaded = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"


def test_the_first_answer_comes_soon_after_the_start(system: System, tmp_path: Path, compiled: dict[str, str]) -> None:
    """Spawn to the first answer that came from the store: at most 1.5 times a one-function app on the same host."""
    (tmp_path / "function_app.py").write_text(dedent(ONE_FUNCTION))
    (tmp_path / "host.json").write_text(json.dumps({"version": "2.0", "extensions": {"http": {"routePrefix": ""}}}))
    enrolled = _enrol(system)
    system.environment |= compiled
    ratio = _ratio(
        "this app, one-function app",
        lambda: _seconds_to_answer(system, ROOT, "/v1/me", {"Authorization": f"Bearer {enrolled}"}, 200),
        lambda: _seconds_to_answer(system, tmp_path, "/read", {}, 404),
        ANSWER_BUDGET,
    )
    assert ratio <= ANSWER_BUDGET * ANSWER_NOISE


def _ratio(what: str, ours: Callable[[], float], theirs: Callable[[], float], budget: float) -> float:
    """Best against best, after as many runs as it takes to keep the budget, and at most MOST_RUNS."""
    best = [inf, inf]
    for run in range(1, MOST_RUNS + 1):
        best = [min(best[0], ours()), min(best[1], theirs())]
        if run >= RUNS and best[0] / best[1] <= budget:
            break
    print(f"{what}: {best[0]:.3f} s, {best[1]:.3f} s, ratio {best[0] / best[1]:.2f} after {run} runs")  # noqa: T201  # For docs/measurements.md.
    return best[0] / best[1]


def _seconds_to_import(module: str, settings: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", f"import {module}"], cwd=ROOT, env={**os.environ, **settings}, check=True)
    return time.perf_counter() - began


def _seconds_to_answer(system: System, app: Path, path: str, headers: dict[str, str], status: int) -> float:
    port = free_port()
    began = time.perf_counter()
    host = Host.start(app, port, system.environment, system.folder / "log" / "cold.log")
    try:
        assert _status(f"{host.address}{path}", headers) == status
        return time.perf_counter() - began
    finally:
        host.child.stop()


def _status(address: str, headers: dict[str, str]) -> int:
    try:
        with urlopen(Request(address, headers=headers), timeout=30) as answer:  # noqa: S310  # A loopback address of our own.
            return int(answer.status)
    except HTTPError as refusal:
        return refusal.code


def _enrol(system: System) -> str:
    partner = str(uuid4().int)[:10]
    client = {"tenantId": str(DEVELOPMENT_TENANT), "appId": str(client_of_partner(partner))}
    profile = {"name": "Cold start", "mail": "portal@partner.example", "programmes": ["demo"], "clients": [client]}
    request = Request(  # noqa: S310  # A loopback address of our own.
        f"{system.api}/v1/partners/{partner}",
        data=json.dumps(profile).encode(),
        method="PUT",
        headers={"Authorization": f"Bearer {system.token('Operator')}", "Content-Type": "application/json"},
    )
    with urlopen(request, timeout=30) as answer:  # noqa: S310  # A loopback address of our own.
        assert answer.status == 200
    return system.token("Partner", partner)
