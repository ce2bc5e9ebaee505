"""Connections to the storage account that a trigger names.

The setting is looked up as the platform does, with and without its `AzureWebJobs` prefix. Only connection strings are served:
identities are the cloud's.
"""

import os
from collections.abc import Mapping

from infra.local.host.refusal import Refusal

DEFAULT_CONNECTION = "AzureWebJobsStorage"
NEEDED = {"accountname", "accountkey"}


def connection_string(name: str, environment: Mapping[str, str] = os.environ) -> str:
    """The connection string behind a setting's name. Refusal: it is missing, or is none."""
    for setting in (f"AzureWebJobs{name}", name):
        value = environment.get(setting)
        if value:
            break
    else:
        raise Refusal(f"The setting {name} must hold a storage connection string, and it is missing.")
    given = {part.partition("=")[0].strip().lower() for part in value.split(";")}
    if NEEDED - given:
        raise Refusal(f"The setting {setting} is no storage connection string with an account and its key.")
    return value
