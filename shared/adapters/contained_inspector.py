"""`ports.Inspector` that opens no document itself: a process with limits of its own does (`inspection_process`).

One such process serves the whole worker. It is started for the first document, which therefore takes half a second longer, is
started anew when something has killed it, and ends with the worker. A document that it cannot look through within the limits is
a failed check; only if no process can be started at all is the caller told to come again.
"""

import asyncio
import atexit
import os
import socket
import subprocess
import sys
from contextlib import suppress
from datetime import datetime
from functools import cache
from threading import Lock
from typing import Final

from shared.adapters.inspection_process import STARTED, packed_question, unpacked_report
from shared.domain.poe_checks import CheckCode, Report, failed
from shared.domain.proof_form import Subject
from shared.ports.failures import InspectionUnavailable

PATIENCE_SECONDS: Final = 200.0
"""For a turn and an answer; a caller over HTTP is cut off after 230."""
_MOST_ANSWER_BYTES: Final = 1_000_000


class ContainedInspector:
    """Asks the process, from any thread and any event loop. `library_path` is where the interpreter finds its libraries, if it
    has to be told: of the worker's environment nothing else is within a document's reach."""

    def __init__(self, library_path: str = "") -> None:
        self._environment = {"PYTHONPATH": os.pathsep.join(sys.path), "LD_LIBRARY_PATH": library_path}
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    async def inspect(self, content: bytes, *, now: datetime, subject: Subject, max_bytes: int) -> Report:
        """See the port. Raises InspectionUnavailable."""
        question = packed_question(now, subject, max_bytes)
        # Twice, because the process may have been killed since the last document and nobody noticed.
        answer = await self._answer(question, content) or await self._answer(question, content)
        if not answer:
            raise InspectionUnavailable
        try:
            return unpacked_report(answer.removeprefix(STARTED))
        except (ValueError, TypeError, KeyError):
            return Report((failed(CheckCode.TOO_COMPLEX),))

    def stop(self) -> None:
        """Ends the process; the next document starts another."""
        with self._lock:
            self._stop()

    async def _answer(self, question: bytes, content: bytes) -> bytes:
        """All that was said of the document; nothing if nobody began to look."""
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                control = self._hand_over(theirs)
            ours.setblocking(False)
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    answer = await _conversation(ours, question, content)
            except TimeoutError as error:
                raise InspectionUnavailable from error
        if not answer:
            self._discard(control)
        return answer

    def _hand_over(self, document: socket.socket) -> socket.socket:
        with self._lock:
            control = self._control or self._start()
            try:
                socket.send_fds(control, [b"+"], [document.fileno()])
            except BlockingIOError as error:  # Hundreds wait already.
                raise InspectionUnavailable from error
            except ConnectionError:
                pass  # It is gone, and whoever waits for the answer will hear nothing.
            return control

    def _discard(self, control: socket.socket) -> None:
        """Ends the process at the other end, unless somebody who heard nothing either has done so before."""
        with self._lock:
            if self._control is control:
                self._stop()

    def _start(self) -> socket.socket:
        control, theirs = socket.socketpair()
        control.setblocking(False)
        with theirs:
            self._process = subprocess.Popen(  # This program's own module, without a shell.
                [sys.executable, "-m", "shared.adapters.inspection_process"],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                env=self._environment,
                start_new_session=True,  # Ctrl-C is the worker's business, with which this process ends.
            )
        atexit.register(self.stop)
        self._control = control
        return control

    def _stop(self) -> None:
        atexit.unregister(self.stop)
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._control = self._process = None


async def _conversation(document: socket.socket, question: bytes, content: bytes) -> bytes:
    loop, answer = asyncio.get_running_loop(), bytearray()
    # It may end before it has heard everything, or said everything; what it has said by then counts.
    with suppress(ConnectionError):
        await loop.sock_sendall(document, question)
        await loop.sock_sendall(document, content)  # As it is: a document is held once.
        document.shutdown(socket.SHUT_WR)
    with suppress(ConnectionError):
        while len(answer) < _MOST_ANSWER_BYTES and (part := await loop.sock_recv(document, 65_536)):
            answer += part
    return bytes(answer)


@cache
def inspector_of_this_worker(library_path: str) -> ContainedInspector:
    """One for all that runs here, however often the world is made."""
    return ContainedInspector(library_path)
