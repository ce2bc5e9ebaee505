"""The settings: read from the environment once, here and nowhere else, frozen, and refused as a whole when one is wrong."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_HIGHEST_PORT: Final = 65535
_SHORTEST_KEY: Final = 32
_ENTRA: Final = "https://login.microsoftonline.com"
DEVELOPMENT_SCANNER: Final = "development"
_A_DAEMON: Final = re.compile(r"tcp://[\w.-]+:\d{1,5}|unix:///\S+", re.ASCII)

_AN_ADDRESS: Final = re.compile(r"[^\s,@]+@[^\s,@]+")


class SettingsError(Exception):
    """The environment does not make a system; the message names every setting that is wrong."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What distinguishes one deployment from another. `storage`: connection string (development) or account name."""

    production: bool
    storage: str = field(repr=False)
    public_url: str
    token_issuer: str
    token_audience: str
    token_jwks: str
    cursor_key: str = field(repr=False)
    mail_from: str
    mail_endpoint: str | None
    mails_per_minute: int | None
    smtp_host: str | None
    smtp_port: int
    smtp_username: str | None
    smtp_password: str | None = field(repr=False)
    mail_help: str | None
    reviewers: tuple[str, ...] = field(repr=False)
    """Whom to mail what waits for a review."""
    clock_file: Path | None
    seal_key_file: Path | None
    seal_certificate_url: str | None
    scanner: str
    """`defender`, `development`, or the address of a ClamAV daemon."""
    tenant_directory: str | None
    """Where tenants' public OpenID configurations are; None, in development, for a fixed directory that says so."""
    webhook_key: str | None = field(repr=False)
    webhook_loopback: bool
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
    production = kind != "development"
    jwks_file = environ.get("CPOR_TOKEN_JWKS_FILE")
    clock_file = environ.get("CPOR_CLOCK_FILE")
    seal_key_file = environ.get("CPOR_SEAL_KEY_FILE")
    webhook_loopback = environ.get("CPOR_WEBHOOK_LOOPBACK")
    port = environ.get("CPOR_MAIL_SMTP_PORT", "587")
    quota = environ.get("CPOR_MAIL_PER_MINUTE") or None
    # A setting that was emptied was not made.
    settings = Settings(
        production=production,
        storage=required("CPOR_STORAGE"),
        public_url=required("CPOR_PUBLIC_URL").rstrip("/"),
        token_issuer=required("CPOR_TOKEN_ISSUER"),
        token_audience=required("CPOR_TOKEN_AUDIENCE"),
        token_jwks=jwks_file if jwks_file and not production else required("CPOR_TOKEN_JWKS_URL"),
        cursor_key=required("CPOR_CURSOR_KEY"),
        mail_from=required("CPOR_MAIL_FROM"),
        mail_endpoint=environ.get("CPOR_MAIL_ENDPOINT") or None,
        mails_per_minute=int(quota) if quota is not None and quota.isdecimal() else None,
        smtp_host=environ.get("CPOR_MAIL_SMTP_HOST") or None,
        smtp_port=int(port) if port.isdecimal() else 0,
        smtp_username=environ.get("CPOR_MAIL_SMTP_USERNAME") or None,
        smtp_password=environ.get("CPOR_MAIL_SMTP_PASSWORD") or None,
        mail_help=environ.get("CPOR_MAIL_HELP") or None,
        reviewers=_addresses(environ.get("CPOR_REVIEWERS_MAIL", "")),
        clock_file=Path(clock_file) if clock_file and not production else None,
        seal_key_file=Path(seal_key_file) if seal_key_file and not production else None,
        seal_certificate_url=environ.get("CPOR_SEAL_CERTIFICATE_URL") or None,
        scanner=environ.get("CPOR_SCANNER") or ("" if production else DEVELOPMENT_SCANNER),
        tenant_directory=environ.get("CPOR_TENANT_DIRECTORY") or (_ENTRA if production else None),
        webhook_key=environ.get("CPOR_WEBHOOK_KEY") or None,
        webhook_loopback=webhook_loopback == "allowed" and not production,
        telemetry=environ.get("CPOR_TELEMETRY", "off"),
    )
    if kind not in ("production", "development"):
        faults.append("CPOR_ENVIRONMENT is neither production nor development")
    if quota is not None and not settings.mails_per_minute:
        faults.append("CPOR_MAIL_PER_MINUTE is no number of 1 or more")
    if not 0 < settings.smtp_port <= _HIGHEST_PORT:
        faults.append(f"CPOR_MAIL_SMTP_PORT is no number from 1 to {_HIGHEST_PORT}")
    if settings.telemetry not in ("off", "console", "azure"):
        faults.append("CPOR_TELEMETRY is none of off, console, azure")
    if production:
        dev_only = {"CPOR_TOKEN_JWKS_FILE": jwks_file, "CPOR_CLOCK_FILE": clock_file, "CPOR_SEAL_KEY_FILE": seal_key_file}
        dev_only["CPOR_WEBHOOK_LOOPBACK"] = webhook_loopback
        faults += [f"{name} is for development only" for name, value in dev_only.items() if value]
    if any(not _AN_ADDRESS.fullmatch(address) for address in settings.reviewers):
        faults.append("CPOR_REVIEWERS_MAIL is no list of mail addresses with commas between them")
    faults += _scanner_faults(settings)
    faults += _weak(settings)
    faults += _unsafe(settings, "" if jwks_file and not production else settings.token_jwks)
    if faults:
        raise SettingsError("The settings do not make a system: " + "; ".join(faults) + ".")
    return settings


