"""Checkov over the Bicep files, in a folder of its own: it brings a hundred packages, many of them older than ours.

Guarantees: a skipped rule stands beside its resource with its reason; a file that checkov cannot parse is a fault and no silence;
nothing is fetched from its makers. `python -m infra.checks.scan` installs it, when its lock is new, and scans.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
LOCK = Path(__file__).with_name("requirements-checkov.txt")
TOOL = ROOT / ".tools" / "checkov"
SKIP = re.compile(r"checkov:skip=(?P<rule>\w+)(?::(?P<reason>.*))?")
# Fewer words than this are no reason.
WORDS_OF_A_REASON = 4


def install(uv: Path) -> None:
    """Checkov as locked, in its own environment; an environment of the same lock is left as it is."""
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    stamp = TOOL / ".stamp"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    print("Installing checkov into .tools/checkov (the first time this takes a minute)")
    shutil.rmtree(TOOL, ignore_errors=True)
    subprocess.run([str(uv), "venv", "--quiet", "--no-config", "--python", sys.executable, str(TOOL)], check=True)
    sync = [str(uv), "pip", "sync", "--quiet", "--no-config", "--require-hashes", "--compile-bytecode", "--python"]
    subprocess.run([*sync, str(TOOL / "bin" / "python"), str(LOCK)], check=True)
    stamp.write_text(wanted, encoding="utf-8")


def report(folder: Path) -> dict[str, Any]:
    """What checkov says of a folder."""
    command = [str(TOOL / "bin" / "python"), "-I", str(TOOL / "bin" / "checkov"), "-d", str(folder), "--framework", "bicep"]
    command += ["--skip-download", "--compact", "--quiet", "-o", "json"]
    # It exits with 1 when a rule fails; what it found is in its answer.
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def faults(answer: dict[str, Any]) -> list[str]:
    """Failed rules, files not understood, and an answer that looked at nothing."""
    summary = answer.get("summary", answer)
    found = ["checkov looked at no resource"] if not summary["resource_count"] else []
    if summary["parsing_errors"]:
        found.append(f"checkov could not parse {summary['parsing_errors']} file(s)")
    failed = answer.get("results", {}).get("failed_checks", [])
    return found + [f"{each['file_path']}: {each['resource']}: {each['check_id']} {each['check_name']}" for each in failed]


def unexplained(text: str) -> list[str]:
    """The rules that are skipped without a reason."""
    return [skip["rule"] for skip in SKIP.finditer(text) if len((skip["reason"] or "").split()) < WORDS_OF_A_REASON]


def main() -> None:
    install(ROOT / ".tools" / "uv" / "bin" / "uv")
    folder = ROOT / "infra"
    found = faults(report(folder))
    found += [
        f"{file.relative_to(ROOT)}: {rule} is skipped without a reason"
        for file in sorted(folder.rglob("*.bicep"))
        for rule in unexplained(file.read_text(encoding="utf-8"))
    ]
    if found:
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main()
