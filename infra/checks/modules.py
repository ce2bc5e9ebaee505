"""The seams between Bicep files, which a compiler would check: parameters given and taken, outputs used, symbols known."""

import re
from typing import Any

from infra.checks.bicep import Model, body

OUTPUT = re.compile(r"\b(\w+)\.outputs\.(\w+)")
COMMENT = re.compile(r"^\s*//.*$", re.MULTILINE)


def faults(models: dict[str, Model], texts: dict[str, str], parameters: dict[str, Any]) -> list[str]:
    """What does not fit, file by file. `texts` are the same files as text; `parameters` is main.parameters.json."""
    main = models["main.bicep"]
    found = [fault for name, module in main["modules"].items() for fault in _module_faults(name, module, models)]
    outputs = {name: models.get(module["detail"]["path"], {}).get("outputs", {}) for name, module in main["modules"].items()}
    found += [
        f"main.bicep uses {module}.outputs.{output}, which is not there"
        for module, output in OUTPUT.findall(COMMENT.sub("", texts["main.bicep"]))
        if output not in outputs.get(module, {})
    ]
    used = {"main.bicep", *(module["detail"]["path"] for module in main["modules"].values())}
    found += [f"{path} is used by no module" for path in sorted(models.keys() - used)]
    found += _unused(texts, models)
    return found + _parameter_faults(main, parameters)


def _module_faults(name: str, module: dict[str, Any], models: dict[str, Model]) -> list[str]:
    path = module["detail"]["path"]
    if path not in models:
        return [f"module {name} is {path}, which is not there"]
    taken = models[path].get("parameters", {})
    given = body(module)["params"].keys()
    return [f"module {name} gives {each}, which {path} does not take" for each in given - taken.keys()] + [
        f"module {name} does not give {each}"
        for each, parameter in taken.items()
        if parameter.get("default") is None and each not in given
    ]


def _unused(texts: dict[str, str], models: dict[str, Model]) -> list[str]:
    return [
        f"{path} takes {parameter} and does not use it"
        for path, model in models.items()
        for parameter in model.get("parameters", {})
        if len(re.findall(rf"\b{parameter}\b", COMMENT.sub("", texts[path]))) < 2
    ]


def _parameter_faults(main: Model, parameters: dict[str, Any]) -> list[str]:
    """azd passes an empty variable on as an empty text, past a default in Bicep; so only an empty one may stand there."""
    found = [
        f"main.parameters.json gives {each}, which main.bicep does not take" for each in parameters.keys() - main["parameters"]
    ]
    for name, parameter in main["parameters"].items():
        if name not in parameters:
            found.append(f"main.parameters.json does not give {name}")
        elif parameter.get("default") not in (None, ""):
            found.append(f"{name} has a default in main.bicep that azd would pass over")
    return found
