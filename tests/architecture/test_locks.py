"""What is installed is what was locked: every package hashed, and no lock names where it came from."""

import json
import re
import tomllib
from itertools import chain

import pytest

from tests.architecture.rules import ROOT

REQUIREMENT_LOCKS = ("requirements.txt", "requirements-dev.txt", "infra/local/uv.txt", "infra/checks/requirements-checkov.txt")
PINNED = re.compile(r"^(?P<name>[a-z0-9][a-z0-9._-]*)(\[[a-z,-]+\])?==(?P<version>[^\s;\\]+)", re.IGNORECASE)
NAME = re.compile(r"^[A-Za-z0-9._-]+")


def pins(lock: str) -> dict[str, str]:
    """Package -> version."""
    found = (PINNED.match(line) for line in (ROOT / lock).read_text().splitlines())
    return {pin["name"]: pin["version"] for pin in found if pin}


def normalised(requirement: str) -> str:
    match = NAME.match(requirement)
    assert match, requirement
    return re.sub(r"[-_.]+", "-", match[0]).lower()


@pytest.mark.parametrize("lock", REQUIREMENT_LOCKS)
def test_every_package_is_pinned_and_hashed(lock: str) -> None:
    # Comment lines stand between a package and its hashes, so they go first; a backslash then joins a package to its hashes.
    bare = "\n".join(line for line in (ROOT / lock).read_text().splitlines() if not line.lstrip().startswith("#"))
    requirements = [line for line in bare.replace("\\\n", " ").splitlines() if line.strip()]
    assert requirements
    assert [line for line in requirements if not PINNED.match(line) or "--hash=sha256:" not in line] == []


@pytest.mark.parametrize("lock", [*REQUIREMENT_LOCKS, "infra/local/node/package-lock.json"])
def test_a_lock_names_no_index_and_no_folder(lock: str) -> None:
    # Node's lock says where authors ask for donations and keep their licences; nothing is installed from there.
    lines = [line for line in (ROOT / lock).read_text().splitlines() if not line.strip().startswith(('"url":', '"license":'))]
    assert [
        line for line in lines if re.search(r"https?://|file:|--(find-links|index-url|extra-index-url)|\"resolved\"", line)
    ] == []


def test_every_node_package_has_its_hash() -> None:
    packages = json.loads((ROOT / "infra/local/node/package-lock.json").read_text())["packages"]
    assert len(packages) > 1
    assert [name for name, package in packages.items() if name and not package.get("integrity")] == []


def test_what_is_declared_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runtime = {normalised(requirement) for requirement in project["project"]["dependencies"]}
    development = {normalised(requirement) for requirement in chain.from_iterable(project["dependency-groups"].values())}
    assert runtime - pins("requirements.txt").keys() == set()
    assert (runtime | development) - pins("requirements-dev.txt").keys() == set()


def test_tests_run_on_the_versions_that_are_deployed() -> None:
    tested = pins("requirements-dev.txt")
    assert {name: version for name, version in pins("requirements.txt").items() if tested.get(name) != version} == {}
