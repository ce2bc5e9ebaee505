"""What portal developers copy from works: the quickstart, the requests for editors, the example client and the command line.

All run as they stand, in processes of their own, against the running system.
"""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from functions.reference import codes, event_catalogue
from infra.local.node_programs import ROOT
from tests.contract.test_poe_inspector import picture
from tests.functions.running import Caller, Running, claim_for, partner_name

pytestmark = pytest.mark.system

PATIENCE_S = 120.0
type Cpor = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def partner(running: Running) -> Caller:
    return running.partner()


@pytest.fixture
def cpor(running: Running, partner: Caller, tmp_path: Path) -> Cpor:
    """Runs the command line as its user would; the caller is a partner unless the test says whose token it is."""

    def run(*arguments: str, token: str = partner.token, api: str = running.address) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "CPOR_API": api, "CPOR_TOKEN": token, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
        command = [sys.executable, "-m", "infra.cli", *arguments]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )

    return run


@pytest.fixture
def papers(running: Running, partner: Caller, tmp_path: Path) -> Path:
    """A folder with a claim and its proof."""
    tenant = str(uuid4())
    (tmp_path / "claim.json").write_text(json.dumps(claim_for(tenant)))
    (tmp_path / "proof.pdf").write_bytes(running.proof(tenant, partner_name(partner.partner_id)))
    return tmp_path


@pytest.mark.parametrize(
    ("page", "sections"),
    [
        ("/docs", set[str]()),
        ("/docs/problems", {each.code for each in codes.CATALOGUE}),
        ("/docs/events", {each.name for each in event_catalogue.sections()}),
    ],
)
def test_the_reference_can_be_read_without_a_token(running: Running, page: str, sections: set[str]) -> None:
    """R-306: each code and each kind of event has its section, and all that a page needs is there."""
    answer = running.send("GET", page)
    text = answer.content.decode()
    assert (answer.status, answer.headers["content-type"].partition(";")[0]) == (200, "text/html")
    assert set(re.findall(r'<section id="([^"]+)"', text)) == sections
    needed = re.findall(r'(?:href|src|spec-url)="(/[^"#]+)"', text)
    assert needed
    assert {address: running.send("GET", address).status for address in needed} == dict.fromkeys(needed, 200)


