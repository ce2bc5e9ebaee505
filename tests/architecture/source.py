"""Reads this project's own source, for the guards."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.rules import ROOT


def modules(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    """Path and syntax tree of every Python file below these folders."""
    for folder in folders:
        for file in sorted((ROOT / folder).rglob("*.py")):
            yield str(file.relative_to(ROOT)), ast.parse(file.read_text(encoding="utf-8"))


def calls(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and dotted name of every call whose name is written out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (name := dotted(node.func)):
            yield node.lineno, name


def dotted(node: ast.expr) -> str:
    """`a.b.c` for an attribute of an attribute of a name, "" for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (owner := dotted(node.value)):
        return f"{owner}.{node.attr}"
    return ""


def imports_at_start(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and module of every import that runs when the module is imported."""
    waiting: list[ast.stmt] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" not in ast.unparse(node.test):
            waiting += node.body + node.orelse
        elif isinstance(node, ast.Try | ast.With | ast.ClassDef):
            waiting += node.body


def committed_texts() -> Iterator[tuple[str, str]]:
    """Path and content of every text file that git knows or would take."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
    )
    for name in listed.stdout.decode().split("\0"):
        file: Path = ROOT / name
        if name and file.is_file() and b"\0" not in (content := file.read_bytes()):
            yield name, content.decode("utf-8", "replace")
