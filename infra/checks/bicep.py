"""Bicep files as data, by pycep.

The grammar knows more than the result keeps: of several resources inside a resource only the last survives, without a word. A
file that loses one so is refused here, and whatever reads the result may trust that it is whole.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pycep import BicepParser
from pycep.models import BicepElement

type Model = dict[str, Any]

RESOURCE = re.compile(r"^\s*resource\s+\w+\s+'", re.MULTILINE)


class Unreadable(Exception):
    """The file is no Bicep that the checks can read; the message says where and why."""


def read(text: str, where: str = "") -> Model:
    """Parameters, variables, resources, modules and outputs by symbolic name. Raises Unreadable."""
    try:
        model: Model = {**BicepParser().parse(text=text)}
    # The parser's errors have no common class of its own.
    except Exception as error:
        raise Unreadable(f"{where}: {' '.join(str(error).split())[:200]}") from error
    if len(RESOURCE.findall(text)) != len(model.get("resources", {})):
        raise Unreadable(
            f"{where}: a resource that the parser loses would escape every check; set it beside the others, not inside"
        )
    return model


def read_folder(folder: Path) -> dict[str, Model]:
    """Path below the folder -> what is in it, for every Bicep file. Raises Unreadable."""
    files = sorted(folder.rglob("*.bicep"))
    return {str(file.relative_to(folder)): read(file.read_text(encoding="utf-8"), str(file)) for file in files}


def resources(model: Model, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Symbolic name and body of the resources of one type that this file makes; those that it only names are left out."""
    for symbol, resource in model.get("resources", {}).items():
        if resource["type"].lower() == kind.lower() and not resource["existing"]:
            yield symbol, body(resource)


def body(declared: dict[str, Any]) -> dict[str, Any]:
    """What stands between the braces, with the loop or the condition around it taken off."""
    inner: dict[str, Any] = declared["config"]
    while "condition" in inner and "config" in inner:
        inner = inner["config"]
    return inner


def names(model: Model, kind: str) -> set[str]:
    """The names of the resources of one type: written out, or listed by a parameter that the resource loops over."""
    found: set[str] = set()
    for symbol, resource in model.get("resources", {}).items():
        if resource["type"].lower() != kind.lower() or resource["existing"]:
            continue
        loop = resource["config"].get("loop_type")
        if loop:
            found |= set(model["parameters"][loop["detail"]["array_name"]]["default"])
        elif not isinstance(name := body(model["resources"][symbol])["name"], BicepElement):
            found.add(name)
    return found


def texts(value: Any) -> Iterator[str]:
    """Every text and symbol anywhere in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object anywhere in a value, outermost first."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from objects(inner)
