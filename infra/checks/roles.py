"""Role assignments: one file, exactly what the clients in the code and the references in Bicep need."""

from collections.abc import Iterable
from dataclasses import dataclass

from infra.checks.bicep import Model, body, objects, resources, texts
from infra.checks.stores import fed

ASSIGNMENT = "Microsoft.Authorization/roleAssignments"

# https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
BUILT_IN = {
    "09976791-48a7-449e-bb21-39d1a415f350": "Communication and Email Service Owner",
    "12338af0-0e69-4776-bea7-57ae8d297424": "Key Vault Crypto User",
    "4633458b-17de-408a-b874-0445c86b69e6": "Key Vault Secrets User",
    "db79e9a7-68ee-4b58-9aeb-b90e7c24fcba": "Key Vault Certificate User",
    "3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": "Storage Blob Data Contributor",
    "974c5e8b-45b9-4653-ba55-5f855dd0fb88": "Storage Queue Data Contributor",
    "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a": "Storage Queue Data Message Sender",
    "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": "Storage Table Data Contributor",
}

# The client a piece of code imports -> the role it acts in, and on what.
CLIENTS = {
    "azure.data.tables": ("Storage Table Data Contributor", "storage"),
    "azure.storage.blob": ("Storage Blob Data Contributor", "storage"),
    "azure.storage.queue": ("Storage Queue Data Contributor", "storage"),
    # Not a package of the vendor's: the adapter speaks to the service itself.
    "shared.adapters.mail.communication_services": ("Communication and Email Service Owner", "mailService"),
}


@dataclass(frozen=True, order=True)
class Grant:
    """Who may act in which role on what."""

    who: str
    role: str
    on: str


def granted(roles: Model) -> list[Grant]:
    """The assignments in roles.bicep; a role by its id when it is none of those known here."""
    ids = roles["variables"]["roleIds"]["value"]
    return [
        Grant(str(each["properties"]["principalId"]), _role(each, ids), _target(str(each["scope"]), roles))
        for _, each in resources(roles, ASSIGNMENT)
    ]


def needed(sources: Iterable[str], app: Model, events: Model) -> set[Grant]:
    """What the app's clients, its host, its references into the vault, its telemetry and Event Grid's deliveries need."""
    code = "\n".join(sources)
    wanted = {
        Grant("appPrincipalId", *role)
        for client, role in CLIENTS.items()
        if f"from {client}" in code or f"import {client}" in code
    }
    # The host keeps its leases and its package in blobs, and works off the queues, whatever the code imports.
    wanted |= {Grant("appPrincipalId", *CLIENTS[client]) for client in ("azure.storage.blob", "azure.storage.queue")}
    settings = list(texts(app["variables"]))
    if any(text.startswith("@Microsoft.KeyVault(") for text in settings):
        wanted.add(Grant("appPrincipalId", "Key Vault Secrets User", "vault"))
    # The seal asks the vault without an SDK, which the imports would show: for the certificate, and for signatures of its key.
    if any(text.endswith("certificates/${sealCertificateName}") for text in settings):
        wanted |= {Grant("appPrincipalId", f"Key Vault {kind} User", "vault") for kind in ("Certificate", "Crypto")}
    if any("Authorization=AAD" in text for text in settings):
        wanted.add(Grant("appPrincipalId", "Monitoring Metrics Publisher", "insights"))
    return wanted | {Grant("eventsPrincipalId", "Storage Queue Data Message Sender", queue) for queue in fed(events)}


def faults(models: dict[str, Model], sources: Iterable[str]) -> list[str]:
    """Roles too few, too many or given twice, and assignments anywhere but in their one file."""
    have = granted(models["modules/roles.bicep"])
    want = needed(sources, models["modules/app.bicep"], models["modules/events.bicep"])
    found = [f"{grant.who} needs {grant.role} on {grant.on}" for grant in sorted(want - set(have))]
    found += [f"{grant.who} has {grant.role} on {grant.on} and does not need it" for grant in sorted(set(have) - want)]
    found += [f"{grant.who} has {grant.role} on {grant.on} twice" for grant in sorted(set(have)) if have.count(grant) > 1]
    return found + [
        f"{path} assigns a role; only modules/roles.bicep may"
        for path, model in models.items()
        if path != "modules/roles.bicep" and any(resources(model, ASSIGNMENT))
    ]


def delivery_faults(events: Model) -> list[str]:
    """Event Grid delivers as its identity: with keys off, anything else is refused."""
    subscriptions = [
        (symbol, body(resource))
        for symbol, resource in events["resources"].items()
        if resource["type"].endswith("/eventSubscriptions") and not resource["existing"]
    ]
    return [
        f"{symbol} does not deliver as the identity"
        for symbol, each in subscriptions
        if "destination" in each["properties"]
        or not any(inner.get("userAssignedIdentity") == "identityId" for inner in objects(each["properties"]))
    ]


def _role(assignment: dict[str, object], ids: dict[str, str]) -> str:
    (name,) = {text for text in texts(assignment["properties"]) if text in ids}
    return BUILT_IN.get(ids[name], ids[name])


def _target(scope: str, roles: Model) -> str:
    """The queue's own name for a queue, the symbol for the rest."""
    resource = roles["resources"][scope]
    return str(body(resource)["name"]) if resource["type"].endswith("/queues") else scope
