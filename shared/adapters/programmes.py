"""Programme definitions as JSON: read strictly, written canonically, and the ones that ship with the product.

Unknown, missing and repeated fields are refused, because a misspelt window must not silently become a default. All faults are
found at once. Fields are camelCase; days are ISO dates; money is whole minor units.
"""

import json
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Final, get_args, get_origin

from shared.domain.programme import Programme
from shared.domain.programme_check import Fault, FaultCode, FaultyProgramme, check

SHIPPED: Final = Path(__file__).parent.parent / "programmes"


def read_programme(text: str | bytes) -> Programme:
    """The programme this JSON defines, checked. Raises FaultyProgramme with every fault."""
    try:
        document = json.loads(text, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError) as error:
        raise FaultyProgramme([Fault(FaultCode.UNREADABLE, "")]) from error
    faults: list[Fault] = []
    programme = _read(Programme, document, "", faults)
    if faults or not isinstance(programme, Programme):
        raise FaultyProgramme(faults)
    if faulty := check(programme):
        raise FaultyProgramme(faulty)
    return programme


def write_programme(programme: Programme) -> str:
    """The programme as JSON that `read_programme` reads back to an equal value."""
    return json.dumps(_written(programme), ensure_ascii=False, indent=2)


def shipped_programmes() -> tuple[Programme, ...]:
    """The definitions that come with the product, by id."""
    return tuple(read_programme(path.read_bytes()) for path in sorted(SHIPPED.glob("*.json")))


class _Pairs(list[tuple[str, Any]]):
    """A JSON object before its repeated names are lost."""


def _read(kind: Any, value: Any, where: str, faults: list[Fault]) -> Any:
    """The value as `kind`, or None with a fault added."""
    if is_dataclass(kind):
        return _read_object(kind, value, where, faults)
    if get_origin(kind) is tuple and isinstance(value, list) and not isinstance(value, _Pairs):
        return tuple(_read(get_args(kind)[0], each, f"{where}[{place}]", faults) for place, each in enumerate(value))
    if isinstance(kind, UnionType):
        if value is None:
            return None
        (kind,) = (each for each in get_args(kind) if each is not NoneType)
    read = _read_plain(kind, value)
    if read is None:
        faults.append(Fault(FaultCode.WRONG_TYPE, where))
    return read


def _read_plain(kind: Any, value: Any) -> Any:
    """The value as a day, a word of an enum, or what JSON already has; None if it is none of these."""
    if kind is date:
        return _day(value) if isinstance(value, str) else None
    if get_origin(kind) is None and issubclass(kind, Enum):
        return kind(value) if value in [each.value for each in kind] else None
    # Not isinstance: to Python, true is an integer.
    return value if type(value) is kind else None


def _read_object(kind: Any, value: Any, where: str, faults: list[Fault]) -> Any:
    if not isinstance(value, _Pairs):
        faults.append(Fault(FaultCode.WRONG_TYPE, where))
        return None
    prefix = f"{where}." if where else ""
    known = {_camel(each.name): each for each in fields(kind) if each.init}
    arguments: dict[str, Any] = {}
    before = len(faults)
    for name, each in value:
        if name not in known:
            faults.append(Fault(FaultCode.UNKNOWN_FIELD, prefix + name))
        elif known[name].name in arguments:
            faults.append(Fault(FaultCode.DUPLICATE, prefix + name))
        else:
            arguments[known[name].name] = _read(known[name].type, each, prefix + name, faults)
    for name, each in known.items():
        if each.name not in arguments and not _has_default(each):
            faults.append(Fault(FaultCode.MISSING_FIELD, prefix + name))
    return kind(**arguments) if len(faults) == before else None


def _written(value: Any) -> Any:
    if is_dataclass(value):
        return {_camel(each.name): _written(getattr(value, each.name)) for each in fields(value) if each.init}
    if isinstance(value, tuple):
        return [_written(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    # fromisoformat also takes 20260101 and week dates; one spelling is enough.
    return day if day.isoformat() == text else None


def _has_default(each: Field[Any]) -> bool:
    return each.default is not MISSING or each.default_factory is not MISSING


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(each.title() for each in others)
