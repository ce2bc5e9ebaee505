"""Tables, queues and containers: what the code uses is made, and nothing else is."""

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from infra.checks.bicep import Model, body, names, objects, resources

STORAGE = "Microsoft.Storage/storageAccounts"
QUEUE = re.compile(r"queue_name=\"([a-z0-9-]+)\"")


@dataclass(frozen=True)
class Stores:
    """What an account holds, or should."""

    tables: frozenset[str]
    queues: frozenset[str]
    containers: frozenset[str]


def made(storage: Model) -> Stores:
    """What storage.bicep makes."""
    return Stores(
        frozenset(names(storage, f"{STORAGE}/tableServices/tables")),
        frozenset(names(storage, f"{STORAGE}/queueServices/queues")),
        frozenset(names(storage, f"{STORAGE}/blobServices/containers")),
    )


def used(names_source: str, function_sources: Iterable[str], events: Model, app: Model) -> Stores:
    """What the code names, every poison queue, what Event Grid feeds, and where the package lies."""
    listed = _tuples(names_source)
    triggers = {queue for source in function_sources for queue in QUEUE.findall(source)}
    own = set(listed["QUEUES"]) | triggers
    poison = {f"{queue}-poison" for queue in own if not queue.endswith("-poison")}
    return Stores(
        frozenset(listed["TABLES"]),
        frozenset(own | poison | fed(events)),
        frozenset({*listed["CONTAINERS"], package_container(app)}),
    )


def fed(events: Model) -> set[str]:
    """The queues that event subscriptions deliver to."""
    return {inner["queueName"] for inner in objects(events["resources"]) if "queueName" in inner}


def package_container(app: Model) -> str:
    """Where the function app reads its package."""
    ((_, site),) = resources(app, "Microsoft.Web/sites")
    address: str = site["properties"]["functionAppConfig"]["deployment"]["storage"]["value"]
    return address.rpartition("}")[2]


def faults(made: Stores, used: Stores) -> list[str]:
    """What is missing, and what nobody uses."""
    found = []
    for kind in ("tables", "queues", "containers"):
        have, want = getattr(made, kind), getattr(used, kind)
        found += [f"{kind}: {name} is used and not made" for name in sorted(want - have)]
        found += [f"{kind}: {name} is made and not used" for name in sorted(have - want)]
    return found


def proof_faults(storage: Model) -> list[str]:
    """Proofs are kept as they came: versions on, deletions recoverable, a retention that is theirs."""
    ((_, blobs),) = resources(storage, f"{STORAGE}/blobServices")
    found = [] if blobs["properties"].get("isVersioningEnabled") is True else ["versioning is off"]
    found += [
        f"{policy} is off"
        for policy in ("deleteRetentionPolicy", "containerDeleteRetentionPolicy")
        if blobs["properties"].get(policy, {}).get("enabled") is not True
    ]
    containers = {symbol: body({"config": each}) for symbol, each in resources(storage, f"{STORAGE}/blobServices/containers")}
    proofs = [symbol for symbol, each in containers.items() if each.get("name") == "proofs"]
    policies = resources(storage, f"{STORAGE}/blobServices/containers/immutabilityPolicies")
    kept = {str(each["parent"]) for _, each in policies if each["properties"].get("immutabilityPeriodSinceCreationInDays")}
    if not proofs or not _immutable(containers[proofs[0]]) or proofs[0] not in kept:
        found.append("proofs are not immutable")
    return found


def key_faults(storage: Model) -> list[str]:
    """Nobody gets in with a key."""
    ((_, account),) = resources(storage, STORAGE)
    wanted = {"allowSharedKeyAccess": False, "allowBlobPublicAccess": False, "isLocalUserEnabled": False}
    return [f"{name} is not {value}" for name, value in wanted.items() if account["properties"].get(name) is not value]


def _immutable(container: Mapping[str, object]) -> bool:
    properties = container["properties"]
    return isinstance(properties, dict) and properties.get("immutableStorageWithVersioning", {}).get("enabled") is True


def _tuples(source: str) -> dict[str, tuple[str, ...]]:
    """The module's tuples of names, with the constants in them resolved."""
    constants: dict[str, str] = {}
    found: dict[str, tuple[str, ...]] = {}
    for node in ast.parse(source).body:
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
            continue
        if isinstance(node.value, ast.Constant):
            constants[node.target.id] = str(node.value.value)
        elif isinstance(node.value, ast.Tuple):
            found[node.target.id] = tuple(constants[ast.unparse(each)] for each in node.value.elts)
    return found
