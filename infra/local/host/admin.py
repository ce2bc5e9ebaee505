"""`POST /admin/functions/<name>`: run one function now, for whoever has the master key.

The answer is 202 as soon as the run has begun; how it ends is in the log. Functions behind HTTP have a route of their own and
are not run from here.
"""

import asyncio
import json
import uuid

from starlette.requests import Request
from starlette.responses import Response

from infra.local.host import runtime
from infra.local.host.function import ADMIN, AnyFunction, HttpTrigger, QueueTrigger
from infra.local.host.keys import Keys

PREFIX = "/admin/functions/"


class Admin:
    """The administrative door beside the app's own routes."""

    def __init__(self, functions: list[AnyFunction], keys: Keys, host: runtime.Runtime) -> None:
        self._functions = {function.name.lower(): function for function in functions}
        self._keys, self._runtime = keys, host
        self._runs: set[asyncio.Task[runtime.Outcome]] = set()

    def serves(self, raw_path: str) -> bool:
        """Whether the path is the host's own, so that no route of the app is looked for."""
        return raw_path.lower().startswith(PREFIX)

    async def answer(self, request: Request, raw_path: str, presented: str) -> Response:
        """Begin the run: 202, or 401, 404, 400 for the wrong key, name or body."""
        if not self._keys.allow(ADMIN, presented):
            return Response(status_code=401)
        function = self._functions.get(raw_path[len(PREFIX) :].strip("/").lower())
        if request.method != "POST" or not function:
            return Response(status_code=404)
        if isinstance(function.trigger, HttpTrigger):
            return Response("This function is called by its route.", status_code=400)
        try:
            given = json.loads(await request.body() or b"{}").get("input", "")
        except (ValueError, AttributeError):
            return Response('The body must be a JSON object such as {"input": ""}.', status_code=400)
        # The set keeps the task alive: the loop holds tasks weakly.
        run = asyncio.create_task(self._run(function, given if isinstance(given, str) else json.dumps(given)))
        self._runs.add(run)
        run.add_done_callback(self._runs.discard)
        return Response(status_code=202)

    async def _run(self, function: AnyFunction, given: str) -> runtime.Outcome:
        if isinstance(function.trigger, QueueTrigger):
            return await self._runtime.invoke(function, runtime.text(given), {"Id": str(uuid.uuid4()), "DequeueCount": 1})
        return await self._runtime.invoke(function, runtime.document({"Schedule": {}, "ScheduleStatus": {}, "IsPastDue": False}))
