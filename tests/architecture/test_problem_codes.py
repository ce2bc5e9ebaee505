"""Every code that is raised anywhere is in the catalogue, with one status, and the committed catalogue is the code's."""

import ast
from collections.abc import Iterator

from functions.reference import codes
from tests.architecture.rules import ROOT
from tests.architecture.source import dotted, modules


def codes_of_domain_errors() -> set[str]:
    return {
        node.value.value
        for _, tree in modules("shared")
        for owner in ast.walk(tree)
        if isinstance(owner, ast.ClassDef)
        for node in owner.body
        if isinstance(node, ast.Assign)
        and dotted(node.targets[0]) == "code"
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    }


def refusals() -> Iterator[tuple[str, int, str]]:
    """Where a handler or the edge refuses with a status and a code that are written out."""
    for path, tree in modules("functions"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and dotted(node.func) in ("Refusal", "_problem"):
                match [argument.value for argument in node.args if isinstance(argument, ast.Constant)]:
                    case [int(status), str(code), *_]:
                        yield f"{path}:{node.lineno}", status, code


def test_every_code_is_in_the_catalogue() -> None:
    raised = codes_of_domain_errors() | {code for _, _, code in refusals()}
    catalogued = {each.code for each in codes.CATALOGUE}
    assert raised - catalogued - codes.NEVER_ANSWERED.keys() == set(), "add it to functions/reference/codes.py"
    assert not catalogued & codes.NEVER_ANSWERED.keys()
    assert (catalogued | codes.NEVER_ANSWERED.keys()) - raised == set(), "nothing raises it"


def test_a_code_has_one_status() -> None:
    found = list(refusals())
    assert len(found) >= 10
    assert [where for where, status, code in found if codes.status_of(code) != status] == []
    assert len({each.code for each in codes.CATALOGUE}) == len(codes.CATALOGUE)


def test_the_committed_catalogue_is_what_the_code_makes() -> None:
    committed = (ROOT / "docs" / "problems.md").read_text(encoding="utf-8")
    assert committed == codes.as_markdown(), "run make openapi, look at what changed, and commit it"
