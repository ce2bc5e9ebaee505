"""The process in which documents are opened: `python -m shared.adapters.inspection_process`, at one end of a socket.

It imports the parsers once and then forks for every document. So each is opened in memory that no other document was ever in,
by a process that the operating system ends at a limit of address space, of processor time and of time, that can write no file and
that knows none of the app's settings. At most `AT_ONCE` documents are open at a time; the next ones wait in the socket.

Over standard input comes a socket for each document, which carries the question in and the report out. The child says `STARTED`
before it reads anything: whoever hears no more than that knows that the document was the reason.
"""

import gc
import json
import os
import resource
import signal
import socket
import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NoReturn

from shared.adapters.poe_inspector import inspect, load_parsers
from shared.domain.poe_checks import Check, CheckCode, CheckResult, Report
from shared.domain.proof_form import Subject

AT_ONCE: Final = 2
MOST_MEMORY_BYTES: Final = 300_000_000
"""Beside the parsers' own. The hostile files that are refused by what they hold stay below it (`test_poe_hostile`)."""
MOST_PROCESSOR_SECONDS: Final = 15
MOST_SECONDS: Final = 45
"""By the clock on the wall: three times the processor's, for a machine that is busy with other things."""

STARTED: Final = b"!"


def packed_question(now: datetime, subject: Subject, max_bytes: int) -> bytes:
    """What is asked, as it travels: a line of JSON, which the document follows."""
    asked = {"now": now.isoformat(), "subject": asdict(subject), "max_bytes": max_bytes}
    return json.dumps(asked).encode() + b"\n"


def unpacked_report(answer: bytes) -> Report:
    """The report in an answer. Raises ValueError, TypeError or KeyError for anything else."""
    return Report(tuple(_check(**each) for each in json.loads(answer)))


def serve(control: socket.socket) -> None:
    """Forks for each document, until the app closes its end: on purpose, or because it is gone itself."""
    load_parsers()
    gc.collect()
    gc.freeze()  # A child's garbage collection leaves the parsers' memory alone, which so stays shared.
    open_documents = 0
    while True:
        message, (*descriptors,), _, _ = socket.recv_fds(control, 1, 1)
        if not message:
            break
        for descriptor in descriptors:
            open_documents = _once_there_is_room(open_documents)
            if os.fork() == 0:
                control.close()
                _answer_and_end(descriptor)
            os.close(descriptor)
            open_documents += 1
    for _ in range(open_documents):
        os.wait()


def _once_there_is_room(open_documents: int) -> int:
    """How many are still open when one more may be opened."""
    while open_documents:
        ended, _ = os.waitpid(-1, 0 if open_documents >= AT_ONCE else os.WNOHANG)
        if not ended:
            break
        open_documents -= 1
    return open_documents


def _answer_and_end(descriptor: int) -> NoReturn:
    """The child's whole life. Whatever goes wrong ends it without a word: a traceback would quote the document."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        _limit_this_process()
        with socket.socket(fileno=descriptor) as document:
            document.sendall(STARTED)
            with document.makefile("rb") as question:
                asked, content = json.loads(question.readline()), question.read()
            moment, subject = datetime.fromisoformat(asked["now"]), _subject(asked["subject"])
            report = inspect(content, now=moment, subject=subject, max_bytes=asked["max_bytes"])
            document.sendall(json.dumps([asdict(check) for check in report.checks]).encode())
    finally:
        os._exit(0)


def _limit_this_process() -> None:
    """Limits that the kernel enforces, inside a parser's loop and inside a library in C too."""
    if sys.platform == "linux":  # Elsewhere a developer's machine: time is limited, memory is not.
        own_pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        most = own_pages * resource.getpagesize() + MOST_MEMORY_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_PROCESSOR_SECONDS, MOST_PROCESSOR_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.setitimer(signal.ITIMER_REAL, MOST_SECONDS)


def _subject(fields: Mapping[str, Any]) -> Subject:
    return Subject(**{**fields, "workloads": tuple(fields["workloads"])})


def _check(code: str, result: str, finding: str, advice: str, page: int | None) -> Check:
    return Check(CheckCode(code), CheckResult(result), finding, advice, page)


if __name__ == "__main__":
    serve(socket.socket(fileno=0))
