"""The settings: an environment makes a system or is refused as a whole, and production takes nothing that is for development."""

from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest

from infra.local.environment import Parts, development_environment
from shared.bootstrap import AzureWorld
from shared.domain.errors import SigningOff
from shared.settings import SettingsError, read_settings

PRODUCTION = {
    "CPOR_ENVIRONMENT": "production",
    "CPOR_STORAGE": "cporstorage",
    "CPOR_PUBLIC_URL": "https://partner-of-record.example/",
    "CPOR_TOKEN_ISSUER": "https://login.example/tenant/v2.0",
    "CPOR_TOKEN_AUDIENCE": "api://partner-of-record",
    "CPOR_TOKEN_JWKS_URL": "https://login.example/keys",
    "CPOR_CURSOR_KEY": "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9",
    "CPOR_MAIL_FROM": "partner-of-record@example.com",
    "CPOR_SCANNER": "defender",
    "CPOR_MAIL_SMTP_HOST": "smtp.example.com",
    "CPOR_MAIL_SMTP_USERNAME": "us3r",
    "CPOR_MAIL_SMTP_PASSWORD": "sw0rdfish",
}
PARTS = Parts("UseDevelopmentStorage=true", "http://127.0.0.1:7071", "127.0.0.1", 1025, Path("keys.json"), Path("clock"))
DEVELOPMENT = development_environment(PARTS)
NEEDED = [name for name in PRODUCTION if "SMTP" not in name and name != "CPOR_ENVIRONMENT"]


def refusal(environment: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as told:
        read_settings(environment)
    return str(told.value)


def test_production_reads_what_it_needs() -> None:
    settings = read_settings(PRODUCTION)
    assert (settings.production, settings.storage, settings.has_connection_string) == (True, "cporstorage", False)
    assert settings.public_url == "https://partner-of-record.example"
    assert settings.token_jwks == "https://login.example/keys"
    assert (settings.smtp_host, settings.smtp_port) == ("smtp.example.com", 587)
    assert settings.clock_file is None


def test_what_the_local_system_sets_makes_a_development_system() -> None:
    settings = read_settings(DEVELOPMENT)
    assert (settings.production, settings.has_connection_string) == (False, True)
    assert settings.clock_file == Path("clock").resolve()
    assert settings.token_jwks == str(Path("keys.json").resolve())


def test_whoever_says_nothing_gets_production() -> None:
    unsaid = {name: value for name, value in PRODUCTION.items() if name != "CPOR_ENVIRONMENT"}
    assert read_settings(unsaid).production


@pytest.mark.parametrize("kind", ["", "Development", "dev", "staging", "development "])
def test_no_other_environment_is_taken_for_development(kind: str) -> None:
    told = refusal({**DEVELOPMENT, "CPOR_ENVIRONMENT": kind})
    assert "CPOR_ENVIRONMENT is neither production nor development" in told
    # And it is judged as production, so that a slip opens nothing.
    assert "CPOR_CLOCK_FILE is for development only" in told


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CPOR_CLOCK_FILE", "/tmp/clock"),  # noqa: S108
        ("CPOR_SEAL_KEY_FILE", "/tmp/seal.p12"),  # noqa: S108
        ("CPOR_TOKEN_JWKS_FILE", "/tmp/keys.json"),  # noqa: S108
        ("CPOR_STORAGE", "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=c2VjcmV0"),
        ("CPOR_STORAGE", "UseDevelopmentStorage=true"),
        ("CPOR_PUBLIC_URL", "http://partner-of-record.example"),
        ("CPOR_PUBLIC_URL", "partner-of-record.example"),
        ("CPOR_TOKEN_ISSUER", "http://login.example/tenant/v2.0"),
        ("CPOR_TOKEN_JWKS_URL", "http://login.example/keys"),
        ("CPOR_TOKEN_JWKS_URL", "/home/site/keys.json"),
        ("CPOR_TOKEN_JWKS_URL", "file:///home/site/keys.json"),
        ("CPOR_MAIL_SMTP_PORT", "smtp"),
        ("CPOR_MAIL_SMTP_PORT", "0"),
        ("CPOR_MAIL_SMTP_PORT", "65536"),
        ("CPOR_MAIL_SMTP_PORT", "-25"),
        ("CPOR_MAIL_SMTP_PORT", "²5"),
        ("CPOR_TELEMETRY", "everything"),
        ("CPOR_CURSOR_KEY", "a-key-that-anybody-could-guess!"),
    ],
)
def test_production_refuses_what_would_open_it(name: str, value: str) -> None:
    told = refusal({**PRODUCTION, name: value})
    assert told.count("CPOR_") == 1, "one fault was made, and one is told"
    assert name in told
    assert value not in told, "a wrong setting may be a secret"


