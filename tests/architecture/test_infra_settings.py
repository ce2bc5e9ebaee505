"""Every setting is set, documented, and does without it what its line says."""

import json
from collections.abc import Mapping

import pytest

from functions.edge import MOST_UPLOAD_BYTES
from infra.checks import settings
from infra.checks.bicep import resources
from infra.local.host.options import MAX_REQUEST_BYTES
from shared.settings import SettingsError, read_settings
from tests.architecture.infra_copy import Files, sources
from tests.architecture.rules import ROOT

APP = "modules/app.bicep"
DOCUMENT = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
EXAMPLE = json.loads((ROOT / "local.settings.json.example").read_text(encoding="utf-8"))["Values"]

# What settings.py reads, as Bicep would give it to an app without mail.
WHOLE = {
    "CPOR_ENVIRONMENT": "production",
    "CPOR_STORAGE": "anaccount",
    "CPOR_PUBLIC_URL": "https://service.example",
    "CPOR_TOKEN_ISSUER": "https://login.example/tenant/v2.0",
    "CPOR_TOKEN_AUDIENCE": "an-id",
    "CPOR_TOKEN_JWKS_URL": "https://login.example/tenant/keys",
    "CPOR_CURSOR_KEY": "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9",
    "CPOR_MAIL_FROM": "service@service.example",
    "CPOR_MAIL_ENDPOINT": "https://mail.example",
    "CPOR_MAIL_PER_MINUTE": "30",
    "CPOR_MAIL_SMTP_HOST": "smtp.example",
    "CPOR_MAIL_SMTP_PORT": "587",
    "CPOR_MAIL_SMTP_USERNAME": "name",
    "CPOR_MAIL_SMTP_PASSWORD": "word",
    "CPOR_MAIL_HELP": "help@service.example",
    "CPOR_REVIEWERS_MAIL": "reviewers@service.example",
    "CPOR_SEAL_CERTIFICATE_URL": "https://vault.example/certificates/seal",
    "CPOR_SCANNER": "defender",
    "CPOR_TENANT_DIRECTORY": "https://login.example",
    "CPOR_TELEMETRY": "azure",
}


def faults(
    files: Files, reader: settings.Reader = read_settings, document: str = DOCUMENT, example: dict[str, str] = EXAMPLE
) -> list[str]:
    read = settings.read_by(reader, (WHOLE, EXAMPLE), sources("functions"))
    return settings.faults(read, settings.set_in(files.models[APP]), document, example)


def row(name: str) -> str:
    """The document's line on one setting."""
    (line,) = (line for line in DOCUMENT.splitlines(keepends=True) if line.startswith(f"| `{name}` |"))
    return line


def test_every_setting_is_set_and_documented_and_no_other() -> None:
    assert faults(Files()) == []


def test_the_host_takes_what_the_app_does_and_never_more_than_an_instance_can_hold() -> None:
    """R-323: the same here and deployed."""
    model = Files().models[APP]
    most = int(settings.set_in(model)["FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"])
    ((_, app),) = (each for each in resources(model, "Microsoft.Web/sites") if each[0] == "app")
    scale = app["properties"]["functionAppConfig"]["scaleAndConcurrency"]
    assert most == MAX_REQUEST_BYTES
    assert most > MOST_UPLOAD_BYTES
    assert most * scale["triggers"]["http"]["perInstanceConcurrency"] * 2 <= scale["instanceMemoryMB"] * 2**20


def test_a_setting_without_documentation_is_found() -> None:
    found = faults(Files(), document=DOCUMENT.replace(row("CPOR_MAIL_HELP"), ""))
    assert found == ["CPOR_MAIL_HELP is read and not documented", "CPOR_MAIL_HELP is set in Bicep and not documented"]


def test_a_new_setting_is_wanted_in_bicep_and_in_the_document() -> None:
    def newer(environ: Mapping[str, str]) -> object:
        environ.get("CPOR_BRAND_NEW")
        return read_settings(environ)

    found = faults(Files(), reader=newer)
    assert found == ["CPOR_BRAND_NEW is read and not documented", "CPOR_BRAND_NEW is read and not set in Bicep"]


