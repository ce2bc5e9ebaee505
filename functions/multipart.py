"""Multipart bodies (RFC 7578), read strictly: the parts that an operation names, each at most once.

What a part calls itself or its file is data for display and for nothing else; it becomes no path and no header. A body is refused
by its size before it is looked into, and each part is copied once.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, NoReturn

import azure.functions as func

from functions.edge import Refusal

MEDIA_TYPE: Final = "multipart/form-data"
_BOUNDARY: Final = re.compile(
    r"""boundary=(?:"([0-9A-Za-z'()+_,./:=? -]{1,70})"|([0-9A-Za-z'+_.-]{1,70}))\s*(?:;|$)""", re.IGNORECASE
)
_DISPOSITION: Final = re.compile(r'form-data((?:\s*;\s*[a-z*]+=(?:"[^"]*"|[^\s;"]+))+)\s*', re.IGNORECASE)
_PARAMETER: Final = re.compile(r'([a-z*]+)=(?:"([^"]*)"|([^\s;"]+))', re.IGNORECASE)
_LINE: Final = b"\r\n"
_LONGEST_HEAD: Final = 4_096
_MOST_PARTS: Final = 8


@dataclass(frozen=True, slots=True)
class Part:
    """One named part. `file_name` is what its sender calls the file; None where it is none."""

    name: str
    file_name: str | None
    content: bytes


def is_multipart(req: func.HttpRequest) -> bool:
    """Does the request say that its body has parts?"""
    media_type: str = req.headers.get("Content-Type", "")
    return media_type.partition(";")[0].strip().lower() == MEDIA_TYPE


def read_parts(
    req: func.HttpRequest, names: tuple[str, ...], most_bytes: int, optional: tuple[str, ...] = ()
) -> Mapping[str, Part]:
    """The parts by name: exactly these, and those that may be there. Raises Refusal 400 or 413."""
    body = req.get_body()
    if len(body) > most_bytes:
        raise Refusal(413, "body_too_large", f"The body has at most {most_bytes} bytes.")
    found: dict[str, Part] = {}
    for part in _parts(body, _delimiter(req)):
        if part.name not in (*names, *optional):
            _wrong(part.name if part.name.isidentifier() else "", "There is no part of this name.")
        if part.name in found:
            _wrong(part.name, "This part is there twice.")
        found[part.name] = part
    for name in names:
        if name not in found:
            _wrong(name, "This part is required.")
    return found


def said(parts: Mapping[str, Part]) -> bytes:
    """What the parts say, whatever stands between them: a caller that tries again may separate them differently."""
    digests = (f"{name}\n{parts[name].file_name}\n{sha256(parts[name].content).hexdigest()}" for name in sorted(parts))
    return "\n".join(digests).encode()


def _delimiter(req: func.HttpRequest) -> bytes:
    found = _BOUNDARY.search(req.headers.get("Content-Type", ""))
    if found is None:
        _malformed("Content-Type names no boundary.")
    return b"--" + (found[1] or found[2]).encode("ascii")


def _parts(body: bytes, delimiter: bytes) -> list[Part]:
    if not body.startswith(delimiter):
        _malformed("The body does not begin with the boundary.")
    parts: list[Part] = []
    at = len(delimiter)
    while body[at : at + 2] != b"--":
        head_end = body.find(_LINE + _LINE, at, at + _LONGEST_HEAD)
        end = body.find(_LINE + delimiter, head_end + 2)
        if body[at : at + 2] != _LINE or head_end < 0 or end < 0:
            _malformed("A part does not end, or has no head.")
        if len(parts) == _MOST_PARTS:
            _malformed("There are too many parts.")
        parts.append(_part(body[at + 2 : head_end], body[head_end + 4 : end]))
        at = end + len(_LINE) + len(delimiter)
    if body[at + 2 :].strip():
        _malformed("Something follows the last part.")
    return parts


def _part(head: bytes, content: bytes) -> Part:
    try:
        lines = head.decode("utf-8").split("\r\n")
    except UnicodeDecodeError:
        _malformed("The head of a part is not UTF-8.")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if headers.get("content-transfer-encoding", "binary").lower() not in ("binary", "8bit", "7bit"):
        _malformed("Send the content of a part as it is, without an encoding.")
    disposition = _DISPOSITION.fullmatch(headers.get("content-disposition", ""))
    if disposition is None:
        _malformed("A part has no Content-Disposition that names it.")
    told = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(disposition[1])}
    if "name" not in told:
        _malformed("A part has no name.")
    return Part(told["name"], told.get("filename"), content)


def _malformed(sentence: str) -> NoReturn:
    raise Refusal(400, "invalid_multipart", sentence)


def _wrong(part: str, sentence: str) -> NoReturn:
    raise Refusal(400, "invalid_input", "The body has wrong parts.", errors=({"field": part, "message": sentence},))
