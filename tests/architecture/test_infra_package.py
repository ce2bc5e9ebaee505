"""The package holds what it must, nothing else, byte-compiled, within its budget, and starts."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from infra import package as builder
from infra.checks import package
from tests.architecture.rules import ROOT

IGNORE = (ROOT / ".funcignore").read_text(encoding="utf-8")
TRACKED = builder.tracked(ROOT)


def test_what_funcignore_leaves_is_the_package() -> None:
    left = package.left(IGNORE, TRACKED)
    assert package.faults(left, TRACKED) == []
    assert "shared/adapters/mail/templates/consent_request/body.html" in left
    assert "shared/locale/de/LC_MESSAGES/mail.mo" in left
    assert not [name for name in left if name.endswith((".mjml", ".po"))]
    assert not [name for name in left if name.startswith(("tests/", "infra/", "docs/", "."))]


def test_git_reads_funcignore_alike() -> None:
    ask = ["git", "ls-files", "-z", "--cached", "--ignored", "--exclude-from=.funcignore"]
    ignored = subprocess.run(ask, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    assert package.left(IGNORE, TRACKED) == sorted(set(TRACKED) - set(ignored))


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("!/infra/\n", "infra/main.bicep does not belong in the package"),
        ("!/Makefile\n", "Makefile does not belong in the package"),
        ("/host.json\n", "host.json is missing"),
        ("*.html\n", "functions/pages/templates/consent.html is missing"),
        ("/shared/adapters/\n", "shared/adapters/names.py is missing"),
    ],
)
def test_a_line_too_much_is_found(line: str, fault: str) -> None:
    assert fault in package.faults(package.left(IGNORE + line, TRACKED), TRACKED)


@pytest.mark.parametrize("stray", ["functions/notes.md", "shared/proof.pdf", "functions/local.db", "shared/key.pem"])
def test_a_stray_file_is_kept_out_or_found(stray: str) -> None:
    left = package.left(IGNORE, [*TRACKED, stray])
    assert stray not in left or f"{stray} does not belong in the package" in package.faults(left, [*TRACKED, stray])


def test_a_folder_of_somebody_s_own_stays_at_home() -> None:
    assert package.left(IGNORE, ["new/secret.py", "local.settings.json", "shared/local.settings.json", "host.json"]) == [
        "host.json"
    ]


def test_our_own_files_keep_to_the_budget() -> None:
    sizes = [(ROOT / name).stat().st_size for name in package.left(IGNORE, TRACKED)]
    assert package.size_faults(sizes) == []
    assert package.size_faults(sizes, budget=sum(sizes) - 1) != []


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our part of the package, as it is deployed; the packages come from this environment, which has the same ones."""
    folder = tmp_path_factory.mktemp("package") / "app"
    builder.stage(ROOT, folder)
    builder.compile_all(folder)
    return folder


def test_every_module_of_the_package_is_compiled(app: Path) -> None:
    assert len(list(app.rglob("*.py"))) > 1
    assert package.byte_code_faults(app) == []


def test_missing_and_distrustful_byte_code_is_found(app: Path, tmp_path: Path) -> None:
    broken = Path(shutil.copytree(app, tmp_path / "app"))
    next((broken / "shared" / "__pycache__").glob("settings.*.pyc")).unlink()
    subprocess.run([sys.executable, "-m", "compileall", "-q", "-f", str(broken / "functions" / "edge.py")], check=True)
    assert package.byte_code_faults(broken) == [
        "functions/edge.py is compared with its source at every start",
        "shared/settings.py has no byte code",
    ]


def test_the_package_starts_from_its_byte_code(app: Path) -> None:
    """The function app is imported from the package alone, with its sources emptied: what runs is what was compiled."""
    alone = Path(shutil.copytree(app, app.parent / "alone"))
    for source in alone.rglob("*.py"):
        source.write_text("", encoding="utf-8")
    report = "import function_app, shared; print(shared.__file__, len(function_app.app.get_functions()))"
    done = subprocess.run([sys.executable, "-c", report], cwd=alone, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    where, functions = done.stdout.split()
    assert where == str(alone / "shared" / "__init__.py")
    assert int(functions) > 1


def test_a_package_with_a_stray_file_is_not_built(tmp_path: Path) -> None:
    root = tmp_path / "root"
    for name in package.left(IGNORE, TRACKED):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, root / name)
    (root / ".funcignore").write_text(IGNORE, encoding="utf-8")
    (root / "shared" / "customers.csv").write_text("a list of names", encoding="utf-8")
    for command in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *command], cwd=root, check=True)
    with pytest.raises(builder.Unfit, match=r"shared/customers\.csv does not belong in the package"):
        builder.stage(root, tmp_path / "app")


def test_the_same_content_makes_the_same_archive(app: Path, tmp_path: Path) -> None:
    builder.archive(app, tmp_path / "one.zip")
    for file in app.rglob("*.py"):
        file.touch()
    builder.archive(app, tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