def test_a_setting_that_bicep_forgets_is_found() -> None:
    assert faults(Files().broken(APP, "  CPOR_TOKEN_AUDIENCE: tokenAudience\n", "")) == [
        "CPOR_TOKEN_AUDIENCE is read and not set in Bicep"
    ]


def test_a_schedule_that_bicep_forgets_is_found() -> None:
    found = faults(Files().broken(APP, "  CPOR_SCHEDULE_OUTBOX: outboxSchedule\n", ""))
    assert found == ["CPOR_SCHEDULE_OUTBOX is read and not set in Bicep"]


def test_a_setting_for_development_in_bicep_is_found() -> None:
    found = faults(
        Files().broken(APP, "  CPOR_STORAGE: storage.name\n", "  CPOR_STORAGE: storage.name\n  CPOR_CLOCK_FILE: 'x'\n")
    )
    assert found == ["CPOR_CLOCK_FILE is for development only and set in Bicep"]


def test_a_setting_that_nobody_reads_is_found() -> None:
    files = Files().broken(APP, "  CPOR_STORAGE: storage.name\n", "  CPOR_STORAGE: storage.name\n  CPOR_STORAGES: 'x'\n")
    assert faults(files) == [
        "CPOR_STORAGES is set in Bicep and not documented",
        "CPOR_STORAGES is set in Bicep and nobody reads it",
    ]


def test_an_example_that_is_misspelt_is_found() -> None:
    assert faults(Files(), example={"CPOR_STORAGES": "x"}) == ["CPOR_STORAGES is in the example and nobody reads it"]


def test_the_example_starts() -> None:
    read_settings(EXAMPLE)


def test_the_document_says_what_happens() -> None:
    assert WHOLE.keys() <= settings.documented(DOCUMENT).keys()
    assert settings.untrue(DOCUMENT, WHOLE, read_settings, SettingsError) == []


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("CPOR_PUBLIC_URL", "start-up fails", "the address of the app"),
        ("CPOR_MAIL_SMTP_PORT", "587", "start-up fails"),
        ("CPOR_MAIL_SMTP_HOST", "no mail is sent", "development only"),
    ],
)
def test_a_line_that_is_not_true_is_found(name: str, old: str, new: str) -> None:
    assert old in row(name)
    untrue = settings.untrue(DOCUMENT.replace(row(name), row(name).replace(old, new)), WHOLE, read_settings, SettingsError)
    assert [fault for fault in untrue if name in fault]


def test_no_secret_stands_in_the_settings() -> None:
    assert settings.secrets_in_the_open(Files().models[APP]) == []
    open_password = Files().broken(APP, "'@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/smtp-password/)'", "'letmein'")
    assert settings.secrets_in_the_open(open_password.models[APP]) == [
        "CPOR_MAIL_SMTP_PASSWORD is not a reference into the vault"
    ]


def test_everything_acts_as_the_one_identity() -> None:
    assert settings.identity_faults(Files().models[APP]) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("AZURE_CLIENT_ID: identityClientId\n", "\n", "AZURE_CLIENT_ID is not the identity's client id"),
        ("_clientId: identityClientId\n", "_clientId: 'x'\n", "AzureWebJobsStorage__clientId is not the identity's client id"),
        ("_credential: 'managedidentity'\n", "_credential: 'x'\n", "the host does not use a managed identity"),
        ("_accountName: storage.name", "_accountName: name", "the triggers and the code use different accounts"),
        ("type: 'UserAssignedIdentity'", "type: 'SystemAssignedIdentity'", "the package is not read as the identity"),
    ],
)
def test_another_identity_is_found(old: str, new: str, fault: str) -> None:
    assert settings.identity_faults(Files().broken(APP, old, new).models[APP]) == [fault]
