"""Function keys: who may call a function that is not anonymous.

The master key opens everything, the function key every function of that level. Callers send a key as `x-functions-key` or
`?code=`.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from hmac import compare_digest

from infra.local.host.function import ADMIN, ANONYMOUS

MASTER_SETTING, FUNCTION_SETTING = "LOCAL_HOST_MASTER_KEY", "LOCAL_HOST_FUNCTION_KEY"


@dataclass(frozen=True)
class Keys:
    """The keys of this run; `made_up` tells those nobody had set, by what they open, so that they can be shown."""

    master: str
    function: str
    made_up: Mapping[str, str]

    def allow(self, level: str, presented: str) -> bool:
        """Whether a key (or none: "") opens a function of this level."""
        if level == ANONYMOUS:
            return True
        opening = [self.master] if level == ADMIN else [self.master, self.function]
        return any(compare_digest(presented.encode(), key.encode()) for key in opening)


def from_environment(environment: Mapping[str, str]) -> Keys:
    """Take the keys from their settings, and make up what is missing."""
    made_up = {name: secrets.token_urlsafe(24) for name in (MASTER_SETTING, FUNCTION_SETTING) if not environment.get(name)}
    chosen = {**environment, **made_up}
    return Keys(chosen[MASTER_SETTING], chosen[FUNCTION_SETTING], made_up)