@pytest.mark.parametrize("name", NEEDED)
@pytest.mark.parametrize("absent", [True, False], ids=["absent", "empty"])
def test_what_is_missing_is_named(name: str, absent: bool) -> None:
    environment = {key: value for key, value in PRODUCTION.items() if key != name}
    told = refusal(environment if absent else {**environment, name: ""})
    assert told == f"The settings do not make a system: {name} is missing."


def test_all_faults_are_told_at_once() -> None:
    told = refusal({"CPOR_ENVIRONMENT": "prod", "CPOR_CLOCK_FILE": "a", "CPOR_TOKEN_JWKS_FILE": "b", "CPOR_MAIL_SMTP_PORT": "c"})
    unnamed = [name for name in (*NEEDED, "CPOR_ENVIRONMENT", "CPOR_CLOCK_FILE", "CPOR_MAIL_SMTP_PORT") if name not in told]
    assert unnamed == []


def test_an_emptied_setting_is_one_that_was_not_made() -> None:
    settings = read_settings({**PRODUCTION, "CPOR_MAIL_SMTP_HOST": "", "CPOR_MAIL_SMTP_USERNAME": "", "CPOR_CLOCK_FILE": ""})
    assert (settings.smtp_host, settings.smtp_username, settings.clock_file) == (None, None, None)


def test_settings_are_frozen_and_do_not_show_a_secret() -> None:
    settings = read_settings(PRODUCTION)
    assert "sw0rdfish" not in repr(settings)
    assert settings.cursor_key == PRODUCTION["CPOR_CURSOR_KEY"]
    assert settings.cursor_key not in repr(settings)
    assert settings.smtp_password == "sw0rdfish"
    for part in fields(settings):
        with pytest.raises(FrozenInstanceError):
            setattr(settings, part.name, None)


def test_a_connection_string_is_not_shown_either() -> None:
    key = "c2VjcmV0"
    settings = read_settings({**DEVELOPMENT, "CPOR_STORAGE": f"AccountName=a;AccountKey={key}"})
    assert key not in repr(settings)


@pytest.mark.parametrize("scanner", ["defender", "tcp://scanner.internal:3310", "unix:///run/clamav/clamd.ctl"])
def test_production_names_its_malware_scanner(scanner: str) -> None:
    """R-142"""
    assert read_settings({**PRODUCTION, "CPOR_SCANNER": scanner}).scanner == scanner


@pytest.mark.parametrize(
    "scanner", ["", "off", "none", "false", "clamd", "http://scanner:3310", "tcp://scanner", "unix:run/clamd"]
)
def test_nothing_turns_the_malware_gate_off(scanner: str) -> None:
    """R-142: neither an empty setting nor any word for "off"."""
    assert "CPOR_SCANNER" in refusal({**PRODUCTION, "CPOR_SCANNER": scanner})


def test_production_refuses_the_development_scanner() -> None:
    """R-142"""
    assert "CPOR_SCANNER=development is for development only" in refusal({**PRODUCTION, "CPOR_SCANNER": "development"})
    assert read_settings(DEVELOPMENT).scanner == "development"


def test_production_seals_with_a_certificate_of_a_vault_and_with_no_file() -> None:
    """R-145"""
    address = "https://vault.example/certificates/seal"
    assert read_settings({**PRODUCTION, "CPOR_SEAL_CERTIFICATE_URL": address}).seal_certificate_url == address
    assert "CPOR_SEAL_KEY_FILE is for development only" in refusal({**PRODUCTION, "CPOR_SEAL_KEY_FILE": "seal.p12"})
    assert "CPOR_SEAL_CERTIFICATE_URL must begin with https://" in refusal(
        {**PRODUCTION, "CPOR_SEAL_CERTIFICATE_URL": "http://a/b"}
    )


def test_without_a_certificate_production_seals_nothing() -> None:
    """R-145: an attempt fails where anybody sees it, and no development key steps in."""
    with pytest.raises(SigningOff):
        _ = AzureWorld(read_settings(PRODUCTION)).sealer
