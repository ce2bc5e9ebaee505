"""A file of claims, uploaded to the running system by `cpor` and waited for: time, memory of the worker, storage requests a line.

By default 1,000 lines; `BENCH_LINES=10000` is the largest file that the API takes. The sweep runs hourly: it asks all buckets,
and the emulator answers each question by looking at every row that it has.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from infra.cli.api import ADDRESS, TOKEN, Api
from infra.local.bench.customers import tenants
from infra.local.bench.figures import Figure, at_most
from infra.local.bench.worlds import emulated
from infra.local.issuer import DEVELOPMENT_TENANT, client_of_partner
from infra.local.system import System, local_system
from shared.domain.partner import Partner
from shared.ports.records import Call
from shared.usecases import claim_batches
from shared.usecases.claims import NewClaim

LINES: Final = int(os.environ.get("BENCH_LINES", "1000"))
COUNTED: Final = 500
PARTNER: Final = "4711001"


def figures() -> Iterable[Figure]:
    """All of this part."""
    yield at_most(f"storage requests a line, of {COUNTED} lines", asyncio.run(_requests_a_line()), 4.1)
    with local_system(environment={"CPOR_SCHEDULE_OUTBOX": "0 0 * * * *"}) as system, TemporaryDirectory() as folder:
        yield from _uploaded(system, Path(folder))


def _uploaded(system: System, folder: Path) -> Iterable[Figure]:
    clients = [{"tenantId": str(DEVELOPMENT_TENANT), "appId": str(client_of_partner(PARTNER))}]
    profile = {"name": "Northwind", "mail": "claims@northwind.example", "programmes": ["demo"], "clients": clients}
    Api(system.api, system.token("Operator", person="bench")).ask("PUT", f"/v1/partners/{PARTNER}", json=profile)
    file = folder / "claims.ndjson"
    file.write_text("\n".join(json.dumps(each) for each in _claims(LINES)))
    before, begun = _peak_megabytes(system), time.perf_counter()
    done = _cpor(system, "batch", "upload", str(file), "--json")
    took, after = time.perf_counter() - begun, _peak_megabytes(system)
    batch = json.loads(done.stdout)
    is_whole = batch["created"] == len({each["claimId"] for each in batch["value"]}) == LINES
    yield Figure(f"{LINES:,} lines in {file.stat().st_size / 1e6:.1f} MB", f"{batch['created']:,} claims", f"{LINES:,}", is_whole)
    yield Figure("upload, until the last line has its result", f"{took:.0f} s, {LINES / took:.0f} lines/s")
    yield Figure("peak memory of the worker: before, after", f"{before:.0f} MB, {after:.0f} MB")
    begun = time.perf_counter()
    again = _cpor(system, "batch", "upload", str(file), "--json")
    yield Figure("the same file once more", f"{time.perf_counter() - begun:.1f} s", "the same batch", again.stdout == done.stdout)


def _cpor(system: System, *arguments: str) -> subprocess.CompletedProcess[str]:
    who = {ADDRESS: system.api, TOKEN: system.token(partner=PARTNER)}
    command = [sys.executable, "-m", "infra.cli", *arguments]
    return subprocess.run(command, env={**os.environ, **who}, stdout=subprocess.PIPE, text=True, check=True)


def _claims(number: int) -> Iterator[dict[str, Any]]:
    """As many customers, each with a person of its own."""
    for n, tenant in enumerate(tenants(number)):
        customer = {"tenantId": tenant, "domain": "fabrikam.example", "name": f"Fabrikam {n}", "country": "DE"}
        contact = {"name": "Anna Berg", "mail": f"anna.berg{n}@fabrikam.example"}
        yield {"customer": customer, "programmeId": "demo", "scopes": ["workload:teams"], "contact": contact}


def _peak_megabytes(system: System) -> float:
    """The most that the host's process ever had in memory."""
    status = Path(f"/proc/{system.hosts[0].child.pid}/status").read_text(encoding="utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


async def _requests_a_line() -> float:
    requests = 0

    def count(_: Any) -> None:
        nonlocal requests
        requests += 1

    partner = Partner(PARTNER, "Northwind", "claims@northwind.example", ("demo",))
    content = "\n".join(json.dumps(each) for each in _claims(COUNTED)).encode()
    async with emulated() as world, emulated(world, count) as counted:
        await world.partners.enrol(partner)
        batch = await claim_batches.accept(counted, partner, content, "bench", Call("bench", "bench"))
        done = await claim_batches.work_off(counted, partner.partner_id, batch.batch_id, _read, lambda _: None)
    return requests / done.created


def _read(line: bytes) -> NewClaim:
    asked = json.loads(line)
    customer, contact = asked["customer"], asked["contact"]
    return NewClaim(
        tenant_id=customer["tenantId"],
        domain=customer["domain"],
        customer_name=customer["name"],
        country=customer["country"],
        programme_id=asked["programmeId"],
        scopes=tuple(asked["scopes"]),
        contact_name=contact["name"],
        contact_mail=contact["mail"],
        language="en",
    )
