"""What azd reads: azure.yaml in the words of its schema, and a service that Bicep tags as azd looks for it.

The schema itself lets unknown words pass; here they are faults, because azd would not heed a misspelt word. The words are those
of https://github.com/Azure/azure-dev/blob/main/schemas/v1.0/azure.yaml.json, as far as a function app has a use for them.
"""

import re
from pathlib import Path
from typing import Any

from infra.checks.bicep import Model, objects, resources

TOP = {"name", "metadata", "infra", "services", "hooks", "pipeline", "workflows", "resourceGroup", "requiredVersions"}
SERVICE = {"project", "host", "language", "dist", "remoteBuild", "hooks", "resourceName", "resourceGroup", "env"}
HOOKS = {f"{when}{what}" for when in ("pre", "post") for what in ("restore", "build", "package", "publish", "deploy")}
HOOK = {"shell", "run", "continueOnError", "interactive", "windows", "posix"}
NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")


def faults(project: Any, app: Model, root: Path) -> list[str]:
    """What azd would refuse, pass over or not find. `project` is azure.yaml as read."""
    found = [f"azure.yaml has {word}, which azd does not know" for word in sorted(project.keys() - TOP)]
    if not NAME.fullmatch(str(project.get("name", ""))):
        found.append("azure.yaml has no name of lower-case letters, digits and hyphens")
    services = project.get("services") or {}
    tagged = {inner["'azd-service-name'"] for inner in objects(app["resources"]) if "'azd-service-name'" in inner}
    found += [f"service {name} has no resource with its tag" for name in sorted(services.keys() - tagged)]
    found += [f"a resource is tagged for {name}, which is no service" for name in sorted(tagged - services.keys())]
    return found + [fault for name, service in services.items() for fault in _service_faults(name, service, root)]


def runtime_faults(app: Model, wanted_python: str) -> list[str]:
    """The plan is Flex Consumption, and runs the Python that the tests run on."""
    found = []
    ((_, plan),) = resources(app, "Microsoft.Web/serverfarms")
    if plan["sku"].get("name") != "FC1" or plan["properties"].get("reserved") is not True:
        found.append("the plan is not Flex Consumption on Linux")
    ((_, site),) = resources(app, "Microsoft.Web/sites")
    if site["properties"]["functionAppConfig"]["runtime"] != {"name": "python", "version": wanted_python}:
        found.append(f"the app does not run on Python {wanted_python}")
    return found


def workflow_faults(workflow: str) -> list[str]:
    """The workflow logs in by a token of the moment: no secret is stored, and each action is pinned to one commit."""
    found = ["the workflow reads a stored secret"] if re.search(r"\bsecrets\s*[.\[]", workflow) else []
    if not re.search(r"^\s*id-token:\s*write\b", workflow, re.MULTILINE):
        found.append("the workflow may not ask for a token")
    return found + [
        f"the workflow runs {action}, which somebody could change"
        for action in re.findall(r"uses:\s*(\S+)", workflow)
        if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action)
    ]


def _service_faults(name: str, service: dict[str, Any], root: Path) -> list[str]:
    found = [f"service {name} has {word}, which azd does not know" for word in sorted(service.keys() - SERVICE)]
    if service.get("host") != "function" or service.get("language") not in ("python", "py"):
        found.append(f"service {name} is no function app in Python")
    if not (root / str(service.get("project", "?"))).is_dir():
        found.append(f"service {name} has no folder")
    if service.get("remoteBuild") is not False or not service.get("dist"):
        found.append(f"service {name} is not deployed as it was built here")
    for event, hook in (service.get("hooks") or {}).items():
        if event not in HOOKS:
            found.append(f"service {name} has a hook {event}, which azd does not know")
        found += [f"hook {event} of {name} has {word}, which azd does not know" for word in sorted(hook.keys() - HOOK)]
        if not hook.get("run"):
            found.append(f"hook {event} of {name} runs nothing")
    return found
