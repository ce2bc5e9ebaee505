"""Set-up needs nothing but an old Python, does nothing twice, and says in one sentence what is missing."""

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from infra.local import setup
from infra.local.node_programs import ROOT
from infra.local.ports import free_port
from infra.local.setup import Missing, Workshop

SCRIPT = ROOT / "infra" / "local" / "setup.py"
TAKES_AT_MOST_S = 60


def set_up(script: Path, environment: Mapping[str, str], python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    """Run set-up as `make` does, except that it honours PYTHONPATH, by which a test takes modules away."""
    command = [python, str(script)]
    return subprocess.run(command, env=dict(environment), capture_output=True, text=True, timeout=TAKES_AT_MOST_S, check=False)


def assert_one_sentence(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.rstrip().endswith(".")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A fresh checkout, as far as set-up reads it; the script in it."""
    here = tmp_path / "checkout" / "infra" / "local"
    shutil.copytree(SCRIPT.parent / "node", here / "node")
    for file in (SCRIPT, SCRIPT.with_name("uv.txt")):
        shutil.copy(file, here)
    shutil.copy(ROOT / "requirements-dev.txt", tmp_path / "checkout")
    return here / "setup.py"


@pytest.fixture
def offline(tmp_path: Path) -> dict[str, str]:
    """An environment in which no registry answers and nothing is cached."""
    nowhere = f"http://127.0.0.1:{free_port()}"
    return {
        "HOME": str(tmp_path / "home"),
        "PATH": os.environ["PATH"],
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": nowhere,
        "PIP_RETRIES": "1",
        "UV_CACHE_DIR": str(tmp_path / "cache"),
        "UV_DEFAULT_INDEX": nowhere,
        "UV_HTTP_RETRIES": "0",
        "npm_config_cache": str(tmp_path / "npm"),
        "npm_config_fetch_retries": "0",
        "npm_config_registry": nowhere,
    }


def test_an_old_python_can_read_the_script_up_to_the_sentence_about_it() -> None:
    ast.parse(SCRIPT.read_text(encoding="utf-8"), feature_version=(3, 6))


def test_a_python_that_is_too_old_is_told_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 8, 18, "final", 0))
    with pytest.raises(SystemExit) as ended:
        setup.main()
    assert ended.value.code == 1
    assert "needs 3.9 or newer" in capsys.readouterr().err


def test_a_second_run_starts_no_program() -> None:
    # Nothing on the PATH and nowhere to write: whatever it tried to start or fetch would fail.
    done = set_up(SCRIPT, {"PATH": "", "HOME": os.devnull})
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_changed_lock_is_installed_again(checkout: Path) -> None:
    root = checkout.parent.parent.parent
    before = setup.digest_of([root / "requirements-dev.txt"], "")
    setup.stamp(root, before)
    assert setup.stamped(root, before)
    with (root / "requirements-dev.txt").open("a") as lock:
        lock.write("# changed\n")
    assert not setup.stamped(root, setup.digest_of([root / "requirements-dev.txt"], ""))


def test_without_a_network_there_is_one_sentence_and_a_log(checkout: Path, offline: Mapping[str, str]) -> None:
    done = set_up(checkout, offline)
    assert_one_sentence(done)
    assert "uv could not be installed" in done.stderr
    assert "check the network" in done.stderr
    assert (checkout.parent.parent.parent / ".tools" / "setup.log").stat().st_size > 0


def test_a_network_lost_after_uv_is_said_too(checkout: Path, offline: Mapping[str, str]) -> None:
    tools = checkout.parent.parent.parent / ".tools"
    shutil.copytree(ROOT / ".tools" / "uv", tools / "uv", copy_function=os.link)
    done = set_up(checkout, offline)
    assert_one_sentence(done)
    assert "the packages could not be installed" in done.stderr
    assert "check the network" in done.stderr
    assert not (checkout.parent.parent.parent / ".venv" / ".stamp").exists()


def test_a_package_with_another_hash_is_refused(checkout: Path) -> None:
    lock = checkout.with_name("uv.txt")
    digest = "0" * 64
    name = lock.read_text().splitlines()[0]
    lock.write_text(f"{name}\n    --hash=sha256:{digest}\n")
    done = set_up(checkout, os.environ)
    assert_one_sentence(done)
    assert "does not have the locked hash" in done.stderr


def test_a_python_without_pip_and_venv_is_told_what_to_install(
    checkout: Path, offline: Mapping[str, str], tmp_path: Path
) -> None:
    taken_away = tmp_path / "taken away"
    taken_away.mkdir()
    for module in ("pip", "ensurepip"):
        (taken_away / f"{module}.py").write_text("raise ImportError('taken away')")
    done = set_up(checkout, {**offline, "PATH": "", "PYTHONPATH": str(taken_away)})
    assert_one_sentence(done)
    assert "apt install python3-venv" in done.stderr


def test_a_shim_that_does_not_run_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shims, pyenv = tmp_path / "shims", tmp_path / "pyenv"
    shim, real = shims / "python3.13", pyenv / "versions" / "3.13.99" / "bin" / "python3.13"
    for file in (shim, real):
        file.parent.mkdir(parents=True)
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    real.symlink_to(sys.executable)
    monkeypatch.setenv("PATH", str(shims))
    monkeypatch.setenv("PYENV_ROOT", str(pyenv))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "another python"))
    assert list(setup.interpreters_on_this_machine()) == [sys.executable, str(shim), str(real)]
    assert Workshop(tmp_path).find_interpreter("no uv is asked") == str(real)


def test_no_python_of_the_wanted_version_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uv = tmp_path / "uv"
    uv.write_text("#!/bin/sh\necho 'error: client error (Connect)' >&2\nexit 2\n")
    uv.chmod(0o755)
    (tmp_path / ".tools").mkdir()
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no python"))
    with pytest.raises(Missing, match=r"no Python 3\.13 .*check the network"):
        Workshop(tmp_path).find_interpreter(str(uv))


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("npm error code ENOTFOUND", "check the network"),
        ("error: No space left on device (os error 28)", "the disk is full"),
        ("npm error code EINTEGRITY", "does not have the locked hash"),
        ("something nobody foresaw", "the tool failed"),
    ],
)
def test_a_tool_s_output_gives_a_reason(output: str, reason: str) -> None:
    assert reason in setup.reason_in(output)


def test_make_without_python_says_so(tmp_path: Path) -> None:
    make = shutil.which("make")
    assert make
    command = [make, "--directory", str(ROOT), "setup", f"PYTHON={tmp_path / 'python3'}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TAKES_AT_MOST_S, check=False)
    assert done.returncode != 0
    assert "install Python 3.9 or newer" in done.stderr


def test_make_alone_lists_every_target() -> None:
    listed = subprocess.run(
        ["make", "--directory", str(ROOT)], capture_output=True, text=True, timeout=TAKES_AT_MOST_S, check=True
    )
    makefile = (ROOT / "Makefile").read_text()
    phony = makefile.split(".PHONY:")[1].splitlines()[0].split()
    assert [line.split()[1] for line in listed.stdout.splitlines() if line.startswith("make ")] == phony
