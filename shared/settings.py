"""The settings: read from the environment once, here and nowhere else, frozen, and refused as a whole when one is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


class SettingsError(Exception):
    """The environment does not make a system; the message names every setting that is wrong."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What distinguishes one deployment from another. `storage`: connection string (development) or account name."""

    production: bool
    storage: str
    public_url: str
    token_issuer: str
    token_audience: str
    token_jwks: str
    mail_from: str
    smtp_host: str | None
    smtp_port: int
    smtp_username: str | None
    smtp_password: str | None = field(repr=False)
    mail_help: str | None
    clock_file: Path | None
    telemetry: str

    @property
    def has_connection_string(self) -> bool:
        """Is `storage` a connection string? In production it never is: keys are switched off there."""
        return "=" in self.storage


def read_settings(environ: Mapping[str, str]) -> Settings:
    """The settings in an environment. Raises SettingsError naming all that is missing or forbidden."""
    faults: list[str] = []

    def required(name: str) -> str:
        value = environ.get(name, "")
        if not value:
            faults.append(f"{name} is missing")
        return value

    kind = environ.get("CPOR_ENVIRONMENT", "production")
    if kind not in ("production", "development"):
        faults.append("CPOR_ENVIRONMENT is neither production nor development")
    production = kind != "development"
    jwks_file = environ.get("CPOR_TOKEN_JWKS_FILE")
    clock_file = environ.get("CPOR_CLOCK_FILE")
    if production:
        dev_only = ("CPOR_TOKEN_JWKS_FILE", "CPOR_CLOCK_FILE")
        faults += [f"{name} is for development only" for name in dev_only if environ.get(name)]
    storage = required("CPOR_STORAGE")
    if production and "=" in storage:
        faults.append("CPOR_STORAGE must be an account name: connection strings are for development only")
    telemetry = environ.get("CPOR_TELEMETRY", "off")
    if telemetry not in ("off", "console", "azure"):
        faults.append("CPOR_TELEMETRY is none of off, console, azure")
    port = environ.get("CPOR_MAIL_SMTP_PORT", "587")
    if not port.isdecimal():
        faults.append("CPOR_MAIL_SMTP_PORT is no number")
    settings = Settings(
        production=production,
        storage=storage,
        public_url=required("CPOR_PUBLIC_URL").rstrip("/"),
        token_issuer=required("CPOR_TOKEN_ISSUER"),
        token_audience=required("CPOR_TOKEN_AUDIENCE"),
        token_jwks=jwks_file if jwks_file and not production else required("CPOR_TOKEN_JWKS_URL"),
        mail_from=required("CPOR_MAIL_FROM"),
        smtp_host=environ.get("CPOR_MAIL_SMTP_HOST"),
        smtp_port=int(port) if port.isdecimal() else 0,
        smtp_username=environ.get("CPOR_MAIL_SMTP_USERNAME"),
        smtp_password=environ.get("CPOR_MAIL_SMTP_PASSWORD"),
        mail_help=environ.get("CPOR_MAIL_HELP"),
        clock_file=Path(clock_file) if clock_file and not production else None,
        telemetry=telemetry,
    )
    if faults:
        raise SettingsError("The settings do not make a system: " + "; ".join(faults) + ".")
    return settings
