"""`make run` from outside: it says what is in its way, comes back, keeps its data, and leaves nothing running."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from socket import create_server
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest
from azure.data.tables import TableClient

from infra.local import reset
from infra.local.node_programs import ROOT
from infra.local.ports import LOOPBACK, free_ports, is_free
from infra.local.process import Child
from infra.local.system import local_system

pytestmark = pytest.mark.system

APP = '''
import os
import azure.functions as func
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

@app.route("ping")
def ping(req: func.HttpRequest) -> func.HttpResponse:
    """Answer with the setting that was asked for, and who answers."""
    return func.HttpResponse(os.environ.get(req.params.get("setting", ""), ""), headers={"pid": str(os.getpid())})
'''
HOST_JSON = '{"version": "2.0", "extensions": {"http": {"routePrefix": ""}}}'
SETTINGS = ("CPOR_PORT", "CPOR_MAILBOX_PORT", "CPOR_SMTP_PORT", "CPOR_BLOB_PORT", "CPOR_QUEUE_PORT", "CPOR_TABLE_PORT")
PATIENCE_S = 60.0


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """The smallest app a host can serve."""
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "function_app.py").write_text(APP)
    (folder / "host.json").write_text(HOST_JSON)
    return folder


class Running:
    """A `make run` in a process of its own, with data in a folder of its own."""

    def __init__(self, app: Path, folder: Path, ports: Mapping[str, str], *options: str) -> None:
        self.folder, self.ports = folder, ports
        command = [sys.executable, "-m", "infra.local.run", "--app", str(app), "--folder", str(folder), *options]
        self.child = Child("make run", command, log=folder.parent / "run.log", environment=ports, folder=ROOT)

    @property
    def api(self) -> str:
        return f"http://{LOOPBACK}:{self.ports['CPOR_PORT']}"

    def is_up(self) -> "Running":
        self.child.wait_for_line("Data ", timeout_s=PATIENCE_S)
        return self

    def interrupt(self, number: int = signal.SIGINT) -> int:
        """Do what the terminal does on Ctrl-C, and wait for the end."""
        os.kill(self.child.pid, number)
        return self.child.wait(PATIENCE_S)

    def output(self) -> str:
        return self.child.log.read_text()


@pytest.fixture
def start(app: Path, tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Starts a system on free ports, the same ones and the same data each time."""
    ports = dict(zip(SETTINGS, map(str, free_ports(len(SETTINGS))), strict=True))
    started: list[Running] = []

    def start(*options: str, path: str | None = None) -> Running:
        settings = ports if path is None else {**ports, "PATH": path}
        started.append(Running(app, tmp_path / "data", settings, *options))
        return started[-1]

    yield start
    for system in started:
        system.child.stop()


def eventually(holds: Callable[[], bool], what: str) -> None:
    """Wait for a condition, looking often."""
    until = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < until, f"{what}: not within {PATIENCE_S:.0f} s"
        time.sleep(0.02)


def everything_is_free(ports: Mapping[str, str]) -> bool:
    return all(is_free(int(port)) for port in ports.values())


def answer(address: str) -> tuple[str, str]:
    """The body and the process that answered."""
    with urlopen(Request(address), timeout=10) as response:  # noqa: S310
        return response.read().decode(), response.headers["pid"]


def test_ctrl_c_ends_it_cleanly_and_leaves_nothing_running(start: Callable[..., Running]) -> None:
    system = start().is_up()
    _, host = answer(f"{system.api}/ping")
    assert system.interrupt() == 0
    assert "Traceback" not in system.output()
    assert system.output().rstrip().endswith("Stopped.")
    assert everything_is_free(system.ports)
    with pytest.raises(ProcessLookupError):
        os.kill(int(host), 0)


def test_a_second_ctrl_c_does_not_cut_the_stopping_short(start: Callable[..., Running]) -> None:
    system = start().is_up()
    os.kill(system.child.pid, signal.SIGINT)
    assert system.interrupt() == 0
    assert everything_is_free(system.ports)


