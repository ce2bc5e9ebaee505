"""Every Bicep file is read whole, and the files fit each other."""

import json

import pytest

from infra.checks import bicep, modules
from tests.architecture.infra_copy import INFRA, Files

PARAMETERS = json.loads((INFRA / "main.parameters.json").read_text())["parameters"]


INSIDE = "  resource {0} 'd' = {{{{\n    name: '{0}'\n  }}}}\n"


def faults(files: Files) -> list[str]:
    return modules.faults(files.models, files.texts, PARAMETERS)


def test_every_file_is_read() -> None:
    read = bicep.read_folder(INFRA)
    assert "main.bicep" in read
    assert len(read) == len(list(INFRA.rglob("*.bicep")))


@pytest.mark.parametrize(
    "text",
    [
        "resource x 'Microsoft.Web/sites@2024-04-01' = {",
        "param name strin g",
        f"resource a 'A/b@2024-01-01' = {{\n{INSIDE.format('c')}{INSIDE.format('e')}}}\n",
    ],
    ids=["unclosed", "misspelt", "resources inside a resource"],
)
def test_a_file_that_cannot_be_read_whole_is_refused(text: str) -> None:
    with pytest.raises(bicep.Unreadable, match=r"some\.bicep"):
        bicep.read(text, "some.bicep")


def test_the_files_fit_each_other() -> None:
    assert faults(Files()) == []


HELP, RETENTION = "param mailHelp string = ''", "param proofRetentionDays int"
TAGS = "param tags object"


@pytest.mark.parametrize(
    ("path", "old", "new", "fault"),
    [
        ("main.bicep", "mailHelp: mailHelp\n", "\n", "module app does not give mailHelp"),
        ("main.bicep", "mailHelp: mailHelp", "colour: 'red'", "module app gives colour, which modules/app.bicep does not take"),
        ("main.bicep", "= vault.outputs.name", "= vault.outputs.id", "main.bicep uses vault.outputs.id, which is not there"),
        ("main.bicep", "'modules/vault.bicep'", "'safe.bicep'", "module vault is safe.bicep, which is not there"),
        ("modules/mail.bicep", TAGS, f"{TAGS}\nparam colour string", "modules/mail.bicep takes colour and does not use it"),
        ("main.bicep", HELP, "", "main.parameters.json gives mailHelp, which main.bicep does not take"),
        ("main.bicep", HELP, f"{HELP}\nparam colour string", "main.parameters.json does not give colour"),
        ("main.bicep", RETENTION, f"{RETENTION} = 9", "proofRetentionDays has a default in main.bicep that azd would pass over"),
    ],
)
def test_a_seam_that_does_not_fit_is_found(path: str, old: str, new: str, fault: str) -> None:
    assert fault in faults(Files().broken(path, old, new))


def test_a_file_that_no_module_uses_is_found() -> None:
    assert "modules/spare.bicep is used by no module" in faults(Files().with_more("modules/spare.bicep", "param tags object\n"))
