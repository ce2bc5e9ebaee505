"""The settings of a development system, as the environment the app reads in Azure too.

Guarantees that one set of names serves `make run`, the tests and the demo. What a name means is `shared.settings`' business.
"""

from dataclasses import dataclass
from pathlib import Path

from infra.local.issuer import AUDIENCE, ISSUER

SENDER = "partner-of-record@development.example"
# It opens nothing but the next pages of lists on one machine, and links outlive a restart.
CURSOR_KEY = "development-only-key-for-next-page-links"
# It seals the secrets of webhooks on one machine.
WEBHOOK_KEY = "development-only-key-for-webhook-secrets"
EVERY_FIVE_SECONDS = "*/5 * * * * *"
AT_TWO_IN_THE_NIGHT = "0 0 2 * * *"
IN_THE_MORNING = "0 */10 6-8 * * 1-5"
REVIEWERS = "reviewers@development.example"


@dataclass(frozen=True)
class Parts:
    """What a system is made of: where its services answer and where its files lie."""

    storage: str
    """The connection string of the storage emulator."""
    public_url: str
    """The address that mailed links and next-page links begin with."""
    smtp_host: str
    smtp_port: int
    jwks_file: Path
    """The public keys of the development issuer."""
    clock_file: Path
    """Holds how many seconds the app's clock is ahead; absent means none."""
    outbox_schedule: str = EVERY_FIVE_SECONDS
    nightly_schedule: str = AT_TWO_IN_THE_NIGHT
    digest_schedule: str = IN_THE_MORNING
    scanner: str = "development"
    telemetry: str = "off"
    """`console` shows every span as it ends."""


def development_environment(parts: Parts) -> dict[str, str]:
    """Every setting the app and its host need on one machine."""
    return {
        "CPOR_ENVIRONMENT": "development",
        "CPOR_STORAGE": parts.storage,
        "CPOR_PUBLIC_URL": parts.public_url,
        "CPOR_MAIL_SMTP_HOST": parts.smtp_host,
        "CPOR_MAIL_SMTP_PORT": str(parts.smtp_port),
        "CPOR_MAIL_FROM": SENDER,
        "CPOR_TOKEN_ISSUER": ISSUER,
        "CPOR_TOKEN_AUDIENCE": AUDIENCE,
        "CPOR_TOKEN_JWKS_FILE": str(parts.jwks_file.resolve()),
        "CPOR_CURSOR_KEY": CURSOR_KEY,
        "CPOR_CLOCK_FILE": str(parts.clock_file.resolve()),
        "CPOR_SEAL_KEY_FILE": str(parts.jwks_file.resolve().with_name("seal.p12")),
        "CPOR_SCANNER": parts.scanner,
        "CPOR_WEBHOOK_KEY": WEBHOOK_KEY,
        "CPOR_WEBHOOK_LOOPBACK": "allowed",
        "CPOR_TELEMETRY": parts.telemetry,
        "CPOR_SCHEDULE_OUTBOX": parts.outbox_schedule,
        "CPOR_SCHEDULE_NIGHTLY": parts.nightly_schedule,
        "CPOR_SCHEDULE_DIGEST": parts.digest_schedule,
        "CPOR_REVIEWERS_MAIL": REVIEWERS,
        "AzureWebJobsStorage": parts.storage,
        "FUNCTIONS_WORKER_RUNTIME": "python",
    }