def test_ctrl_c_while_it_is_starting_leaves_nothing_running_either(start: Callable[..., Running]) -> None:
    system = start()
    system.child.wait_for_line("Starting", timeout_s=PATIENCE_S)
    assert system.interrupt() == 0
    assert "Traceback" not in system.output()
    eventually(lambda: everything_is_free(system.ports), "all ports are free again")


def test_even_a_killed_supervisor_leaves_nothing_running(start: Callable[..., Running]) -> None:
    system = start().is_up()
    assert system.interrupt(signal.SIGKILL) == -signal.SIGKILL
    eventually(lambda: everything_is_free(system.ports), "all ports are free again")


def test_it_prints_addresses_that_answer(start: Callable[..., Running]) -> None:
    system = start().is_up()
    addresses = dict(re.findall(r"^  (API|Mailbox) +(http\S+)$", system.output(), re.MULTILINE))
    with urlopen(addresses["Mailbox"], timeout=10) as page:  # noqa: S310
        assert page.status == 200
    assert addresses["API"] == f"{system.api}/v1"
    assert answer(f"{system.api}/ping?setting=CPOR_PUBLIC_URL")[0] == system.api


def test_a_host_that_dies_comes_back_with_the_same_keys(start: Callable[..., Running]) -> None:
    system = start().is_up()
    key, first = answer(f"{system.api}/ping?setting=LOCAL_HOST_MASTER_KEY")
    os.kill(int(first), signal.SIGKILL)

    def another_answers() -> bool:
        try:
            return answer(f"{system.api}/ping")[1] != first
        except (URLError, OSError):
            return False

    eventually(another_answers, "another host answers")
    assert answer(f"{system.api}/ping?setting=LOCAL_HOST_MASTER_KEY")[0] == key
    assert "The functions host ended with code -9." in system.output()


def test_losing_the_storage_ends_it_with_a_sentence(start: Callable[..., Running]) -> None:
    system = start().is_up()
    os.kill(_child_of(system.child.pid, "azurite.js"), signal.SIGKILL)
    assert system.child.wait(PATIENCE_S) == 1
    assert "Azurite ended by itself" in system.output()
    assert "Traceback" not in system.output()
    assert everything_is_free(system.ports)


def test_data_survive_a_restart_and_not_a_reset(start: Callable[..., Running], capsys: pytest.CaptureFixture[str]) -> None:
    first = start().is_up()
    storage = answer(f"{first.api}/ping?setting=CPOR_STORAGE")[0]
    with TableClient.from_connection_string(storage, "kept") as table:
        table.create_table()
        table.create_entity({"PartitionKey": "a", "RowKey": "b", "seats": 7})
    assert first.interrupt() == 0

    second = start().is_up()
    with TableClient.from_connection_string(storage, "kept") as table:
        assert table.get_entity("a", "b")["seats"] == 7
    assert reset.main(["--folder", str(second.folder)]) == 1
    assert "stop it first" in capsys.readouterr().err
    assert second.interrupt() == 0

    assert reset.main(["--folder", str(second.folder)]) == 0
    assert not second.folder.exists()