def _addresses(text: str) -> tuple[str, ...]:
    # One that is named twice is one, and gets one mail.
    return tuple(dict.fromkeys(each.strip() for each in text.split(",") if each.strip()))


def _scanner_faults(settings: Settings) -> list[str]:
    """There is always a malware scanner, and in production none that only plays one."""
    if settings.scanner == "":
        return ["CPOR_SCANNER is missing"]
    if settings.production and settings.scanner == DEVELOPMENT_SCANNER:
        return ["CPOR_SCANNER=development is for development only"]
    is_known = settings.scanner in ("defender", DEVELOPMENT_SCANNER) or _A_DAEMON.fullmatch(settings.scanner)
    return [] if is_known else ["CPOR_SCANNER is none of defender, tcp://host:port, unix:///path"]


def _weak(settings: Settings) -> list[str]:
    """Keys that somebody could guess."""
    keys = {"CPOR_CURSOR_KEY": settings.cursor_key, "CPOR_WEBHOOK_KEY": settings.webhook_key or ""}
    faults = [f"{name} has fewer than {_SHORTEST_KEY} characters" for name, key in keys.items() if 0 < len(key) < _SHORTEST_KEY]
    # What the platform leaves in the place of a secret that nobody has stored: everybody can read it.
    return faults + [f"{name} is a reference that leads nowhere" for name, key in keys.items() if key.startswith("@Microsoft.")]


def _unsafe(settings: Settings, jwks_url: str) -> list[str]:
    """What would open the system to others. No value is repeated: a wrong setting may be a secret."""
    # Keys and tokens must not be read or changed on their way; a path instead of an address would be read as a file.
    addresses = {"CPOR_TOKEN_ISSUER": settings.token_issuer, "CPOR_TOKEN_JWKS_URL": jwks_url}
    if settings.seal_certificate_url:
        addresses["CPOR_SEAL_CERTIFICATE_URL"] = settings.seal_certificate_url
    if settings.production:
        addresses |= {"CPOR_PUBLIC_URL": settings.public_url, "CPOR_MAIL_ENDPOINT": settings.mail_endpoint or ""}
        addresses["CPOR_TENANT_DIRECTORY"] = settings.tenant_directory or ""
    faults = [f"{name} must begin with https://" for name, url in addresses.items() if url and not url.startswith("https://")]
    if settings.production and settings.has_connection_string:
        faults.append("CPOR_STORAGE must be an account name: connection strings are for development only")
    return faults
