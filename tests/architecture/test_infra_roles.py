"""Whoever acts may do what it must, and nothing more."""

import pytest

from infra.checks import roles
from tests.architecture.infra_copy import Files, sources

ROLES = "modules/roles.bicep"
CODE = sources("functions", "shared")

SPARE = """
resource spare 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, appPrincipalId, roleIds.storageTableDataContributor)
  scope: vault
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.storageTableDataContributor)
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
  }
}
"""


def test_every_role_that_is_needed_is_given_and_no_other() -> None:
    assert roles.faults(Files().models, CODE) == []


def assignment(symbol: str) -> str:
    """The passage of roles.bicep that assigns one role."""
    text = Files().texts[ROLES]
    start = text.index(f"resource {symbol} ")
    return text[start : text.index("\n}\n", start) + 3]


@pytest.mark.parametrize(
    ("symbol", "fault"),
    [
        ("appTables", "appPrincipalId needs Storage Table Data Contributor on storage"),
        ("appBlobs", "appPrincipalId needs Storage Blob Data Contributor on storage"),
        ("appMail", "appPrincipalId needs Communication and Email Service Owner on mailService"),
        ("appSecrets", "appPrincipalId needs Key Vault Secrets User on vault"),
        ("appTelemetry", "appPrincipalId needs Monitoring Metrics Publisher on insights"),
        ("eventsToScanResults", "eventsPrincipalId needs Storage Queue Data Message Sender on scan-results"),
    ],
)
def test_a_missing_role_is_found(symbol: str, fault: str) -> None:
    assert roles.faults(Files().broken(ROLES, assignment(symbol), "").models, CODE) == [fault]


def test_an_extra_role_is_found() -> None:
    found = roles.faults(Files().with_more(ROLES, SPARE).models, CODE)
    assert found == ["appPrincipalId has Storage Table Data Contributor on vault and does not need it"]


def test_a_role_given_twice_is_found() -> None:
    twice = assignment("appSecrets").replace("resource appSecrets", "resource again")
    found = roles.faults(Files().with_more(ROLES, twice).models, CODE)
    assert found == ["appPrincipalId has Key Vault Secrets User on vault twice"]


def test_a_wider_role_is_found() -> None:
    owner = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b"
    found = roles.faults(Files().broken(ROLES, "ba92f5b4-2d11-453d-a403-e96b0029c9fe", owner).models, CODE)
    assert found == [
        "appPrincipalId needs Storage Blob Data Contributor on storage",
        f"appPrincipalId has {owner} on storage and does not need it",
    ]


def test_a_wider_scope_is_found() -> None:
    assert roles.faults(Files().broken(ROLES, "  scope: mailEvents\n", "  scope: storage\n").models, CODE) == [
        "eventsPrincipalId needs Storage Queue Data Message Sender on mail-events",
        "eventsPrincipalId has Storage Queue Data Message Sender on storage and does not need it",
    ]


def test_a_role_assigned_in_another_file_is_found() -> None:
    files = Files().with_more("modules/vault.bicep", SPARE)
    assert roles.faults(files.models, CODE) == ["modules/vault.bicep assigns a role; only modules/roles.bicep may"]


def test_whoever_seals_needs_the_certificate_and_its_key() -> None:
    """R-145: and whoever does not, needs neither."""
    files = Files().broken("modules/app.bicep", "certificates/${sealCertificateName}", "elsewhere")
    assert roles.faults(files.models, CODE) == [
        "appPrincipalId has Key Vault Certificate User on vault and does not need it",
        "appPrincipalId has Key Vault Crypto User on vault and does not need it",
    ]
    files = Files().broken(ROLES, "roleIds.keyVaultCryptoUser)\n    principalId", "roleIds.keyVaultSecretsUser)\n    principalId")
    assert "appPrincipalId needs Key Vault Crypto User on vault" in roles.faults(files.models, CODE)


def test_a_role_whose_client_is_gone_is_found() -> None:
    found = roles.faults(Files().models, ["import json"])
    assert found == [
        "appPrincipalId has Communication and Email Service Owner on mailService and does not need it",
        "appPrincipalId has Storage Table Data Contributor on storage and does not need it",
    ]


def test_events_are_delivered_as_the_identity() -> None:
    assert roles.delivery_faults(Files().models["modules/events.bicep"]) == []


def test_a_delivery_with_a_key_is_found() -> None:
    path = "modules/events.bicep"
    files = Files()
    inner = "          queueName: 'scan-results'"
    start = files.texts[path].rindex("    deliveryWithResourceIdentity: {", 0, files.texts[path].index(inner))
    end = files.texts[path].index("    filter: {", start)
    plain = (
        files.texts[path][:start] + "    destination: {\n      endpointType: 'StorageQueue'\n    }\n" + files.texts[path][end:]
    )
    assert roles.delivery_faults(Files({**files.texts, path: plain}).models[path]) == [
        "scanSubscription does not deliver as the identity"
    ]