def test_a_second_system_on_the_same_data_is_refused_in_a_sentence(start: Callable[..., Running]) -> None:
    start().is_up()
    second = start()
    assert second.child.wait(PATIENCE_S) == 1
    assert "The system is running with its data in" in second.output()
    assert "Traceback" not in second.output()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"CPOR_PORT": "many"}, "CPOR_PORT is 'many', and a port is a number from 1 to 65535."),
        ({"CPOR_SMTP_PORT": "70000"}, "CPOR_SMTP_PORT is '70000'"),
        ({"CPOR_PORT": "4711", "CPOR_MAILBOX_PORT": "4711"}, "Port 4711 is asked for twice: give CPOR_MAILBOX_PORT another."),
    ],
)
def test_a_useless_port_is_said_in_a_sentence(tmp_path: Path, settings: dict[str, str], sentence: str) -> None:
    done = _run_briefly(tmp_path, settings)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_taken_port_is_said_in_a_sentence(tmp_path: Path) -> None:
    with create_server((LOOPBACK, 0)) as somebody:
        taken = somebody.getsockname()[1]
        done = _run_briefly(tmp_path, {"CPOR_PORT": str(taken)})
    assert done.returncode == 1
    assert done.stderr.startswith(f"Port {taken} is taken")
    assert "CPOR_PORT=" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_system_for_tests_has_its_own_ports_and_a_second_host_over_the_same_storage(app: Path) -> None:
    with local_system(app=app, environment={"CPOR_SCHEDULE_NIGHTLY": "0 0 3 * * *"}) as system:
        second = system.start_host()
        assert answer(f"{system.api}/ping?setting=CPOR_SCHEDULE_NIGHTLY")[0] == "0 0 3 * * *"
        assert answer(f"{second.address}/ping?setting=CPOR_STORAGE")[0] == system.azurite.connection_string
        assert answer(f"{second.address}/ping?setting=CPOR_PUBLIC_URL")[0] == system.api
        assert answer(f"{second.address}/ping")[1] != answer(f"{system.api}/ping")[1]
        ports = {address: address.rpartition(":")[2] for address in (system.api, second.address, system.mailbox.address)}
    assert everything_is_free(ports)


def _run_briefly(folder: Path, settings: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    ports = dict(zip(SETTINGS, map(str, free_ports(len(SETTINGS))), strict=True))
    command = [sys.executable, "-m", "infra.local.run", "--folder", str(folder / "data")]
    environment = {**os.environ, **ports, **settings}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False)


def _child_of(parent: int, program: str) -> int:
    """The process that a parent started from this program."""
    listed = subprocess.run(["ps", "-A", "-ww", "-o", "pid=,ppid=,command="], capture_output=True, text=True, check=True).stdout
    for row in listed.splitlines():
        pid, its_parent, command = row.split(maxsplit=2)
        if int(its_parent) == parent and program in command:
            return int(pid)
    raise LookupError(f"{program} does not run below {parent}")


# What `func` is to `make func`: it is called as the Core Tools are, serves with the settings it finds, and ends on request only.
FUNC = f"""#!{sys.executable}
import os, shutil, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        said = os.environ.get(parse_qs(urlsplit(self.path).query).get("setting", [""])[0], "")
        self.send_response(200)
        self.send_header("pid", str(os.getpid()))
        self.send_header("python", shutil.which("python"))
        self.end_headers()
        self.wfile.write(said.encode())

assert sys.argv[1:3] == ["start", "--port"], sys.argv
assert os.path.exists("function_app.py"), os.getcwd()
HTTPServer(("127.0.0.1", int(sys.argv[3])), Handler).serve_forever()
"""


def test_core_tools_serve_the_app_with_the_same_settings_where_they_are_installed(
    start: Callable[..., Running], tmp_path: Path
) -> None:
    """A stand-in for `func`, which no machine of ours has, shows how it is called; it does not outlive whoever started it."""
    func = tmp_path / "bin" / "func"
    func.parent.mkdir()
    func.write_text(FUNC)
    func.chmod(0o755)
    system = start("--core-tools", path=f"{func.parent}{os.pathsep}{os.environ['PATH']}").is_up()
    with urlopen(f"{system.api}/ping?setting=CPOR_ENVIRONMENT", timeout=10) as response:  # noqa: S310  # Our own address.
        assert response.read() == b"development"
        assert Path(response.headers["python"]).parent == Path(sys.executable).parent, (
            "it takes the Python with the app's packages"
        )
    system.interrupt(signal.SIGKILL)
    ports = {name: system.ports[name] for name in SETTINGS}
    eventually(lambda: everything_is_free(ports), "the end of all parts")


def test_without_core_tools_that_is_said_in_a_sentence(start: Callable[..., Running], tmp_path: Path) -> None:
    system = start("--core-tools", path=str(tmp_path))
    assert system.child.wait(PATIENCE_S) == 1
    assert "Core Tools (func) are not installed" in system.output()
    assert "Traceback" not in system.output()
