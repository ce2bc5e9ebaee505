"""Imports run one way, and the contracts that say so bite."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.rules import ROOT
from tests.architecture.source import imports_at_start, modules

LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")
TAKES_AT_MOST_S = 120

# Too slow to import at start: each costs a cold start tens to hundreds of milliseconds.
SLOW = ("azure.communication", "azure.identity", "azure.storage", "holidays", "pyhanko", "pypdf", "reportlab")


def lint_imports(project: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(LINT_IMPORTS), "--no-cache"], cwd=project, capture_output=True, text=True, timeout=TAKES_AT_MOST_S, check=False
    )


def test_all_import_contracts_are_kept() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


@pytest.fixture(scope="module")
def skeleton(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's rooms, empty, under its own contracts."""
    project = tmp_path_factory.mktemp("skeleton")
    for package in ("functions", "shared/adapters", "shared/domain", "shared/ports", "shared/usecases", "infra"):
        (project / package).mkdir(parents=True)
        (project / package / "__init__.py").touch()
    (project / "shared" / "__init__.py").touch()
    for module in ("shared/bootstrap.py", "shared/adapters/tables.py", "shared/usecases/submit_claim.py"):
        (project / module).touch()
    shutil.copy(ROOT / "pyproject.toml", project)
    return project


def test_an_empty_skeleton_keeps_the_contracts(skeleton: Path) -> None:
    assert lint_imports(skeleton).returncode == 0


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("shared/domain/claim.py", "import shared.ports"),
        ("shared/domain/claim.py", "import os"),
        ("shared/domain/claim.py", "import random"),
        ("shared/domain/claim.py", "from azure.data.tables import TableClient"),
        ("shared/domain/claim.py", "import pydantic"),
        ("shared/usecases/refuse_consent.py", "import shared.adapters.tables"),
        ("shared/usecases/refuse_consent.py", "import azure.functions"),
        ("shared/adapters/queues.py", "import shared.usecases.submit_claim"),
        ("shared/adapters/queues.py", "import shared.bootstrap"),
        ("functions/claims.py", "import shared.adapters.tables"),
        ("functions/claims.py", "import infra"),
        ("shared/settings.py", "import infra"),
    ],
)
def test_an_import_against_the_direction_breaks_a_contract(skeleton: Path, module: str, line: str) -> None:
    wrong = skeleton / module
    wrong.write_text(f"{line}\n")
    try:
        done = lint_imports(skeleton)
    finally:
        wrong.unlink()
    assert done.returncode == 1
    assert "BROKEN" in done.stdout


# Its classes are subclasses of the library's, so it needs them at its start, and so nobody may need it at theirs.
BUILT_ON_A_SLOW_ONE = {"shared/adapters/poe_form_layout.py": "shared.adapters.poe_form_layout"}


def test_what_is_slow_to_import_is_imported_where_it_is_needed() -> None:
    early = [
        f"{path}:{line} imports {name}"
        for path, tree in modules("functions", "shared")
        for line, name in imports_at_start(tree)
        if name.startswith((*SLOW, *BUILT_ON_A_SLOW_ONE.values())) and not (path in BUILT_ON_A_SLOW_ONE and name.startswith(SLOW))
    ]
    assert early == []
