"""One run of the host, from the first socket to the last message: start HTTP, then the listeners, and stop both in good order.

On the first signal nothing new is taken on and work in flight gets its grace; on the second the host ends at once.
"""

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from infra.local.host import host_json, keys
from infra.local.host.admin import Admin
from infra.local.host.function import AnyFunction, HttpTrigger, of_kind
from infra.local.host.listeners import Listeners
from infra.local.host.options import Options
from infra.local.host.refusal import Refusal
from infra.local.host.routes import RouteTable
from infra.local.host.runtime import Runtime
from infra.local.host.watchdog import Watchdog
from infra.local.host.web import Limits, Web

log = logging.getLogger("host")

STOPPED, CRASHED = 0, 1


class HttpServer(uvicorn.Server):
    """uvicorn without its own signal handlers, which would end the process before the listeners are done."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._accepting = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the host."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept connections, and say so."""
        await super().startup(sockets)
        self._accepting.set()

    async def start(self, bound: socket.socket) -> asyncio.Task[None]:
        """Begin to serve; returns once connections are accepted."""
        serving = asyncio.create_task(self.serve(sockets=[bound]))
        await asyncio.wait({serving, asyncio.create_task(self._accepting.wait())}, return_when=asyncio.FIRST_COMPLETED)
        return serving


async def run(options: Options) -> int:
    """Serve the app until a signal; the exit code. Refusal: it cannot be served."""
    bound = _bind(options.host, options.port)
    rules = host_json.read(options.app)
    watchdog = Watchdog(rules.function_timeout)
    runtime = Runtime(watchdog)
    functions = await runtime.load(options.app)
    listeners = Listeners(functions, rules, options, runtime)
    chosen = keys.from_environment(os.environ)
    http_functions = of_kind(HttpTrigger, functions)
    limits = Limits(options.http_timeout, options.max_request_bytes)
    web = Web(RouteTable(http_functions, rules.route_prefix), Admin(functions, chosen, runtime), chosen, limits, runtime)
    server = HttpServer(_uvicorn_config(web, options))
    stopping = asyncio.Event()
    _stop_on_signals(stopping, server)

    serving = await server.start(bound)
    _announce(functions, rules.route_prefix, chosen, bound, options.host)
    listening = asyncio.create_task(listeners.listen(stopping))
    await asyncio.wait({serving, listening, asyncio.create_task(stopping.wait())}, return_when=asyncio.FIRST_COMPLETED)
    return await _wind_down(serving, listening, stopping, server, watchdog, options.shutdown_grace)


async def _wind_down(
    serving: asyncio.Task[None],
    listening: asyncio.Task[None],
    stopping: asyncio.Event,
    server: HttpServer,
    watchdog: Watchdog,
    grace: float,
) -> int:
    if listening.done() and listening.exception() is None and not stopping.is_set():
        # An app without queues and timers listens to nothing; HTTP goes on.
        await asyncio.wait({serving, asyncio.create_task(stopping.wait())}, return_when=asyncio.FIRST_COMPLETED)
    stopping.set()
    server.should_exit = True
    await asyncio.wait({serving, listening}, timeout=grace)
    if watchdog.watched:
        log.warning("Ended while %s still ran", ", ".join(watchdog.watched))
    failed = [task.exception() for task in (serving, listening) if task.done() and task.exception()]
    for failure in failed:
        log.critical("The host failed", exc_info=failure)
    return CRASHED if failed else STOPPED


def _bind(host: str, port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        # Listening already here: two hosts told to take the same port must not both believe they have it.
        bound.listen(2048)
    except OSError as error:
        raise Refusal(f"Port {port} on {host} cannot be used: {error.strerror}.") from error
    return bound


def _uvicorn_config(web: Web, options: Options) -> uvicorn.Config:
    return uvicorn.Config(
        web,
        log_config=None,
        access_log=logging.getLogger("uvicorn.access").isEnabledFor(logging.INFO),
        lifespan="off",
        ws="none",
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=int(options.shutdown_grace),
    )


def _stop_on_signals(stopping: asyncio.Event, server: HttpServer) -> None:
    def stop() -> None:
        if stopping.is_set():
            os._exit(CRASHED)
        stopping.set()
        server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop)


def _announce(functions: list[AnyFunction], prefix: str, chosen: keys.Keys, bound: socket.socket, host: str) -> None:
    """Say what is served and where; the last line is the mark that scripts wait for."""
    print(
        f"Functions ({len(functions)}, HTTP under /{prefix}): "
        + "; ".join(f"{function.name} [{function.trigger}]" for function in functions)
    )
    for setting, key in chosen.made_up.items():
        print(f"{setting} is not set; this run uses {key}")
    shown = f"[{host}]" if ":" in host else host
    print(f"Host ready on http://{shown}:{bound.getsockname()[1]}", flush=True)
    sys.stderr.flush()
