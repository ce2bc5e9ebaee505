"""The settings: each that the code reads is set in Bicep and documented, each documented one says truly what happens without it.

Which settings are read, and what happens without one, is taken from no text but tried, on `shared.settings.read_settings` itself.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from infra.checks.bicep import Model, body, objects, resources

type Reader = Callable[[Mapping[str, str]], object]

ROW = re.compile(r"^\| `(?P<name>\w+)` \| (?P<meaning>[^|]+) \| (?P<otherwise>[^|]+) \|", re.MULTILINE)
SCHEDULE = re.compile(r"%(\w+)%")
STOPS = "start-up fails"
DEVELOPMENT = "development only"


def read_by(read_settings: Reader, environments: Iterable[Mapping[str, str]], function_sources: Iterable[str]) -> set[str]:
    """The names that the settings' reader asks any of these environments for, and those that triggers put between per cents."""
    asked: set[str] = set()
    for environment in environments:
        read_settings(_Asked(environment, asked))
    return asked | {name for source in function_sources for name in SCHEDULE.findall(source)}


def set_in(app: Model) -> dict[str, Any]:
    """The app's settings in Bicep, those behind a condition too."""
    ((_, settings),) = (each for each in resources(app, "Microsoft.Web/sites/config") if each[1]["name"] == "appsettings")
    joined = settings["properties"]["function"]["parameters"].values()
    return {
        name: value
        for variable in joined
        for inner in objects(app["variables"][str(variable)]["value"])
        for name, value in inner.items()
        if re.fullmatch(r"[A-Z][A-Za-z]*_[A-Za-z_]+", name)
    }


def documented(document: str) -> dict[str, str]:
    """Setting -> what happens without it, from the document's tables."""
    return {row["name"]: row["otherwise"].strip() for row in ROW.finditer(document)}


def faults(read: set[str], given: Iterable[str], document: str, example: Mapping[str, str]) -> list[str]:
    """What is read and not set or not documented, and the other way about. `example` is local.settings.json.example."""
    told = documented(document)
    given = set(given)
    for_development = {name for name, otherwise in told.items() if DEVELOPMENT in otherwise}
    found = [f"{name} is read and not documented" for name in sorted(read - told.keys())]
    found += [f"{name} is documented and nobody reads it" for name in sorted(told.keys() - read - given)]
    found += [f"{name} is set in Bicep and not documented" for name in sorted(given - told.keys())]
    found += [f"{name} is read and not set in Bicep" for name in sorted(read - given - for_development)]
    found += [f"{name} is for development only and set in Bicep" for name in sorted(given & for_development)]
    ours = {name for name in given if name.startswith("CPOR_")}
    found += [f"{name} is set in Bicep and nobody reads it" for name in sorted(ours - read)]
    return found + [
        f"{name} is in the example and nobody reads it" for name in sorted({n for n in example if n.startswith("CPOR_")} - read)
    ]


def untrue(document: str, whole: Mapping[str, str], read_settings: Reader, error: type[Exception]) -> list[str]:
    """Where the document and the code disagree on what happens without a setting. `whole` is an environment that starts."""

    def starts(environment: Mapping[str, str]) -> bool:
        try:
            read_settings(environment)
        except error:
            return False
        return True

    if not starts(whole):
        return ["the environment that these checks start from does not start"]
    found = []
    for name, otherwise in documented(document).items():
        if DEVELOPMENT in otherwise and starts({**whole, name: "x"}):
            found.append(f"{name} is called {DEVELOPMENT} and production takes it")
        elif name in whole and starts({key: value for key, value in whole.items() if key != name}) == (STOPS in otherwise):
            found.append(f"{name}: the document says «{otherwise}», which is not what happens")
    return found


def secrets_in_the_open(app: Model) -> list[str]:
    """Settings that sound like a secret and are not a reference into the vault."""
    return [
        f"{name} is not a reference into the vault"
        for name, value in set_in(app).items()
        if re.search(r"PASSWORD|SECRET|KEY$", name) and not str(value).startswith("@Microsoft.KeyVault(")
    ]


def identity_faults(app: Model) -> list[str]:
    """Host, app and package storage all act as the one user-assigned identity that the roles are given to."""
    given = set_in(app)
    wanted = ("AzureWebJobsStorage__clientId", "AZURE_CLIENT_ID")
    found = [f"{name} is not the identity's client id" for name in wanted if given.get(name) != "identityClientId"]
    if given.get("AzureWebJobsStorage__credential") != "managedidentity":
        found.append("the host does not use a managed identity")
    if str(given.get("AzureWebJobsStorage__accountName")) != str(given.get("CPOR_STORAGE")):
        found.append("the triggers and the code use different accounts")
    ((_, site),) = resources(app, "Microsoft.Web/sites")
    storage = body({"config": site})["properties"]["functionAppConfig"]["deployment"]["storage"]["authentication"]
    if storage["type"] != "UserAssignedIdentity":
        found.append("the package is not read as the identity")
    return found


class _Asked(Mapping[str, str]):
    """An environment that notes what it is asked for."""

    def __init__(self, environment: Mapping[str, str], asked: set[str]) -> None:
        self._environment, self._asked = environment, asked

    def __getitem__(self, name: str) -> str:
        self._asked.add(name)
        return self._environment[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._environment)

    def __len__(self) -> int:
        return len(self._environment)
