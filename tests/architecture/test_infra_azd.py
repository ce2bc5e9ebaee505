"""What azd and the workflow read says what they understand."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.checks import azd
from tests.architecture.infra_copy import Files
from tests.architecture.rules import ROOT

APP = "modules/app.bicep"
TEXT = (ROOT / "azure.yaml").read_text(encoding="utf-8")
WORKFLOW = (ROOT / ".github/workflows/deploy.yml").read_text(encoding="utf-8")
PYTHON = (ROOT / ".python-version").read_text(encoding="utf-8").strip()


def faults(text: str, files: Files | None = None, root: Path = ROOT) -> list[str]:
    project: Any = yaml.safe_load(text)
    return azd.faults(project, (files or Files()).models[APP], root)


def test_azure_yaml_says_what_azd_understands() -> None:
    assert faults(TEXT) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("services:", "service:", "azure.yaml has service, which azd does not know"),
        ("name: partner-of-record", "name: Partner", "azure.yaml has no name of lower-case letters, digits and hyphens"),
        ("  api:", "  web:", "service web has no resource with its tag"),
        ("host: function", "host: functions", "service api is no function app in Python"),
        ("project: .", "project: ./src", "service api has no folder"),
        ("remoteBuild: false", "remoteBuild: true", "service api is not deployed as it was built here"),
        ("dist:", "output:", "service api has output, which azd does not know"),
        ("prepackage:", "beforepackage:", "service api has a hook beforepackage, which azd does not know"),
        ("run: make package", "command: make package", "hook prepackage of api runs nothing"),
    ],
)
def test_what_azd_would_not_heed_is_found(old: str, new: str, fault: str) -> None:
    assert TEXT.count(old) == 1
    assert fault in faults(TEXT.replace(old, new))


def test_an_app_without_its_tag_is_found() -> None:
    untagged = Files().broken(APP, "'azd-service-name': 'api'", "'azd-service-name': 'web'")
    assert faults(TEXT, untagged) == [
        "service api has no resource with its tag",
        "a resource is tagged for web, which is no service",
    ]


def test_the_app_runs_on_the_plan_and_the_python_of_the_tests() -> None:
    assert azd.runtime_faults(Files().models[APP], PYTHON) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("version: '3.13'", "version: '3.12'", "the app does not run on Python 3.13"),
        ("name: 'FC1'", "name: 'Y1'", "the plan is not Flex Consumption on Linux"),
    ],
)
def test_another_runtime_is_found(old: str, new: str, fault: str) -> None:
    assert azd.runtime_faults(Files().broken(APP, old, new).models[APP], "3.13") == [fault]


def test_the_workflow_keeps_no_secret() -> None:
    assert azd.workflow_faults(WORKFLOW) == []
    assert yaml.safe_load(WORKFLOW)["jobs"]


def test_a_workflow_with_a_secret_or_a_loose_action_is_found() -> None:
    broken = WORKFLOW.replace("vars.AZURE_CLIENT_ID", "secrets.AZURE_CLIENT_ID").replace("id-token: write", "id-token: none")
    assert azd.workflow_faults(broken + "\n      - uses: actions/cache@v4\n") == [
        "the workflow reads a stored secret",
        "the workflow may not ask for a token",
        "the workflow runs actions/cache@v4, which somebody could change",
    ]
