"""Parts of the world that need no service: time, randomness, and the directory of a development system."""

import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path


class SystemClock:
    """`ports.Clock` that tells the machine's time."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class MovableClock:
    """`ports.Clock` of a development system: ahead by the seconds that stand in a file (none, if absent)."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def now(self) -> datetime:
        try:
            ahead = float(self._file.read_text())
        except FileNotFoundError:
            ahead = 0.0
        return datetime.now(UTC) + timedelta(seconds=ahead)


class SecretEntropy:
    """`ports.Entropy` from the operating system."""

    def token(self) -> str:
        """192 unguessable bits as hexadecimal digits, which need no escaping anywhere."""
        return secrets.token_hex(24)


class SameDomainDirectory:
    """`ports.TenantDirectory` of a development system: a tenant's verified domains are the claimed one and what is below it."""

    async def is_verified(self, tenant_id: str, claimed_domain: str, mail_domain: str) -> bool:  # noqa: ARG002
        return mail_domain == claimed_domain or mail_domain.endswith("." + claimed_domain)
