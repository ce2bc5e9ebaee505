"""Builds what is deployed: our own files, the locked packages beside them, all byte-compiled.

Guarantees: the files are those that git tracks and `.funcignore` leaves, as they are in the folder now; the packages are the
locked ones, checked against their hashes, built for the platform and the Python that Flex Consumption runs; the same inputs make
the same archive. Leaves the deploying to azd, which takes the folder (`azure.yaml`), and to whoever wants the archive.
"""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from infra.checks import package

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / ".tools" / "package"
# Where the host looks for packages that were built with the app.
PACKAGES = Path(".python_packages") / "lib" / "site-packages"
# Flex Consumption runs Python 3.13 on Linux on Intel processors; wheels for this glibc run there and on anything newer.
PLATFORM = "x86_64-manylinux_2_28"
DEPLOYED_AT = "/home/site/wwwroot"
THE_SAME_DAY = (1980, 1, 1, 0, 0, 0)
# The archive with all packages; the plan unpacks it at every cold start.
ARCHIVE_BUDGET_BYTES = 60_000_000


class Unfit(Exception):
    """The package must not be deployed; the message says all that is wrong with it."""


def tracked(root: Path) -> list[str]:
    """The files that git tracks and that are there."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True).stdout.decode()  # noqa: S607
    return [name for name in listed.split("\0") if name and (root / name).is_file()]


def stage(root: Path, app: Path) -> list[str]:
    """Puts our own files into an empty folder. Raises Unfit."""
    names = tracked(root)
    files = package.left((root / ".funcignore").read_text(encoding="utf-8"), names)
    wrong = package.faults(files, names) + package.size_faults((root / name).stat().st_size for name in files)
    if wrong:
        raise Unfit("\n".join(wrong))
    shutil.rmtree(app, ignore_errors=True)
    for name in files:
        (app / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / name, app / name)
    # azd leaves byte code out of a Python package unless an ignore file says otherwise; it never packs this file itself.
    (app / ".funcignore").write_text("# Everything here is deployed.\n", encoding="utf-8")
    return files


def add_packages(uv: Path, app: Path) -> None:
    """The locked packages, as wheels for the platform they will run on."""
    command = [str(uv), "pip", "install", "--quiet", "--no-config", "--require-hashes", "--no-deps", "--only-binary", ":all:"]
    command += ["--python", sys.executable, "--python-version", "3.13", "--python-platform", PLATFORM]
    command += ["--target", str(app / PACKAGES), "-r", str(app / "requirements.txt")]
    subprocess.run(command, check=True)
    # Programs of packages; nothing in the app starts one.
    shutil.rmtree(app / PACKAGES / "bin", ignore_errors=True)


def compile_all(app: Path) -> None:
    """Byte code that is taken as it is, naming the files as they lie where they run."""
    command = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", "-j", "0"]
    # A package may carry templates for code that are no code; what ours must have is checked, file by file.
    subprocess.run([*command, "-s", str(app), "-p", DEPLOYED_AT, str(app)], check=False, capture_output=True)


def archive(app: Path, target: Path) -> int:
    """The folder as an archive, byte for byte the same for the same content. Returns its size."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for file in sorted(app.rglob("*")):
            if file.is_file() and file.name != ".funcignore":
                entry = zipfile.ZipInfo(str(file.relative_to(app)), THE_SAME_DAY)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                packed.writestr(entry, file.read_bytes())
    return target.stat().st_size


def build(root: Path, target: Path, uv: Path) -> None:
    """The folder `app` and the archive `app.zip` below the target, with their sizes said. Raises Unfit."""
    app = target / "app"
    files = stage(root, app)
    add_packages(uv, app)
    compile_all(app)
    wrong = [
        fault for room in ("functions", "shared") for fault in package.byte_code_faults(app / room)
    ]  # fmt: skip
    if wrong:
        raise Unfit("\n".join(wrong))
    size = archive(app, target / "app.zip")
    ours = sum((root / name).stat().st_size for name in files)
    print(f"{len(files)} files of our own, {ours / 1e6:.2f} MB; with packages and byte code {size / 1e6:.1f} MB packed")
    if size > ARCHIVE_BUDGET_BYTES:
        raise Unfit(f"The archive is {size} bytes, and the budget is {ARCHIVE_BUDGET_BYTES}.")


if __name__ == "__main__":
    try:
        build(ROOT, TARGET, ROOT / ".tools" / "uv" / "bin" / "uv")
    except Unfit as unfit:
        sys.exit(str(unfit))