def test_every_command_of_the_quickstart_runs(running: Running, tmp_path: Path) -> None:
    text = (ROOT / "docs" / "quickstart.md").read_text()
    commands = re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert len(commands) >= 6
    launcher = tmp_path / "cpor"
    launcher.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m infra.cli "$@"\n')
    launcher.chmod(0o755)
    tokens = {"OPERATOR": running.staff("Operator").token, "TOKEN": running.system.token(partner="1234567")}
    environment = {**os.environ, **tokens, "API": running.address, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(commands)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"status":"screening"' in done.stdout


def test_an_operator_lists_and_replays_dead_letters_from_the_terminal(
    running: Running, cpor: Cpor, poison: Callable[[str, str], None]
) -> None:
    """R-303, R-305"""
    operator, month = running.staff("Operator"), uuid4().hex
    poison("payments", json.dumps({"partnerId": "100000", "month": month, "currency": "EUR"}))
    deadline = time.monotonic() + PATIENCE_S
    while month not in (shown := cpor("dead-letters", "list", "--queue", "payments", token=operator.token)).stdout:
        assert time.monotonic() < deadline, shown.stderr
    (name,) = [line.split("\t")[0] for line in shown.stdout.splitlines() if month in line]
    replayed = cpor("dead-letters", "replay", name, "--json", token=operator.token)
    assert (replayed.returncode, json.loads(replayed.stdout)[0]["state"]) == (0, "replayed")
    assert cpor("dead-letters", "replay", token=operator.token).returncode == 2
    left = cpor("dead-letters", "replay", "--all", "--queue", "payments", "--json", token=operator.token)
    assert name not in {letter["letterId"] for letter in json.loads(left.stdout)}
    assert cpor("dead-letters", "list").returncode == 1, "a partner must be refused"


def test_every_request_for_editors_is_answered_as_its_heading_says(running: Running) -> None:
    operator, reviewer = running.staff("Operator").token, running.staff("Reviewer").token
    tokens = {"operator": operator, "reviewer": reviewer, "partner": running.system.token(partner="7654321")}
    tenant = str(uuid4())
    known = {"api": running.address, "tenant": tenant, **tokens}
    requests = (ROOT / "docs" / "quickstart.http").read_text().split("\n### ")[1:]
    assert len(requests) >= 10
    for request in requests:
        heading, _, rest = request.partition("\n")
        title, _, status = heading.rpartition(": ")
        content = re.sub(r"^#.*\n", "", rest, flags=re.MULTILINE)
        content = re.sub(r"\{\{([^}]+)\}\}", lambda name: known[name[1]], content)  # noqa: B023  # Used at once.
        head, _, body = content.partition("\n\n")
        line, *fields = head.strip().splitlines()
        method, address = line.split(" ", 1)
        sent = running.proof(tenant, "Contoso Consulting") if body.strip() == "< ./proof.pdf" else body.strip().encode()
        headers = dict(field.split(": ", 1) for field in fields)
        answer = running.send(method, address.removeprefix(running.address), sent or None, headers)
        assert answer.status == int(status), f"{title}: {answer.content!r}"
        if name := re.search(r"^# @name (\w+)$", rest, re.MULTILINE):
            known |= {f"{name[1]}.response.body.$.{field}": str(value) for field, value in answer.document.items()}


def test_the_example_portal_claims_and_may_be_run_again(running: Running, partner: Caller, papers: Path) -> None:
    environment = {**os.environ, "CPOR_API": running.address, "CPOR_TOKEN": partner.token}
    command = [sys.executable, str(ROOT / "docs" / "examples" / "portal.py"), "claim.json", "proof.pdf"]
    outputs = set()
    for _ in range(2):
        done = subprocess.run(
            command, cwd=papers, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
        assert done.returncode == 0, done.stderr
        outputs.add(done.stdout)
    assert len(outputs) == 1
    assert "is under_review and waits for review" in outputs.pop()


@pytest.mark.usefixtures("papers")
def test_cpor_submits_once_however_often_it_is_run(cpor: Cpor, partner: Caller) -> None:
    first, again = cpor("claims", "submit", "claim.json", "proof.pdf"), cpor("claims", "submit", "claim.json", "proof.pdf")
    assert (first.returncode, again.returncode) == (0, 0), first.stderr + again.stderr
    assert "It was submitted before." in again.stderr
    claim_ids = {re.findall(r"^claim +(\S+)$", done.stdout, re.MULTILINE)[0] for done in (first, again)}
    assert len(claim_ids) == 1
    watched = cpor("claims", "watch", *claim_ids, "--until", "active", "--at-most", "0")
    assert watched.returncode == 1
    shown = cpor("claims", "show", *claim_ids, "--json")
    assert json.loads(shown.stdout)["claim"]["partnerId"] == partner.partner_id
    assert "submitted" in cpor("claims", "show", *claim_ids).stdout


@pytest.mark.usefixtures("papers")
def test_cpor_says_every_obstacle_and_leaves_the_claim_a_draft(cpor: Cpor) -> None:
    told = cpor("claims", "submit", "claim.json", "--validate-only")
    assert told.returncode == 1
    assert told.stdout.startswith("code\twhat is missing\npoe_missing\t")
    claim_id = told.stderr.split()[1]
    assert json.loads(cpor("claims", "show", claim_id, "--json").stdout)["claim"]["status"] == "draft"


def test_cpor_attests_a_scan_for_whoever_is_named(cpor: Cpor, papers: Path) -> None:
    """R-320"""
    (papers / "signed.png").write_bytes(picture("PNG"))
    refused = cpor("claims", "submit", "claim.json", "signed.png")
    assert (refused.returncode, "poe_unattested" in refused.stderr) == (1, True)
    attested = cpor("claims", "submit", "claim.json", "signed.png", "--attested-by", "anna.berg")
    assert attested.returncode == 0, attested.stderr
    (claim_id,) = re.findall(r"^claim +(\S+)$", attested.stdout, re.MULTILINE)
    timeline = json.loads(cpor("claims", "show", claim_id, "--json").stdout)["timeline"]["value"]
    assert next(e["actingUser"] for e in timeline if e["event"] == "proof_attested") == "anna.berg"


def test_cpor_names_each_fault_of_a_proof_that_is_refused(cpor: Cpor, papers: Path) -> None:
    (papers / "claim.json").write_text(json.dumps(claim_for(str(uuid4()))))
    refused = cpor("claims", "submit", "claim.json", "proof.pdf")
    assert refused.returncode == 1
    assert re.search(r"^proof_refused: .*\n  poe_", refused.stderr, re.MULTILINE), refused.stderr


def test_cpor_lists_claims_and_prints_names_as_they_are(cpor: Cpor, partner: Caller) -> None:
    wanted = claim_for(str(uuid4()))
    wanted["customer"]["name"] = "[red]Fabrikam[/red] :bomb:"
    claim_id = partner.create_claim(wanted).document["claimId"]
    give_up = time.monotonic() + PATIENCE_S
    while claim_id not in (listed := cpor("claims", "list")).stdout and time.monotonic() < give_up:
        pass  # The list follows the claims within seconds.
    assert listed.returncode == 0, listed.stderr
    assert claim_id in listed.stdout
    assert "\t[red]Fabrikam[/red] :bomb:\t" in listed.stdout


def test_cpor_imports_usage_and_names_refused_lines(cpor: Cpor, running: Running, papers: Path) -> None:
    operator = running.staff("Operator").token
    header = "CustomerTenantId\tWorkloadName\tMonth\tPaidAvailableUnits\tMonthlyActiveUsers\n"
    good, bad = f"{uuid4()}\tTeams\t2026-01\t900\t300\n", f"{uuid4()}\tTeams\tspring\t900\t300\n"
    (papers / "usage.tsv").write_text(header + good + bad)
    done = cpor("usage", "import", "usage.tsv", token=operator)
    assert done.returncode == 1, done.stderr
    assert re.search(r"^merged +1$", done.stdout, re.MULTILINE), done.stdout
    assert re.search(r"^3\tmalformed_date\tMonth", done.stdout, re.MULTILINE), done.stdout
    (papers / "usage.tsv").write_text(header + good)
    assert cpor("usage", "import", "usage.tsv", token=operator).returncode == 0


def test_cpor_uploads_a_file_of_claims_once_however_often_it_is_run(cpor: Cpor, partner: Caller, tmp_path: Path) -> None:
    """R-261"""
    tenants = [str(uuid4()) for _ in range(3)]
    wrong = {**claim_for(str(uuid4())), "programmeId": "fy1999"}
    lines = [json.dumps(each) for each in (*map(claim_for, tenants), wrong)]
    (tmp_path / "claims.ndjson").write_text("\n".join((*lines[:2], "", *lines[2:])))
    first, again = cpor("batch", "upload", "claims.ndjson"), cpor("batch", "upload", "claims.ndjson")
    assert (first.returncode, again.returncode, again.stdout) == (1, 1, first.stdout), first.stderr + again.stderr
    assert re.search(r"^created +3$", first.stdout, re.MULTILINE), first.stdout
    code = re.search(r"^5\t(\w+)\t.+", first.stdout, re.MULTILINE)
    assert code is not None, first.stdout
    assert f"\n{code[1]}\t1\n" in first.stdout
    (batch_id,) = re.findall(r"^batchId +(\S+)$", first.stdout, re.MULTILINE)
    assert cpor("batch", "show", batch_id).stdout == first.stdout
    shown = json.loads(cpor("batch", "show", batch_id, "--json").stdout)
    assert [each["line"] for each in shown["value"]] == [1, 2, 4, 5]
    assert all(len(partner.get(f"/v1/customers/{tenant}").document["claims"]) == 1 for tenant in tenants)
    (tmp_path / "claims.ndjson").write_text("\n".join(lines[:2]))
    good = cpor("batch", "upload", "claims.ndjson")
    assert good.returncode == 0, good.stdout
    assert batch_id not in good.stdout


def test_cpor_uploads_a_spreadsheet_and_names_its_lines(cpor: Cpor, partner: Caller, tmp_path: Path) -> None:
    fields = "customer.tenantId;customer.domain;customer.name;customer.country;programmeId;scopes;contact.name;contact.mail"
    tenant, scopes = str(uuid4()), "workload:teams workload:exchange"
    good = f'{tenant};fabrikam.example;"Fabrikam\nManufacturing";DE;demo;{scopes};Anna Berg;anna.berg@fabrikam.example'
    named = good.replace("\n", " ")
    rows = [f"{fields};note", f"{named};", f"{good};", f"{named};;more", named.replace(tenant, "no tenant")]
    (tmp_path / "claims.csv").write_bytes("\r\n".join(rows).encode("utf-8-sig"))
    done = cpor("batch", "upload", "claims.csv")
    assert done.returncode == 1, done.stderr
    told = re.findall(r"^(\d+)\t\w+\t(\S*):", done.stdout, re.MULTILINE)
    assert told == [("4", "customer.name"), ("5", ""), ("6", "tenantId")], done.stdout
    (claim,) = partner.get(f"/v1/customers/{tenant}").document["claims"]
    found = partner.get(f"/v1/claims/{claim['claimId']}").document
    assert [each["scope"] for each in found["scopes"]] == scopes.split()
    (tmp_path / "claims.csv").write_bytes(b"customer.name\n\xff\n")
    assert cpor("batch", "upload", "claims.csv").returncode == 2
    (tmp_path / "claims.xlsx").write_bytes(b"PK")
    assert cpor("batch", "upload", "claims.xlsx").returncode == 2


def test_cpor_evaluates_and_waits(cpor: Cpor, running: Running) -> None:
    done = cpor("evaluate", "--watch", "--json", token=running.staff("Operator").token)
    assert done.returncode == 0, done.stderr
    run = json.loads(done.stdout)
    assert run["status"] == "done"
    assert run["bucketsDone"] == run["bucketsTotal"]


def test_cpor_tells_a_refusal_by_its_code(cpor: Cpor) -> None:
    refused = cpor("claims", "show", "00-00000000000000000000")
    assert refused.returncode == 1
    assert refused.stderr.startswith("not_found: ")
    assert "Traceback" not in refused.stderr
    assert cpor("claims", "list", token="nonsense").stderr.startswith("unauthenticated: ")


def test_cpor_says_that_nobody_answers(cpor: Cpor) -> None:
    silent = cpor("claims", "list", api="http://127.0.0.1:9")
    assert silent.returncode == 3
    assert "does not answer" in silent.stderr
    assert "Traceback" not in silent.stderr
