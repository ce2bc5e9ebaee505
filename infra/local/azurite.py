"""The storage emulator: blobs, queues and tables, as the vendor ships it.

Guarantees that what is yielded answers, and that nothing of it runs afterwards. In memory for tests, in a folder for `make run`.
Its account and key are the well-known ones every emulator has; they open nothing else.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from infra.local.node_programs import node_command
from infra.local.ports import LOOPBACK
from infra.local.process import STOPPING_TAKES_AT_MOST_S, Child

ACCOUNT = "devstoreaccount1"
# Published in the vendor's documentation, the same for everybody.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

SERVICES = ("Blob", "Queue", "Table")
STARTING_TAKES_AT_MOST_S = 60.0
# By default a connection idle for 5 s is closed under the client's next request.
KEEP_ALIVE_S = 600


@dataclass(frozen=True)
class Azurite:
    """A running emulator. `connection_string` is what the storage clients take."""

    blob_port: int
    queue_port: int
    table_port: int
    child: Child

    @property
    def connection_string(self) -> str:
        return ";".join(
            (
                "DefaultEndpointsProtocol=http",
                f"AccountName={ACCOUNT}",
                f"AccountKey={KEY}",
                f"BlobEndpoint=http://{LOOPBACK}:{self.blob_port}/{ACCOUNT}",
                f"QueueEndpoint=http://{LOOPBACK}:{self.queue_port}/{ACCOUNT}",
                f"TableEndpoint=http://{LOOPBACK}:{self.table_port}/{ACCOUNT}",
            )
        )


@contextmanager
def azurite(
    *, folder: Path | None = None, log: Path | None = None, blob_port: int = 0, queue_port: int = 0, table_port: int = 0
) -> Iterator[Azurite]:
    """Run the emulator, by default in memory on free ports. Raises NotStarted if it cannot start."""
    with TemporaryDirectory(prefix="azurite-") as scratch:
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
        command = _command(folder, blob_port, queue_port, table_port)
        child = Child("Azurite", command, log=log or Path(scratch) / "log", folder=Path(scratch))
        try:
            ports = {}
            for service in SERVICES:
                says = f"Azurite {service} service is successfully listening"
                line = child.wait_for_line(says, timeout_s=STARTING_TAKES_AT_MOST_S)
                ports[service] = int(line.rpartition(":")[2])
            yield Azurite(ports["Blob"], ports["Queue"], ports["Table"], child)
        finally:
            # It waits for its clients to hang up before it ends. What is only in memory needs no such courtesy.
            child.stop(patience_s=STOPPING_TAKES_AT_MOST_S if folder else 0)


def _command(folder: Path | None, blob_port: int, queue_port: int, table_port: int) -> list[str]:
    flags = ["--silent", "--disableTelemetry", "--skipApiVersionCheck"]
    flags += ["--location", str(folder.resolve())] if folder else ["--inMemoryPersistence"]
    for service, port in (("blob", blob_port), ("queue", queue_port), ("table", table_port)):
        flags += [f"--{service}Host", LOOPBACK, f"--{service}Port", str(port), f"--{service}KeepAliveTimeout", str(KEEP_ALIVE_S)]
    return node_command("azurite/dist/src/azurite.js", *flags)
