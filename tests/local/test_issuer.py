"""What the development issuer signs can be verified with its key set, and by nothing else."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

import jwt
import pytest
from jwt.algorithms import RSAAlgorithm
from typer.testing import CliRunner

from infra.cli.__main__ import app
from infra.local.issuer import AUDIENCE, DEVELOPMENT_TENANT, ISSUER, Issuer, NoIssuerHere, client_of_partner, person_id

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def verified(token: str, issuer: Issuer, **options: Any) -> dict[str, Any]:
    """Check a token as the app does: the key by its id from the key set, then signature, issuer, audience and times."""
    keys = {key["kid"]: key for key in json.loads(issuer.jwks_file.read_text())["keys"]}
    public = RSAAlgorithm.from_jwk(keys[jwt.get_unverified_header(token)["kid"]])
    claims: dict[str, Any] = jwt.decode(token, public, algorithms=["RS256"], audience=AUDIENCE, issuer=ISSUER, **options)  # type: ignore[arg-type]
    return claims


def test_a_token_has_the_claims_of_an_entra_access_token(tmp_path: Path) -> None:
    issuer = Issuer(tmp_path)
    claims = verified(issuer.issue("Partner", client_of_partner("1234567")), issuer)
    assert claims["roles"] == ["Partner"]
    assert claims["azp"] == str(uuid5(NAMESPACE_URL, "cpor-dev:1234567"))
    assert claims["tid"] == str(DEVELOPMENT_TENANT) == str(uuid5(NAMESPACE_URL, "cpor-dev-tenant"))
    assert claims["ver"] == "2.0"
    assert {"iss", "aud", "exp", "nbf", "iat", "oid", "sub"} <= claims.keys()


def test_times_come_from_the_caller(tmp_path: Path) -> None:
    issuer = Issuer(tmp_path)
    token = issuer.issue("Partner", uuid4(), now=NOON, lifetime=timedelta(minutes=5))
    claims = verified(token, issuer, options={"verify_exp": False, "verify_nbf": False, "verify_iat": False})
    assert claims["nbf"] == claims["iat"] == NOON.timestamp()
    assert claims["exp"] == NOON.timestamp() + 300
    with pytest.raises(jwt.ExpiredSignatureError):
        verified(token, issuer)


def test_a_restart_keeps_the_key(tmp_path: Path) -> None:
    token = Issuer(tmp_path).issue("Operator", uuid4())
    assert verified(token, Issuer(tmp_path))["roles"] == ["Operator"]


def test_another_issuer_s_token_does_not_verify(tmp_path: Path) -> None:
    ours, theirs = Issuer(tmp_path / "ours"), Issuer(tmp_path / "theirs")
    forged = jwt.encode({"aud": AUDIENCE, "iss": ISSUER}, theirs._key, "RS256", {"kid": ours._key_id})
    with pytest.raises(jwt.InvalidSignatureError):
        verified(forged, ours)


def test_the_private_key_is_readable_by_its_owner_only_and_is_not_in_the_key_set(tmp_path: Path) -> None:
    issuer = Issuer(tmp_path)
    assert (tmp_path / "issuer.pem").stat().st_mode & 0o077 == 0
    (key,) = json.loads(issuer.jwks_file.read_text())["keys"]
    assert key.keys() <= {"kty", "n", "e", "kid", "use", "alg", "key_ops"}


def test_two_reviewers_are_two_people(tmp_path: Path) -> None:
    issuer = Issuer(tmp_path)
    people = [verified(issuer.issue("Reviewer", uuid4(), person=person_id(name)), issuer)["oid"] for name in ("anna", "ben")]
    assert people[0] != people[1]


def test_the_issuer_refuses_to_exist_in_production(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CPOR_ENVIRONMENT", "production")
    with pytest.raises(NoIssuerHere):
        Issuer(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_make_token_prints_one_token(tmp_path: Path) -> None:
    printed = CliRunner().invoke(app, ["token", "--role", "Partner", "--partner", "1234567", "--keys", str(tmp_path)])
    claims = verified(printed.stdout.strip(), Issuer(tmp_path))
    assert claims["azp"] == str(client_of_partner("1234567"))


def test_a_partner_s_token_without_a_partner_is_refused_in_a_sentence(tmp_path: Path) -> None:
    refused = CliRunner().invoke(app, ["token", "--role", "Partner", "--keys", str(tmp_path)])
    assert refused.exit_code == 2
    assert "for the role Partner --partner too" in refused.stderr
