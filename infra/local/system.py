"""The whole system on free ports, forgetting everything: for tests, the demo and load.

`with local_system() as system:` yields once the API answers; afterwards nothing of it runs. `make run` builds the same system
from the same parts, on fixed ports and with data that stay.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from secrets import token_urlsafe
from sys import executable
from tempfile import TemporaryDirectory
from urllib.request import Request, urlopen

from infra.local.azurite import Azurite, azurite
from infra.local.clock import DevelopmentClock
from infra.local.environment import Parts, development_environment
from infra.local.issuer import Issuer, client_of_partner, person_id
from infra.local.mailbox import Mailbox
from infra.local.maildev import Maildev, maildev
from infra.local.node_programs import ROOT
from infra.local.ports import LOOPBACK, free_port, is_free
from infra.local.process import Child, NotStarted
from infra.local.stores import make_stores

STARTING_TAKES_AT_MOST_S = 60.0
READY = "Host ready on"
THIN_HOST, CORE_TOOLS = "infra.local.host", "infra.local.core_tools"
"""Programs that serve a function app: our thin host, and the official one where it is installed."""
TRIES_FOR_A_FREE_PORT = 5
MASTER_KEY_SETTING, FUNCTION_KEY_SETTING = "LOCAL_HOST_MASTER_KEY", "LOCAL_HOST_FUNCTION_KEY"
# A demo moves the app's clock by months; a token must outlive that.
LONG_LIFETIME = timedelta(days=3650)


@dataclass(frozen=True)
class Host:
    """One running functions host."""

    address: str
    child: Child

    @classmethod
    def start(
        cls,
        app: Path,
        port: int,
        environment: Mapping[str, str],
        log: Path,
        on_line: Callable[[str], None] | None = None,
        program: str = THIN_HOST,
    ) -> "Host":
        """A host that answers on this port. Raises NotStarted, with its last words, if it does not."""
        serve = ["--app", str(app), "--port", str(port), "--host", LOOPBACK]
        command = [executable, "-m", "infra.local.leash", program, *serve]
        surroundings = {"PYTHONUNBUFFERED": "1", **environment}
        child = Child("The functions host", command, log=log, environment=surroundings, folder=ROOT, on_line=on_line)
        try:
            child.wait_for_line(READY, timeout_s=STARTING_TAKES_AT_MOST_S)
        except BaseException:
            child.stop()
            raise
        return cls(f"http://{LOOPBACK}:{port}", child)


@dataclass
class System:
    """A running system. `api` is the first host's address."""

    azurite: Azurite
    maildev: Maildev
    issuer: Issuer
    clock: DevelopmentClock
    environment: dict[str, str]
    app: Path
    folder: Path
    hosts: list[Host] = field(default_factory=list)

    @property
    def api(self) -> str:
        return self.hosts[0].address

    @property
    def mailbox(self) -> Mailbox:
        return self.maildev.mailbox

    def start_host(self, port: int | None = None, environment: Mapping[str, str] | None = None) -> Host:
        """One more host over the same storage, which ends with the system at the latest."""
        log = self.folder / "log" / f"host-{len(self.hosts) + 1}.log"
        host = Host.start(self.app, port or free_port(), {**self.environment, **(environment or {})}, log)
        self.hosts.append(host)
        return host

    def stop_hosts(self) -> None:
        for host in self.hosts:
            host.child.stop()

    def token(self, role: str = "Partner", partner: str = "", person: str = "") -> str:
        """An access token that outlives any moving of the clock. A reviewer or an operator is told apart by `person`."""
        who = None if role == "Partner" else person_id(person or role)
        return self.issuer.issue(role, client_of_partner(partner or "staff"), person=who, lifetime=LONG_LIFETIME)

    def run_function(self, name: str) -> None:
        """Start a timer function now, by the host's admin route. Raises HTTPError if there is none of that name."""
        key = {"x-functions-key": self.environment[MASTER_KEY_SETTING], "Content-Type": "application/json"}
        # The address is this machine's own, made by the code that started the host.
        ask = Request(f"{self.api}/admin/functions/{name}", data=b"{}", headers=key, method="POST")  # noqa: S310
        urlopen(ask, timeout=30).close()  # noqa: S310


@contextmanager
def local_system(*, app: Path = ROOT, environment: Mapping[str, str] | None = None) -> Iterator[System]:
    """Run everything, with settings of one's own on top. Raises NotStarted, naming the part that did not start."""
    with ExitStack() as parts:
        folder = Path(parts.enter_context(TemporaryDirectory(prefix="cpor-")))
        storage = parts.enter_context(azurite(log=folder / "log" / "azurite.log"))
        mails = parts.enter_context(maildev(log=folder / "log" / "mail.log"))
        issuer, clock = Issuer(folder / "keys"), DevelopmentClock(folder / "clock")
        system = System(storage, mails, issuer, clock, {}, app, folder)
        parts.callback(system.stop_hosts)
        _start_first_host(system, environment or {})
        yield system


def _start_first_host(system: System, settings: Mapping[str, str]) -> None:
    # Mailed links hold the address, so the port is chosen before the host binds it; somebody may be faster.
    for tries_left in reversed(range(TRIES_FOR_A_FREE_PORT)):
        port = free_port()
        parts = Parts(
            storage=system.azurite.connection_string,
            public_url=f"http://{LOOPBACK}:{port}",
            smtp_host=system.maildev.smtp_host,
            smtp_port=system.maildev.smtp_port,
            jwks_file=system.issuer.jwks_file,
            clock_file=system.clock.file,
        )
        system.environment = {**development_environment(parts), MASTER_KEY_SETTING: token_urlsafe(24), **settings}
        if system.app == ROOT:  # Another app, in tests of the host, has its own stores.
            make_stores(system.environment)
        try:
            system.start_host(port)
        except NotStarted:
            if is_free(port) or not tries_left:
                raise
        else:
            return
